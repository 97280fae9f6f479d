//! A value as a cell has it.

use std::{collections::BTreeMap, fmt::Write as _};

use kernel::server::zone::Zone;
use records::{
    Field, Kind, Value,
    server::{SYSTEM_FIELDS, Stored},
    text,
};
use sheets::Cell;
use uuid::Uuid;

use super::wanted::{From, Layout};

/// What references are called.
pub type Names = BTreeMap<Uuid, String>;

/// A value of a record, with the field that says what it is; of an address one part, of a record its id.
enum Found<'a> {
    Id(Uuid),
    Part(&'a str),
    Cell(&'a Field, &'a Value),
    System(&'a Field, Value),
}

fn find<'a>(layout: &'a Layout, from: From, row: &'a Stored) -> Found<'a> {
    let field = |i: usize| &layout.ty.fields[i];
    match from {
        From::Id => Found::Id(row.id),
        From::Part(i, part) => {
            Found::Part(if let Value::Address(address) = row.cells.at(i) { address.part(part) } else { "" })
        }
        From::Field(i) => Found::Cell(field(i), row.cells.at(i)),
        From::System(i) => Found::System(&SYSTEM_FIELDS[i], row.meta.value(&SYSTEM_FIELDS[i].name)),
    }
}

/// Writes a value as text that an import reads back. Says whether the text is one that could start a formula: numbers
/// and times are what they look like.
pub fn write(layout: &Layout, from: From, row: &Stored, names: &Names, to: &mut String) -> bool {
    // Writing to a string cannot fail.
    match find(layout, from, row) {
        Found::Id(id) => {
            let _ = write!(to, "{id}");
            false
        }
        Found::Part(part) => {
            to.push_str(part);
            true
        }
        Found::Cell(field, value) => write_value(&field.kind, value, names, to),
        Found::System(field, value) => write_value(&field.kind, &value, names, to),
    }
}

pub(super) fn write_value(kind: &Kind, value: &Value, names: &Names, to: &mut String) -> bool {
    match (kind, value) {
        (_, Value::Null) => false,
        (_, Value::Bool(is)) => {
            to.push_str(if *is { "Yes" } else { "No" });
            false
        }
        (Kind::Int | Kind::Year, Value::Int(n)) => {
            let _ = write!(to, "{n}");
            false
        }
        (Kind::Decimal(_) | Kind::Percent, value) => {
            to.push_str(&text::edit(kind, value));
            false
        }
        (_, Value::Date(date)) => {
            let _ = write!(to, "{date}");
            false
        }
        (_, Value::At(at)) => {
            let _ = write!(to, "{at}");
            false
        }
        (_, Value::Id(id)) => {
            match names.get(id) {
                Some(name) => to.push_str(name),
                None => drop(write!(to, "{id}")),
            }
            true
        }
        (Kind::Choice(_), Value::Text(option)) => {
            to.push_str(kind.option(option).map_or(option, |o| o.label.as_ref()));
            true
        }
        (_, Value::Text(text)) => {
            to.push_str(text);
            true
        }
        (Kind::Choices(_), Value::List(list)) => {
            let labels: Vec<String> =
                list.iter().map(|v| kind.option(v).map_or_else(|| v.clone(), |o| o.label.to_string())).collect();
            text::values::join(&labels, to);
            true
        }
        (_, Value::List(list)) => {
            text::values::join(list, to);
            true
        }
        (kind, value) => {
            to.push_str(&text::edit(kind, value));
            true
        }
    }
}

/// A value as a workbook holds it: numbers, amounts and days as such, moments by the clocks of the company, the rest as
/// text, which is written to `to`.
pub fn cell<'a>(layout: &Layout, from: From, row: &Stored, names: &Names, zone: Zone, to: &'a mut String) -> Cell<'a> {
    let (kind, value) = match find(layout, from, row) {
        Found::Cell(field, value) => (&field.kind, value.clone()),
        Found::System(field, value) => (&field.kind, value),
        Found::Id(_) | Found::Part(_) => return as_text(layout, from, row, names, to),
    };
    match (kind, value) {
        (_, Value::Null) => Cell::Empty,
        (Kind::Int | Kind::Year, Value::Int(n)) => Cell::Whole(n),
        (Kind::Decimal(digits), Value::Int(units)) => Cell::Decimal { units, digits: *digits },
        (Kind::Percent, Value::Int(hundredths)) => Cell::Percent(hundredths),
        (_, Value::Money(money)) => {
            let code = money.currency.code().as_bytes();
            let currency = [0, 1, 2].map(|at| code.get(at).copied().unwrap_or(b' '));
            Cell::Money { units: money.minor, digits: money.currency.digits(), currency }
        }
        (_, Value::Bool(is)) => Cell::Truth(is),
        (_, Value::Date(date)) => Cell::Date(date.0),
        (_, Value::At(at)) => zone.local(at).map_or(Cell::Empty, Cell::Time),
        _ => as_text(layout, from, row, names, to),
    }
}

fn as_text<'a>(layout: &Layout, from: From, row: &Stored, names: &Names, to: &'a mut String) -> Cell<'a> {
    write(layout, from, row, names, to);
    if let std::borrow::Cow::Owned(guarded) = crate::server::formula::guard(to) {
        *to = guarded;
    }
    if to.is_empty() { Cell::Empty } else { Cell::Text(to) }
}
