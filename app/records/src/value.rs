//! What a field can hold.

use kernel::{Date, Money, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One value of one field, apart from any type. Which variant stands for which [`crate::Kind`] is fixed by
/// [`crate::Kind::holds`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    #[default]
    #[serde(rename = "-")]
    Null,
    #[serde(rename = "b")]
    Bool(bool),
    /// Integers; decimals and percentages in their smallest unit.
    #[serde(rename = "i")]
    Int(i64),
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "d")]
    Date(Date),
    #[serde(rename = "at")]
    At(Timestamp),
    #[serde(rename = "id")]
    Id(Uuid),
    #[serde(rename = "m")]
    Money(Money),
    #[serde(rename = "l")]
    List(Vec<String>),
    #[serde(rename = "a")]
    Address(Box<Address>),
}

impl Value {
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub const fn as_id(&self) -> Option<Uuid> {
        if let Self::Id(id) = self { Some(*id) } else { None }
    }

    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(int) = self { Some(*int) } else { None }
    }

    /// About how many bytes it takes up.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(list) => list.iter().map(String::len).sum(),
            Self::Address(address) => Address::PARTS.iter().map(|(part, _)| address.part(part).len()).sum(),
            _ => 0,
        }
    }

    pub fn as_list(&self) -> &[String] {
        if let Self::List(list) = self { list } else { &[] }
    }
}

/// A postal address, in the parts every country's forms share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    pub street: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
}

impl Address {
    pub const PARTS: [(&'static str, &'static str); 5] = [
        ("street", "Street"),
        ("city", "City"),
        ("region", "State or region"),
        ("postal_code", "Postal code"),
        ("country", "Country"),
    ];

    pub fn part(&self, name: &str) -> &str {
        match name {
            "street" => &self.street,
            "city" => &self.city,
            "region" => &self.region,
            "postal_code" => &self.postal_code,
            "country" => &self.country,
            _ => "",
        }
    }

    pub fn part_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "street" => &mut self.street,
            "city" => &mut self.city,
            "region" => &mut self.region,
            "postal_code" => &mut self.postal_code,
            "country" => &mut self.country,
            _ => return None,
        })
    }

    pub fn is_empty(&self) -> bool {
        Self::PARTS.iter().all(|(part, _)| self.part(part).is_empty())
    }

    /// The address on one line.
    pub fn line(&self) -> String {
        let place = [self.postal_code.as_str(), self.city.as_str()].into_iter().filter(|p| !p.is_empty());
        let place = place.collect::<Vec<_>>().join(" ");
        let parts = [self.street.as_str(), place.as_str(), self.region.as_str(), self.country.as_str()];
        parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The values of one record, in the order of its type's fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cells(pub Vec<Value>);

impl Cells {
    pub fn at(&self, field: usize) -> &Value {
        self.0.get(field).unwrap_or(&Value::Null)
    }

    pub fn set(&mut self, field: usize, value: Value) {
        if self.0.len() <= field {
            self.0.resize(field + 1, Value::Null);
        }
        self.0[field] = value;
    }
}
