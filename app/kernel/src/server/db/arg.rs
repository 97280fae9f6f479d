//! Values that go into a statement.

use chrono::Datelike;
use sqlx::{Arguments, error::BoxDynError};
use uuid::Uuid;

use super::DbError;
use crate::{Date, Timestamp};

/// One value of a statement; the type is known even where the value is missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<String>),
    Uuid(Option<Uuid>),
    At(Option<Timestamp>),
    Date(Option<Date>),
    Bytes(Option<Vec<u8>>),
}

/// The values of `$1`, `$2`, …
pub type Args = Vec<Arg>;

macro_rules! from {
    ($($variant:ident: $type:ty),*) => {$(
        impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}
from!(Bool: bool, Int: i64, Text: String, Uuid: Uuid, At: Timestamp, Date: Date, Bytes: Vec<u8>);

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}
impl From<Option<&str>> for Arg {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}
impl<R> From<crate::Id<R>> for Arg {
    fn from(value: crate::Id<R>) -> Self {
        Self::Uuid(Some(value.uuid()))
    }
}
impl<R> From<Option<crate::Id<R>>> for Arg {
    fn from(value: Option<crate::Id<R>>) -> Self {
        Self::Uuid(value.map(crate::Id::uuid))
    }
}

impl Arg {
    /// Refuses what one of the engines could not give back: U+0000 in text, years of more or less than four digits.
    pub(super) fn check(&self) -> Result<(), DbError> {
        match self {
            Self::Text(Some(text)) if text.contains('\0') => {
                Err(DbError::Value("text must not contain the character U+0000"))
            }
            Self::At(Some(at)) if !at.to_utc().is_some_and(|at| (1..=9999).contains(&at.year())) => {
                Err(DbError::Value("an instant must lie in the years 1 to 9999"))
            }
            Self::Date(Some(date)) if !(1..=9999).contains(&date.0.year()) => {
                Err(DbError::Value("a day must lie in the years 1 to 9999"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn add_to_sqlite(self, args: &mut sqlx::sqlite::SqliteArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Bool(v) => args.add(v),
            Self::Int(v) => args.add(v),
            Self::Text(v) => args.add(v),
            Self::Uuid(v) => args.add(v),
            Self::At(v) => args.add(v.map(|at| at.to_string())),
            Self::Date(v) => args.add(v.map(|date| date.to_string())),
            Self::Bytes(v) => args.add(v),
        }
    }

    pub(super) fn add_to_postgres(self, args: &mut sqlx::postgres::PgArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Bool(v) => args.add(v),
            Self::Int(v) => args.add(v),
            Self::Text(v) => args.add(v),
            Self::Uuid(v) => args.add(v),
            Self::At(v) => args.add(v.and_then(Timestamp::to_utc)),
            Self::Date(v) => args.add(v.map(|date| date.0)),
            Self::Bytes(v) => args.add(v),
        }
    }
}
