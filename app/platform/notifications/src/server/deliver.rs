//! One notification on one way out of the program.

use std::time::Duration;

use jobs::server::{Job, JobCx, Outcome, Policy, Queue, backoff};
use kernel::{AppError, Timestamp, server::Tx};
use records::server::Ctx;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Kind, Kinds,
    choices::modes,
    email, push, sms,
    store::{self, Ended, Found},
    tell::{quiet, visible},
};
use crate::{Channel, DeliveryState, Mode, Standing};

/// What tells people things, and posts their letters.
pub const QUEUE: Queue = Queue { name: "notifications", concurrency: 8 };
/// What asks servers of others. One that never answers holds up nobody's list and nobody's letters.
const RINGS: Queue = Queue { name: "push_and_sms", concurrency: 16 };
const POLICY: Policy = Policy { timeout: Duration::from_mins(2), ..Policy::USUAL };
/// How often a way is tried before it has failed: for about three hours.
const ATTEMPTS: i64 = 12;
/// What is said of an attempt that broke off while it was being sent.
const UNKNOWN: &str = "The program stopped while this was sent: it may have arrived.";

/// Delivers one notification on one channel. What became of each attempt is written down; trying again is the
/// delivery's own affair, so that the log tells the whole story.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deliver {
    pub delivery: Uuid,
    /// A job of a former round leaves it alone.
    #[serde(default)]
    pub round: i64,
}

/// Delivers one that has to ask a server of others.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ring(pub Deliver);

/// Why something was not delivered.
#[derive(Debug)]
pub enum Trouble {
    /// There is no use in trying again.
    Never(String),
    /// It was refused.
    Failed(String),
    /// Nobody can tell whether it arrived: trying again may do it twice.
    Lost(String),
    /// Time may heal it: at least so much, where somebody said.
    Later(String, Option<Duration>),
}

impl Job for Deliver {
    const KIND: &'static str = "notifications.deliver";
    const TITLE: &'static str = "Deliver a notification";
    const QUEUE: Queue = QUEUE;
    const POLICY: Policy = POLICY;

    fn key(&self) -> Option<String> {
        Some(format!("{} {}", self.delivery, self.round))
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        self.deliver(cx).await
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        self.fail(&cx.ctx, why).await
    }
}

impl Job for Ring {
    const KIND: &'static str = "notifications.ring";
    const TITLE: &'static str = "Send a push or text message";
    const QUEUE: Queue = RINGS;
    const POLICY: Policy = POLICY;

    fn key(&self) -> Option<String> {
        self.0.key()
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        self.0.deliver(cx).await
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        self.0.fail(&cx.ctx, why).await
    }
}

/// Has something delivered from a time on.
pub async fn enqueue(
    ctx: &Ctx,
    tx: &mut Tx,
    deliver: Deliver,
    channel: Channel,
    at: Timestamp,
) -> Result<(), AppError> {
    let job = match channel {
        Channel::Push | Channel::Sms => jobs::server::enqueue_at(ctx, tx, &Ring(deliver), at).await,
        Channel::Email | Channel::InApp => jobs::server::enqueue_at(ctx, tx, &deliver, at).await,
    };
    job.map(drop)
}

impl Deliver {
    async fn deliver(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let Some(found) = self.find_waiting(&cx.ctx).await? else { return Ok(Outcome::DONE) };
        if found.is_marked {
            lose(&cx.ctx, &found).await?;
            return Ok(Outcome::DONE);
        }
        let Some(wait) = self.attempt(cx, &found).await? else { return Ok(Outcome::DONE) };
        if cx.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let now = cx.ctx.app.clock().now().micros();
        let due_at = now.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
        let mut tx = cx.ctx.db().begin().await?;
        store::put_off(&mut tx, found.id, Timestamp::from_micros(due_at)).await?;
        tx.commit().await?;
        Ok(Outcome::Snooze(wait))
    }

    /// Its job is over: nobody tries again unless a person says so.
    pub async fn fail(&self, ctx: &Ctx, why: &str) -> Result<(), AppError> {
        match self.find_waiting(ctx).await? {
            Some(found) if found.is_marked => lose(ctx, &found).await,
            Some(found) => end(ctx, &found, DeliveryState::Failed, why).await,
            None => Ok(()),
        }
    }

    async fn find_waiting(&self, ctx: &Ctx) -> Result<Option<Found>, AppError> {
        let found = store::find_delivery(ctx.db(), self.delivery).await?;
        Ok(found.filter(|found| {
            found.state == DeliveryState::Waiting && found.mode == Mode::AtOnce && found.round == self.round
        }))
    }

    /// Tries once, and says after which time to try again.
    async fn attempt(&self, cx: &JobCx, found: &Found) -> Result<Option<Duration>, AppError> {
        let ctx = &cx.ctx;
        let theirs = match reader(cx, found).await? {
            Ok(theirs) => theirs,
            Err(why) => {
                end(ctx, found, DeliveryState::Skipped, why).await?;
                return Ok(None);
            }
        };
        // It was due once, but may have been put off into the night since.
        if let Some(left) = quiet(ctx, found.reader, found.priority).await? {
            return Ok(Some(left));
        }
        let kinds: Kinds = cx.service()?;
        let attempt = found.attempt + 1;
        let sent = match found.channel {
            Channel::Email => match kinds.get(&found.kind) {
                Some(kind) => return post(ctx, &theirs, kind, found).await.map(|()| None),
                // A newer one that works beside it does.
                None => {
                    Err(Trouble::Later("This version of the program does not know such notifications.".into(), None))
                }
            },
            Channel::Push => push::deliver(ctx, found).await?,
            Channel::Sms => match sms::write(ctx, found).await? {
                Ok(message) if mark(ctx, found, attempt).await? => message.send(ctx).await,
                // Another worker is at it, or ended it meanwhile.
                Ok(_) => return Ok(None),
                Err(trouble) => Err(trouble),
            },
            Channel::InApp => Err(Trouble::Never("It stands in the list.".to_owned())),
        };
        let mut tx = ctx.db().begin().await?;
        let again = match sent {
            Ok(detail) => {
                conclude(&mut tx, ctx, found, Ended::Sent, &detail).await?;
                None
            }
            Err(Trouble::Never(why)) => {
                store::end_delivery(&mut tx, found.id, DeliveryState::Skipped, &why, ctx.now()).await?;
                None
            }
            Err(Trouble::Later(why, after)) if found.failures + 1 < ATTEMPTS => {
                store::add_attempt(&mut tx, found.id, attempt, Ended::Failed, &why, ctx.now()).await?;
                let [chance] = ctx.app.rng().bytes();
                let own = backoff(u32::try_from(found.failures + 1).unwrap_or(1), chance);
                Some(after.map_or(own, |after| own.max(after)))
            }
            Err(Trouble::Later(why, _) | Trouble::Failed(why)) => {
                conclude(&mut tx, ctx, found, Ended::Failed, &why).await?;
                None
            }
            Err(Trouble::Lost(why)) => {
                conclude(&mut tx, ctx, found, Ended::Uncertain, &why).await?;
                None
            }
        };
        tx.commit().await?;
        Ok(again)
    }
}

/// Writes down how the last attempt ended, and the delivery with it.
async fn conclude(tx: &mut Tx, ctx: &Ctx, found: &Found, ended: Ended, why: &str) -> Result<(), AppError> {
    let state = if ended == Ended::Sent { DeliveryState::Sent } else { DeliveryState::Failed };
    store::add_attempt(tx, found.id, found.attempt + 1, ended, why, ctx.now()).await?;
    store::end_delivery(tx, found.id, state, why, ctx.now()).await?;
    Ok(())
}

/// Puts its letter in the outbox, which looks after it from there: once, as both are written together.
async fn post(ctx: &Ctx, theirs: &Ctx, kind: &'static Kind, found: &Found) -> Result<(), AppError> {
    const DONE: &str = "It went to the outbox.";
    let letter = email::single(ctx, theirs, kind, found)?;
    let mut tx = ctx.db().begin().await?;
    if store::end_delivery(&mut tx, found.id, DeliveryState::Sent, DONE, ctx.now()).await? {
        store::add_attempt(&mut tx, found.id, found.attempt + 1, Ended::Sent, DONE, ctx.now()).await?;
        outbox::server::post(&mut tx, ctx, letter).await?;
    }
    Ok(tx.commit().await?)
}

/// Marks an attempt before anything of it leaves. False where somebody else did, or the delivery is over.
async fn mark(ctx: &Ctx, found: &Found, attempt: i64) -> Result<bool, AppError> {
    let mut tx = ctx.db().begin().await?;
    if !store::mark_attempt(&mut tx, found.id, attempt, "It is being sent.", ctx.now()).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// Nobody will tell any more what became of an attempt that was marked: sending it again is for a person to decide.
async fn lose(ctx: &Ctx, found: &Found) -> Result<(), AppError> {
    let mut tx = ctx.db().begin().await?;
    if store::end_delivery(&mut tx, found.id, DeliveryState::Failed, UNKNOWN, ctx.now()).await? {
        store::add_attempt(&mut tx, found.id, found.attempt, Ended::Uncertain, UNKNOWN, ctx.now()).await?;
    }
    Ok(tx.commit().await?)
}

/// The context of whom it is for, or why it is not told to them any more.
pub async fn reader(cx: &JobCx, found: &Found) -> Result<Result<Ctx, &'static str>, AppError> {
    let Some(actor) = cx.actors()(found.reader).await? else { return Ok(Err("They may not sign in any more.")) };
    if found.read_at.is_some() {
        return Ok(Err("It was read before it was due."));
    }
    if let Some((_, record)) = &found.about
        && store::find_standing(cx.ctx.db(), found.reader, *record).await? == Standing::Muted
    {
        return Ok(Err("They muted the record."));
    }
    let kinds: Kinds = cx.service()?;
    if let Some(kind) = kinds.get(&found.kind) {
        let modes = modes(&cx.ctx, kind, &[found.reader]).await?;
        if modes.get(&found.reader).and_then(|modes| modes.get(&found.channel)) == Some(&Mode::Off) {
            return Ok(Err("They want no such notifications on this way any more."));
        }
    }
    let theirs = cx.ctx.of(actor);
    if let Some(about) = &found.about
        && visible(&theirs, std::slice::from_ref(about)).await?.is_empty()
    {
        return Ok(Err("The record is not theirs to see any more."));
    }
    Ok(Ok(theirs))
}

async fn end(ctx: &Ctx, found: &Found, state: DeliveryState, why: &str) -> Result<(), AppError> {
    let mut tx = ctx.db().begin().await?;
    store::end_delivery(&mut tx, found.id, state, why, ctx.now()).await?;
    Ok(tx.commit().await?)
}
