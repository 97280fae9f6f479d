//! What a database can answer besides rows.

use std::sync::Arc;

use crate::AppError;

/// A failure of the database, told apart by what the caller can do about it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// A unique index refused the row: its columns (`users.email`) on SQLite, its name on PostgreSQL.
    #[error("a unique index refused the row: {0}")]
    Unique(String),
    #[error("a row refers to what does not exist, or is still referred to: {0}")]
    ForeignKey(String),
    /// Somebody else holds what this needs for too long.
    #[error("the database is busy")]
    Busy,
    /// The statement took longer than it may.
    #[error("the statement took longer than it may")]
    TooLong,
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    #[error("the disk is full")]
    StorageFull,
    /// Two transactions got in each other's way; the same again may succeed.
    #[error("the transaction collided with another")]
    Serialization,
    /// An earlier statement of the transaction failed, so nothing of it is kept.
    #[error("an earlier statement of the transaction failed")]
    Aborted,
    /// A column does not hold what the program expects.
    #[error("column {column}: {reason}")]
    Decode { column: usize, reason: String },
    /// The statement and its values do not fit together, or a value cannot be stored.
    #[error("{0}")]
    Bind(String),
    /// A value that one of the engines could not give back.
    #[error("{0}")]
    Value(&'static str),
    #[error("{0}")]
    Configuration(String),
    #[error("{}", describe(.0))]
    Other(Arc<sqlx::Error>),
}

impl DbError {
    /// The database's user may not do that (PostgreSQL's `insufficient_privilege`).
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Other(error) if error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() == Some("42501"))
    }

    /// The same transaction, begun again, may succeed.
    pub fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Serialization)
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                let detail = || database.constraint().map_or_else(|| database.message().to_owned(), str::to_owned);
                let known = if database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                    from_sqlite(code.parse().unwrap_or(0), database.message())
                } else {
                    from_postgres(&code, detail)
                };
                known.unwrap_or_else(|| Self::Other(Arc::new(error)))
            }
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error.to_string()),
            sqlx::Error::Encode(_) => Self::Bind(error.to_string()),
            sqlx::Error::Configuration(_) => Self::Configuration(error.to_string()),
            _ => Self::Other(Arc::new(error)),
        }
    }
}

/// By the extended result code (<https://www.sqlite.org/rescode.html>).
fn from_sqlite(code: u32, message: &str) -> Option<DbError> {
    Some(match (code, code & 0xff) {
        (1555 | 2067 | 2579, _) => DbError::Unique(message.trim_start_matches("UNIQUE constraint failed: ").to_owned()),
        (787, _) => DbError::ForeignKey("a reference".into()),
        // The shared-memory file of the write-ahead log could not grow.
        (4874, _) | (_, 13) => DbError::StorageFull,
        (_, 5 | 6) => DbError::Busy,
        (_, 9) => DbError::TooLong,
        (_, 14) => DbError::Unavailable("the database file cannot be opened".into()),
        _ => return None,
    })
}

/// By SQLSTATE (PostgreSQL documentation, appendix A).
fn from_postgres(code: &str, detail: impl Fn() -> String) -> Option<DbError> {
    Some(match code {
        "23505" => DbError::Unique(detail()),
        "23503" => DbError::ForeignKey(detail()),
        "40001" | "40P01" => DbError::Serialization,
        "53100" => DbError::StorageFull,
        "55P03" => DbError::Busy,
        "57014" => DbError::TooLong,
        "25P02" => DbError::Aborted,
        "25P03" => DbError::Unavailable("the transaction was idle for too long".into()),
        "53200" | "53300" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" => DbError::Unavailable(code.to_owned()),
        _ if code.starts_with("08") => DbError::Unavailable(code.to_owned()),
        _ => return None,
    })
}

/// For the log: what went wrong, without anything a user may have typed. Messages about values or search expressions
/// quote them; those about names and syntax quote the program's own text.
fn describe(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(database) = error else { return error.to_string() };
    let code = database.code().unwrap_or_default();
    let is_sqlite = database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
    let message = database.message();
    let quotes_values =
        if is_sqlite { message.contains("fts5") || message.contains("MATCH") } else { !code.starts_with("42") };
    let place = [database.table(), database.constraint()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match (quotes_values, place.is_empty()) {
        (false, _) => format!("database error {code}: {message}"),
        (true, true) => format!("database error {code}"),
        (true, false) => format!("database error {code} at {place}"),
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unique(_) => Self::Conflict("this already exists".into()),
            DbError::ForeignKey(_) => {
                Self::Conflict("this refers to something that is gone, or something still refers to it".into())
            }
            DbError::Busy | DbError::Serialization => Self::Unavailable,
            DbError::TooLong => Self::TooLong,
            DbError::Unavailable(reason) => {
                tracing::warn!(reason, "the database cannot be reached");
                Self::Unavailable
            }
            DbError::StorageFull => Self::StorageFull,
            DbError::Value(reason) => Self::BadRequest(reason.to_owned()),
            error => super::super::unexpected(error),
        }
    }
}
