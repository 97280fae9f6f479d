//! Showing that a worker lives, and finding out which others do not.

use std::time::{Duration, Instant};

use kernel::{
    AppError,
    server::{DbError, Engine, Tx},
};
use records::server::App;
use uuid::Uuid;

use super::{LOST, Run, SIGNAL};
use crate::{
    State,
    server::{backoff, schedule, store},
};

impl Run {
    /// Shows that this worker lives, and looks whether the others do.
    pub(super) async fn beat(&mut self) -> Result<(), AppError> {
        let worker = self.worker.clone();
        let app = &worker.app;
        organisation::server::refresh(app).await?;
        let mut tx = app.db().begin().await?;
        let now = app.clock().now();
        if self.is_enlisted && store::beat(&mut tx, self.id, self.busy.len(), now).await? {
            self.hand_back_strays(&mut tx).await?;
        } else {
            // New here, or given up for dead: then nothing under way is this worker's any more, and under a new name
            // what it claimed since is found like that of any worker that died.
            self.busy.clear();
            self.id = app.clock().new_id(app.rng());
            let queues: Vec<&str> = worker.queues.iter().map(|q| q.name).collect();
            let queues = serde_json::to_string(&queues).map_err(kernel::server::unexpected)?;
            store::enlist(&mut tx, self.id, &name(), &queues, now).await?;
        }
        tx.commit().await?;
        self.is_enlisted = true;
        if worker.is_scheduling {
            let zone = app.organisation().zone.name();
            match self.zone {
                None => schedule::prepare(app, &worker.kinds).await?,
                Some(known) if known != zone => schedule::realign(app, &worker.kinds).await?,
                Some(_) => {}
            }
            self.zone = Some(zone);
        }
        for dead in self.find_dead().await? {
            let lost = bury(app, dead).await?;
            tracing::warn!(%dead, lost, "a worker died");
        }
        self.beat_at = Some(Instant::now());
        Ok(())
    }

    /// Hands back what is this worker's and what it knows nothing of: where a connection breaks before the answer to a
    /// commit, jobs are claimed that nobody is at.
    async fn hand_back_strays(&self, tx: &mut Tx) -> Result<(), DbError> {
        let now = self.worker.app.clock().now();
        for claimed in store::under_way(tx, self.id).await? {
            if self.busy.get(&claimed.id).is_none_or(|busy| busy.token != claimed.token) {
                store::again(tx, claimed.id, claimed.token, State::Available, now, true).await?;
                tx.tell(SIGNAL);
            }
        }
        Ok(())
    }

    /// Workers that are gone, or whose beat has stood still for a lease. On SQLite who was there before is gone.
    async fn find_dead(&mut self) -> Result<Vec<Uuid>, DbError> {
        let db = self.worker.app.db();
        let is_alone = self.beat_at.is_none() && db.engine() == Engine::Sqlite;
        // Who could not look for long cannot tell who lives: the others may have been kept from their beats as well.
        if self.beat_at.is_some_and(|at| at.elapsed() >= self.worker.lease / 2) {
            self.others.clear();
        }
        let mut dead = store::left(db).await?;
        let others: Vec<_> = store::workers(db).await?.into_iter().filter(|(w, _)| w.id != self.id).collect();
        self.others.retain(|id, _| others.iter().any(|(w, _)| w.id == *id));
        for (other, beat) in others {
            let known = self.others.entry(other.id).or_insert((beat, Instant::now()));
            if known.0 != beat {
                *known = (beat, Instant::now());
            }
            if known.1.elapsed() >= self.worker.lease || is_alone {
                dead.push(other.id);
            }
        }
        Ok(dead)
    }
}

/// Gives the jobs of a dead worker back to the queue, and says how many they were. What dies with its workers again
/// and again may be what kills them: it waits ever longer, as after a failure.
pub async fn bury(app: &App, worker: Uuid) -> Result<usize, DbError> {
    let mut tx = app.db().begin().await?;
    let now = app.clock().now();
    let lost = store::under_way(&mut tx, worker).await?;
    for job in &lost {
        let attempt = u32::try_from(job.attempt).unwrap_or(u32::MAX);
        let [chance] = app.rng().bytes();
        // The first time it was hardly the job, and without another attempt it is only given up.
        let (state, wait) = if attempt <= 1 || job.attempt >= job.attempts {
            (State::Available, Duration::ZERO)
        } else {
            (State::Retryable, backoff(attempt - 1, chance))
        };
        if store::again(&mut tx, job.id, job.token, state, super::ending::after(now, wait), false).await? {
            store::add_error(&mut tx, job.id, job.attempt, now, LOST).await?;
        }
    }
    store::leave(&mut tx, worker).await?;
    tx.tell(SIGNAL);
    tx.commit().await?;
    Ok(lost.len())
}

/// What this process calls itself.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("{}-{}", if host.is_empty() { "mainstay" } else { host }, std::process::id())
}
