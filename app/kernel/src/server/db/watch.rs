//! Ends a statement of SQLite that takes too long or that nobody waits for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use sqlx::SqliteConnection;

/// SQLite asks after so many steps of its machine: some tens of microseconds.
const STEPS: i32 = 10_000;

/// Until when the statements of one connection may run.
#[derive(Clone)]
pub(super) struct Watch {
    start: Instant,
    /// Microseconds after the start.
    until: Arc<AtomicU64>,
}

impl Watch {
    /// Watches a connection. Until something else is said its statements run for as long as they like.
    pub async fn over(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let watch = Self { start: Instant::now(), until: Arc::new(AtomicU64::new(u64::MAX)) };
        let own = watch.clone();
        connection.lock_handle().await?.set_progress_handler(STEPS, move || own.elapsed() < own.until.load(Relaxed));
        Ok(watch)
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// What runs from now on may take so long.
    pub fn allow(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.until.store(self.elapsed().saturating_add(time), Relaxed);
    }

    /// What runs now ends, and so does what follows.
    pub fn stop(&self) {
        self.until.store(0, Relaxed);
    }
}
