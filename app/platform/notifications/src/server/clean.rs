//! What was read, or nobody will read, goes.

use jobs::server::{Job, JobCx, Missed, Outcome, Schedule};
use kernel::AppError;
use serde::{Deserialize, Serialize};

use super::store;

const DAY: i64 = 86_400;
/// Days after which a notification goes that was read, and one that was not.
const READ: i64 = 90;
const UNREAD: i64 = 365;

/// Removes old notifications with what is known of their deliveries, and browsers whose sessions are over.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CleanUpNotifications {}

impl CleanUpNotifications {
    pub fn schedule() -> Schedule {
        Schedule::new("clean_up_notifications", "0 2 * * *", Missed::Once, |_| Self {})
    }
}

impl Job for CleanUpNotifications {
    const KIND: &'static str = "notifications.clean_up";
    const TITLE: &'static str = "Remove old notifications";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let now = cx.ctx.now();
        let (read, unread) = (now.plus_seconds(-READ * DAY), now.plus_seconds(-UNREAD * DAY));
        let mut tx = cx.ctx.db().begin().await?;
        store::delete_ended_subscriptions(&mut tx, now).await?;
        tx.commit().await?;
        loop {
            let mut tx = cx.ctx.db().begin().await?;
            let removed = store::remove_old(&mut tx, read, unread).await?;
            tx.commit().await?;
            if removed == 0 || cx.is_cancelled() {
                return Ok(Outcome::DONE);
            }
        }
    }
}
