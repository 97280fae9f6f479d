//! What an archive says about itself: at its beginning what it is of, at its end all it holds.

use kernel::{
    Timestamp,
    server::{DbError, Engine, Snapshot, Table, TableSum, migrate::Migration},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The first file of an archive.
pub const CONTENTS: &str = "contents.json";
/// The last one.
pub const MANIFEST: &str = "manifest.json";
/// The database of an installation on SQLite.
pub const DATABASE: &str = "database.sqlite";
/// What the rows of a table lie under, on PostgreSQL.
pub const ROWS: &str = "rows/";
/// What the content of files lies under.
pub const FILES: &str = "files/";

/// What an archive is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// Of the program that made it.
    pub version: String,
    pub taken_at: Timestamp,
    /// Whether files are in it; else it is of the database alone.
    pub is_whole: bool,
    /// Number and checksum of each migration the database had seen.
    pub migrations: Vec<(i64, String)>,
    pub tables: Vec<Table>,
}

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub tables: Vec<TableSum>,
    /// The database's file.
    pub database: Option<FileSum>,
    pub files: Vec<FileSum>,
    /// The newest event there was, to compare with what others heard.
    pub last_event: Option<Uuid>,
}

/// A file and the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn rows(&self) -> i64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

pub const fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

impl Contents {
    pub async fn of(
        snapshot: &mut Snapshot,
        engine: Engine,
        taken_at: Timestamp,
        is_whole: bool,
    ) -> Result<Self, DbError> {
        let tables = snapshot.tables().await?;
        let applied = snapshot.fetch_all("select version, checksum from schema_migrations order by version", vec![]);
        let migrations =
            applied.await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, DbError>>()?;
        let (engine, version) = (engine_name(engine).to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Ok(Self { engine, version, taken_at, is_whole, migrations, tables })
    }

    pub fn has_table(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table.name == name)
    }

    /// The migrations the database had seen, of those this program knows. `None` where it knows another history: a
    /// newer program made it.
    pub fn migrations<'a>(&self, known: &'a [Migration]) -> Option<&'a [Migration]> {
        let seen = known.get(..self.migrations.len())?;
        let is_same = seen.iter().zip(&self.migrations).all(|(migration, (version, checksum))| {
            i64::from(migration.version) == *version && migration.checksum() == *checksum
        });
        is_same.then_some(seen)
    }
}
