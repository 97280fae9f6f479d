//! A transaction: statements that are kept together or not at all, and what is told once they are.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{Args, DbError, Engine, Row, Shared, lent, signal, statement::Statement, turns::Turn, writer};

/// So many values may wait in a transaction.
const WAITING: usize = 1_000;

/// A turn to write, and one to write as one of many.
pub(super) type Held = (Option<Turn>, Option<OwnedSemaphorePermit>);

/// A transaction: undone when dropped without [`Tx::commit`].
///
/// As on PostgreSQL, a statement that fails ends the transaction on SQLite too: what follows is refused with
/// [`DbError::Aborted`], and so is the commit.
pub struct Tx {
    unit: Unit,
    failed: bool,
    /// Statements that go with the next.
    waiting: Vec<(String, Args)>,
    db: Arc<Shared>,
    told: Vec<String>,
    /// Of whoever writes, for as long as they do.
    _held: Held,
}

/// The same at its engine.
pub(super) enum Unit {
    Sqlite(writer::Unit),
    Postgres(lent::Unit),
}

impl Tx {
    pub(super) const fn new(unit: Unit, db: Arc<Shared>, held: Held) -> Self {
        Self { unit, failed: false, waiting: vec![], db, told: vec![], _held: held }
    }

    pub fn engine(&self) -> Engine {
        match &self.unit {
            Unit::Sqlite(_) => Engine::Sqlite,
            Unit::Postgres(_) => Engine::Postgres,
        }
    }

    pub async fn fetch_all(&mut self, sql: &str, args: Args) -> Result<Vec<Row>, DbError> {
        let statement = self.statement(sql, args).await?;
        let result = match &mut self.unit {
            Unit::Sqlite(unit) => unit.fetch_all(statement).await,
            Unit::Postgres(unit) => unit.fetch_all(statement).await,
        };
        self.note(result)
    }

    pub async fn fetch_optional(&mut self, sql: &str, args: Args) -> Result<Option<Row>, DbError> {
        let statement = self.statement(sql, args).await?;
        let result = match &mut self.unit {
            Unit::Sqlite(unit) => unit.fetch_optional(statement).await,
            Unit::Postgres(unit) => unit.fetch_optional(statement).await,
        };
        self.note(result)
    }

    /// Runs a statement and tells how many rows it touched.
    pub async fn execute(&mut self, sql: &str, args: Args) -> Result<u64, DbError> {
        let statement = self.statement(sql, args).await?;
        self.run(statement).await
    }

    /// Runs a statement together with what comes after it, or with the commit: each way to the database and back costs as
    /// much as a small statement itself. For what gives no rows and counts on nothing that waits as well.
    pub async fn execute_later(&mut self, sql: &str, args: Args) -> Result<(), DbError> {
        let waiting: usize = self.waiting.iter().map(|(_, args)| args.len()).sum();
        if waiting + args.len() > WAITING {
            self.catch_up().await?;
        }
        self.waiting.push((sql.to_owned(), args));
        Ok(())
    }

    /// Runs what was put off.
    pub async fn catch_up(&mut self) -> Result<(), DbError> {
        if self.failed || self.waiting.is_empty() {
            return Ok(());
        }
        let statement = Statement::together(self.engine(), std::mem::take(&mut self.waiting));
        let statement = self.note(statement)?;
        self.run(statement).await.map(drop)
    }

    /// Like [`Tx::execute`], for texts whose length varies, such as multi-row inserts: they are not kept prepared.
    pub async fn execute_bulk(&mut self, sql: &str, args: Args) -> Result<u64, DbError> {
        let statement = self.statement(sql, args).await?.once();
        self.run(statement).await
    }

    /// Tells every [`Listener`](super::Listener) something once this is committed, and nobody if it is not.
    pub fn tell(&mut self, signal: &str) {
        if !self.told.iter().any(|told| told == signal) {
            self.told.push(signal.to_owned());
        }
    }

    /// Makes the transaction lasting. Returns only when it is on disk.
    pub async fn commit(mut self) -> Result<(), DbError> {
        if self.engine() == Engine::Postgres && self.db.carrier.is_none() && !self.told.is_empty() {
            let (sql, args) = signal::notify(self.told.iter().map(|signal| self.db.signals.marked(signal)));
            self.execute_later(&sql, args).await?;
        }
        self.catch_up().await?;
        if self.failed {
            self.rollback().await?;
            return Err(DbError::Aborted);
        }
        match self.unit {
            Unit::Sqlite(unit) => unit.commit().await?,
            Unit::Postgres(unit) => unit.commit().await?,
        }
        for signal in &self.told {
            self.db.signals.send(signal);
            if let Some(carrier) = &self.db.carrier {
                carrier.tell(self.db.signals.marked(signal));
            }
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<(), DbError> {
        match self.unit {
            Unit::Sqlite(unit) => unit.rollback().await,
            Unit::Postgres(unit) => unit.rollback().await,
        }
    }

    async fn run(&mut self, statement: Statement) -> Result<u64, DbError> {
        let result = match &mut self.unit {
            Unit::Sqlite(unit) => unit.execute(statement).await,
            Unit::Postgres(unit) => unit.execute(statement).await,
        };
        self.note(result)
    }

    /// The next statement, once all before it have run.
    async fn statement(&mut self, sql: &str, args: Args) -> Result<Statement, DbError> {
        self.catch_up().await?;
        if self.failed { Err(DbError::Aborted) } else { Statement::new(sql, args) }
    }

    fn note<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        self.failed |= result.is_err();
        result
    }
}
