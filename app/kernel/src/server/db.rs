//! One door to both databases.
//!
//! A statement is one text for SQLite and PostgreSQL, with `$1 … $n` and typed values. Everything that differs between
//! the engines is matched here and in the modules below; nothing above this module knows which one it talks to, save
//! the few who ask [`Db::engine`].

mod arg;
mod carrier;
mod checkpoints;
mod error;
pub(super) mod lex;
mod postgres;
mod postgres_copy;
mod row;
mod signal;
mod snapshot;
mod sqlite;
mod statement;
mod tx;
mod writer;

use std::time::Duration;

pub use arg::{Arg, Args};
use carrier::Carrier;
pub use carrier::Redis;
pub use error::DbError;
pub use row::{FromColumn, Row};
use signal::Signals;
pub use signal::{EVERYTHING, Listener};
pub use snapshot::{Part, Snapshot, Table, TableSum};
pub use statement::MAX_ARGS;
use statement::Statement;
pub use tx::Tx;
use tx::Unit;

/// The database system in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// How a database is opened; the defaults suit a server.
#[derive(Clone, Debug)]
pub struct DbOptions {
    /// Connections that only read, on SQLite.
    pub readers: u32,
    /// Connections in all, on PostgreSQL.
    pub connections: u32,
    /// How long a request waits for a connection, or for its turn to write, before it is told to come back.
    pub patience: Duration,
    /// Waits for the disk at each commit. Only tests, whose data nobody misses, do without.
    pub durable: bool,
    /// What carries signals between processes in place of the database. SQLite has one process and needs none.
    pub redis: Option<Redis>,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self { readers: 6, connections: 16, patience: Duration::from_secs(5), durable: true, redis: None }
    }
}

/// A database: cheap to clone, all clones share the connections.
#[derive(Clone)]
pub struct Db {
    inner: Inner,
    signals: Signals,
    carrier: Option<Carrier>,
}

#[derive(Clone)]
enum Inner {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Db {
    /// Opens `sqlite://path` (made if it does not exist, unless `?mode=` says otherwise) or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        Self::open_with(url, &DbOptions::default()).await
    }

    pub async fn open_with(url: &str, options: &DbOptions) -> Result<Self, DbError> {
        let inner = if url.starts_with("sqlite:") {
            Inner::Sqlite(sqlite::Sqlite::open(url, options).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Inner::Postgres(postgres::Postgres::open(url, options).await?)
        } else {
            return Err(DbError::Configuration("a database address starts with sqlite:// or postgres://".into()));
        };
        let signals = Signals::new();
        let carrier = match (&inner, &options.redis) {
            (Inner::Postgres(_), Some(redis)) => Some(Carrier::open(redis, &signals)?),
            _ => None,
        };
        Ok(Self { inner, signals, carrier })
    }

    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a statement that reads.
    pub async fn fetch_all(&self, sql: &str, args: Args) -> Result<Vec<Row>, DbError> {
        let statement = Statement::new(sql, args)?;
        match &self.inner {
            Inner::Sqlite(db) => db.fetch_all(statement).await,
            Inner::Postgres(db) => db.fetch_all(statement).await,
        }
    }

    /// The first row of a statement that reads.
    pub async fn fetch_optional(&self, sql: &str, args: Args) -> Result<Option<Row>, DbError> {
        let statement = Statement::new(sql, args)?;
        match &self.inner {
            Inner::Sqlite(db) => db.fetch_optional(statement).await,
            Inner::Postgres(db) => db.fetch_optional(statement).await,
        }
    }

    /// Rows as they come, some at a time, for answers of thousands. They are read from one snapshot, so `take` makes
    /// short work of them; what fails halfway is not begun again.
    pub async fn fetch_some(
        &self,
        sql: &str,
        args: Args,
        at_once: usize,
        mut take: impl FnMut(Vec<Row>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let statement = Statement::new(sql, args)?;
        match &self.inner {
            Inner::Sqlite(db) => db.fetch_some(statement, at_once, &mut take).await,
            Inner::Postgres(db) => db.fetch_some(statement, at_once, &mut take).await,
        }
    }

    /// Starts a transaction that writes. On SQLite this waits for the one writer, so keep it short and wait for
    /// nothing but the database in it; a second `begin` while holding the first waits for itself until it is told
    /// [`DbError::Busy`].
    pub async fn begin(&self) -> Result<Tx, DbError> {
        let unit = match &self.inner {
            Inner::Sqlite(db) => Unit::Sqlite(db.begin().await?),
            Inner::Postgres(db) => Unit::Postgres(db.begin().await?),
        };
        Ok(Tx::new(unit, self.signals.clone(), self.carrier.clone()))
    }

    /// Tells the other processes something that no transaction stands behind, such as who is here now. This one knows
    /// already, and SQLite has no others.
    pub async fn tell_others(&self, signal: &str) -> Result<(), DbError> {
        if let Some(carrier) = &self.carrier {
            carrier.tell(self.signals.marked(signal));
        } else if let Inner::Postgres(db) = &self.inner {
            let (sql, args) = signal::notify([self.signals.marked(signal)]);
            db.fetch_optional(Statement::new(&sql, args)?).await?;
        }
        Ok(())
    }

    /// Hears what transactions of this process tell, and of others while somebody runs [`Self::hear_others`].
    pub fn listen(&self) -> Listener {
        self.signals.subscribe()
    }

    /// Passes on what other processes tell, for as long as this is awaited. SQLite has no other processes.
    pub async fn hear_others(&self) {
        match (&self.inner, &self.carrier) {
            (_, Some(carrier)) => carrier.hear(&self.signals).await,
            (Inner::Sqlite(_), None) => std::future::pending().await,
            (Inner::Postgres(db), None) => db.hear(&self.signals).await,
        }
    }

    /// What carries signals between processes, and what is wrong with that at the moment, in words.
    pub fn carrier(&self) -> (&'static str, Option<String>) {
        match (&self.inner, &self.carrier) {
            (_, Some(carrier)) => ("redis", carrier.trouble()),
            (Inner::Sqlite(_), None) => ("process", None),
            (Inner::Postgres(_), None) => ("postgres", None),
        }
    }

    /// Prepares a statement without running it: what is not valid SQL for this engine and schema fails.
    pub async fn prepare_check(&self, sql: &str) -> Result<(), DbError> {
        match &self.inner {
            Inner::Sqlite(db) => db.prepare_check(sql).await,
            Inner::Postgres(db) => db.prepare_check(sql).await,
        }
    }

    /// Runs one statement outside any transaction: for what cannot be in one, like `create index concurrently` or
    /// `vacuum`. Nothing else of this process writes to SQLite meanwhile.
    pub async fn execute_alone(&self, sql: &str) -> Result<(), DbError> {
        match &self.inner {
            Inner::Sqlite(db) => db.execute_alone(sql).await,
            Inner::Postgres(db) => db.execute_alone(sql).await,
        }
    }

    /// Lets the database look at how its data is spread, which its choice of indexes rests on: after many rows were
    /// added at once, and now and then. Takes a fraction of a second.
    pub async fn refresh_statistics(&self) -> Result<(), DbError> {
        match &self.inner {
            // All tables, each looked at in part (<https://www.sqlite.org/pragma.html#pragma_optimize>).
            Inner::Sqlite(db) => db.execute_alone("pragma optimize = 0x10002").await,
            Inner::Postgres(db) => db.execute_alone("analyze").await,
        }
    }

    /// Closes all connections. Transactions that wait for their commit still get their answer.
    pub async fn close(&self) {
        if let Some(carrier) = &self.carrier {
            carrier.flush().await;
        }
        match &self.inner {
            Inner::Sqlite(db) => db.close().await,
            Inner::Postgres(db) => db.close().await,
        }
    }

    /// The file of a SQLite database.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.inner {
            Inner::Sqlite(db) => Some(db.path()),
            Inner::Postgres(_) => None,
        }
    }
}

/// Where a read goes: to the database at large, or into a transaction, which sees its own writes.
pub enum Source<'a> {
    Db(&'a Db),
    Tx(&'a mut Tx),
}

impl Source<'_> {
    pub fn engine(&self) -> Engine {
        match self {
            Self::Db(db) => db.engine(),
            Self::Tx(tx) => tx.engine(),
        }
    }

    /// The same source, lent out for a shorter time.
    pub fn reborrow(&mut self) -> Source<'_> {
        match self {
            Self::Db(db) => Source::Db(db),
            Self::Tx(tx) => Source::Tx(tx),
        }
    }

    pub async fn fetch_all(&mut self, sql: &str, args: Args) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Db(db) => db.fetch_all(sql, args).await,
            Self::Tx(tx) => tx.fetch_all(sql, args).await,
        }
    }

    pub async fn fetch_optional(&mut self, sql: &str, args: Args) -> Result<Option<Row>, DbError> {
        match self {
            Self::Db(db) => db.fetch_optional(sql, args).await,
            Self::Tx(tx) => tx.fetch_optional(sql, args).await,
        }
    }
}

impl<'a> From<&'a Db> for Source<'a> {
    fn from(db: &'a Db) -> Self {
        Self::Db(db)
    }
}

impl<'a> From<&'a mut Tx> for Source<'a> {
    fn from(tx: &'a mut Tx) -> Self {
        Self::Tx(tx)
    }
}

#[cfg(test)]
mod tests;
