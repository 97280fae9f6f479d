//! What other tables hold about a type or a field. Rows that name a type do so in a column called `record_type` or
//! `about_type`, rows that name a field of it in one called `field` beside; a few name something of a type as
//! `companies.tags`.

use kernel::server::migrate::catalog::{Catalog, Table};

use super::step::Step;

const TYPE: [&str; 2] = ["record_type", "about_type"];
const PARTS: [(&str, &str); 2] = [("record_values", "field"), ("upgrades", "name")];

fn has(table: &Table, column: &str) -> bool {
    table.columns.iter().any(|own| own.name == column)
}

pub fn rename_type(made: &Catalog, from: &str, to: &str) -> Vec<Step> {
    let named = made.tables.iter().flat_map(|table| TYPE.map(|column| (table, column)));
    let named = named.filter(|(table, column)| has(table, column));
    let named = named.map(|(Table { name, .. }, column)| {
        Step::Elsewhere(format!("update {name} set {column} = '{to}' where {column} = '{from}'"))
    });
    let length = from.len() + 1;
    let parts = PARTS.iter().filter(|(table, _)| made.table(table).is_some()).map(|(table, column)| {
        let rest = format!("'{to}.' || substr({column}, {})", length + 1);
        let is_of = format!("substr({column}, 1, {length}) = '{from}.'");
        Step::Elsewhere(format!("update {table} set {column} = {rest} where {is_of}"))
    });
    named.chain(parts).collect()
}

/// Tables that name fields of types.
fn of_fields(made: &Catalog) -> impl Iterator<Item = &str> {
    let tables = made.tables.iter().filter(|table| has(table, TYPE[0]) && has(table, "field"));
    tables.map(|table| table.name.as_str())
}

/// A field of several values has a row for each besides.
pub fn rename_field(made: &Catalog, ty: &str, from: &str, to: &str, is_many: bool) -> Vec<Step> {
    let named = of_fields(made).map(|table| {
        Step::Elsewhere(format!("update {table} set field = '{to}' where record_type = '{ty}' and field = '{from}'"))
    });
    let values = format!("update record_values set field = '{ty}.{to}' where field = '{ty}.{from}'");
    named.chain(is_many.then_some(Step::Elsewhere(values))).collect()
}

pub fn drop_field(made: &Catalog, ty: &str, field: &str, is_many: bool) -> Vec<Step> {
    let named = of_fields(made)
        .map(|table| Step::Elsewhere(format!("delete from {table} where record_type = '{ty}' and field = '{field}'")));
    let values = format!("delete from record_values where field = '{ty}.{field}'");
    named.chain(is_many.then_some(Step::Elsewhere(values))).collect()
}

/// What was written before the type was searched is found by no more than its title until its keys are worked out again.
pub fn renew_keys(made: &Catalog, ty: &str) -> Option<Step> {
    made.table("upgrades").map(|_| Step::Elsewhere(format!("delete from upgrades where name = '{ty}.keys'")))
}
