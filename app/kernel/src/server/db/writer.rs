//! The one that writes to SQLite.
//!
//! SQLite takes one writer at a time, and a commit costs a wait for the disk. So transactions queue for a task that
//! owns the writing connection, and those that come close together share a commit: the first of a group opens the
//! real transaction, each later one is a savepoint in it, and none is told that it is committed before the COMMIT of
//! the whole group has returned. If that fails, every one of them fails.
//!
//! Statements reach the task through a channel for each transaction. A transaction that is dropped, or whose future
//! is cancelled at any point, closes its channel and is rolled back; nothing it leaves behind can hold up others.
//!
//! Transactions that are one of many, such as those of an import, wait in a queue of their own, behind everybody else's:
//! whoever saves something waits for one of them at the most.

mod task;

use std::time::Duration;

use sqlx::{
    query::Query,
    sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions, SqliteRow},
};
use task::Task;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{BATCH_PATIENCE, DbError, Row, statement::Statement};

type Answer<T> = oneshot::Sender<Result<T, DbError>>;

/// The queue's end that hands out transactions.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::UnboundedSender<Job>,
    batches: mpsc::UnboundedSender<Job>,
    patience: Duration,
}

/// Whether somebody waits for a transaction, or it is one of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Single,
    Batch,
}

enum Job {
    Unit { ready: Answer<()>, commands: mpsc::Receiver<Command>, size: Size },
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
        let (queue, jobs) = mpsc::unbounded_channel();
        let (batches, waiting) = mpsc::unbounded_channel();
        let task = Task::new(options, jobs, waiting).await?;
        tokio::spawn(task.run());
        Ok(Self { queue, batches, patience })
    }

    /// Starts a transaction each of whose statements may take so long.
    pub async fn begin(&self, time: Duration, size: Size) -> Result<Unit, DbError> {
        let (sender, commands) = mpsc::channel(1);
        let (ready, is_ready) = oneshot::channel();
        let (queue, patience) = match size {
            Size::Single => (&self.queue, self.patience),
            Size::Batch => (&self.batches, self.patience.max(BATCH_PATIENCE)),
        };
        queue.send(Job::Unit { ready, commands, size }).map_err(gone)?;
        timeout(patience, is_ready).await.map_err(|_| DbError::Busy)?.map_err(gone)??;
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
