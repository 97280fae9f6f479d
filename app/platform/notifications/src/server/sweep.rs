//! Putting deliveries in order.

use jobs::server::{Job, JobCx, Missed, Outcome, Schedule, abandoned};
use kernel::AppError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Deliver, Ring, store};
use crate::Channel;

/// Deliveries that wait and whose job is over have failed: it was cancelled, and the program stopped before it was
/// written down.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SweepDeliveries {}

impl SweepDeliveries {
    pub fn schedule() -> Schedule {
        Schedule::new("sweep_deliveries", "*/10 * * * *", Missed::Once, |_| Self {})
    }
}

impl Job for SweepDeliveries {
    const KIND: &'static str = "notifications.sweep";
    const TITLE: &'static str = "Put deliveries in order";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let (ctx, mut after) = (&cx.ctx, Uuid::nil());
        loop {
            let waiting = store::list_waiting(ctx.db(), after).await?;
            let Some((last, ..)) = waiting.last() else { return Ok(Outcome::DONE) };
            after = *last;
            let (mut letters, mut rings) = (vec![], vec![]);
            for (delivery, channel, round) in waiting {
                let deliver = Deliver { delivery, round };
                match channel {
                    Channel::Push | Channel::Sms => rings.push(Ring(deliver)),
                    Channel::Email | Channel::InApp => letters.push(deliver),
                }
            }
            letters = abandoned(ctx, letters).await?;
            letters.extend(abandoned(ctx, rings).await?.into_iter().map(|Ring(deliver)| deliver));
            for deliver in letters {
                deliver.fail(ctx, "Nobody delivers it any more.").await?;
            }
        }
    }
}
