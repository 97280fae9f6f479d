//! PostgreSQL: one pool.

use std::sync::Arc;

use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, PgPool, Postgres as Pg, SqlSafeStr, Transaction,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgRow},
};

use super::{
    DbError, DbOptions, Row,
    signal::{CHANNEL, EVERYTHING, Signals},
    snapshot::quoted,
    statement::Statement,
};

#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    /// How many connections in a row may turn out broken: after a restart of the server, all of them.
    attempts: u32,
    connect: Arc<PgConnectOptions>,
}

impl Postgres {
    pub async fn open(url: &str, options: &DbOptions) -> Result<Self, DbError> {
        let connect = url
            .parse::<PgConnectOptions>()?
            .application_name("mainstay")
            .statement_cache_capacity(256)
            // So that no request waits for ever, whatever the server's own settings are.
            .options([
                ("lock_timeout", "10s"),
                ("statement_timeout", "60s"),
                ("idle_in_transaction_session_timeout", "60s"),
                ("synchronous_commit", if options.durable { "on" } else { "off" }),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(options.patience)
            .test_before_acquire(false)
            .connect_with(connect.clone())
            .await?;
        Ok(Self { pool, attempts: options.connections, connect: Arc::new(connect) })
    }

    /// A schema of its own beside the present one, found before it. What the server adds to a database, such as ways
    /// of searching, is found where it is.
    pub async fn aside(&self, name: &str) -> Result<Self, DbError> {
        self.execute_alone(&format!("create schema {}", quoted(name))).await?;
        let path = format!("{},public", quoted(name));
        let connect = self.connect.as_ref().clone().options([("search_path", path)]);
        let pool = PgPoolOptions::new().max_connections(2).connect_with(connect.clone()).await?;
        Ok(Self { pool, attempts: 2, connect: Arc::new(connect) })
    }

    pub async fn fetch_all(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let rows = self.read(statement, false).await?;
        Ok(rows.into_iter().map(Row::from).collect())
    }

    pub async fn fetch_some(
        &self,
        statement: Statement,
        at_once: usize,
        take: &mut impl FnMut(Vec<Row>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut attempts = self.attempts;
        loop {
            let mut connection = self.pool.acquire().await?;
            let mut rows = statement.clone().into_postgres()?.fetch(&mut *connection);
            // As long as nothing was taken, this outlives broken connections too.
            let mut next = match rows.try_next().await {
                Err(error) if is_broken(&error) && attempts > 0 => {
                    attempts -= 1;
                    drop(rows);
                    drop(connection.detach());
                    continue;
                }
                first => first?,
            };
            let mut some = Vec::with_capacity(at_once);
            while let Some(row) = next {
                some.push(Row::from(row));
                if some.len() == at_once {
                    take(std::mem::replace(&mut some, Vec::with_capacity(at_once)))?;
                }
                next = rows.try_next().await?;
            }
            return if some.is_empty() { Ok(()) } else { take(some) };
        }
    }

    pub async fn fetch_optional(&self, statement: Statement) -> Result<Option<Row>, DbError> {
        let rows = self.read(statement, true).await?;
        Ok(rows.into_iter().next().map(Row::from))
    }

    /// Passes on what other processes notify of, and connects again when the connection breaks.
    pub async fn hear(&self, signals: &Signals) {
        const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);
        loop {
            if let Err(error) = self.hear_once(signals).await {
                tracing::warn!(error = %DbError::from(error), "notifications cannot be heard for the moment");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn hear_once(&self, signals: &Signals) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        signals.send(EVERYTHING);
        loop {
            match listener.try_recv().await? {
                Some(notification) => signals.receive(notification.payload()),
                None => signals.send(EVERYTHING),
            }
        }
    }

    /// A read does no harm when it is done again, so it outlives broken connections.
    async fn read(&self, statement: Statement, only_first: bool) -> Result<Vec<PgRow>, DbError> {
        let mut attempts = self.attempts;
        loop {
            let mut connection = self.pool.acquire().await?;
            let query = statement.clone().into_postgres()?;
            let result = if only_first {
                query.fetch_optional(&mut *connection).await.map(|row| row.into_iter().collect())
            } else {
                query.fetch_all(&mut *connection).await
            };
            match result {
                Err(error) if is_broken(&error) && attempts > 0 => {
                    attempts -= 1;
                    drop(connection.detach());
                }
                result => return Ok(result?),
            }
        }
    }

    /// Read committed, the server's default; nothing has happened yet, so this too is tried again.
    pub async fn begin(&self) -> Result<Transaction<'static, Pg>, DbError> {
        let mut attempts = self.attempts;
        loop {
            match self.pool.begin().await {
                Err(error) if is_broken(&error) && attempts > 0 => attempts -= 1,
                result => return Ok(result?),
            }
        }
    }

    pub async fn prepare_check(&self, sql: &str) -> Result<(), DbError> {
        let mut connection = self.pool.acquire().await?;
        connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
        Ok(())
    }

    /// Such statements may take long: building an index over a large table does.
    pub async fn execute_alone(&self, sql: &str) -> Result<(), DbError> {
        let mut connection = self.pool.acquire().await?.detach();
        sqlx::query("select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)")
            .execute(&mut connection)
            .await?;
        sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(&mut connection).await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The connection is no good any more, and a new one may be.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(database) => {
            database.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}

pub(super) async fn fetch_all(connection: &mut PgConnection, statement: Statement) -> Result<Vec<Row>, DbError> {
    let rows = statement.into_postgres()?.fetch_all(connection).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

pub(super) async fn fetch_optional(
    connection: &mut PgConnection,
    statement: Statement,
) -> Result<Option<Row>, DbError> {
    Ok(statement.into_postgres()?.fetch_optional(connection).await?.map(Row::from))
}

pub(super) async fn execute(connection: &mut PgConnection, statement: Statement) -> Result<u64, DbError> {
    Ok(statement.into_postgres()?.execute(connection).await?.rows_affected())
}
