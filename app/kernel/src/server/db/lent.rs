//! A connection to PostgreSQL on loan, and a transaction over one.
//!
//! A statement that is not waited for to its end would run on, and the connection would be of no use to others until it
//! has: so the connection is closed, which the server notices within a second and ends the statement.

use std::time::Duration;

use sqlx::{PgConnection, Postgres as Pg, pool::PoolConnection};
use tokio::time::timeout;

use super::{DbError, Row, statement::Statement};

pub(super) struct Lent {
    connection: PoolConnection<Pg>,
    /// A statement was begun and has not ended.
    is_running: bool,
}

impl Lent {
    pub const fn new(connection: PoolConnection<Pg>) -> Self {
        Self { connection, is_running: false }
    }

    /// Does something with the connection that may take so long.
    pub async fn run<T>(
        &mut self,
        time: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<Result<T, sqlx::Error>, DbError> {
        self.is_running = true;
        let done = timeout(time, work(&mut self.connection)).await.map_err(|_| DbError::TooLong)?;
        self.is_running = false;
        Ok(done)
    }

    /// Closes a connection that is no good any more, and makes room for another.
    pub fn discard(mut self) {
        self.is_running = true;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.is_running {
            self.connection.close_on_drop();
        }
    }
}

/// A transaction, undone when it is dropped.
pub(super) struct Unit {
    lent: Option<Lent>,
    time: Duration,
}

impl Unit {
    pub const fn new(begun: Lent, time: Duration) -> Self {
        Self { lent: Some(begun), time }
    }

    async fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, DbError> {
        let lent = self.lent.as_mut().ok_or(DbError::Aborted)?;
        Ok(lent.run(self.time, work).await??)
    }

    pub async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let query = statement.into_postgres()?;
        let rows = self.run(async |connection| query.fetch_all(connection).await).await?;
        Ok(rows.into_iter().map(Row::from).collect())
    }

    pub async fn fetch_optional(&mut self, statement: Statement) -> Result<Option<Row>, DbError> {
        let query = statement.into_postgres()?;
        Ok(self.run(async |connection| query.fetch_optional(connection).await).await?.map(Row::from))
    }

    pub async fn execute(&mut self, statement: Statement) -> Result<u64, DbError> {
        let query = statement.into_postgres()?;
        Ok(self.run(async |connection| query.execute(connection).await).await?.rows_affected())
    }

    pub async fn commit(mut self) -> Result<(), DbError> {
        self.run(async |connection| command(connection, "commit").await).await?;
        self.lent = None;
        Ok(())
    }

    pub async fn rollback(mut self) -> Result<(), DbError> {
        self.run(async |connection| command(connection, "rollback").await).await?;
        self.lent = None;
        Ok(())
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        let Some(mut lent) = self.lent.take().filter(|lent| !lent.is_running) else { return };
        tokio::spawn(async move {
            let time = Duration::from_secs(10);
            if !matches!(lent.run(time, async |connection| command(connection, "rollback").await).await, Ok(Ok(()))) {
                lent.discard();
            }
        });
    }
}

/// Begins a transaction, or ends one.
pub(super) async fn command(connection: &mut PgConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(connection).await.map(drop)
}
