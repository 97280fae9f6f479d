//! One notification on one way out of the program.

use std::time::Duration;

use kernel::AppError;
use records::server::Ctx;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Kind, Kinds,
    choices::modes,
    email, push, sms,
    store::{self, Found},
    tell::{quiet, visible},
};
use crate::{
    notifications::{Channel, DeliveryState, Mode, Standing},
    server::{
        jobs::{Job, JobCx, Outcome, Policy, Queue, backoff},
        outbox,
    },
};

/// What tells people things, and the ways out of the program.
pub const QUEUE: Queue = Queue { name: "notifications", concurrency: 8 };
/// How often a way is tried.
const ATTEMPTS: i64 = 6;
/// What is said of an attempt that broke off while it was being sent.
const UNKNOWN: &str = "The program stopped while this was sent: it may have arrived.";

/// Delivers one notification on one channel. What became of each attempt is written down; trying again is the
/// delivery's own affair, so that the log tells the whole story.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deliver {
    pub delivery: Uuid,
}

/// Why something was not delivered.
#[derive(Debug)]
pub enum Trouble {
    /// There is no use in trying again.
    Never(String),
    /// It went wrong, and trying again may do it twice.
    Failed(String),
    /// Time may heal it: at least so much, where somebody said.
    Later(String, Option<Duration>),
}

impl Job for Deliver {
    const KIND: &'static str = "notifications.deliver";
    const TITLE: &'static str = "Deliver a notification";
    const QUEUE: Queue = QUEUE;
    const POLICY: Policy = Policy { timeout: Duration::from_mins(2), ..Policy::USUAL };

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let Some(found) = store::find_delivery(cx.ctx.db(), self.delivery).await? else { return Ok(Outcome::DONE) };
        if found.state != DeliveryState::Waiting || found.mode != Mode::AtOnce {
            return Ok(Outcome::DONE);
        }
        if found.is_marked {
            lose(&cx.ctx, &found).await?;
            return Ok(Outcome::DONE);
        }
        let again = deliver(cx, &found).await?;
        Ok(again.map_or(Outcome::DONE, Outcome::Snooze))
    }
}

/// Delivers it, and says after which time to try again.
async fn deliver(cx: &JobCx, found: &Found) -> Result<Option<Duration>, AppError> {
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
            None => Err(Trouble::Never("This version of the program does not know such notifications.".to_owned())),
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
            store::add_attempt(&mut tx, found.id, attempt, DeliveryState::Sent, &detail, ctx.now()).await?;
            store::end_delivery(&mut tx, found.id, DeliveryState::Sent, &detail, ctx.now()).await?;
            None
        }
        Err(Trouble::Never(why)) => {
            store::end_delivery(&mut tx, found.id, DeliveryState::Skipped, &why, ctx.now()).await?;
            None
        }
        Err(Trouble::Later(why, after)) if attempt < ATTEMPTS => {
            store::add_attempt(&mut tx, found.id, attempt, DeliveryState::Failed, &why, ctx.now()).await?;
            let [chance] = ctx.app.rng().bytes();
            let own = backoff(u32::try_from(attempt).unwrap_or(1), chance);
            Some(after.map_or(own, |after| own.max(after)))
        }
        Err(Trouble::Later(why, _) | Trouble::Failed(why)) => {
            store::add_attempt(&mut tx, found.id, attempt, DeliveryState::Failed, &why, ctx.now()).await?;
            store::end_delivery(&mut tx, found.id, DeliveryState::Failed, &why, ctx.now()).await?;
            None
        }
    };
    tx.commit().await?;
    Ok(again)
}

/// Puts its letter in the outbox, which looks after it from there: once, as both are written together.
async fn post(ctx: &Ctx, theirs: &Ctx, kind: &'static Kind, found: &Found) -> Result<(), AppError> {
    const DONE: &str = "It went to the outbox.";
    let letter = email::single(ctx, theirs, kind, found)?;
    let mut tx = ctx.db().begin().await?;
    if store::end_delivery(&mut tx, found.id, DeliveryState::Sent, DONE, ctx.now()).await? {
        let attempt = found.attempt + 1;
        store::add_attempt(&mut tx, found.id, attempt, DeliveryState::Sent, DONE, ctx.now()).await?;
        outbox::post(&mut tx, ctx, letter).await?;
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
        store::add_attempt(&mut tx, found.id, found.attempt, DeliveryState::Failed, UNKNOWN, ctx.now()).await?;
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
    let theirs = cx.ctx.app.ctx(actor);
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
