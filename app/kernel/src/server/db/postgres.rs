//! PostgreSQL: a pool for each kind of lane.

use std::sync::Arc;

use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, PgPool, Postgres as Pg, SqlSafeStr, Transaction,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgRow},
};

use super::{
    DbError, DbOptions, Row,
    lane::{Lane, PerLane},
    lent::{Lent, Unit, command},
    signal::{CHANNEL, EVERYTHING, Signals},
    snapshot::quoted,
    statement::Statement,
};

pub(super) struct Postgres {
    pools: PerLane<PgPool>,
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
                ("idle_in_transaction_session_timeout", "60s"),
                // A statement ends when the connection that asked for it is gone.
                ("client_connection_check_interval", "500ms"),
                // Compiling a statement that asks for many things takes longer than asking for them.
                ("jit", "off"),
                ("synchronous_commit", if options.durable { "on" } else { "off" }),
            ]);
        let some = |most: u32, connect: &PgConnectOptions| {
            PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(options.patience)
                .test_before_acquire(false)
                .connect_lazy_with(connect.clone())
        };
        // Beyond every deadline of theirs, in case nobody is left here to keep it.
        let hurried = connect.clone().options([("statement_timeout", "60s")]);
        let (vital, work) = (options.connections.div_ceil(5), options.connections.div_ceil(5));
        let people = options.connections.saturating_sub(vital + work).max(1);
        let pools =
            PerLane { vital: some(vital, &hurried), people: some(people, &hurried), work: some(work, &connect) };
        // What is wrong with the address or the server is told now.
        drop(pools.work.acquire().await?);
        Ok(Self { pools, attempts: options.connections, connect: Arc::new(connect) })
    }

    /// A schema of its own beside the present one, found before it. What the server adds to a database, such as ways
    /// of searching, is found where it is.
    pub async fn aside(&self, name: &str) -> Result<Self, DbError> {
        self.execute_alone(&format!("create schema {}", quoted(name))).await?;
        let path = format!("{},public", quoted(name));
        let connect = self.connect.as_ref().clone().options([("search_path", path)]);
        let some = || PgPoolOptions::new().max_connections(2).connect_lazy_with(connect.clone());
        let pools = PerLane { vital: some(), people: some(), work: some() };
        Ok(Self { pools, attempts: 2, connect: Arc::new(connect) })
    }

    async fn lend(&self, lane: Lane) -> Result<Lent, DbError> {
        Ok(Lent::new(self.pools.of(lane).acquire().await?))
    }

    pub async fn fetch_all(&self, statement: Statement, lane: Lane) -> Result<Vec<Row>, DbError> {
        let rows = self.read(statement, lane, false).await?;
        Ok(rows.into_iter().map(Row::from).collect())
    }

    pub async fn fetch_some(
        &self,
        statement: Statement,
        lane: Lane,
        at_once: usize,
        take: &mut impl FnMut(Vec<Row>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut attempts = self.attempts;
        loop {
            let query = statement.clone().into_postgres()?;
            let mut lent = self.lend(lane).await?;
            // As long as nothing was taken, this outlives broken connections too.
            let mut is_begun = false;
            let read = async |connection: &mut PgConnection| {
                let mut rows = query.fetch(connection);
                let mut some = Vec::with_capacity(at_once);
                while let Some(row) = rows.try_next().await? {
                    is_begun = true;
                    some.push(Row::from(row));
                    if some.len() == at_once
                        && let Err(error) = take(std::mem::replace(&mut some, Vec::with_capacity(at_once)))
                    {
                        return Ok(Err(error));
                    }
                }
                Ok(if some.is_empty() { Ok(()) } else { take(some) })
            };
            match lent.run(lane.deadline(), read).await? {
                Err(error) if is_broken(&error) && !is_begun && attempts > 0 => {
                    attempts -= 1;
                    lent.discard();
                }
                // Whoever wants no more leaves rows on their way.
                Ok(Err(error)) => {
                    lent.discard();
                    return Err(error);
                }
                done => return done?,
            }
        }
    }

    pub async fn fetch_optional(&self, statement: Statement, lane: Lane) -> Result<Option<Row>, DbError> {
        let rows = self.read(statement, lane, true).await?;
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
        let mut listener = PgListener::connect_with(&self.pools.vital).await?;
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
    async fn read(&self, statement: Statement, lane: Lane, only_first: bool) -> Result<Vec<PgRow>, DbError> {
        let mut attempts = self.attempts;
        loop {
            let query = statement.clone().into_postgres()?;
            let mut lent = self.lend(lane).await?;
            let read = async |connection: &mut PgConnection| {
                if only_first {
                    query.fetch_optional(connection).await.map(|row| row.into_iter().collect())
                } else {
                    query.fetch_all(connection).await
                }
            };
            match lent.run(lane.deadline(), read).await? {
                Err(error) if is_broken(&error) && attempts > 0 => {
                    attempts -= 1;
                    lent.discard();
                }
                result => return Ok(result?),
            }
        }
    }

    /// Read committed, the server's default; nothing has happened yet, so this too is tried again.
    pub async fn begin(&self, lane: Lane) -> Result<Unit, DbError> {
        let mut attempts = self.attempts;
        loop {
            let mut lent = self.lend(lane).await?;
            match lent.run(lane.deadline(), async |connection| command(connection, "begin").await).await? {
                Err(error) if is_broken(&error) && attempts > 0 => {
                    attempts -= 1;
                    lent.discard();
                }
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(Unit::new(lent, lane.deadline())),
            }
        }
    }

    /// A transaction whose connection is the caller's to use, for copies.
    pub async fn transaction(&self) -> Result<Transaction<'static, Pg>, DbError> {
        let mut attempts = self.attempts;
        loop {
            match self.pools.work.begin().await {
                Err(error) if is_broken(&error) && attempts > 0 => attempts -= 1,
                result => return Ok(result?),
            }
        }
    }

    pub async fn prepare_check(&self, sql: &str) -> Result<(), DbError> {
        let mut connection = self.pools.work.acquire().await?;
        connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
        Ok(())
    }

    /// Such statements may take long: building an index over a large table does.
    pub async fn execute_alone(&self, sql: &str) -> Result<(), DbError> {
        let mut connection = self.pools.work.acquire().await?.detach();
        sqlx::query("select set_config('lock_timeout', '0', false)").execute(&mut connection).await?;
        sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(&mut connection).await?;
        Ok(())
    }

    pub async fn close(&self) {
        let PerLane { vital, people, work } = &self.pools;
        tokio::join!(vital.close(), people.close(), work.close());
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
