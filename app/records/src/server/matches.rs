//! A condition tested on a row in memory: what SQL answers, without SQL. Live updates ask it, and tests hold the
//! databases to it.

use std::cmp::Ordering;

use uuid::Uuid;

use super::{
    Check, Condition, Entry, Place, Scalar, Stored,
    search::{self, Needle},
    storage,
};
use crate::{Kind, Value};

/// Gives the record of a type that a reference leads to, deleted or not.
pub type Related<'a> = &'a dyn Fn(&str, Uuid) -> Option<Stored>;

/// Whether the row satisfies the condition.
pub fn matches(condition: &Condition, entry: &Entry, row: &Stored, related: Related<'_>) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|c| matches(c, entry, row, related)),
        Condition::Any(any) => any.iter().any(|c| matches(c, entry, row, related)),
        Condition::Not(inner) => !matches(inner, entry, row, related),
        Condition::Test { place, check } => passes(check, &keys(entry, *place, row)),
        Condition::Search(terms) => {
            let text = search::key(entry.ty, &row.cells);
            search::needles(terms).into_iter().all(|needle| match needle {
                Needle::Within(part) => text.contains(&part),
                Needle::Title(start) => {
                    passes(&Check::Starts(start), &keys(entry, Place::Cell(entry.ty.title_field()), row))
                }
            })
        }
        // Which change-sets changed a row is written nowhere on the row.
        Condition::ChangedBy(_) => false,
        Condition::Through { place, permit, inner } => {
            let Value::Id(id) = value(entry, *place, row) else { return false };
            related(permit.entry().ty.name, id).is_some_and(|target| {
                target.meta.deleted_at.is_none()
                    && permit.allows(target.meta.owner, target.meta.team)
                    && matches(inner, permit.entry(), &target, related)
            })
        }
    }
}

fn value(entry: &Entry, place: Place, row: &Stored) -> Value {
    match (place, place.field(entry)) {
        (Place::Cell(i), _) => row.cells.at(i).clone(),
        (_, Some(field)) => row.meta.value(&field.name),
        _ => Value::Id(row.id),
    }
}

/// What a value is compared by; several for a field of several values, none for a missing one.
fn keys(entry: &Entry, place: Place, row: &Stored) -> Vec<Scalar> {
    let kind = place.field(entry).map(|f| &f.kind);
    match value(entry, place, row) {
        Value::Null => vec![],
        Value::Bool(b) => vec![Scalar::Bool(b)],
        Value::Int(i) => vec![Scalar::Int(i)],
        Value::Date(d) => vec![Scalar::Date(d)],
        Value::At(at) => vec![Scalar::At(at)],
        Value::Id(id) => vec![Scalar::Id(id)],
        Value::Money(m) => vec![Scalar::Money { minor: m.minor, currency: m.currency.code().to_owned() }],
        Value::List(list) => list.iter().map(|item| Scalar::Text(item_key(kind, item))).collect(),
        text => kind.and_then(|k| storage::compare_key(k, &text)).map(Scalar::Text).into_iter().collect(),
    }
}

/// The key of one of several values, as `record_values` holds it.
pub(super) fn item_key(kind: Option<&Kind>, item: &str) -> String {
    match kind {
        Some(Kind::Choices(_)) => item.to_owned(),
        _ => kernel::fold::key(item),
    }
}

fn passes(check: &Check, keys: &[Scalar]) -> bool {
    keys.iter().any(|key| match check {
        Check::Present => true,
        Check::In(scalars) => scalars.contains(key),
        Check::Range { from, to } => {
            let after = from.as_ref().is_none_or(|(end, included)| match order(key, end) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => *included,
                _ => false,
            });
            let before = to.as_ref().is_none_or(|(end, included)| match order(key, end) {
                Some(Ordering::Less) => true,
                Some(Ordering::Equal) => *included,
                _ => false,
            });
            after && before
        }
        Check::Contains(part) => matches!(key, Scalar::Text(text) if text.contains(part.as_str())),
        Check::Starts(part) => matches!(key, Scalar::Text(text) if text.starts_with(part.as_str())),
    })
}

/// `None` where two values cannot be compared, such as amounts in two currencies.
fn order(a: &Scalar, b: &Scalar) -> Option<Ordering> {
    match (a, b) {
        (Scalar::Int(a), Scalar::Int(b)) => Some(a.cmp(b)),
        (Scalar::Text(a), Scalar::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Scalar::Bool(a), Scalar::Bool(b)) => Some(a.cmp(b)),
        (Scalar::Date(a), Scalar::Date(b)) => Some(a.cmp(b)),
        (Scalar::At(a), Scalar::At(b)) => Some(a.cmp(b)),
        (Scalar::Id(a), Scalar::Id(b)) => Some(a.cmp(b)),
        (Scalar::Money { minor: a, currency: x }, Scalar::Money { minor: b, currency: y }) => {
            (x == y).then(|| a.cmp(b))
        }
        _ => None,
    }
}

/// The order of two rows by fields of their own: missing values come last either way, ids break ties.
pub fn compare(entry: &Entry, keys_of_sort: &[(Place, bool)], a: &Stored, b: &Stored) -> Ordering {
    for (place, descending) in keys_of_sort {
        let (x, y) = (sort_key(entry, *place, a), sort_key(entry, *place, b));
        let ordering = match (&x, &y) {
            (Some(x), Some(y)) => {
                let ordering = order(x, y).unwrap_or(Ordering::Equal);
                if *descending { ordering.reverse() } else { ordering }
            }
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    let descending = keys_of_sort.first().is_some_and(|(_, d)| *d);
    if descending { b.id.cmp(&a.id) } else { a.id.cmp(&b.id) }
}

/// Amounts sort by their number, whatever their currency.
fn sort_key(entry: &Entry, place: Place, row: &Stored) -> Option<Scalar> {
    let key = keys(entry, place, row).into_iter().next()?;
    Some(if let Scalar::Money { minor, .. } = key { Scalar::Int(minor) } else { key })
}
