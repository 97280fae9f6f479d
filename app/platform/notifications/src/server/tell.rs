//! From a notice to what each of its readers gets.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use jobs::server::{Actors, Job, JobCx, Outcome, Policy};
use kernel::{AppError, Timestamp, server::unexpected};
use preferences::Preferences;
use realtime::server::{Event, tell_user};
use records::server::{Action, Actor, Ctx, find_many};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    Deliver, Kinds,
    choices::{Modes, modes},
    deliver,
    quiet::until,
    store::{self, NewDelivery, NewNotification},
};
use crate::{Channel, Mode, Priority};

/// Tells some people something.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tell {
    pub notice: Uuid,
    pub kind: String,
    pub to: Vec<Uuid>,
    pub title: String,
    pub message: String,
    pub link: Option<String>,
    pub priority: Priority,
    pub about: Option<(String, Uuid)>,
}

impl Job for Tell {
    const KIND: &'static str = "notifications.tell";
    const TITLE: &'static str = "Tell people";
    const QUEUE: jobs::server::Queue = deliver::QUEUE;
    /// People wait for it.
    const POLICY: Policy = Policy { urgency: 30, ..Policy::USUAL };
    const SECRETS: &'static [&'static str] = &["title", "message", "link"];

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        tell(cx, self).await?;
        Ok(Outcome::DONE)
    }
}

async fn tell(cx: &JobCx, told: &Tell) -> Result<(), AppError> {
    let ctx = &cx.ctx;
    let kinds: Kinds = cx.service()?;
    // A newer version that works beside this one knows it.
    let kind = kinds.get(&told.kind).ok_or_else(|| unexpected(format!("there are no notifications {}", told.kind)))?;
    let mut readers = told.to.clone();
    if let Some((record_type, id)) = &told.about {
        readers = allowed(ctx, cx.actors(), record_type, *id, &readers).await?;
        let muted = store::muted_by(ctx.db(), *id, &readers).await?;
        readers.retain(|reader| !muted.contains(reader));
    }
    let mut modes = modes(ctx, kind, &readers).await?;
    let preferences = preferences::server::of_many(ctx, &readers).await?;
    let with_browser = store::with_subscriptions(ctx.db(), &readers, ctx.now()).await?;
    let usual = Preferences::default();
    let mut notifications = vec![];
    let mut deliveries: HashMap<Uuid, Vec<NewDelivery>> = HashMap::new();
    for reader in readers {
        let Some(mut modes) = modes.remove(&reader) else { continue };
        if !with_browser.contains(&reader) {
            // Nothing was to be sent, so there is nothing to write down.
            modes.remove(&Channel::Push);
        }
        if modes.values().all(|mode| *mode == Mode::Off) {
            continue;
        }
        let id = ctx.new_id();
        let in_app = modes.get(&Channel::InApp) == Some(&Mode::AtOnce);
        let due = due(ctx, preferences.get(&reader).unwrap_or(&usual), told.priority);
        deliveries.insert(id, outward(ctx, id, reader, &modes, due));
        notifications.push(NewNotification { id, reader, in_app });
    }
    let mut tx = ctx.db().begin().await?;
    // Who was told by an attempt before this one is told nothing more.
    let new = store::insert(&mut tx, told, &notifications, ctx.now()).await?;
    let deliveries: Vec<NewDelivery> = new.iter().filter_map(|id| deliveries.remove(id)).flatten().collect();
    store::insert_deliveries(&mut tx, &deliveries, ctx.now()).await?;
    for delivery in deliveries.iter().filter(|delivery| delivery.mode == Mode::AtOnce) {
        let deliver = Deliver { delivery: delivery.id, round: 0 };
        deliver::enqueue(ctx, &mut tx, deliver, delivery.channel, delivery.due_at).await?;
    }
    for one in notifications.iter().filter(|one| one.in_app && new.contains(&one.id)) {
        let data = json!({
            "id": one.id,
            "kind": told.kind,
            "title": told.title,
            "message": told.message,
            "link": told.link,
            "priority": told.priority.name(),
        });
        tell_user(&mut tx, one.reader, &Event::Notification(data));
    }
    Ok(tx.commit().await?)
}

/// Those who may see the record.
async fn allowed(
    ctx: &Ctx,
    actors: &Actors,
    record_type: &str,
    id: Uuid,
    readers: &[Uuid],
) -> Result<Vec<Uuid>, AppError> {
    let permit = ctx.permit_any(record_type, Action::View)?;
    let Some(row) = find_many(ctx, &permit, &[id]).await?.pop() else { return Ok(vec![]) };
    let mut allowed = vec![];
    for reader in readers {
        if let Some(actor) = actors(*reader).await?
            && may_see(ctx, &actor, record_type, row.meta.owner, row.meta.team)
        {
            allowed.push(*reader);
        }
    }
    Ok(allowed)
}

/// Whether somebody may see a record of an owner and a team.
pub fn may_see(ctx: &Ctx, actor: &Arc<Actor>, record_type: &str, owner: Option<Uuid>, team: Option<Uuid>) -> bool {
    let theirs = ctx.of(actor.clone());
    theirs.permit_any(record_type, Action::View).is_ok_and(|permit| permit.allows(owner, team))
}

/// When what rings may be delivered.
pub fn due(ctx: &Ctx, preferences: &Preferences, priority: Priority) -> Timestamp {
    let now = ctx.now();
    let Some(hours) = preferences.quiet else { return now };
    if priority == Priority::High && preferences.high_through_quiet {
        return now;
    }
    let zone = preferences::server::zone(preferences, &ctx.organisation());
    until(hours, zone, now).unwrap_or(now)
}

/// For how long nothing may ring at somebody's yet; `None` where it may.
pub async fn quiet(ctx: &Ctx, reader: Uuid, priority: Priority) -> Result<Option<Duration>, AppError> {
    let due = due(ctx, &preferences::server::of(ctx, reader).await?, priority);
    let left = u64::try_from(due.micros() - ctx.now().micros()).unwrap_or(0);
    Ok((left > 0).then(|| Duration::from_micros(left)))
}

/// The ways out of the program that one reader wants.
fn outward(ctx: &Ctx, notification: Uuid, reader: Uuid, modes: &Modes, due_at: Timestamp) -> Vec<NewDelivery> {
    let wanted = modes.iter().filter(|(channel, mode)| **channel != Channel::InApp && **mode != Mode::Off);
    let delivery = |(channel, mode): (&Channel, &Mode)| NewDelivery {
        id: ctx.new_id(),
        notification,
        reader,
        channel: *channel,
        mode: *mode,
        due_at,
    };
    wanted.map(delivery).collect()
}

/// The records among some that whoever acts may see, deleted ones included.
pub async fn visible(ctx: &Ctx, about: &[(String, Uuid)]) -> Result<HashSet<Uuid>, AppError> {
    let mut by_type: HashMap<&str, Vec<Uuid>> = HashMap::new();
    for (record_type, id) in about {
        by_type.entry(record_type).or_default().push(*id);
    }
    let mut visible = HashSet::new();
    for (record_type, ids) in by_type {
        let Ok(permit) = ctx.permit_any(record_type, Action::View) else { continue };
        visible.extend(find_many(ctx, &permit, &ids).await?.into_iter().map(|row| row.id));
    }
    Ok(visible)
}
