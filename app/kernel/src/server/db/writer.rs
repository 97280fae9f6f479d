//! The one that writes to SQLite.
//!
//! SQLite takes one writer at a time, and a commit costs a wait for the disk. So transactions queue for a task that
//! owns the writing connection, and those that come close together share a commit: the first of a group opens the
//! real transaction, each later one is a savepoint in it, and none is told that it is committed before the COMMIT of
//! the whole group has returned. If that fails, every one of them fails.
//!
//! Statements reach the task through a channel for each transaction. A transaction that is dropped, or whose future
//! is cancelled at any point, closes its channel and is rolled back; nothing it leaves behind can hold up others.

use std::{
    future::pending,
    pin::pin,
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection,
    query::Query,
    sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions, SqliteRow},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{DbError, Row, checkpoints::Checkpoints, statement::Statement, watch::Watch};

/// Transactions that may share a commit.
const GROUP: usize = 64;
/// A group commits at the first chance after this time, so that nobody waits long for others' work.
const GROUP_AGE: Duration = Duration::from_millis(20);
/// A transaction that asks for nothing for so long is given up, for everybody else is waiting.
const IDLE: Duration = Duration::from_secs(30);

/// After so many rows the cache is given back at the first rest: what was written by and by may stay in it.
const MUCH: u64 = 10_000;
/// That is a rest.
const REST: Duration = Duration::from_secs(1);

type Answer<T> = oneshot::Sender<Result<T, DbError>>;

/// The queue's end that hands out transactions.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::UnboundedSender<Job>,
    patience: Duration,
}

enum Job {
    Unit { ready: Answer<()>, commands: mpsc::Receiver<Command> },
    Alone { sql: String, done: Answer<()> },
    Close { done: oneshot::Sender<()> },
}

enum Command {
    Run { query: Query<'static, Sqlite, SqliteArguments>, want: Want, time: Duration, answer: Answer<Got> },
    Commit(Answer<()>),
    Rollback(Answer<()>),
}

#[derive(Clone, Copy)]
enum Want {
    Rows,
    FirstRow,
    Count,
}

enum Got {
    Rows(Vec<SqliteRow>),
    Count(u64),
}

fn gone<E>(_: E) -> DbError {
    DbError::Unavailable("the transaction was given up or the database closed".into())
}

impl Writer {
    pub async fn start(options: SqliteConnectOptions, patience: Duration) -> Result<Self, DbError> {
        let connection = connect(&options).await?;
        let (queue, jobs) = mpsc::unbounded_channel();
        let task = Task {
            jobs,
            checkpoints: Checkpoints::start(options.clone()),
            options,
            connection: Some(connection),
            open: false,
            since: Instant::now(),
            group: vec![],
            rows: 0,
            written: 0,
        };
        tokio::spawn(task.run());
        Ok(Self { queue, patience })
    }

    /// Starts a transaction each of whose statements may take so long.
    pub async fn begin(&self, time: Duration) -> Result<Unit, DbError> {
        let (sender, commands) = mpsc::channel(1);
        let (ready, is_ready) = oneshot::channel();
        self.queue.send(Job::Unit { ready, commands }).map_err(gone)?;
        timeout(self.patience, is_ready).await.map_err(|_| DbError::Busy)?.map_err(gone)??;
        Ok(Unit { commands: sender, time })
    }

    pub async fn execute_alone(&self, sql: &str) -> Result<(), DbError> {
        let (done, is_done) = oneshot::channel();
        self.queue.send(Job::Alone { sql: sql.to_owned(), done }).map_err(gone)?;
        is_done.await.map_err(gone)?
    }

    pub async fn close(&self) {
        let (done, is_done) = oneshot::channel();
        if self.queue.send(Job::Close { done }).is_ok() {
            // An error says that the task is gone already.
            let _ = is_done.await;
        }
    }
}

/// One transaction, from its user's side.
pub(super) struct Unit {
    commands: mpsc::Sender<Command>,
    time: Duration,
}

impl Unit {
    pub async fn fetch_all(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        match self.ask(statement, Want::Rows).await? {
            Got::Rows(rows) => Ok(rows.into_iter().map(Row::from).collect()),
            Got::Count(_) => Ok(Vec::new()),
        }
    }

    pub async fn fetch_optional(&self, statement: Statement) -> Result<Option<Row>, DbError> {
        match self.ask(statement, Want::FirstRow).await? {
            Got::Rows(rows) => Ok(rows.into_iter().next().map(Row::from)),
            Got::Count(_) => Ok(None),
        }
    }

    pub async fn execute(&self, statement: Statement) -> Result<u64, DbError> {
        match self.ask(statement, Want::Count).await? {
            Got::Count(count) => Ok(count),
            Got::Rows(_) => Ok(0),
        }
    }

    pub async fn commit(self) -> Result<(), DbError> {
        self.finish(Command::Commit).await
    }

    pub async fn rollback(self) -> Result<(), DbError> {
        self.finish(Command::Rollback).await
    }

    async fn ask(&self, statement: Statement, want: Want) -> Result<Got, DbError> {
        let (answer, answered) = oneshot::channel();
        let query = statement.into_sqlite()?;
        self.commands.send(Command::Run { query, want, time: self.time, answer }).await.map_err(gone)?;
        answered.await.map_err(gone)?
    }

    async fn finish(self, command: impl FnOnce(Answer<()>) -> Command) -> Result<(), DbError> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(gone)?;
        answered.await.map_err(gone)?
    }
}

async fn connect(options: &SqliteConnectOptions) -> Result<(SqliteConnection, Watch), DbError> {
    let mut connection = options.connect().await?;
    let watch = Watch::over(&mut connection).await?;
    Ok((connection, watch))
}

/// The task that owns the connection.
struct Task {
    jobs: mpsc::UnboundedReceiver<Job>,
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
    async fn run(mut self) {
        let mut closing = None;
        while let Some(job) = self.next_job().await {
            match job {
                Job::Unit { ready, commands } => self.unit(ready, commands).await,
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
        if self.written > MUCH {
            if let Ok(job) = timeout(REST, self.jobs.recv()).await {
                return job;
            }
            self.written = 0;
            // Where it fails, the next to write finds out.
            let _ = self.execute("pragma shrink_memory").await;
        }
        self.jobs.recv().await
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
