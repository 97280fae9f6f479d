//! Connections that read SQLite, each lent to one statement at a time.
//!
//! A reader whose statement was not waited for is told to end it, and lent again once it has.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    DbError,
    watch::{Rota, Watch},
};

/// Connections that are used every day. Those that are made beside them for a crowd remember less, in KiB.
const USUAL: usize = 4;
const REMEMBERED_BESIDE: &str = "-2048";

/// Some connections, made when they are needed. Cheap to clone.
#[derive(Clone)]
pub(super) struct Readers(Arc<Inner>);

struct Inner {
    options: SqliteConnectOptions,
    /// The one used last is lent first: it remembers most.
    idle: Mutex<Vec<Reader>>,
    made: AtomicUsize,
    most: u32,
    free: Arc<Semaphore>,
    patience: Duration,
    rota: Option<Arc<Rota>>,
}

struct Reader {
    connection: SqliteConnection,
    watch: Watch,
}

/// A reader on loan.
pub(super) struct Lent {
    readers: Readers,
    reader: Option<Reader>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Readers {
    /// With a rota, long statements take turns.
    pub fn new(options: SqliteConnectOptions, most: u32, patience: Duration, rota: Option<Arc<Rota>>) -> Self {
        let free = Arc::new(Semaphore::new(most as usize));
        Self(Arc::new(Inner { options, idle: Mutex::default(), made: AtomicUsize::new(0), most, free, patience, rota }))
    }

    /// Waits for a reader whose statement may take so long.
    pub async fn lend(&self, time: Duration) -> Result<Lent, DbError> {
        let permit = match self.0.free.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait().await?,
        };
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = if let Some(reader) = idle {
            reader
        } else {
            let is_usual = self.0.made.fetch_add(1, Relaxed) < USUAL;
            let usual = self.0.options.clone();
            let options = if is_usual { usual } else { usual.pragma("cache_size", REMEMBERED_BESIDE) };
            let mut connection = options.connect().await?;
            let watch = Watch::over(&mut connection, self.0.rota.clone()).await?;
            Reader { connection, watch }
        };
        reader.watch.allow(time);
        Ok(Lent { readers: self.clone(), reader: Some(reader), permit: Some(permit) })
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, DbError> {
        let permit = timeout(self.0.patience, self.0.free.clone().acquire_owned()).await;
        permit.map_err(|_| DbError::Busy)?.map_err(|_| DbError::Unavailable("the database is closed".into()))
    }

    fn take_back(&self, reader: Reader) {
        reader.watch.end();
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }

    #[cfg(test)]
    pub fn busy(&self) -> u32 {
        self.0.most - u32::try_from(self.0.free.available_permits()).unwrap_or(0)
    }

    /// Waits for what is still read, and lends nothing more.
    pub async fn close(&self) {
        // An error says that this was closed before.
        let all = self.0.free.acquire_many(self.0.most).await;
        self.0.free.close();
        drop(all);
        let idle = std::mem::take(&mut *self.0.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for reader in idle {
            if let Err(error) = reader.connection.close().await {
                tracing::debug!(%error, "a reading connection did not close cleanly");
            }
        }
    }
}

impl Lent {
    /// Does something with the connection and gives it back. What fails or is not waited for to its end is broken off.
    pub async fn run<T>(
        mut self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let Some(reader) = &mut self.reader else { return Err(DbError::Busy) };
        let done = work(&mut reader.connection).await?;
        if let Some(reader) = self.reader.take() {
            self.readers.take_back(reader);
        }
        Ok(done)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let (Some(mut reader), permit) = (self.reader.take(), self.permit.take()) else { return };
        reader.watch.stop();
        let readers = self.readers.clone();
        tokio::spawn(async move {
            // Answered once the statement has ended. Where it cannot be, the connection is lost and another is made.
            match reader.connection.ping().await {
                Ok(()) => readers.take_back(reader),
                Err(_) => reader.watch.end(),
            }
            drop(permit);
        });
    }
}
