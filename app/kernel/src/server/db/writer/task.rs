//! The task that owns the writing connection.

use std::{
    future::pending,
    pin::pin,
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection,
    query::Query,
    sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions},
};
use tokio::{sync::mpsc, time::timeout};

use super::{Answer, Command, Got, Job, Size, Want};
use crate::server::db::{DbError, checkpoints::Checkpoints, watch::Watch};

/// Transactions that may share a commit.
const GROUP: usize = 64;
/// A group commits at the first chance after this time, so that nobody waits long for others' work.
const GROUP_AGE: Duration = Duration::from_millis(20);
/// A transaction that asks for nothing for so long is given up, for everybody else is waiting.
const IDLE: Duration = Duration::from_secs(30);
/// A transaction that takes longer is worth a word in the log.
const LONG: Duration = Duration::from_secs(1);
/// So long after a batch, the next goes before others who wait: however much they write, batches go on.
const TURN: Duration = Duration::from_millis(500);
/// After so many rows the cache is given back at the first rest: what was written by and by may stay in it.
const MUCH: u64 = 10_000;
/// That is a rest.
const REST: Duration = Duration::from_secs(1);

async fn connect(options: &SqliteConnectOptions) -> Result<(SqliteConnection, Watch), DbError> {
    let mut connection = options.connect().await?;
    let watch = Watch::over(&mut connection, None).await?;
    Ok((connection, watch))
}

/// The task that owns the connection.
pub struct Task {
    jobs: mpsc::UnboundedReceiver<Job>,
    batches: mpsc::UnboundedReceiver<Job>,
    /// When a batch ended last.
    last_batch: Instant,
    options: SqliteConnectOptions,
    /// Missing after a failure that leaves its state in doubt.
    connection: Option<(SqliteConnection, Watch)>,
    /// The real transaction is open: `group` waits for its commit.
    open: bool,
    since: Instant,
    group: Vec<Answer<()>>,
    /// Rows written by the group.
    rows: u64,
    /// Rows written since the cache was given back.
    written: u64,
    checkpoints: Checkpoints,
}

impl Task {
    pub async fn new(
        options: SqliteConnectOptions,
        jobs: mpsc::UnboundedReceiver<Job>,
        batches: mpsc::UnboundedReceiver<Job>,
    ) -> Result<Self, DbError> {
        let connection = connect(&options).await?;
        Ok(Self {
            jobs,
            batches,
            last_batch: Instant::now(),
            checkpoints: Checkpoints::start(options.clone()),
            options,
            connection: Some(connection),
            open: false,
            since: Instant::now(),
            group: vec![],
            rows: 0,
            written: 0,
        })
    }

    pub async fn run(mut self) {
        let mut closing = None;
        while let Some(job) = self.next_job().await {
            match job {
                Job::Unit { ready, commands, size: Size::Single } => self.unit(ready, commands).await,
                Job::Unit { ready, commands, size: Size::Batch } => {
                    self.unit(ready, commands).await;
                    // It is large enough to be a group by itself.
                    self.commit_group().await;
                    self.last_batch = Instant::now();
                }
                Job::Alone { sql, done } => {
                    self.commit_group().await;
                    // Who no longer waits needs no answer, here and below.
                    let _ = done.send(self.execute(sql).await);
                }
                Job::Close { done } => {
                    closing = Some(done);
                    break;
                }
            }
        }
        self.commit_group().await;
        self.checkpoints.close().await;
        if let Some((connection, _)) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database did not close cleanly");
        }
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// The next job in the queue. A group stays open only while another job follows at once.
    async fn next_job(&mut self) -> Option<Job> {
        if self.open && self.group.len() < GROUP && self.since.elapsed() < GROUP_AGE {
            if let Ok(job) = self.jobs.try_recv() {
                return Some(job);
            }
            // Gives those who are about to begin a moment to do so.
            tokio::task::yield_now().await;
            if let Ok(job) = self.jobs.try_recv() {
                return Some(job);
            }
        }
        self.commit_group().await;
        if self.last_batch.elapsed() > TURN
            && let Ok(batch) = self.batches.try_recv()
        {
            return Some(batch);
        }
        if self.written > MUCH {
            if let Ok(job) = timeout(REST, self.any_job()).await {
                return job;
            }
            self.written = 0;
            // Where it fails, the next to write finds out.
            let _ = self.execute("pragma shrink_memory").await;
        }
        self.any_job().await
    }

    /// A job of whichever queue has one, singles first.
    async fn any_job(&mut self) -> Option<Job> {
        tokio::select! {
            biased;
            job = self.jobs.recv() => job,
            Some(batch) = self.batches.recv() => Some(batch),
        }
    }

    async fn unit(&mut self, ready: Answer<()>, mut commands: mpsc::Receiver<Command>) {
        if ready.is_closed() {
            return;
        }
        let is_first = !self.open;
        let started = if is_first { self.begin().await } else { self.execute("savepoint unit").await };
        if let Err(error) = started {
            if !is_first {
                self.fail_group(&error).await;
            }
            let _ = ready.send(Err(error));
            return;
        }
        let _ = ready.send(Ok(()));
        let began = Instant::now();

        let mut failure = None;
        let ending = loop {
            match timeout(IDLE, commands.recv()).await {
                // After some failures SQLite is in no transaction any more, and what came next would be kept by itself.
                Ok(Some(Command::Run { answer, .. })) if failure.is_some() => {
                    let _ = answer.send(Err(DbError::Aborted));
                }
                Ok(Some(Command::Run { query, want, time, mut answer })) => {
                    // A change that is broken off takes the whole group with it, so it is let go to its end.
                    let is_change = matches!(want, Want::Count);
                    let gone = async { if is_change { pending().await } else { answer.closed().await } };
                    let result = self.query(query, want, time, gone).await;
                    if let Ok(Got::Count(rows)) = &result {
                        self.rows = self.rows.saturating_add(*rows);
                    }
                    failure = result.as_ref().err().cloned();
                    let _ = answer.send(result);
                }
                Ok(Some(Command::Commit(answer))) => break Some((answer, true)),
                Ok(Some(Command::Rollback(answer))) => break Some((answer, false)),
                Ok(None) => break None,
                Err(_) => {
                    tracing::warn!("a transaction was idle for {IDLE:?} and is rolled back");
                    break None;
                }
            }
        };
        let held = began.elapsed();
        if held > LONG {
            tracing::warn!(ms = held.as_millis(), "a transaction held up everybody else who writes");
        }
        // Nobody can ask for more while the end is under way.
        drop(commands);
        match ending {
            Some((answer, true)) if failure.is_none() => self.keep(answer, is_first).await,
            Some((answer, is_commit)) => {
                self.undo(is_first, failure).await;
                let _ = answer.send(if is_commit { Err(DbError::Aborted) } else { Ok(()) });
            }
            None => self.undo(is_first, failure).await,
        }
    }

    /// Keeps what a transaction did, as part of the group.
    async fn keep(&mut self, answer: Answer<()>, is_first: bool) {
        self.group.push(answer);
        if !is_first && let Err(error) = self.execute("release unit").await {
            self.fail_group(&error).await;
        }
    }

    /// Undoes what a transaction did, and nothing else. Some failures (a full disk) make SQLite roll back everything
    /// by itself; then the savepoint is gone, and the group with it.
    async fn undo(&mut self, is_first: bool, failure: Option<DbError>) {
        let undone = if is_first {
            self.open = false;
            self.execute("rollback").await
        } else {
            self.execute("rollback to unit; release unit").await
        };
        if let Err(error) = undone {
            self.fail_group(&failure.unwrap_or(error)).await;
        }
    }

    async fn begin(&mut self) -> Result<(), DbError> {
        let mut begun = self.execute("begin immediate").await;
        if self.connection.is_none() {
            begun = self.execute("begin immediate").await;
        }
        self.open = begun.is_ok();
        self.rows = 0;
        self.since = Instant::now();
        begun
    }

    async fn commit_group(&mut self) {
        if !self.open {
            return;
        }
        match self.execute("commit").await {
            Ok(()) => {
                self.open = false;
                let rows = std::mem::take(&mut self.rows);
                self.written = self.written.saturating_add(rows);
                self.checkpoints.committed(rows);
                for answer in self.group.drain(..) {
                    let _ = answer.send(Ok(()));
                }
            }
            Err(error) => self.fail_group(&error).await,
        }
    }

    /// Gives up the group. The connection goes with it: dropping it rolls back whatever is still open.
    async fn fail_group(&mut self, error: &DbError) {
        tracing::warn!(%error, units = self.group.len(), "a group of transactions failed");
        self.open = false;
        if let Some((connection, _)) = self.connection.take() {
            let _ = connection.close_hard().await;
        }
        for answer in self.group.drain(..) {
            let _ = answer.send(Err(error.clone()));
        }
    }

    async fn execute(&mut self, sql: impl Into<String>) -> Result<(), DbError> {
        let query = sqlx::query(AssertSqlSafe(sql.into()));
        self.query(query, Want::Count, Duration::MAX, pending()).await.map(drop)
    }

    /// Runs a statement, unless it takes longer than it may or nobody waits for it any more.
    async fn query(
        &mut self,
        query: Query<'static, Sqlite, SqliteArguments>,
        want: Want,
        time: Duration,
        gone: impl Future<Output = ()>,
    ) -> Result<Got, DbError> {
        let (connection, watch) = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(connect(&self.options).await?),
        };
        watch.allow(time);
        let run = async {
            match want {
                Want::Rows => query.fetch_all(connection).await.map(Got::Rows),
                Want::FirstRow => {
                    query.fetch_optional(connection).await.map(|row| Got::Rows(row.into_iter().collect()))
                }
                Want::Count => query.execute(connection).await.map(|done| Got::Count(done.rows_affected())),
            }
        };
        let result = {
            let mut run = pin!(run);
            tokio::select! {
                result = &mut run => result,
                () = gone => {
                    watch.stop();
                    run.await
                }
            }
        };
        if matches!(result, Err(sqlx::Error::WorkerCrashed)) {
            self.connection = None;
        }
        Ok(result?)
    }
}
