//! What a file holds, and which field each of its columns is probably meant for.

use std::path::Path;

use kernel::fold;
use records::{
    Address, Flags, Kind,
    server::{AnyPermit, is_key},
};

use super::{
    Spelling,
    file::{self, FileError, Table},
};
use crate::import::{Column, Mapping, Match, Mode, Settings};

/// A file read through once.
pub struct Inspected {
    pub encoding: &'static str,
    pub delimiter: u8,
    pub rows: i64,
    pub columns: Vec<Column>,
    pub warnings: Vec<String>,
}

/// Brings an uploaded file into UTF-8 and looks at every value.
pub fn inspect(uploaded: &Path, text: &Path, spelling: Spelling) -> Result<Inspected, FileError> {
    let encoding = file::to_utf8(uploaded, text, spelling.encoding)?;
    let delimiter = spelling.delimiter.map_or_else(|| file::delimiter(text), Ok)?;
    let mut table = Table::open(text, delimiter)?;
    let headings = table.columns.iter().zip(&table.is_renamed);
    let mut columns: Vec<Column> =
        headings.map(|(name, again)| Column { name: name.clone(), is_repeated: *again, ..Column::default() }).collect();
    let (mut rows, mut long, mut short) = (0, 0, 0);
    while let Some(row) = table.next()? {
        rows += 1;
        long += i64::from(!row.fits(columns.len()));
        short += i64::from(row.cells.len() < columns.len());
        columns.iter_mut().zip(&row.cells).for_each(|(column, cell)| column.see(cell));
    }
    if rows == 0 {
        return Err(FileError::Broken("This file has a heading but no rows.".into()));
    }
    let mut warnings: Vec<String> = vec![];
    for name in &table.repeated {
        warnings
            .push(format!("Several columns are called {name}. Say which of them is meant; the others are left out."));
    }
    let have = |n: i64| if n == 1 { "1 row has".to_owned() } else { format!("{n} rows have") };
    if long > 0 {
        warnings.push(format!("{} more cells than the heading. They will be reported, not imported.", have(long)));
    }
    if short > 0 {
        // A line break without quotation marks around it leaves such rows too, so it is said.
        warnings.push(format!("{} fewer cells than the heading. Those missing are taken as empty.", have(short)));
    }
    Ok(Inspected { encoding, delimiter, rows, columns, warnings })
}

/// Whether a file may write a field.
pub fn is_open(permit: &AnyPermit, field: usize) -> bool {
    let ty = permit.entry().ty;
    ty.fields.get(field).is_some_and(|f| permit.may_write(field) && !f.is(Flags::COMPUTED) && !f.is(Flags::GUARDED))
}

/// Letters and digits of a name: `Sub-Industry`, `sub_industry` and `Sub industry` are one.
fn bare(name: &str) -> String {
    fold::key(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Where a column can go: a field, or a part of an address.
struct Goal {
    /// As a mapping names it.
    name: String,
    kind: Kind,
    /// What a heading may call it: names of its own, then others it is known under.
    own: Vec<String>,
    also: Vec<String>,
}

/// The goals of a type that a file may write, in the order of the fields; the parts of an address come before the
/// whole.
fn goals(permit: &AnyPermit) -> Vec<Goal> {
    let mut goals = vec![];
    for (_, field) in permit.entry().ty.fields.iter().enumerate().filter(|(i, _)| is_open(permit, *i)) {
        if field.kind == Kind::Address {
            goals.extend(Address::PARTS.map(|(part, label)| Goal {
                name: format!("{}.{part}", field.name),
                kind: Kind::Text,
                own: vec![bare(&format!("{} {part}", field.name)), bare(&format!("{} {label}", field.label))],
                also: vec![],
            }));
        }
        goals.push(Goal {
            name: field.name.clone().into_owned(),
            kind: field.kind.clone(),
            own: vec![bare(&field.name), bare(&field.label)],
            also: field.also.split(',').map(bare).collect(),
        });
    }
    goals
}

/// Matches the columns that `wanted` does not speak of by their names, each field once.
pub fn match_columns(permit: &AnyPermit, columns: &[Column], wanted: Mapping) -> Mapping {
    let goals = goals(permit);
    let mut mapping = wanted;
    for is_own in [true, false] {
        for column in columns.iter().filter(|c| !c.is_repeated) {
            let is_taken = |name: &str| mapping.values().flatten().any(|m| overlap(&m.field, name));
            if mapping.contains_key(&column.name) {
                continue;
            }
            let heading = bare(&column.name);
            let fits = |goal: &&Goal| if is_own { &goal.own } else { &goal.also }.contains(&heading);
            if let Some(goal) = goals.iter().filter(fits).find(|goal| !is_taken(&goal.name)) {
                mapping.insert(column.name.clone(), Some(column.suggest(&goal.name, &goal.kind)));
            }
        }
    }
    for column in columns {
        mapping.entry(column.name.clone()).or_insert(None);
    }
    mapping
}

/// Whether two goals are the same, or one is a part of the other.
fn overlap(one: &str, other: &str) -> bool {
    let is_part = |part: &str, whole: &str| part.split_once('.').is_some_and(|(field, _)| field == whole);
    one == other || is_part(one, other) || is_part(other, one)
}

/// What a person starts from: columns matched by name, and the first field that tells records apart to match on.
pub fn suggest(permit: &AnyPermit, columns: &[Column]) -> Settings {
    let mapping = match_columns(permit, columns, Mapping::new());
    let fields = permit.entry().ty.fields;
    let matched = |column: &Column| mapping.get(&column.name).and_then(Option::as_ref).map(|m: &Match| m.field.clone());
    let keys = columns.iter().filter_map(|column| {
        let name = matched(column)?;
        let (_, field) = permit.entry().ty.field(&name)?;
        let is_title = fields[permit.entry().ty.title_field()].name == field.name;
        let rank = match () {
            () if field.is(Flags::UNIQUE) => 0,
            () if is_title => 2,
            () if field.is(Flags::SEARCH) && is_key(field) => 1,
            () => return None,
        };
        Some((rank, name))
    });
    let match_on = keys.min_by_key(|(rank, _)| *rank).map(|(_, name)| name);
    let mode = if match_on.is_some() { Mode::Both } else { Mode::Create };
    Settings { mapping, match_on, mode, ..Settings::default() }
}
