//! What was to be told together: collected by day and by week, one letter for each reader.

use jobs::server::{Job, JobCx, Missed, Outcome, Queue, Schedule};
use kernel::{AppError, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Kinds, deliver, email, store,
    tell::{due, quiet},
};
use crate::{DeliveryState, Mode, Priority};

/// Finds out who has a digest to get.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendDigests {
    pub mode: Mode,
}

impl SendDigests {
    pub fn daily() -> Schedule {
        let daily = Schedule::new("daily_digest", "0 9 * * *", Missed::Once, |_| Self { mode: Mode::Daily });
        daily.titled("Send the daily digest")
    }

    pub fn weekly() -> Schedule {
        let weekly = Schedule::new("weekly_digest", "0 9 * * 1", Missed::Once, |_| Self { mode: Mode::Weekly });
        weekly.titled("Send the weekly digest")
    }
}

impl Job for SendDigests {
    const KIND: &'static str = "notifications.send_digests";
    const TITLE: &'static str = "Send digests";
    const QUEUE: Queue = super::deliver::QUEUE;

    fn key(&self) -> Option<String> {
        Some(self.mode.name().to_owned())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let ctx = &cx.ctx;
        let readers = store::with_digest(ctx.db(), self.mode).await?;
        let preferences = preferences::server::of_many(ctx, &readers).await?;
        for some in readers.chunks(500) {
            let mut tx = ctx.db().begin().await?;
            for reader in some {
                let preferences = preferences.get(reader).cloned().unwrap_or_default();
                let at: Timestamp = due(ctx, &preferences, Priority::Normal);
                let digest = DigestFor { reader: *reader, mode: self.mode };
                jobs::server::enqueue_at(ctx, &mut tx, &digest, at).await?;
            }
            tx.commit().await?;
        }
        Ok(Outcome::DONE)
    }
}

/// One reader's digest.
#[derive(Debug, Serialize, Deserialize)]
pub struct DigestFor {
    pub reader: Uuid,
    pub mode: Mode,
}

impl Job for DigestFor {
    const KIND: &'static str = "notifications.digest";
    const TITLE: &'static str = "Send somebody's digest";
    const QUEUE: Queue = super::deliver::QUEUE;

    fn key(&self) -> Option<String> {
        Some(format!("{} {}", self.mode.name(), self.reader))
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let ctx = &cx.ctx;
        if let Some(left) = quiet(ctx, self.reader, Priority::Normal).await? {
            return Ok(Outcome::Snooze(left));
        }
        let kinds: Kinds = cx.service()?;
        let (mut told, mut left) = (vec![], vec![]);
        let mut theirs = None;
        for found in store::digest_of(ctx.db(), self.reader, self.mode).await? {
            // The next one of a newer version tells it.
            if kinds.get(&found.kind).is_none() {
                continue;
            }
            match deliver::reader(cx, &found).await? {
                Ok(ctx) => {
                    theirs = Some(ctx);
                    told.push(found);
                }
                Err(why) => left.push((found.id, why)),
            }
        }
        let done = if self.mode == Mode::Weekly { "With the weekly digest." } else { "With the daily digest." };
        let mut tx = ctx.db().begin().await?;
        for (id, why) in left {
            store::end_delivery(&mut tx, id, DeliveryState::Skipped, why, ctx.now()).await?;
        }
        // What somebody else ended meanwhile was told already.
        let mut new = vec![];
        for found in told {
            if store::end_delivery(&mut tx, found.id, DeliveryState::Sent, done, ctx.now()).await? {
                new.push(found);
            }
        }
        if let Some(theirs) = theirs.filter(|_| !new.is_empty()) {
            outbox::server::post(&mut tx, ctx, email::digest(ctx, &theirs, &kinds, self.mode, &new)?).await?;
        }
        tx.commit().await?;
        Ok(Outcome::DONE)
    }
}
