//! Rust types as field values.

use std::borrow::Cow;

use kernel::{Date, EmailAddress, Id, Money, Named, PhoneNumber, Timestamp};

use crate::{Address, CellError, ChoiceOption, Kind, Value};

/// A Rust type that a field of a record may have.
pub trait FieldValue: Sized {
    const KIND: Kind;
    /// Whether a record may be without it, as far as the type can tell.
    const OPTIONAL: bool = false;
    fn from_value(value: &Value) -> Result<Self, CellError>;
    fn to_value(&self) -> Value;
}

impl<T: FieldValue> FieldValue for Option<T> {
    const KIND: Kind = T::KIND;
    const OPTIONAL: bool = true;
    fn from_value(value: &Value) -> Result<Self, CellError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

/// Implements the trait for a type that one variant of [`Value`] carries.
macro_rules! field_value {
    ($type:ty, $kind:expr, $expected:literal, $pattern:pat => $from:expr, $self:ident => $to:expr) => {
        impl FieldValue for $type {
            const KIND: Kind = $kind;
            fn from_value(value: &Value) -> Result<Self, CellError> {
                match value {
                    $pattern => $from,
                    _ => None,
                }
                .ok_or(CellError::expected($expected))
            }
            fn to_value(&self) -> Value {
                let $self = self;
                $to
            }
        }
    };
}

/// Text of several lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LongText(pub String);
/// A web address, `https://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(pub String);
/// A calendar year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Year(pub i64);
/// Hundredths of a per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub i64);
/// Free words, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(pub Vec<String>);

field_value!(String, Kind::Text, "text", Value::Text(t) => Some(t.clone()), s => Value::Text(s.clone()));
field_value!(LongText, Kind::LongText, "text", Value::Text(t) => Some(Self(t.clone())), s => Value::Text(s.0.clone()));
field_value!(EmailAddress, Kind::Email, "an e-mail address", Value::Text(t) => Self::parse(t), s => Value::Text(s.to_string()));
field_value!(PhoneNumber, Kind::Phone, "a telephone number", Value::Text(t) => Self::parse(t), s => Value::Text(s.to_string()));
field_value!(Url, Kind::Url, "a web address", Value::Text(t) => Some(Self(t.clone())), s => Value::Text(s.0.clone()));
field_value!(i64, Kind::Int, "a whole number", Value::Int(i) => Some(*i), s => Value::Int(*s));
field_value!(Year, Kind::Year, "a year", Value::Int(i) => Some(Self(*i)), s => Value::Int(s.0));
field_value!(Percent, Kind::Percent, "a percentage", Value::Int(i) => Some(Self(*i)), s => Value::Int(s.0));
field_value!(Money, Kind::Money, "an amount", Value::Money(m) => Some(*m), s => Value::Money(*s));
field_value!(bool, Kind::Bool, "yes or no", Value::Bool(b) => Some(*b), s => Value::Bool(*s));
field_value!(Date, Kind::Date, "a date", Value::Date(d) => Some(*d), s => Value::Date(*s));
field_value!(Timestamp, Kind::DateTime, "a time", Value::At(t) => Some(*t), s => Value::At(*s));
field_value!(Address, Kind::Address, "an address", Value::Address(a) => Some((**a).clone()), s => Value::Address(Box::new(s.clone())));

impl<R: Named> FieldValue for Id<R> {
    const KIND: Kind = Kind::Ref(Cow::Borrowed(R::NAME));
    fn from_value(value: &Value) -> Result<Self, CellError> {
        value.as_id().map(Self::new).ok_or(CellError::expected("a reference"))
    }
    fn to_value(&self) -> Value {
        Value::Id(self.uuid())
    }
}

/// Lists are never missing, only empty; an empty one is stored as nothing.
macro_rules! list_value {
    ($type:ty, $kind:expr, $list:ident => $from:expr, $self:ident => $to:expr) => {
        impl FieldValue for $type {
            const KIND: Kind = $kind;
            const OPTIONAL: bool = true;
            fn from_value(value: &Value) -> Result<Self, CellError> {
                let $list = value.as_list();
                $from.ok_or(CellError::expected("a list"))
            }
            fn to_value(&self) -> Value {
                let $self = self;
                let list: Vec<String> = $to;
                if list.is_empty() { Value::Null } else { Value::List(list) }
            }
        }
    };
}

list_value!(Tags, Kind::Tags, list => Some(Self(list.to_vec())), s => s.0.clone());
list_value!(Vec<EmailAddress>, Kind::Emails, list => list.iter().map(|t| EmailAddress::parse(t)).collect::<Option<Self>>(), s => s.iter().map(ToString::to_string).collect());
list_value!(Vec<PhoneNumber>, Kind::Phones, list => list.iter().map(|t| PhoneNumber::parse(t)).collect::<Option<Self>>(), s => s.iter().map(ToString::to_string).collect());

/// An enum that `#[derive(Choice)]` made a choice of; gives [`FieldValue`] for itself and for lists of itself.
pub trait ChoiceValue: Copy + Sized {
    const OPTIONS: &'static [ChoiceOption];
    fn value(self) -> &'static str;
    fn parse(value: &str) -> Option<Self>;
}

impl<C: ChoiceValue> FieldValue for Vec<C> {
    const KIND: Kind = Kind::Choices(Cow::Borrowed(C::OPTIONS));
    const OPTIONAL: bool = true;
    fn from_value(value: &Value) -> Result<Self, CellError> {
        value.as_list().iter().map(|v| C::parse(v)).collect::<Option<_>>().ok_or(CellError::expected("options"))
    }
    fn to_value(&self) -> Value {
        let list: Vec<_> = self.iter().map(|c| c.value().to_owned()).collect();
        if list.is_empty() { Value::Null } else { Value::List(list) }
    }
}
