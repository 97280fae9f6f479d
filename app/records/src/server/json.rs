//! Values as the API writes them.

use std::collections::BTreeMap;

use kernel::{Currency, Timestamp};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{AnyPermit, SYSTEM_FIELDS, Stored};
use crate::{
    Address, Kind, RecordType, Value,
    text::{self, Reading},
};

/// A value as JSON. References are `{"id", "label"}` with the label `null` where it is not the reader's to see.
pub struct ValueJson<'a> {
    pub kind: &'a Kind,
    pub value: &'a Value,
    pub labels: &'a BTreeMap<Uuid, String>,
}

impl Serialize for ValueJson<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (self.kind, self.value) {
            (kind, Value::Null) if kind.is_many() => to.collect_seq([(); 0]),
            (_, Value::Null) => to.serialize_unit(),
            (_, Value::Bool(b)) => to.serialize_bool(*b),
            (Kind::Decimal(_) | Kind::Percent, value) => to.serialize_str(&text::edit(self.kind, value)),
            (_, Value::Int(i)) => to.serialize_i64(*i),
            (_, Value::Text(t)) => to.serialize_str(t),
            (_, Value::Date(d)) => to.collect_str(d),
            (_, Value::At(at)) => to.collect_str(at),
            (_, Value::Id(id)) => reference(to, *id, self.labels),
            (_, Value::Money(m)) => {
                let mut object = to.serialize_map(Some(2))?;
                object.serialize_entry("amount", &m.amount())?;
                object.serialize_entry("currency", m.currency.code())?;
                object.end()
            }
            (_, Value::List(list)) => list.serialize(to),
            (_, Value::Address(address)) => address.serialize(to),
        }
    }
}

fn reference<S: Serializer>(to: S, id: Uuid, labels: &BTreeMap<Uuid, String>) -> Result<S::Ok, S::Error> {
    let mut object = to.serialize_map(Some(2))?;
    object.serialize_entry("id", &id)?;
    object.serialize_entry("label", &labels.get(&id))?;
    object.end()
}

/// Reads JSON as a value of the kind, unchecked beyond its shape. The message completes "This …".
pub fn read(kind: &Kind, json: &Json, reading: Reading) -> Result<Value, String> {
    let wrong = || format!("must be {}", text::expected(kind));
    Ok(match (kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Bool, Json::Bool(b)) => Value::Bool(*b),
        (Kind::Int | Kind::Year, Json::Number(n)) => Value::Int(n.as_i64().ok_or_else(wrong)?),
        (Kind::Decimal(_) | Kind::Percent | Kind::Money, Json::Number(n)) => {
            text::parse(kind, &n.to_string(), reading)?
        }
        (Kind::Money, Json::Object(object)) => {
            money(object).ok_or("must be an object with `amount` and `currency`")??
        }
        (Kind::Ref(_), Json::Object(object)) => match object.get("id") {
            Some(id) => read(kind, id, reading)?,
            None => return Err(wrong()),
        },
        (Kind::Ref(_), Json::String(id)) => Value::Id(id.parse().map_err(|_| wrong())?),
        (Kind::Address, Json::Object(_)) => {
            let address: Address = serde_json::from_value(json.clone()).map_err(|_| wrong())?;
            Value::Address(Box::new(address))
        }
        (kind, Json::Array(items)) if kind.is_many() => {
            let texts = items.iter().map(|i| i.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
            Value::List(texts.ok_or("must be a list of texts")?)
        }
        (Kind::Text | Kind::LongText | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice(_), Json::String(t)) => {
            Value::Text(t.clone())
        }
        (
            Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent | Kind::Money | Kind::Date | Kind::DateTime,
            Json::String(t),
        ) => text::parse(kind, t, reading)?,
        _ => return Err(wrong()),
    })
}

fn money(object: &Map<String, Json>) -> Option<Result<Value, String>> {
    let currency = Currency::known(object.get("currency")?.as_str()?)?;
    let amount = match object.get("amount")? {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (object.len() == 2).then(|| text::parse(&Kind::Money, &amount, Reading::plain(currency)))
}

/// Which fields of a type an answer holds, besides `id` and `version`.
#[derive(Clone, Debug)]
pub struct Shape {
    fields: Vec<usize>,
    system: Vec<usize>,
}

impl Shape {
    /// All that the permit shows.
    pub fn all(permit: &AnyPermit) -> Self {
        let fields = (0..permit.entry().ty.fields.len()).filter(|i| permit.may_see(*i)).collect();
        Self { fields, system: (0..SYSTEM_FIELDS.len()).collect() }
    }

    /// The named fields. The error is the first name that is not there, or not the reader's to see.
    pub fn only<'a>(permit: &AnyPermit, names: &[&'a str]) -> Result<Self, &'a str> {
        let (mut fields, mut system) = (vec![], vec![]);
        for name in names {
            let own = permit.entry().ty.field(name).map(|(i, _)| i).filter(|i| permit.may_see(*i));
            match (own, SYSTEM_FIELDS.iter().position(|f| f.name == *name)) {
                (Some(i), _) => fields.push(i),
                (None, Some(i)) => system.push(i),
                _ if ["id", "version"].contains(name) => {}
                _ => return Err(name),
            }
        }
        for chosen in [&mut fields, &mut system] {
            chosen.sort_unstable();
            chosen.dedup();
        }
        Ok(Self { fields, system })
    }

    pub fn has(&self, field: usize) -> bool {
        self.fields.contains(&field)
    }

    pub(super) fn system(&self) -> impl Iterator<Item = &'static str> {
        self.system.iter().map(|i| SYSTEM_FIELDS[*i].name.as_ref())
    }

    pub(super) fn fields(&self) -> &[usize] {
        &self.fields
    }
}

/// A record as JSON.
pub struct RecordJson<'a> {
    pub ty: &'static RecordType,
    pub shape: &'a Shape,
    pub row: &'a Stored,
    pub labels: &'a BTreeMap<Uuid, String>,
}

impl Serialize for RecordJson<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { ty, shape, row, labels } = self;
        let mut object = to.serialize_map(None)?;
        object.serialize_entry("id", &row.id)?;
        object.serialize_entry("version", &row.meta.version)?;
        for i in &shape.fields {
            let field = &ty.fields[*i];
            let value = ValueJson { kind: &field.kind, value: row.cells.at(*i), labels };
            object.serialize_entry(&field.name, &value)?;
        }
        for i in &shape.system {
            let field = &SYSTEM_FIELDS[*i];
            let value = ValueJson { kind: &field.kind, value: &row.meta.value(&field.name), labels };
            object.serialize_entry(&field.name, &value)?;
        }
        if let Some(at) = &row.meta.deleted_at {
            object.serialize_entry("deleted_at", &At(*at))?;
        }
        object.end()
    }
}

/// A moment as the API writes it.
struct At(Timestamp);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}
