//! What identity does by itself.

use jobs::server::{Job, JobCx, Kinds, Missed, Outcome, Schedule};
use kernel::AppError;
use serde::{Deserialize, Serialize};

use super::sessions;

/// Removes sessions that ended long ago.
#[derive(Debug, Serialize, Deserialize)]
pub struct PruneSessions {}

impl Job for PruneSessions {
    const KIND: &'static str = "identity.prune_sessions";
    const TITLE: &'static str = "Remove old sessions";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        sessions::prune(&cx.ctx).await?;
        Ok(Outcome::DONE)
    }
}

/// Adds identity's jobs and schedules.
pub fn add_jobs(kinds: Kinds) -> Kinds {
    let nightly = Schedule::new("prune_sessions", "40 2 * * *", Missed::Once, |_| PruneSessions {});
    kinds.with::<PruneSessions>().every(nightly)
}
