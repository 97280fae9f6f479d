//! One door to both databases.
//!
//! A statement is one text for SQLite and PostgreSQL, with `$1 … $n` and typed values. Everything that differs between
//! the engines is matched here and in the modules below; nothing above this module knows which one it talks to, save
//! the few who ask [`Db::engine`].

mod arg;
mod carrier;
mod checkpoints;
mod error;
mod lane;
mod lent;
pub(super) mod lex;
mod postgres;
mod postgres_copy;
mod readers;
mod row;
mod signal;
mod snapshot;
mod sqlite;
mod statement;
mod turns;
mod tx;
mod watch;
mod writer;

use std::{sync::Arc, time::Duration};

pub use arg::{Arg, Args};
use carrier::Carrier;
pub use carrier::Redis;
pub use error::DbError;
pub use lane::Lane;
pub use row::{FromColumn, Row};
use signal::Signals;
pub use signal::{EVERYTHING, Listener};
pub use snapshot::{Part, Snapshot, Table, TableSum};
pub use statement::MAX_ARGS;
use statement::Statement;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use turns::{Turn, Turns};
pub use tx::Tx;
use tx::Unit;
use writer::Size;

/// The database system in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Statements known to take long that run at a time, and transactions that are one of many.
const HEAVY: usize = 2;
const BATCHES: usize = 2;
/// How long one of many waits for its turn.
const BATCH_PATIENCE: Duration = Duration::from_mins(1);

/// How a database is opened; the defaults suit a server.
#[derive(Clone, Debug)]
pub struct DbOptions {
    /// Connections that read for people, on SQLite.
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
        Self { readers: 16, connections: 20, patience: Duration::from_secs(5), durable: true, redis: None }
    }
}

/// A database, as one [`Lane`] uses it: cheap to clone, all clones share the connections.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
    lane: Lane,
    is_heavy: bool,
}

struct Shared {
    inner: Inner,
    signals: Signals,
    carrier: Option<Carrier>,
    /// Turns of people to read, and to write.
    reading: Arc<Turns>,
    writing: Arc<Turns>,
    /// Those for statements that are known to take long, on PostgreSQL: what runs there cannot be made to pause.
    heavy: Semaphore,
    /// Those for transactions that are one of many, on PostgreSQL: on SQLite the writer sees to that.
    batches: Arc<Semaphore>,
    patience: Duration,
}

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
        Ok(Self::new(inner, signals, carrier, options))
    }

    fn new(inner: Inner, signals: Signals, carrier: Option<Carrier>, options: &DbOptions) -> Self {
        // Three of four connections are for who has no turn yet. A transaction on SQLite takes none of them.
        let connections = match &inner {
            Inner::Sqlite(_) => options.readers,
            Inner::Postgres(_) => options.connections / 2,
        };
        let turns = || Turns::new(connections as usize / 4, options.patience);
        let (reading, writing, patience) = (turns(), turns(), options.patience);
        let (heavy, batches) = (Semaphore::new(HEAVY), Arc::new(Semaphore::new(BATCHES)));
        let shared = Shared { inner, signals, carrier, reading, writing, heavy, batches, patience };
        Self { shared: Arc::new(shared), lane: Lane::Upkeep, is_heavy: false }
    }

    /// The same database for another use.
    #[must_use]
    pub fn on(&self, lane: Lane) -> Self {
        Self { shared: self.shared.clone(), lane, is_heavy: false }
    }

    /// The same for statements that are known to take long. Few of them run at a time.
    #[must_use]
    pub fn heavy(&self) -> Self {
        Self { shared: self.shared.clone(), lane: self.lane, is_heavy: true }
    }

    pub const fn lane(&self) -> Lane {
        self.lane
    }

    async fn turn(&self, turns: &Arc<Turns>) -> Result<Option<Turn>, DbError> {
        match self.lane {
            Lane::Person(person) => turns.take(person).await.map(Some),
            _ => Ok(None),
        }
    }

    /// What a statement needs that reads, besides a connection.
    async fn turn_to_read(&self) -> Result<(Option<Turn>, Option<SemaphorePermit<'_>>), DbError> {
        let turn = self.turn(&self.shared.reading).await?;
        if !self.is_heavy || turn.is_none() || self.engine() == Engine::Sqlite {
            return Ok((turn, None));
        }
        let heavy = timeout(self.shared.patience, self.shared.heavy.acquire()).await.map_err(|_| DbError::Busy)?;
        Ok((turn, heavy.ok()))
    }

    pub fn engine(&self) -> Engine {
        match &self.shared.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a statement that reads.
    pub async fn fetch_all(&self, sql: &str, args: Args) -> Result<Vec<Row>, DbError> {
        let statement = Statement::new(sql, args)?;
        let _turn = self.turn_to_read().await?;
        match &self.shared.inner {
            Inner::Sqlite(db) => db.fetch_all(statement, self.lane).await,
            Inner::Postgres(db) => db.fetch_all(statement, self.lane).await,
        }
    }

    /// The first row of a statement that reads.
    pub async fn fetch_optional(&self, sql: &str, args: Args) -> Result<Option<Row>, DbError> {
        let statement = Statement::new(sql, args)?;
        let _turn = self.turn_to_read().await?;
        match &self.shared.inner {
            Inner::Sqlite(db) => db.fetch_optional(statement, self.lane).await,
            Inner::Postgres(db) => db.fetch_optional(statement, self.lane).await,
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
        let _turn = self.turn_to_read().await?;
        match &self.shared.inner {
            Inner::Sqlite(db) => db.fetch_some(statement, self.lane, at_once, &mut take).await,
            Inner::Postgres(db) => db.fetch_some(statement, self.lane, at_once, &mut take).await,
        }
    }

    /// Starts a transaction that writes. On SQLite this waits for the one writer, so keep it short and wait for
    /// nothing but the database in it; a second `begin` while holding the first waits for itself until it is told
    /// [`DbError::Busy`].
    pub async fn begin(&self) -> Result<Tx, DbError> {
        self.begin_of(Size::Single).await
    }

    /// Starts a transaction that is one of many and may write for a while. On SQLite it waits until nobody else does.
    pub async fn begin_batch(&self) -> Result<Tx, DbError> {
        self.begin_of(Size::Batch).await
    }

    async fn begin_of(&self, size: Size) -> Result<Tx, DbError> {
        let turn = self.turn(&self.shared.writing).await?;
        let batch = match (size, self.engine()) {
            (Size::Batch, Engine::Postgres) => {
                let batch = timeout(BATCH_PATIENCE, self.shared.batches.clone().acquire_owned()).await;
                batch.map_err(|_| DbError::Busy)?.ok()
            }
            _ => None,
        };
        let unit = match &self.shared.inner {
            Inner::Sqlite(db) => Unit::Sqlite(db.begin(self.lane, size).await?),
            Inner::Postgres(db) => Unit::Postgres(db.begin(self.lane).await?),
        };
        Ok(Tx::new(unit, self.shared.clone(), (turn, batch)))
    }

    /// Tells the other processes something that no transaction stands behind, such as who is here now. This one knows
    /// already, and SQLite has no others.
    pub async fn tell_others(&self, signal: &str) -> Result<(), DbError> {
        if let Some(carrier) = &self.shared.carrier {
            carrier.tell(self.shared.signals.marked(signal));
        } else if let Inner::Postgres(db) = &self.shared.inner {
            let (sql, args) = signal::notify([self.shared.signals.marked(signal)]);
            db.fetch_optional(Statement::new(&sql, args)?, self.lane).await?;
        }
        Ok(())
    }

    /// Hears what transactions of this process tell, and of others while somebody runs [`Self::hear_others`].
    pub fn listen(&self) -> Listener {
        self.shared.signals.subscribe()
    }

    /// Passes on what other processes tell, for as long as this is awaited. SQLite has no other processes.
    pub async fn hear_others(&self) {
        match (&self.shared.inner, &self.shared.carrier) {
            (_, Some(carrier)) => carrier.hear(&self.shared.signals).await,
            (Inner::Sqlite(_), None) => std::future::pending().await,
            (Inner::Postgres(db), None) => db.hear(&self.shared.signals).await,
        }
    }

    /// What carries signals between processes, and what is wrong with that at the moment, in words.
    pub fn carrier(&self) -> (&'static str, Option<String>) {
        match (&self.shared.inner, &self.shared.carrier) {
            (_, Some(carrier)) => ("redis", carrier.trouble()),
            (Inner::Sqlite(_), None) => ("process", None),
            (Inner::Postgres(_), None) => ("postgres", None),
        }
    }

    /// Prepares a statement without running it: what is not valid SQL for this engine and schema fails.
    pub async fn prepare_check(&self, sql: &str) -> Result<(), DbError> {
        match &self.shared.inner {
            Inner::Sqlite(db) => db.prepare_check(sql).await,
            Inner::Postgres(db) => db.prepare_check(sql).await,
        }
    }

    /// Runs one statement outside any transaction: for what cannot be in one, like `create index concurrently` or
    /// `vacuum`. Nothing else of this process writes to SQLite meanwhile.
    pub async fn execute_alone(&self, sql: &str) -> Result<(), DbError> {
        match &self.shared.inner {
            Inner::Sqlite(db) => db.execute_alone(sql).await,
            Inner::Postgres(db) => db.execute_alone(sql).await,
        }
    }

    /// Lets the database look at how its data is spread, which its choice of indexes rests on: after many rows were
    /// added at once, and now and then. Takes a fraction of a second.
    pub async fn refresh_statistics(&self) -> Result<(), DbError> {
        match &self.shared.inner {
            // All tables, each looked at in part (<https://www.sqlite.org/pragma.html#pragma_optimize>).
            Inner::Sqlite(db) => db.execute_alone("pragma optimize = 0x10002").await,
            Inner::Postgres(db) => db.execute_alone("analyze").await,
        }
    }

    /// Closes all connections. Transactions that wait for their commit still get their answer.
    pub async fn close(&self) {
        if let Some(carrier) = &self.shared.carrier {
            carrier.flush().await;
        }
        match &self.shared.inner {
            Inner::Sqlite(db) => db.close().await,
            Inner::Postgres(db) => db.close().await,
        }
    }

    /// The file of a SQLite database.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.shared.inner {
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
