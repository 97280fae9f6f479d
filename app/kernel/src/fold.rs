//! Text as it is compared: without case, accents, or differences of width and spacing.
//!
//! Keys made here are what the database sorts, searches and keeps unique, so that both engines agree to the letter.

/// The key of a text. Folding a key again changes nothing.
pub fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut pending_space = false;
    for c in decompose(text).flat_map(char::to_lowercase).flat_map(fold_letter) {
        if c.is_whitespace() {
            pending_space = !key.is_empty();
        } else if !c.is_control() && !is_invisible(c) && !is_late_mark(c) {
            if std::mem::take(&mut pending_space) {
                key.push(' ');
            }
            key.push(c);
        }
    }
    key
}

/// The compatibility decomposition of a text, without its marks.
#[cfg(not(target_arch = "wasm32"))]
fn decompose(text: &str) -> impl Iterator<Item = char> {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    text.nfkd().filter(|c| !is_combining_mark(*c))
}

/// The same, by the browser.
#[cfg(target_arch = "wasm32")]
fn decompose(text: &str) -> impl Iterator<Item = char> {
    let marks = js_sys::RegExp::new(r"\p{M}+", "gu");
    let plain: String = js_sys::JsString::from(text).normalize("NFKD").replace_by_pattern(&marks, "").into();
    plain.chars().collect::<Vec<_>>().into_iter()
}

/// The one mark that lowering a letter leaves behind: the dot of the Turkish capital `İ`.
fn is_late_mark(c: char) -> bool {
    c == '\u{307}'
}

/// Letters that Unicode does not decompose but people type without their stroke.
fn fold_letter(c: char) -> impl Iterator<Item = char> {
    let folded = match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'ς' => "σ",
        '’' | '‘' => "'",
        '“' | '”' => "\"",
        '–' | '—' => "-",
        _ => "",
    };
    folded.chars().chain(folded.is_empty().then_some(c))
}

/// Characters without a glyph: zero-width joiners and spaces, direction marks, the byte-order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_width_and_spacing_do_not_matter() {
        for (a, b) in [
            ("Société  Générale", "societe generale"),
            ("STRASSE", "straße"),
            ("ＡＢＣ", "abc"),
            (" a\u{200b}b ", "ab"),
        ] {
            assert_eq!(key(a), key(b));
        }
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = key(&text);
            proptest::prop_assert_eq!(key(&once), once);
        }
    }
}
