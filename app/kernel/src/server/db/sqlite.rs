//! SQLite: several connections that read, one that writes.

use std::{path::Path, sync::Arc, time::Duration};

use futures::{FutureExt, TryStreamExt};
use sqlx::{
    AssertSqlSafe, Connection, Executor, SqlSafeStr, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    DbError, DbOptions, Row,
    statement::Statement,
    writer::{Unit, Writer},
};

/// Rows on their way to who asked.
const ROWS: usize = 8_192;
/// How long somebody who reads many looks away from those that come: shorter than [`ROWS`] take.
const PAUSE: Duration = Duration::from_millis(1);
/// Connections of those who read many rows at a time.
const MANY: u32 = 4;

#[derive(Clone)]
pub(super) struct Sqlite {
    readers: SqlitePool,
    /// For reading many rows, which would push out what the others remember of the tables and find nothing in it.
    many: SqlitePool,
    writer: Writer,
    path: Arc<Path>,
}

impl Sqlite {
    pub async fn open(url: &str, options: &DbOptions) -> Result<Self, DbError> {
        let mut connect: SqliteConnectOptions = url.parse()?;
        let path = connect.get_filename().to_owned();
        if url.contains(":memory:") || url.contains("mode=memory") {
            let reason = "SQLite in memory cannot be shared by several connections; name a file";
            return Err(DbError::Configuration(reason.into()));
        }
        if !url.contains("mode=") || url.contains("mode=rwc") {
            create_private(&path).map_err(|e| {
                DbError::Configuration(format!("the database file {} cannot be made: {e}", path.display()))
            })?;
            connect = connect.create_if_missing(true);
        }
        connect = connect
            .foreign_keys(true)
            .busy_timeout(options.patience)
            .statement_cache_capacity(256)
            // A page of a list goes over to who asked without the two threads waiting for each other.
            .row_buffer_size(ROWS)
            // In KiB, at most, each connection: enough for the inner pages of large tables and the rows of a busy hour.
            .pragma("cache_size", "-8192");
        let write = connect
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(if options.durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off })
            // What is written at once touches a page or two of every index for each row. Those that do not fit are
            // written early and read again: measured, the undo of 100,000 rows read 14 GB with 16 MiB and 1 GB so.
            .pragma("cache_size", "-131072")
            // What a statement of many rows changes is kept aside until it is done, in case it fails halfway: each page of
            // each index once more, which would go to a file. Migrations, which change whole tables, use one.
            .pragma("temp_store", "memory")
            // In pages, 128 MiB: a commit that leaves more copies what was not copied beside, and the log begins anew.
            .pragma("wal_autocheckpoint", "32000")
            // Rows of an index that are looked at for statistics: a writer waits meanwhile.
            .pragma("analysis_limit", "400")
            // After a burst the write-ahead log shrinks back to 64 MiB.
            .pragma("journal_size_limit", "67108864");
        // First the writer: it makes the file and turns the write-ahead log on.
        let writer = Writer::start(write, options.patience).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers)
            .acquire_timeout(options.patience)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(connect.clone().create_if_missing(false).read_only(true))
            .await?;
        let many = SqlitePoolOptions::new()
            .max_connections(MANY)
            .acquire_timeout(options.patience)
            .test_before_acquire(false)
            .idle_timeout(Some(Duration::from_mins(1)))
            // In KiB: the inner pages.
            .connect_lazy_with(connect.create_if_missing(false).read_only(true).pragma("cache_size", "-4096"));
        Ok(Self { readers, many, writer, path: path.into() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub async fn fetch_all(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let rows = statement.into_sqlite()?.fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(Row::from).collect())
    }

    pub async fn fetch_some(
        &self,
        statement: Statement,
        at_once: usize,
        take: &mut impl FnMut(Vec<Row>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut rows = statement.into_sqlite()?.fetch(&self.many);
        let mut next = rows.try_next().await?;
        let mut some = Vec::with_capacity(at_once);
        while let Some(row) = next {
            some.push(Row::from(row));
            if some.len() == at_once {
                take(std::mem::replace(&mut some, Vec::with_capacity(at_once)))?;
            }
            // Who waits for the next row is woken for each, since none comes as fast as it is taken: that costs more
            // than reading it. So it looks away for a moment and finds several.
            next = loop {
                match rows.try_next().now_or_never() {
                    Some(row) => break row?,
                    None => tokio::time::sleep(PAUSE).await,
                }
            };
        }
        if some.is_empty() { Ok(()) } else { take(some) }
    }

    pub async fn fetch_optional(&self, statement: Statement) -> Result<Option<Row>, DbError> {
        Ok(statement.into_sqlite()?.fetch_optional(&self.readers).await?.map(Row::from))
    }

    pub async fn begin(&self) -> Result<Unit, DbError> {
        self.writer.begin().await
    }

    pub async fn prepare_check(&self, sql: &str) -> Result<(), DbError> {
        let mut connection = self.readers.acquire().await?;
        connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
        Ok(())
    }

    pub async fn execute_alone(&self, sql: &str) -> Result<(), DbError> {
        self.writer.execute_alone(sql).await
    }

    /// Writes a copy of the database as it is now, while others go on writing, with a connection of its own.
    pub async fn copy_to(&self, copy: &Path) -> Result<(), DbError> {
        let made = create_private(copy);
        made.map_err(|e| DbError::Configuration(format!("{} cannot be made: {e}", copy.display())))?;
        let options = SqliteConnectOptions::new().filename(&self.path).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let sql = format!("vacuum into '{}'", copy.display().to_string().replace('\'', "''"));
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// The readers go first, so that the writer, the last to leave, folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.many.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Makes the file readable by its owner alone; SQLite gives its side files the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
