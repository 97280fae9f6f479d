//! What was kept for its time goes at night.

use jobs::server::{Job, JobCx, Kinds, Missed, Outcome, Schedule};
use kernel::AppError;
use serde::{Deserialize, Serialize};

use super::store;

/// Removes answers that were kept for a day.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SweepIdempotencyKeys {}

impl Job for SweepIdempotencyKeys {
    const KIND: &'static str = "rest.sweep_idempotency_keys";
    const TITLE: &'static str = "Remove answers kept for repeated requests";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        while store::sweep(cx.ctx.db(), cx.ctx.now()).await? > 0 && !cx.is_cancelled() {}
        Ok(Outcome::DONE)
    }
}

/// Adds the jobs and schedules of the API.
pub fn add_jobs(kinds: Kinds) -> Kinds {
    let nightly = Schedule::new("sweep_idempotency_keys", "50 2 * * *", Missed::Once, |_| SweepIdempotencyKeys {});
    kinds.with::<SweepIdempotencyKeys>().every(nightly)
}
