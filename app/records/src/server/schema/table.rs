//! The table of a type.

use kernel::server::migrate::catalog::Index;

use crate::{
    Field, Flags, RecordType, Scoping, SortKey,
    server::{
        SYSTEM_FIELDS,
        storage::{self, key_column},
    },
};

/// Rows outside the recycle bin.
const LIVE: &str = "deleted_at is null";

/// The columns of a field, each with its type.
pub fn columns(field: &Field) -> Vec<(String, &'static str)> {
    if storage::is_system(field) {
        return vec![];
    }
    storage::columns(field).into_iter().zip(storage::column_types(&field.kind).iter().copied()).collect()
}

/// What every record table has besides the columns of its fields. `n` is SQLite's alone.
pub fn is_system(column: &str) -> bool {
    column == "n" || column == storage::SEARCH_KEY || storage::SYSTEM.contains(&column)
}

/// The indexes of a type, under the names that new ones get.
///
/// - a unique field: no two live records with the same;
/// - a field to sort by, and the one that lists are sorted by unless somebody chooses: live records in its order;
/// - a reference: all records that lead to another;
/// - a pair: live records with a value of the first field in the order of the second, which serves the first alone too;
/// - owner and team, where they decide who sees a record or are fields of it;
/// - when records were created, updated and deleted.
pub fn indexes(ty: &RecordType) -> Vec<Index> {
    let sort = SortKey::parse_list(ty.sort).into_iter().next().map(|key| key.field);
    let mut all = vec![];
    let mut add = |is_unique: bool, name: &str, columns: &[&str], condition: &str| {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        all.push(Index { name: format!("{}_{name}", ty.name), is_unique, columns, condition: condition.to_owned() });
    };
    for field in ty.fields.iter().filter(|f| !storage::is_system(f)) {
        let key = key_column(field);
        let leads_a_pair = ty.pairs.iter().any(|(first, _)| *first == field.name);
        let is_sorted = field.is(Flags::INDEX) || sort.as_ref().is_some_and(|sort| *sort == field.name);
        if field.is(Flags::UNIQUE) {
            add(true, &field.name, &[&key], LIVE);
        }
        if field.kind.target().is_some() {
            add(false, &field.name, &[&key, "id"], "");
        } else if is_sorted && field.kind.is_sortable() && !field.is(Flags::UNIQUE) && !leads_a_pair {
            add(false, &field.name, &[&key, "id"], LIVE);
        }
    }
    for (first, second) in ty.pairs {
        let [Some(of), Some(by)] = [first, second].map(|name| ty.field(name).map(|(_, f)| key_column(f))) else {
            continue;
        };
        add(false, &format!("{first}_{second}"), &[&of, &by, "id"], LIVE);
    }
    let belongs = |column: &str| ty.scoping == Scoping::Owner || ty.field(column).is_some();
    if belongs("owner") {
        add(false, "owner", &["owner", "id"], LIVE);
    }
    if belongs("team") {
        // Where there are no teams it holds nothing.
        add(false, "team", &["team", "id"], &format!("{LIVE} and team is not null"));
    }
    for field in SYSTEM_FIELDS.iter().filter(|f| f.is(Flags::INDEX)) {
        add(false, field.name.trim_end_matches("_at"), &[&field.name, "id"], LIVE);
    }
    add(false, "deleted", &["deleted_at", "id"], "deleted_at is not null");
    all
}
