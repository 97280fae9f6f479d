//! SQLite: several connections that read, one that writes.

use std::{path::Path, time::Duration};

use futures::{FutureExt, TryStreamExt};
use sqlx::{
    AssertSqlSafe, Connection, Executor, SqlSafeStr, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    DbError, DbOptions, Row,
    lane::{Lane, PerLane},
    readers::Readers,
    statement::Statement,
    watch::Rota,
    writer::{Size, Unit, Writer},
};

/// Rows on their way to who asked.
const ROWS: usize = 8_192;
/// How long somebody who reads many looks away from those that come: shorter than [`ROWS`] take.
const PAUSE: Duration = Duration::from_millis(1);
/// Connections of jobs.
const WORK: u32 = 4;
/// Connections for what everything depends on.
const VITAL: u32 = 3;

pub(super) struct Sqlite {
    readers: PerLane<Readers>,
    writer: Writer,
    path: Box<Path>,
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
            // written early and read again: measured, the undo of 100,000 rows read 14 GB with 16 MiB and 1 GB with 128.
            .pragma("cache_size", "-98304")
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
        let patience = options.patience;
        let writer = Writer::start(write, patience).await?;
        let connect = connect.create_if_missing(false).read_only(true);
        let rota = Some(Rota::of_half_the_processors());
        let readers = PerLane {
            vital: Readers::new(connect.clone(), VITAL, patience, None),
            people: Readers::new(connect.clone(), options.readers, patience, rota),
            // In KiB, the inner pages: who reads many rows finds none of them in what is remembered.
            work: Readers::new(connect.pragma("cache_size", "-4096"), WORK, patience, None),
        };
        Ok(Self { readers, writer, path: path.into() })
    }

    /// Connections of a lane that are in use.
    #[cfg(test)]
    pub fn busy(&self, lane: Lane) -> u32 {
        self.readers.of(lane).busy()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub async fn fetch_all(&self, statement: Statement, lane: Lane) -> Result<Vec<Row>, DbError> {
        let query = statement.into_sqlite()?;
        let reader = self.readers.of(lane).lend(lane.deadline()).await?;
        let rows = reader.run(async |connection| Ok(query.fetch_all(connection).await?)).await?;
        Ok(rows.into_iter().map(Row::from).collect())
    }

    pub async fn fetch_some(
        &self,
        statement: Statement,
        lane: Lane,
        at_once: usize,
        take: &mut impl FnMut(Vec<Row>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let query = statement.into_sqlite()?;
        let reader = self.readers.of(lane).lend(lane.deadline()).await?;
        let read = async |connection: &mut SqliteConnection| {
            let mut rows = query.fetch(connection);
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
        };
        reader.run(read).await
    }

    pub async fn fetch_optional(&self, statement: Statement, lane: Lane) -> Result<Option<Row>, DbError> {
        let query = statement.into_sqlite()?;
        let reader = self.readers.of(lane).lend(lane.deadline()).await?;
        let row = reader.run(async |connection| Ok(query.fetch_optional(connection).await?)).await?;
        Ok(row.map(Row::from))
    }

    pub async fn begin(&self, lane: Lane, size: Size) -> Result<Unit, DbError> {
        self.writer.begin(lane.deadline(), size).await
    }

    pub async fn prepare_check(&self, sql: &str) -> Result<(), DbError> {
        let reader = self.readers.work.lend(Lane::Upkeep.deadline()).await?;
        let sql = AssertSqlSafe(sql).into_sql_str();
        reader.run(async |connection| Ok(connection.prepare(sql).await.map(drop)?)).await
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
        let PerLane { vital, people, work } = &self.readers;
        tokio::join!(vital.close(), people.close(), work.close());
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
