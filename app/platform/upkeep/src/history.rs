//! The past of records, tidied up at night.

use kernel::AppError;
use records::server::{close_abandoned, forget_events};
use serde::{Deserialize, Serialize};

use jobs::server::{Job, JobCx, Missed, Outcome, Schedule};

const DAY: i64 = 86_400;
/// Days for which events are kept that everybody was told of.
const EVENTS: i64 = 30;

/// Closes what was broken off in the middle, and removes old events. What was changed is kept for good.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TidyHistory {}

impl TidyHistory {
    pub fn schedule() -> Schedule {
        Schedule::new("tidy_history", "40 1 * * *", Missed::Once, |_| Self {})
    }
}

impl Job for TidyHistory {
    const KIND: &'static str = "platform.tidy_history";
    const TITLE: &'static str = "Tidy up the history";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let now = cx.ctx.now();
        close_abandoned(&cx.ctx, now.plus_seconds(-DAY)).await?;
        while forget_events(&cx.ctx, now.plus_seconds(-EVENTS * DAY)).await? > 0 && !cx.is_cancelled() {}
        Ok(Outcome::DONE)
    }
}
