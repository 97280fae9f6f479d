//! Copies what SQLite's write-ahead log holds into the file while others go on writing.
//!
//! Left to itself, SQLite does so within a commit: now and then somebody's save waits until everything since the last
//! time is copied and on disk. Here a connection of its own copies most of it beforehand, and the commit that finds the
//! log long has little left to copy before the log begins anew.

use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{sync::mpsc, task::JoinHandle};

/// Rows committed after which it is worth while to look at the log.
const ROWS: u64 = 1_000;
/// Pages that are copied at once, of 4 KiB: each time costs two waits for the disk.
const PAGES: i64 = 4_000;

/// Lives with the writer.
pub(super) struct Checkpoints {
    wake: mpsc::Sender<()>,
    task: JoinHandle<()>,
    /// Rows committed since it was asked for last.
    rows: u64,
}

impl Checkpoints {
    pub fn start(options: SqliteConnectOptions) -> Self {
        let (wake, woken) = mpsc::channel(1);
        Self { wake, task: tokio::spawn(run(options, woken)), rows: 0 }
    }

    /// Notes that rows were committed.
    pub fn committed(&mut self, rows: u64) {
        self.rows = self.rows.saturating_add(rows);
        if self.rows >= ROWS {
            self.rows = 0;
            // One that is asked for already is enough.
            let _ = self.wake.try_send(());
        }
    }

    /// Returns when what is under way is done.
    pub async fn close(self) {
        drop(self.wake);
        // It ends with the program, where that ends first.
        let _ = self.task.await;
    }
}

async fn run(options: SqliteConnectOptions, mut woken: mpsc::Receiver<()>) {
    let mut connection = None;
    while woken.recv().await.is_some() {
        if let Err(error) = copy(&options, &mut connection).await {
            // The commits do it all then.
            tracing::warn!(%error, "the write-ahead log was not copied");
            connection = None;
        }
    }
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "a connection to the database did not close cleanly");
    }
}

/// Copies what can be copied without anybody's waiting, if it is enough.
async fn copy(options: &SqliteConnectOptions, known: &mut Option<SqliteConnection>) -> Result<(), sqlx::Error> {
    let connection = match known {
        Some(connection) => connection,
        none => none.insert(options.connect().await?),
    };
    // The second column counts the pages in the log, the third those copied already.
    let log = sqlx::query("pragma wal_checkpoint(noop)").fetch_one(&mut *connection).await?;
    if log.try_get::<i64, _>(1)? - log.try_get::<i64, _>(2)? >= PAGES {
        sqlx::query("pragma wal_checkpoint(passive)").execute(connection).await?;
    }
    Ok(())
}
