//! Putting the outbox in order.

use jobs::server::{Job, JobCx, Missed, Outcome, Schedule};
use kernel::AppError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{SendMail, store};
use crate::State;

const DAY: i64 = 86_400;
/// No attempt takes so many seconds: its job would have been broken off.
const LONGEST: i64 = 45 * 60;
/// For how many seconds a message is kept that ended so.
const KEPT: [(State, i64); 4] =
    [(State::Sent, 90 * DAY), (State::Discarded, 90 * DAY), (State::Failed, 365 * DAY), (State::Uncertain, 365 * DAY)];

/// Finds messages that nobody sends any more or whose sending nobody will tell the end of, and removes what is long over.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SweepOutbox {}

impl SweepOutbox {
    pub fn schedule() -> Schedule {
        Schedule::new("sweep_outbox", "*/10 * * * *", Missed::Once, |_| Self {})
    }
}

impl Job for SweepOutbox {
    const KIND: &'static str = "platform.sweep_outbox";
    const TITLE: &'static str = "Put the outbox in order";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let now = cx.ctx.now();
        for id in store::list_lost(cx.ctx.db(), now.plus_seconds(-LONGEST)).await? {
            let mut tx = cx.ctx.db().begin().await?;
            store::lose(&mut tx, id, "The program stopped while the message was handed over.", now).await?;
            tx.commit().await?;
        }
        fail_abandoned(cx).await?;
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
        Ok(Outcome::DONE)
    }
}

/// Messages in line whose job is over have failed: it was cancelled, and the program stopped before it was written down.
async fn fail_abandoned(cx: &JobCx) -> Result<(), AppError> {
    let mut after = Uuid::nil();
    loop {
        let queued = store::list_queued(cx.ctx.db(), after).await?;
        let Some((last, _)) = queued.last() else { return Ok(()) };
        after = *last;
        let jobs = queued.into_iter().map(|(message, round)| SendMail { message, round }).collect();
        for job in jobs::server::abandoned::<SendMail>(&cx.ctx, jobs).await? {
            job.fail(&cx.ctx, "Nobody sends it any more.").await?;
        }
    }
}
