//! What a search looks through, and how.
//!
//! A record's search key holds the keys of its title and its searched fields, a line each, with a space before the
//! first word too. What is asked for in three letters or more is looked for anywhere in it; full text finds it by its
//! trigrams. Two letters are the beginning of a word: with the space before they are a trigram again. One letter has
//! none, and by itself is the beginning of the title.
//!
//! Chinese and Japanese leave no spaces between words, so that any two letters may be one, or one letter. Each of them
//! and each pair of neighbours stands on a last line as a word of its own, and is asked for with a space on both sides.

use std::sync::Arc;

use kernel::{fold, server::Engine};

use super::{Entry, Sql, condition::Way, storage};
use crate::{Cells, Field, Flags, Kind, RecordType, Value};

/// What full text finds by.
const TRIGRAM: usize = 3;

/// Which fields a search of the type looks through: its title and those declared so.
fn is_searched(ty: &RecordType, field: &Field) -> bool {
    (field.is(Flags::SEARCH) || field.name == ty.title) && !field.is(Flags::SENSITIVE)
}

/// What a record is found by.
pub(super) fn key(ty: &RecordType, cells: &Cells) -> String {
    let mut lines: Vec<String> = vec![];
    for (i, field) in ty.fields.iter().enumerate().filter(|(_, f)| is_searched(ty, f)) {
        match cells.at(i) {
            Value::List(list) => lines.extend(list.iter().map(|item| format!(" {}", fold::key(item)))),
            value => lines.extend(storage::compare_key(&field.kind, value).map(|key| format!(" {key}"))),
        }
    }
    let grams = grams(&lines.join("\n"));
    if !grams.is_empty() {
        lines.push(format!(" {grams} "));
    }
    lines.join("\n")
}

/// Each letter and each pair of neighbours of a script without spaces, as words; those written twice once.
fn grams(text: &str) -> String {
    let mut grams: Vec<String> = vec![];
    for run in text.split(|c| !is_unspaced(c)).filter(|run| !run.is_empty()) {
        let letters: Vec<char> = run.chars().collect();
        grams.extend(letters.windows(1).chain(letters.windows(2)).map(|gram| gram.iter().collect()));
    }
    grams.sort_unstable();
    grams.dedup();
    grams.join(" ")
}

/// Whether a letter belongs to a script without spaces between words: Han ideographs, kana, Bopomofo.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{30ff}'
            | '\u{3105}'..='\u{312f}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// What a search field's text asks for, as terms.
pub(super) fn terms(search: &str) -> Vec<String> {
    const MOST: usize = 8;
    fold::key(search).split(' ').filter(|t| !t.is_empty()).take(MOST).map(str::to_owned).collect()
}

/// The digits by which a telephone number is found, where a search may be one: as it is dialled from abroad, or within
/// its country after a zero. They are a part of the number as it is kept.
pub(super) fn phone(search: &str) -> Option<String> {
    const FEWEST: usize = 4;
    let text = search.trim().replace("(0)", "");
    let is_number = text.chars().all(|c| c.is_ascii_digit() || " +-./()\u{a0}".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").or_else(|| digits.strip_prefix('0')).unwrap_or(&digits);
    (is_number && digits.len() >= FEWEST).then(|| digits.to_owned())
}

/// Whether the type has telephone numbers among what is searched.
pub(super) fn has_phones(ty: &RecordType) -> bool {
    ty.fields.iter().any(|f| is_searched(ty, f) && matches!(f.kind, Kind::Phone | Kind::Phones))
}

/// What one term is looked for by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Needle {
    /// A part of the search key.
    Within(String),
    /// The beginning of the title.
    Title(String),
}

pub(super) fn needles(terms: &[String]) -> Vec<Needle> {
    let is_alone = terms.len() == 1;
    let needle = |term: &String| match term.chars().count() {
        1..TRIGRAM if term.chars().all(is_unspaced) => Needle::Within(format!(" {term} ")),
        1 if is_alone => Needle::Title(term.clone()),
        1..TRIGRAM => Needle::Within(format!(" {term}")),
        _ => Needle::Within(term.clone()),
    };
    terms.iter().map(needle).collect()
}

/// Writes the test that a row holds every term.
pub(super) fn compile(entry: &Arc<Entry>, terms: &[String], alias: &str, way: Way, sql: &mut Sql) {
    let table = entry.ty.name;
    let is_indexed = storage::has_search_index(entry.ty);
    sql.push("(1 = 1");
    for needle in needles(terms) {
        sql.push(" and ");
        let part = match needle {
            Needle::Within(part) => part,
            Needle::Title(start) => {
                let title = &entry.ty.fields[entry.ty.title_field()];
                sql.starts(&format!("{alias}.{}", storage::key_column(title)), &start);
                continue;
            }
        };
        match (way, sql.engine()) {
            (Way::Filter, Engine::Sqlite) if is_indexed && part.chars().count() >= TRIGRAM => {
                sql.push(&format!("{alias}.rowid in (select rowid from {table}_search where {table}_search match "));
                sql.bind(trigrams(&part));
                sql.push(") and ");
            }
            (Way::Filter, Engine::Postgres) => {
                sql.push(&format!("{alias}.search_key like "));
                sql.bind(format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
                sql.push(" and ");
            }
            _ => {}
        }
        sql.contains(&format!("{alias}.search_key"), &part);
    }
    sql.push(")");
}

/// The full-text query for rows that hold every trigram of a text; the text itself is tested on those rows.
fn trigrams(text: &str) -> String {
    const ENOUGH: usize = 6;
    let letters: Vec<char> = text.chars().collect();
    let windows: Vec<&[char]> = letters.windows(TRIGRAM).collect();
    let step = windows.len().div_ceil(ENOUGH).max(1);
    let quoted = windows.iter().step_by(step).map(|w| {
        let text: String = w.iter().collect();
        format!("\"{}\"", text.replace('"', "\"\""))
    });
    quoted.collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_term_begins_a_word_or_is_a_pair_of_letters() {
        let of = |search: &str| needles(&terms(search));
        let within = |parts: &[&str]| parts.iter().map(|p| Needle::Within((*p).to_owned())).collect::<Vec<_>>();
        assert_eq!(of("3m"), within(&[" 3m"]));
        assert_eq!(of("Acme AG"), within(&["acme", " ag"]));
        assert_eq!(of("東京"), within(&[" 東京 "]));
        assert_eq!(of("東"), within(&[" 東 "]));
        assert_eq!(of("東京商事"), within(&["東京商事"]));
        assert_eq!(of("a"), [Needle::Title("a".into())]);
        assert_eq!(of("a smith"), within(&[" a", "smith"]));
    }

    #[test]
    fn letters_without_spaces_are_words_alone_and_in_pairs() {
        assert_eq!(grams("株式会社 abc 東京"), "京 会 会社 式 式会 東 東京 株 株式 社");
        assert_eq!(grams("only latin"), "");
    }

    #[test]
    fn a_number_is_found_as_it_is_dialled() {
        for search in ["0176 1234567", "+49 176/123-4567", "0049 (0)176 1234567", "(0176) 1234567", "1761234567"] {
            let digits = phone(search).unwrap_or_default();
            assert!("+491761234567".contains(&digits) && digits.len() >= 10, "{search}: {digits}");
        }
        for search in ["", "017", "0176 abc", "12.5.", "Röhm 4711"] {
            assert_eq!(phone(search), None, "{search}");
        }
    }
}
