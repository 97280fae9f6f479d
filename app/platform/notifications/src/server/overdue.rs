//! What was to be done by now and is not.
//!
//! A type of records that have a time to be done by says so by implementing [`Due`]; its module adds [`TellOverdue`] to
//! the jobs, with its schedule, and the kind to the notifications. Whoever has to do it is then told once of each time
//! that passes: a record that gets a later one, and misses that too, is told of again.

use std::marker::PhantomData;

use jobs::server::{Job, JobCx, Missed, Outcome, Queue, Schedule};
use kernel::{AppError, server::unexpected};
use records::{
    Filter, Kind as FieldKind, ListQuery, Op, Record,
    server::{Action, Ctx, Permit, Stored, find_many, list_ids, title},
    text,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kind, Notice, notify, store};

/// Records that were due longer ago are old news: of a file that was just imported, say.
const DAYS: i64 = 30;
const DAY: i64 = 86_400;
/// Records looked at, and told of, at a time.
const PAGE: usize = 500;

/// A type of records that are to be done by a time.
pub trait Due: Record {
    /// The name of its job and of its schedule; never changed.
    const JOB: &'static str;
    const SCHEDULE: &'static str;
    /// The field that holds the time: an instant, or a day, which is over by the clocks of the company.
    const BY: &'static str;
    /// A choice, and its values as long as there is something to do.
    const OPEN: (&'static str, &'static [&'static str]);
    /// Who has to do it: the first of these fields that names somebody.
    const WHO: &'static [&'static str];
    const OVERDUE: &'static Kind;
}

/// Tells whose they are of records that are overdue.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct TellOverdue<T> {
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T> Default for TellOverdue<T> {
    fn default() -> Self {
        Self { of: PhantomData }
    }
}

impl<T: Due + 'static> TellOverdue<T> {
    /// Every half hour.
    pub fn schedule() -> Schedule {
        Schedule::new(T::SCHEDULE, "*/30 * * * *", Missed::Once, |_| Self::default())
    }
}

impl<T: Due + 'static> Job for TellOverdue<T> {
    const KIND: &'static str = T::JOB;
    const TITLE: &'static str = "Tell of what is overdue";
    const QUEUE: Queue = super::deliver::QUEUE;

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let ctx = &cx.ctx;
        let permit = ctx.permit::<T>(Action::View)?;
        let query = ListQuery { filter: Some(overdue::<T>(ctx)?), ..ListQuery::default() };
        for ids in list_ids(ctx, &permit, &query).await?.chunks(PAGE) {
            if cx.is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            tell::<T>(cx, &permit, ids).await?;
        }
        let mut tx = ctx.db().begin().await?;
        store::forget_reminders(&mut tx, ctx.now().plus_seconds(-2 * DAYS * DAY)).await?;
        tx.commit().await?;
        Ok(Outcome::DONE)
    }
}

/// Which records of the type are overdue, but for those that have been for long.
fn overdue<T: Due>(ctx: &Ctx) -> Result<Filter, AppError> {
    let long_ago = ctx.now().plus_seconds(-DAYS * DAY);
    let (from, to) = if T::TYPE.fields[field::<T>(T::BY)?].kind == FieldKind::Date {
        let from = ctx.organisation().zone.date(long_ago).map(|day| day.to_string());
        (from.unwrap_or_default(), ctx.today().to_string())
    } else {
        (long_ago.to_string(), ctx.now().to_string())
    };
    let (state, open) = T::OPEN;
    Ok(Filter::And(vec![
        Filter::leaf(T::BY, Op::Gte, from),
        Filter::leaf(T::BY, Op::Lt, to),
        Filter::leaf(state, Op::In, open),
    ]))
}

fn field<T: Due>(name: &str) -> Result<usize, AppError> {
    T::TYPE.field(name).map(|(i, _)| i).ok_or_else(|| unexpected(format!("{} has no field {name}", T::NAME)))
}

/// Tells of those records whose present time nobody was told of.
async fn tell<T: Due>(cx: &JobCx, permit: &Permit<T>, ids: &[Uuid]) -> Result<(), AppError> {
    let ctx = &cx.ctx;
    let by = field::<T>(T::BY)?;
    let who = T::WHO.iter().map(|name| field::<T>(name)).collect::<Result<Vec<_>, _>>()?;
    let kind = &T::TYPE.fields[by].kind;
    let told = store::reminders(ctx.db(), ids).await?;
    let mut late = find_many(ctx, permit, ids).await?;
    late.retain(|row| told.get(&row.id) != Some(&text::edit(kind, row.cells.at(by))));
    let late: Vec<(Stored, Option<Uuid>)> = late
        .into_iter()
        .map(|row| {
            let who = who.iter().find_map(|i| row.cells.at(*i).as_id());
            (row, who)
        })
        .collect();
    let readers: Vec<Uuid> = late.iter().filter_map(|(_, who)| *who).collect();
    let preferences = preferences::server::of_many(ctx, &readers).await?;
    let mut tx = ctx.db().begin().await?;
    for (row, who) in late {
        let due = row.cells.at(by);
        store::remind(&mut tx, row.id, &text::edit(kind, due), ctx.now()).await?;
        let Some(who) = who else { continue };
        // They are told no more of it than they may see.
        let theirs = cx.actors()(who).await?.map(|actor| ctx.of(actor));
        let Some(theirs) = theirs.and_then(|theirs| theirs.permit_any(T::NAME, Action::View).ok()) else { continue };
        let formats =
            preferences::server::formats(&preferences.get(&who).cloned().unwrap_or_default(), &ctx.organisation());
        let notice = Notice {
            kind: T::OVERDUE,
            to: vec![who],
            title: format!("{} is overdue", title(&theirs, &row)),
            message: format!("It was to be done by {}.", text::show(kind, due, &formats, |_| None)),
            link: Some(format!("/{}/{}", T::NAME, row.id)),
            priority: None,
            about: Some((T::NAME.to_owned(), row.id)),
        };
        notify(&mut tx, ctx, notice).await?;
    }
    Ok(tx.commit().await?)
}
