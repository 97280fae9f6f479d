//! What is over and was kept long enough goes.

use kernel::AppError;
use serde::{Deserialize, Serialize};

use super::{Job, JobCx, Missed, Outcome, Schedule, store};
use crate::State;

const HOUR: i64 = 3_600;
/// For how many seconds a job is kept that ended so.
const KEPT: [(State, i64); 3] =
    [(State::Completed, 24 * HOUR), (State::Cancelled, 24 * HOUR), (State::Discarded, 7 * 24 * HOUR)];
/// For how many seconds the figures of a minute are kept.
const FIGURES_KEPT: i64 = 48 * HOUR;

/// Removes jobs that are over and figures of minutes long gone. The counts by day stay.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CleanUp {}

impl CleanUp {
    pub fn schedule() -> Schedule {
        Schedule::new("clean_up_jobs", "20 * * * *", Missed::Once, |_| Self {})
    }
}

impl Job for CleanUp {
    const KIND: &'static str = "platform.clean_up_jobs";
    const TITLE: &'static str = "Remove old jobs";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let now = cx.ctx.now();
        for (state, seconds) in KEPT {
            loop {
                let mut tx = cx.ctx.db().begin().await?;
                let removed = store::remove_over(&mut tx, state, now.plus_seconds(-seconds)).await?;
                tx.commit().await?;
                if removed == 0 || cx.is_cancelled() {
                    break;
                }
            }
        }
        let mut tx = cx.ctx.db().begin().await?;
        store::remove_figures(&mut tx, now.plus_seconds(-FIGURES_KEPT)).await?;
        tx.commit().await?;
        Ok(Outcome::DONE)
    }
}
