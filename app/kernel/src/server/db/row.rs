//! Values that come out of a statement.

use sqlx::{Decode, Row as _, TypeInfo, ValueRef, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use super::DbError;
use crate::{Date, Timestamp};

/// One row of an answer; columns are taken by their place in the statement.
pub struct Row(pub(super) Native);

pub(super) enum Native {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(Native::Sqlite(row))
    }
}
impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(Native::Postgres(row))
    }
}

impl Row {
    /// The value of column `i`, counted from 0.
    pub fn get<T: FromColumn>(&self, i: usize) -> Result<T, DbError> {
        T::from_column(self, i).map_err(|reason| DbError::Decode { column: i, reason })
    }

    pub fn len(&self) -> usize {
        match &self.0 {
            Native::Sqlite(row) => row.len(),
            Native::Postgres(row) => row.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a column can be read as.
pub trait FromColumn: Sized {
    /// The reason, where it cannot, names types but never the value.
    fn from_column(row: &Row, i: usize) -> Result<Self, String>;
}

impl<T: Present> FromColumn for T {
    fn from_column(row: &Row, i: usize) -> Result<Self, String> {
        Option::<T>::from_column(row, i)?.ok_or_else(|| "is null".to_owned())
    }
}

impl<T: Present> FromColumn for Option<T> {
    fn from_column(row: &Row, i: usize) -> Result<Self, String> {
        match &row.0 {
            Native::Sqlite(row) => {
                let value = row.try_get_raw(i).map_err(|e| e.to_string())?;
                if value.is_null() { Ok(None) } else { T::from_sqlite(value).map(Some) }
            }
            Native::Postgres(row) => {
                let value = row.try_get_raw(i).map_err(|e| e.to_string())?;
                if value.is_null() { Ok(None) } else { T::from_postgres(value).map(Some) }
            }
        }
    }
}

type Sqlite<'r> = sqlx::sqlite::SqliteValueRef<'r>;
type Postgres<'r> = sqlx::postgres::PgValueRef<'r>;

/// A value that is there.
pub trait Present: Sized {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String>;
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String>;
}

fn sqlite<'r, T: Decode<'r, sqlx::Sqlite>>(value: Sqlite<'r>, storage: &str) -> Result<T, String> {
    if value.type_info().name() != storage {
        return Err(format!("is {}, not {storage}", value.type_info().name()));
    }
    T::decode(value).map_err(|e| e.to_string())
}

fn postgres<'r, T: Decode<'r, sqlx::Postgres>>(value: Postgres<'r>, types: &[&str]) -> Result<T, String> {
    if !types.contains(&value.type_info().name()) {
        return Err(format!("is {}, not {}", value.type_info().name(), types.join(" or ")));
    }
    T::decode(value).map_err(|e| e.to_string())
}

impl Present for bool {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String> {
        sqlite::<i64>(value, "INTEGER").map(|n| n != 0)
    }
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String> {
        if value.type_info().name() == "BOOL" {
            postgres(value, &["BOOL"])
        } else {
            i64::from_postgres(value).map(|n| n != 0)
        }
    }
}

impl Present for i64 {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String> {
        sqlite(value, "INTEGER")
    }

    /// Takes every whole number, and so the `numeric` that a sum of big integers becomes.
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String> {
        match value.type_info().name() {
            "INT2" => postgres::<i16>(value, &["INT2"]).map(Self::from),
            "INT4" => postgres::<i32>(value, &["INT4"]).map(Self::from),
            "NUMERIC" => whole_numeric(value.as_bytes().map_err(|e| e.to_string())?),
            _ => postgres(value, &["INT8"]),
        }
    }
}

impl Present for String {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String> {
        sqlite(value, "TEXT")
    }
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String> {
        postgres(value, &["TEXT", "VARCHAR", "NAME", "CHAR", "\"CHAR\"", "UNKNOWN"])
    }
}

impl Present for Uuid {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String> {
        sqlite(value, "BLOB")
    }
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String> {
        postgres(value, &["UUID"])
    }
}

impl Present for Vec<u8> {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String> {
        sqlite(value, "BLOB")
    }
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String> {
        postgres(value, &["BYTEA"])
    }
}

impl Present for Timestamp {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String> {
        Self::parse(sqlite(value, "TEXT")?).ok_or_else(|| "is not an instant".to_owned())
    }
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String> {
        postgres(value, &["TIMESTAMPTZ"]).map(Self::from_utc)
    }
}

impl Present for Date {
    fn from_sqlite(value: Sqlite<'_>) -> Result<Self, String> {
        Self::parse(sqlite(value, "TEXT")?).ok_or_else(|| "is not a day".to_owned())
    }
    fn from_postgres(value: Postgres<'_>) -> Result<Self, String> {
        postgres(value, &["DATE"]).map(Self)
    }
}

/// Reads PostgreSQL's binary `numeric` (four 16-bit words of header, then digits to base 10,000) as a whole number.
fn whole_numeric(bytes: &[u8]) -> Result<i64, String> {
    let words: Vec<i16> = bytes.chunks_exact(2).map(|w| i16::from_be_bytes([w[0], w[1]])).collect();
    let [_, weight, sign, _, digits @ ..] = words.as_slice() else { return Err("is a broken numeric".to_owned()) };
    let mut number: i128 = 0;
    for place in 0..=usize::try_from(*weight).unwrap_or(0).min(8) {
        number = number * 10_000 + i128::from(digits.get(place).copied().unwrap_or(0));
    }
    if *weight < 0 {
        number = 0;
    }
    let whole_digits = usize::try_from(i32::from(*weight) + 1).unwrap_or(0);
    if digits.iter().skip(whole_digits).any(|d| *d != 0) || !matches!(*sign, 0 | 0x4000) {
        return Err("is not a whole number".to_owned());
    }
    i64::try_from(if *sign == 0 { number } else { -number }).map_err(|_| "is too large a number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::whole_numeric;

    #[test]
    fn whole_numerics_are_read_and_others_refused() {
        let numeric = |words: &[i16]| whole_numeric(&words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>());
        assert_eq!(numeric(&[0, 0, 0, 0]), Ok(0));
        assert_eq!(numeric(&[1, 0, 0, 0, 42]), Ok(42));
        assert_eq!(numeric(&[1, 1, 0x4000, 0, 3]), Ok(-30_000));
        assert_eq!(numeric(&[3, 2, 0, 0, 1, 0, 5]), Ok(100_000_005));
        assert!(numeric(&[2, 0, 0, 2, 1, 5000]).is_err());
        assert!(numeric(&[1, -1, 0, 2, 5000]).is_err());
        assert!(numeric(&[5, 4, 0, 0, 9999, 9999, 9999, 9999, 9999]).is_err());
        assert!(numeric(&[7, 6, 0, 0, 1, 1, 1, 1, 1, 1, 1]).is_err());
    }
}
