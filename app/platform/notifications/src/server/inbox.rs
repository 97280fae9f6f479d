//! One's own notifications.

use std::collections::HashSet;

use chrono::{Datelike, Days, NaiveTime, Weekday};
use jobs::server::{Job, JobCx, Outcome};
use kernel::{
    AppError, Timestamp,
    server::{Tx, zone::Zone},
};
use realtime::server::{Event, tell_user};
use records::server::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Kinds, store, tell::visible};
use crate::{MOST_UNREAD, NotificationFilter, NotificationInfo, NotificationPage, Snooze};

/// Notifications on a page.
pub const PAGE: usize = 30;
/// When a day begins for who puts something off.
const MORNING: u32 = 8;

fn reader(ctx: &Ctx) -> Result<Uuid, AppError> {
    ctx.actor.user.ok_or(AppError::Unauthenticated)
}

/// A page of one's own notifications, the newest first. What is about a record one may not see any more is left out.
pub async fn list(
    ctx: &Ctx,
    kinds: &Kinds,
    filter: &NotificationFilter,
    before: Option<Uuid>,
    size: usize,
) -> Result<NotificationPage, AppError> {
    let reader = reader(ctx)?;
    let (mut shown, mut before) = (vec![], before);
    let next = loop {
        let found = store::list(ctx.db(), reader, filter, before, ctx.now(), size + 1).await?;
        let is_last = found.len() <= size;
        let found: Vec<_> = found.into_iter().take(size).collect();
        before = found.last().map(|last| last.id);
        shown.extend(only_visible(ctx, found).await?);
        // A page that lost some is filled up from the next one.
        if is_last {
            break None;
        }
        if shown.len() >= size {
            break before;
        }
    };
    let more = shown.len().saturating_sub(size) > 0;
    shown.truncate(size);
    let next = if more { shown.last().map(|last| last.id) } else { next };
    for notification in &mut shown {
        if let Some(kind) = kinds.get(&notification.kind) {
            (notification.icon, notification.reason) = (kind.icon.to_owned(), kind.reason.to_owned());
        }
    }
    let kinds = kinds.all().map(|kind| (kind.name.to_owned(), kind.title.to_owned())).collect();
    Ok(NotificationPage { notifications: shown, next, unread: count_unread(ctx).await?, kinds })
}

async fn only_visible(ctx: &Ctx, mut found: Vec<NotificationInfo>) -> Result<Vec<NotificationInfo>, AppError> {
    let about: Vec<_> = found.iter().filter_map(|notification| notification.about.clone()).collect();
    let visible = visible(ctx, &about).await?;
    found.retain(|notification| notification.about.as_ref().is_none_or(|(_, id)| visible.contains(id)));
    Ok(found)
}

/// How many of one's own are unread, up to [`MOST_UNREAD`]. Nobody's, for the program itself.
pub async fn count_unread(ctx: &Ctx) -> Result<i64, AppError> {
    let Some(reader) = ctx.actor.user else { return Ok(0) };
    let about = store::unread(ctx.db(), reader, ctx.now(), MOST_UNREAD).await?;
    let records: Vec<_> = about.iter().flatten().cloned().collect::<HashSet<_>>().into_iter().collect();
    let visible = visible(ctx, &records).await?;
    let count = about.iter().filter(|about| about.as_ref().is_none_or(|(_, id)| visible.contains(id))).count();
    Ok(i64::try_from(count).unwrap_or(MOST_UNREAD))
}

/// Marks one as read or unread, and says how many are unread now.
pub async fn mark_read(ctx: &Ctx, id: Uuid, is_read: bool) -> Result<i64, AppError> {
    let reader = reader(ctx)?;
    let mut tx = ctx.db().begin().await?;
    if !store::mark_read(&mut tx, reader, id, is_read.then(|| ctx.now())).await? {
        return Err(AppError::NotFound);
    }
    count_again(&mut tx, reader);
    tx.commit().await?;
    count_unread(ctx).await
}

/// Marks all as read that are not put off.
pub async fn mark_all_read(ctx: &Ctx) -> Result<i64, AppError> {
    let reader = reader(ctx)?;
    let mut tx = ctx.db().begin().await?;
    store::mark_all_read(&mut tx, reader, ctx.now()).await?;
    count_again(&mut tx, reader);
    tx.commit().await?;
    count_unread(ctx).await
}

/// Puts one off: it leaves the list, and comes back unread.
pub async fn snooze(ctx: &Ctx, id: Uuid, until: Snooze) -> Result<i64, AppError> {
    let reader = reader(ctx)?;
    let own = preferences::server::own(ctx).await?;
    let until = ends(until, preferences::server::zone(&own, &ctx.organisation()), ctx.now());
    let mut tx = ctx.db().begin().await?;
    if !store::snooze(&mut tx, reader, id, until).await? {
        return Err(AppError::NotFound);
    }
    jobs::server::enqueue_at(ctx, &mut tx, &Wake { reader }, until).await?;
    count_again(&mut tx, reader);
    tx.commit().await?;
    count_unread(ctx).await
}

/// Lets the reader's other pages know that another number is unread.
fn count_again(tx: &mut Tx, reader: Uuid) {
    tell_user(tx, reader, &Event::Notification(Json::Null));
}

/// When something put off comes back.
fn ends(snooze: Snooze, zone: Zone, now: Timestamp) -> Timestamp {
    let morning = |day: chrono::NaiveDate, days: u64| {
        let at = NaiveTime::from_hms_opt(MORNING, 0, 0)?;
        Some(zone.instant(day.checked_add_days(Days::new(days))?.and_time(at)))
    };
    let today = zone.local(now).map(|local| local.date());
    let until = match snooze {
        Snooze::Hour => None,
        Snooze::Tomorrow => today.and_then(|today| morning(today, 1)),
        Snooze::NextWeek => today.and_then(|today| {
            let gone = today.weekday().days_since(Weekday::Mon);
            morning(today, u64::from(7 - gone))
        }),
    };
    until.unwrap_or_else(|| now.plus_seconds(3_600))
}

/// Lets a reader's screens know that something put off is back.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wake {
    pub reader: Uuid,
}

impl Job for Wake {
    const KIND: &'static str = "notifications.wake";
    const TITLE: &'static str = "Bring back what was put off";
    const QUEUE: jobs::server::Queue = super::deliver::QUEUE;

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let mut tx = cx.ctx.db().begin().await?;
        count_again(&mut tx, self.reader);
        tx.commit().await?;
        Ok(Outcome::DONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_off_comes_back_in_the_morning() {
        let zone = Zone::parse("Europe/Zurich").unwrap();
        // A Friday.
        let now = Timestamp::parse("2026-11-20T22:30:00Z").unwrap();
        let until = |snooze| ends(snooze, zone, now).to_string();
        assert_eq!(until(Snooze::Hour), "2026-11-20T23:30:00.000000Z");
        assert_eq!(until(Snooze::Tomorrow), "2026-11-21T07:00:00.000000Z");
        assert_eq!(until(Snooze::NextWeek), "2026-11-23T07:00:00.000000Z");
    }
}
