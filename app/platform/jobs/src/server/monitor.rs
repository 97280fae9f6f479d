//! Looking at the work, and stepping in. All of it is for administrators; others see what they started.

use std::collections::BTreeMap;

use chrono::Days;
use kernel::{
    AppError, Date, FieldErrors,
    server::{DbError, unexpected},
};
use records::server::{Action, Ctx, titles};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Kinds, SIGNAL,
    figures::{self, Sums, percentile},
    job::JobCx,
    schedule,
    services::Services,
    store::{self, Scheduled},
};
use crate::{
    Acted, HELD, JobAction, JobDetail, JobFilter, JobInfo, JobPage, Overview, QueueInfo, ScheduleInfo, State,
    WorkerInfo,
};

/// Jobs on a page.
const PAGE: usize = 50;
/// Jobs that an action on all of them takes at a time.
const AT_ONCE: usize = 500;
/// Minutes that the plots show.
const MINUTES: i64 = 60;
/// Days that the plots show.
const DAYS: u64 = 30;

/// What there is to do and to look after: given to requests as to workers.
#[derive(Clone)]
pub struct Jobs {
    pub kinds: Kinds,
    pub services: Services,
}

/// Refuses who is no administrator.
pub fn ensure_administrator(ctx: &Ctx) -> Result<(), AppError> {
    ctx.permit_any("organisations", Action::Edit).map(drop).map_err(|_| AppError::Forbidden)
}

fn titled(kinds: &Kinds, mut job: JobInfo) -> JobInfo {
    if let Some(kind) = kinds.get(&job.kind) {
        job.title = kind.title().to_owned();
    }
    job
}

/// What the monitor shows: everything at a glance, and a page of jobs.
pub async fn watch(
    ctx: &Ctx,
    jobs: &Jobs,
    filter: &JobFilter,
    before: Option<Uuid>,
) -> Result<(Overview, JobPage), AppError> {
    Ok((overview(ctx, jobs).await?, list(ctx, jobs, filter, before).await?))
}

/// Everything at a glance.
pub async fn overview(ctx: &Ctx, jobs: &Jobs) -> Result<Overview, AppError> {
    ensure_administrator(ctx)?;
    let (db, now, today) = (ctx.db(), ctx.now(), ctx.today());
    let (mut counts, mut oldest, pauses) =
        (store::counts(db).await?, store::oldest(db).await?, store::pauses(db).await?);
    let figures = store::figures(db, figures::minute_of(now).plus_seconds(-60 * (MINUTES - 1))).await?;
    let since = today.0.checked_sub_days(Days::new(DAYS - 1)).map_or(today, Date);
    let days = figures::days(&store::days(db, since).await?, since, today);
    let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
    for figure in &figures {
        sums.entry(&figure.queue).or_default().add(figure);
    }
    let mut names: Vec<String> = jobs.kinds.queues().iter().map(|q| q.name.to_owned()).collect();
    // Queues of another version of the program, as long as they hold something.
    names.extend(counts.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
    let both = |buckets: &BTreeMap<i64, i64>| Some((percentile(buckets, 50)?, percentile(buckets, 95)?));
    let queue = |name: String| {
        let sums = sums.remove(name.as_str()).unwrap_or_default();
        QueueInfo {
            is_paused: pauses.contains(&name),
            counts: counts.remove(&name).unwrap_or_default(),
            oldest: oldest.remove(&name),
            finished: sums.finished(),
            failed: sums.failed,
            wait: both(&sums.wait),
            run: both(&sums.run),
            name,
        }
    };
    let queues = names.into_iter().map(queue).collect();
    Ok(Overview {
        now,
        queues,
        workers: workers(ctx).await?,
        schedules: schedules(ctx, &jobs.kinds).await?,
        minutes: figures::minutes(&figures, now, MINUTES),
        days,
        kinds: jobs.kinds.all().map(|kind| (kind.name().to_owned(), kind.title().to_owned())).collect(),
    })
}

async fn workers(ctx: &Ctx) -> Result<Vec<WorkerInfo>, DbError> {
    Ok(store::workers(ctx.db()).await?.into_iter().map(|(worker, _)| worker).collect())
}

async fn schedules(ctx: &Ctx, kinds: &Kinds) -> Result<Vec<ScheduleInfo>, DbError> {
    let rows = store::schedules(ctx.db()).await?;
    let info = |row: Scheduled| {
        let schedule = kinds.schedules().iter().find(|s| s.name == row.name)?;
        Some(ScheduleInfo {
            title: schedule.title.to_owned(),
            usual: schedule.cron.to_owned(),
            cron: row.cron.unwrap_or_else(|| schedule.cron.to_owned()),
            is_paused: row.is_paused,
            last_tick: row.last_tick,
            next_tick: row.next_tick,
            name: row.name,
        })
    };
    let mut schedules: Vec<ScheduleInfo> = rows.into_iter().filter_map(info).collect();
    schedules.sort_by(|a, b| a.title.cmp(&b.title));
    Ok(schedules)
}

/// A page of jobs, the newest first.
pub async fn list(ctx: &Ctx, jobs: &Jobs, filter: &JobFilter, before: Option<Uuid>) -> Result<JobPage, AppError> {
    ensure_administrator(ctx)?;
    let mut found = store::list(ctx.db(), filter, before, PAGE + 1).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| has_more).map(|job| job.id);
    Ok(JobPage { jobs: found.into_iter().map(|job| titled(&jobs.kinds, job)).collect(), next })
}

/// Everything about a job.
pub async fn detail(ctx: &Ctx, jobs: &Jobs, id: Uuid) -> Result<JobDetail, AppError> {
    ensure_administrator(ctx)?;
    let job = store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let (args, result, actor) = store::find_detail(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let mut names = BTreeMap::new();
    titles(ctx, "users", actor.into_iter().collect(), &mut names).await?;
    let secrets = jobs.kinds.get(&job.kind).map_or(&[][..], |kind| kind.secrets());
    Ok(JobDetail {
        args: masked(&args, secrets),
        result,
        errors: store::errors(ctx.db(), id).await?,
        actor: actor.and_then(|actor| names.remove(&actor)),
        job: titled(&jobs.kinds, job),
    })
}

/// A job's value as it may be shown.
fn masked(args: &str, secrets: &[&str]) -> String {
    let Ok(Json::Object(mut fields)) = serde_json::from_str(args) else { return args.to_owned() };
    for (_, value) in fields.iter_mut().filter(|(name, _)| secrets.contains(&name.as_str())) {
        *value = Json::String("••••".to_owned());
    }
    serde_json::to_string_pretty(&fields).unwrap_or_default()
}

/// A job that the actor started, or any for an administrator, with what came out of it.
pub async fn own(ctx: &Ctx, id: Uuid) -> Result<(JobInfo, Option<String>), AppError> {
    // The state first: one that is over then has its result.
    let job = store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let (_, result, actor) = store::find_detail(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let is_own = actor.is_some() && actor == ctx.actor.user;
    if !is_own {
        ensure_administrator(ctx).map_err(|_| AppError::NotFound)?;
    }
    Ok((job, result))
}

/// Retries or cancels jobs, and says what came of it.
pub async fn act(ctx: &Ctx, jobs: &Jobs, ids: &[Uuid], action: JobAction) -> Result<Acted, AppError> {
    ensure_administrator(ctx)?;
    match action {
        JobAction::Retry => retry(ctx, ids).await,
        JobAction::Cancel => Ok(Acted { changed: cancel(ctx, jobs, ids).await?, held: 0 }),
    }
}

/// The same for all jobs that a filter finds.
pub async fn act_on_all(ctx: &Ctx, jobs: &Jobs, filter: &JobFilter, action: JobAction) -> Result<Acted, AppError> {
    ensure_administrator(ctx)?;
    let (mut after, mut acted) = (None, Acted::default());
    loop {
        let ids = store::ids(ctx.db(), filter, after, AT_ONCE).await?;
        let Some(last) = ids.last() else { return Ok(acted) };
        after = Some(*last);
        let some = act(ctx, jobs, &ids, action).await?;
        acted = Acted { changed: acted.changed + some.changed, held: acted.held + some.held };
    }
}

/// Of several for the same thing, the first is put back in line and the others stay as they are.
async fn retry(ctx: &Ctx, ids: &[Uuid]) -> Result<Acted, AppError> {
    let mut tx = ctx.db().begin().await?;
    let mut acted = Acted::default();
    for id in ids {
        match store::retry(&mut tx, *id, ctx.now()).await {
            Ok(true) => acted.changed += 1,
            Ok(false) => acted.held += u64::from(store::is_held(&mut tx, *id).await?),
            // Such a job was enqueued this very moment.
            Err(DbError::Unique(_)) => return Err(AppError::Conflict(HELD.into())),
            Err(error) => return Err(error.into()),
        }
    }
    tx.tell(SIGNAL);
    tx.commit().await?;
    Ok(acted)
}

/// What does not run yet is over at once; what runs is asked to stop.
async fn cancel(ctx: &Ctx, jobs: &Jobs, ids: &[Uuid]) -> Result<u64, AppError> {
    let mut tx = ctx.db().begin().await?;
    let (mut over, mut asked) = (vec![], 0);
    for id in ids {
        if store::cancel_waiting(&mut tx, *id, ctx.now()).await? {
            over.push(*id);
        } else {
            asked += u64::from(store::ask_cancel(&mut tx, *id).await?);
        }
    }
    tx.commit().await?;
    for id in &over {
        give_up(ctx, jobs, *id).await?;
    }
    Ok(asked + u64::try_from(over.len()).unwrap_or(0))
}

/// Cancels a job on behalf of the code that started it, whoever acts.
pub async fn cancel_own(ctx: &Ctx, jobs: &Jobs, id: Uuid) -> Result<(), AppError> {
    cancel(ctx, jobs, &[id]).await.map(drop)
}

/// Lets the handler of a job that will not run clean up.
async fn give_up(ctx: &Ctx, jobs: &Jobs, id: Uuid) -> Result<(), AppError> {
    let Some(job) = store::find(ctx.db(), id).await? else { return Ok(()) };
    let Some((args, ..)) = store::find_detail(ctx.db(), id).await? else { return Ok(()) };
    let Some(kind) = jobs.kinds.get(&job.kind) else { return Ok(()) };
    let cx = JobCx::outside(ctx.clone(), id, jobs.services.clone());
    kind.give_up(args, std::sync::Arc::new(cx), "Cancelled.".into()).await
}

/// Pauses a queue or lets it go on.
pub async fn pause(ctx: &Ctx, jobs: &Jobs, queue: &str, is_paused: bool) -> Result<(), AppError> {
    ensure_administrator(ctx)?;
    if !jobs.kinds.queues().iter().any(|q| q.name == queue) {
        return Err(AppError::NotFound);
    }
    let mut tx = ctx.db().begin().await?;
    if is_paused {
        store::pause(&mut tx, queue, ctx.actor.user, ctx.now()).await?;
    } else {
        store::resume(&mut tx, queue).await?;
        tx.tell(SIGNAL);
    }
    Ok(tx.commit().await?)
}

fn find_schedule<'a>(kinds: &'a Kinds, name: &str) -> Result<&'a super::Schedule, AppError> {
    kinds.schedules().iter().find(|s| s.name == name).ok_or(AppError::NotFound)
}

/// Sets when a schedule is due, and whether at all. An empty expression is the one the program comes with.
pub async fn reschedule(
    ctx: &Ctx,
    jobs: &Jobs,
    name: &str,
    cron: &str,
    is_paused: bool,
) -> Result<Result<(), FieldErrors>, AppError> {
    ensure_administrator(ctx)?;
    let schedule = find_schedule(&jobs.kinds, name)?;
    let own = Some(cron.trim()).filter(|cron| !cron.is_empty() && *cron != schedule.cron);
    let next = schedule::parse(own.unwrap_or(schedule.cron)).and_then(|cron| {
        schedule::next_tick(&cron, ctx.organisation().zone, ctx.now()).ok_or_else(|| "This time never comes.".into())
    });
    let next = match next {
        Ok(next) => next,
        Err(why) => return Ok(Err(FieldErrors::one("cron", why))),
    };
    let mut tx = ctx.db().begin().await?;
    store::set_schedule(&mut tx, name, own, is_paused, next).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Runs a schedule's job now, beside its ticks.
pub async fn run_now(ctx: &Ctx, jobs: &Jobs, name: &str) -> Result<Uuid, AppError> {
    ensure_administrator(ctx)?;
    schedule::run_now(&ctx.app, find_schedule(&jobs.kinds, name)?).await
}

/// What a person may wait for is over.
pub async fn is_over(ctx: &Ctx, id: Uuid) -> Result<bool, AppError> {
    Ok(store::find(ctx.db(), id).await?.is_none_or(|job| job.state.is_over()))
}

/// How a job stands, for the code that started it. `None` once it is forgotten.
pub async fn state_of(ctx: &Ctx, id: Uuid) -> Result<Option<State>, AppError> {
    Ok(store::find(ctx.db(), id).await?.map(|job| job.state))
}

/// The state of a job as the API writes it.
pub fn as_json(job: &JobInfo, result: Option<String>) -> Result<Json, AppError> {
    let result: Option<Json> = result.map(|text| serde_json::from_str(&text)).transpose().map_err(unexpected)?;
    Ok(serde_json::json!({
        "id": job.id,
        "kind": job.kind,
        "state": job.state.name(),
        "progress": {
            "done": job.progress.done,
            "total": job.progress.total,
            "message": job.progress.message,
        },
        "result": result,
        "error": job.error.as_ref().filter(|_| job.state == State::Discarded),
    }))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_are_not_shown() {
        let shown = masked(r#"{"to":"ann@example.com","password":"hunter2"}"#, &["password"]);
        assert!(shown.contains("ann@example.com") && shown.contains("••••") && !shown.contains("hunter2"), "{shown}");
    }
}
