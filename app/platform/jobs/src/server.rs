//! The queue: work that is enqueued with a transaction and done once it is committed, by this process or another.
//!
//! * A job is a typed value ([`Job`]) that says what to do; [`enqueue`] writes it in the caller's transaction, so that
//!   it is there if and only if what it belongs to is.
//! * A [`Worker`] claims jobs, at most so many of a queue as the queue says, runs them and writes down how they ended.
//!   Every attempt has a token; what ends an attempt names it. A worker that was given up for dead and comes back finds
//!   its tokens gone and is refused.
//! * Workers count a beat up. One whose beat stands still for the length of a lease, by the watch of whoever looks, is
//!   dead, and its jobs are tried again: clocks of different machines are never compared.
//! * A job therefore runs at least once. Handlers that touch the outside are written so that twice does no harm.

mod clean;
mod figures;
mod job;
mod monitor;
mod schedule;
mod services;
mod store;
mod work;

use std::time::Duration;

use axum::http::request::Parts;
use leptos::prelude::use_context;

pub use clean::CleanUp;
pub use job::{DEFAULT, Job, JobCx, Kinds, Outcome, Policy, Queue, Retries};
pub use monitor::{
    Jobs, act, act_on_all, as_json, detail, ensure_administrator, list, overview, own, pause, reschedule, run_now,
    watch,
};
pub use monitor::{cancel_own, is_over, state_of};
pub use schedule::{Missed, Schedule};
pub use services::{Actors, Services};
pub use store::STATEMENTS;
pub use work::Worker;

use kernel::{
    AppError, Timestamp,
    server::{DbError, Tx},
};
use records::server::{App, Ctx};
use uuid::Uuid;

use crate::State;

/// What is told when a job can be claimed.
const SIGNAL: &str = "jobs";

/// What there is to do, of the request being answered.
pub fn jobs() -> Result<Jobs, AppError> {
    let parts = use_context::<Parts>();
    parts.and_then(|p| p.extensions.get::<Jobs>().cloned()).ok_or(AppError::Unavailable)
}

/// Enqueues a job on behalf of whoever acts. Where one of the same kind and key is not over yet, that one's id.
pub async fn enqueue<J: Job>(ctx: &Ctx, tx: &mut Tx, job: &J) -> Result<Uuid, AppError> {
    enqueue_at(ctx, tx, job, ctx.app.clock().now()).await
}

/// Enqueues a job for later.
pub async fn enqueue_at<J: Job>(ctx: &Ctx, tx: &mut Tx, job: &J, run_at: Timestamp) -> Result<Uuid, AppError> {
    let new = New::of(&ctx.app, job, ctx.actor.user, run_at)?;
    Ok(put(tx, &new).await?)
}

/// Those of some jobs, which have keys, that nobody does and nobody will do: the job with their key is over.
pub async fn abandoned<J: Job>(ctx: &Ctx, mut jobs: Vec<J>) -> Result<Vec<J>, DbError> {
    if jobs.is_empty() {
        return Ok(jobs);
    }
    let keys: Vec<String> = jobs.iter().filter_map(Job::key).collect();
    let under_way = store::keys_under_way(ctx.db(), J::KIND, &keys).await?;
    jobs.retain(|job| job.key().is_some_and(|key| !under_way.contains(&key)));
    Ok(jobs)
}

/// A job that is about to be written.
struct New {
    id: Uuid,
    kind: &'static str,
    queue: &'static str,
    args: String,
    key: Option<String>,
    attempts: u32,
    state: State,
    run_at: Timestamp,
    rank: Timestamp,
    actor: Option<Uuid>,
    now: Timestamp,
}

impl New {
    fn of<J: Job>(app: &App, job: &J, actor: Option<Uuid>, run_at: Timestamp) -> Result<Self, AppError> {
        let now = app.clock().now();
        Ok(Self {
            id: app.clock().new_id(app.rng()),
            kind: J::KIND,
            queue: J::QUEUE.name,
            args: serde_json::to_string(job).map_err(kernel::server::unexpected)?,
            key: job.key(),
            attempts: J::POLICY.attempts,
            state: if run_at > now { State::Scheduled } else { State::Available },
            run_at,
            rank: run_at.plus_seconds(-J::POLICY.urgency),
            actor,
            now,
        })
    }
}

async fn put(tx: &mut Tx, new: &New) -> Result<Uuid, DbError> {
    let id = store::insert(tx, new).await?;
    if new.state == State::Available {
        tx.tell(SIGNAL);
    }
    Ok(id)
}

/// How long until the attempt after the `attempt`th that failed: 5 s, then about double each time, a day at most, and
/// up to a quarter more or less so that what failed together does not come back together.
pub fn backoff(attempt: u32, chance: u8) -> Duration {
    const FIRST: u64 = 5_000;
    const LONGEST: u64 = 86_400_000;
    let usual = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(LONGEST);
    let spread = usual / 2 * u64::from(chance) / 255;
    Duration::from_millis(usual - usual / 4 + spread)
}

/// Adds the jobs and schedules of the queue itself.
pub fn add_jobs(kinds: Kinds) -> Kinds {
    kinds.with::<CleanUp>().every(CleanUp::schedule())
}

#[cfg(test)]
mod tests;
