//! What a row must satisfy: a filter resolved against its type, ready for SQL or for a row in memory.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{Date, Timestamp, server::Arg};
use uuid::Uuid;

use super::{AnyPermit, Entry, SYSTEM_FIELDS, Sql, search, storage};
use crate::{Field, Flags, Kind};

/// Where a value of a row is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Id,
    Cell(usize),
    /// An index into [`SYSTEM_FIELDS`].
    System(usize),
}

impl Place {
    pub fn field(self, entry: &Entry) -> Option<&'static Field> {
        match self {
            Self::Id => None,
            Self::Cell(i) => entry.ty.fields.get(i),
            Self::System(i) => SYSTEM_FIELDS.get(i),
        }
    }

    pub(super) fn column(self, entry: &Entry, alias: &str) -> String {
        match self.field(entry) {
            Some(field) => format!("{alias}.{}", storage::key_column(field)),
            None => format!("{alias}.id"),
        }
    }
}

/// A value to compare with. Text is a key already.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Int(i64),
    Text(String),
    Bool(bool),
    Date(Date),
    At(Timestamp),
    Id(Uuid),
    Money { minor: i64, currency: String },
}

impl Scalar {
    /// The value of the column that is compared; a currency is compared apart.
    fn arg(&self) -> Arg {
        match self {
            Self::Int(i) | Self::Money { minor: i, .. } => (*i).into(),
            Self::Text(t) => t.clone().into(),
            Self::Bool(b) => (*b).into(),
            Self::Date(d) => (*d).into(),
            Self::At(t) => (*t).into(),
            Self::Id(id) => (*id).into(),
        }
    }

    pub(super) fn currency(&self) -> Option<&str> {
        if let Self::Money { currency, .. } = self { Some(currency) } else { None }
    }
}

/// What is asked of one value. A missing value passes none of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    Present,
    /// Equal to one of these; of a field with several values, one of them is.
    In(Vec<Scalar>),
    /// Between two ends, each with whether it is included.
    Range {
        from: Option<(Scalar, bool)>,
        to: Option<(Scalar, bool)>,
    },
    Contains(String),
    Starts(String),
}

impl Check {
    /// Whether it is of one value, and of that alone.
    fn is_equality(&self) -> bool {
        matches!(self, Self::In(scalars) if matches!(scalars.as_slice(), [one] if one.currency().is_none()))
    }
}

#[derive(Clone, Debug)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test {
        place: Place,
        check: Check,
    },
    /// Every term is part of the searched text.
    Search(Vec<String>),
    /// The change-set changed the record.
    ChangedBy(Uuid),
    /// The record referred to is one that the viewer may see and satisfies the inner condition.
    Through {
        place: Place,
        permit: Box<AnyPermit>,
        inner: Box<Condition>,
    },
}

/// How a statement gets at its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By whatever index narrows them down.
    Filter,
    /// In the order of the sort's index, testing each row: equality is written so that no other index tempts. Unless
    /// the rows with a value of one field have an index in that order.
    Sorted(Option<Place>),
}

impl Way {
    /// A column to test, hidden from indexes other than that of the sort.
    pub(super) fn tested(self, column: &str) -> String {
        if self == Self::Filter { column.to_owned() } else { format!("coalesce({column}, {column})") }
    }
}

impl Condition {
    /// Whether rows of other types decide it too.
    pub(super) fn looks_elsewhere(&self) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().any(Self::looks_elsewhere),
            Self::Not(inner) => inner.looks_elsewhere(),
            Self::Through { .. } => true,
            Self::Test { .. } | Self::Search(_) | Self::ChangedBy(_) => false,
        }
    }

    /// Whether an index leads to its rows.
    pub(super) fn is_indexed(&self, entry: &Entry) -> bool {
        match self {
            Self::All(inner) => inner.iter().any(|c| c.is_indexed(entry)),
            Self::Any(inner) => !inner.is_empty() && inner.iter().all(|c| c.is_indexed(entry)),
            Self::Search(_) | Self::ChangedBy(_) => true,
            Self::Test { place, check } => {
                let is_indexed = match place.field(entry) {
                    None => true,
                    Some(f) => f.kind.is_many() || [Flags::INDEX, Flags::UNIQUE].iter().any(|i| f.is(*i)),
                };
                is_indexed && !matches!(check, Check::Present | Check::Contains(_))
            }
            Self::Not(_) | Self::Through { .. } => false,
        }
    }

    /// Of these fields, the one that each row must have a single value of.
    pub(super) fn equal(&self, places: &[Place]) -> Option<Place> {
        match self {
            Self::All(inner) => inner.iter().find_map(|c| c.equal(places)),
            Self::Test { place, check } if check.is_equality() => places.contains(place).then_some(*place),
            _ => None,
        }
    }

    /// Writes the condition over the row called `alias`.
    pub(super) fn compile(&self, entry: &Arc<Entry>, alias: &str, way: Way, sql: &mut Sql) {
        match self {
            Self::All(inner) => join(inner, " and ", "1 = 1", entry, alias, way, sql),
            Self::Any(inner) => join(inner, " or ", "1 = 0", entry, alias, way, sql),
            // What is unknown is not so: then its opposite holds, as people expect of "is not".
            Self::Not(inner) => {
                sql.push("not coalesce((");
                inner.compile(entry, alias, way, sql);
                sql.push("), false)");
            }
            Self::Test { place, check } => match place.field(entry) {
                Some(field) if field.kind.is_many() => several(entry, field, check, alias, sql),
                field => one(entry, *place, field, check, alias, way, sql),
            },
            Self::ChangedBy(change_set) => {
                sql.push(&format!("{alias}.id in (select c.record_id from changes c where c.change_set = "));
                sql.bind(*change_set);
                sql.push(" and c.record_type = ");
                sql.bind(entry.ty.name);
                sql.push(")");
            }
            Self::Search(terms) => search::compile(entry, terms, alias, way, sql),
            Self::Through { place, permit, inner } => {
                let (target, row) = (permit.entry(), format!("{alias}r"));
                let column = place.column(entry, alias);
                sql.push(&format!(
                    "exists (select 1 from {} {row} where {row}.id = {column} and {row}.deleted_at is null and ",
                    target.ty.name
                ));
                permit.predicate(sql, &row);
                sql.push(" and ");
                inner.compile(target, &row, Way::Filter, sql);
                sql.push(")");
            }
        }
    }
}

fn join(inner: &[Condition], word: &str, empty: &str, entry: &Arc<Entry>, alias: &str, way: Way, sql: &mut Sql) {
    if inner.is_empty() {
        return sql.push(empty);
    }
    sql.push("(");
    for (i, condition) in inner.iter().enumerate() {
        if i > 0 {
            sql.push(word);
        }
        condition.compile(entry, alias, way, sql);
    }
    sql.push(")");
}

fn one(entry: &Entry, place: Place, field: Option<&Field>, check: &Check, alias: &str, way: Way, sql: &mut Sql) {
    let plain = place.column(entry, alias);
    let is_along = way == Way::Sorted(Some(place)) && check.is_equality();
    let column = if is_along { plain.clone() } else { way.tested(&plain) };
    let currency = |sql: &mut Sql, scalar: &Scalar| {
        if let (Some(code), Some(field)) = (scalar.currency(), field) {
            sql.push(&format!(" and {alias}.{}_currency = ", field.name));
            sql.bind(code);
        }
    };
    match check {
        Check::Present => sql.push(&format!("{plain} is not null")),
        Check::In(scalars) if scalars.is_empty() => sql.push("1 = 0"),
        Check::In(scalars) if scalars.iter().any(|s| s.currency().is_some()) => {
            // Amounts of one currency together: an expression may be so deep and no deeper on SQLite.
            let mut by_currency: BTreeMap<Option<&str>, Vec<&Scalar>> = BTreeMap::new();
            for scalar in scalars {
                by_currency.entry(scalar.currency()).or_default().push(scalar);
            }
            sql.push("(");
            for (i, same) in by_currency.values().enumerate() {
                sql.push(&format!("{}{column} in ", if i > 0 { " or (" } else { "(" }));
                sql.bind_list(same.iter().map(|scalar| scalar.arg()));
                currency(sql, same[0]);
                sql.push(")");
            }
            sql.push(")");
        }
        Check::In(scalars) if scalars.len() == 1 => {
            sql.push(&format!("{column} = "));
            sql.bind(scalars[0].arg());
        }
        Check::In(scalars) => {
            sql.push(&format!("{column} in "));
            sql.bind_list(scalars.iter().map(Scalar::arg));
        }
        Check::Range { from, to } => {
            sql.push("(1 = 1");
            for (end, inside, outside) in [(from, ">=", ">"), (to, "<=", "<")] {
                if let Some((scalar, included)) = end {
                    sql.push(&format!(" and {column} {} ", if *included { inside } else { outside }));
                    sql.bind(scalar.arg());
                    currency(sql, scalar);
                }
            }
            sql.push(")");
        }
        Check::Contains(part) => sql.contains(&plain, part),
        Check::Starts(part) => sql.starts(&column, part),
    }
}

/// Fields of several values are filtered through their rows in `record_values`.
fn several(entry: &Entry, field: &Field, check: &Check, alias: &str, sql: &mut Sql) {
    if let Check::Present = check {
        return sql.push(&format!("{alias}.{} is not null", field.name));
    }
    sql.push(&format!("{alias}.id in (select v.record_id from record_values v where v.field = "));
    sql.bind(format!("{}.{}", entry.ty.name, field.name));
    sql.push(" and ");
    match check {
        Check::In(scalars) => {
            sql.push("v.value_key in ");
            sql.bind_list(scalars.iter().map(Scalar::arg));
        }
        Check::Contains(part) => sql.contains("v.value_key", part),
        Check::Starts(part) => sql.starts("v.value_key", part),
        Check::Present | Check::Range { .. } => sql.push("1 = 0"),
    }
    sql.push(")");
}

/// Whether the kind's values are compared as texts with parts.
pub(super) const fn has_parts(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Text
            | Kind::LongText
            | Kind::Email
            | Kind::Emails
            | Kind::Phone
            | Kind::Phones
            | Kind::Url
            | Kind::Tags
            | Kind::Address
    )
}
