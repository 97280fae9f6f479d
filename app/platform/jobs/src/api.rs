//! What the monitor asks the server. All of it is for administrators.
//!
//! What a request holds is read before anything is awaited: a page that is painted may have let go of it by then.

use kernel::{AppError, FieldErrors, codec::Json};
use leptos::prelude::*;
use uuid::Uuid;

use super::{Acted, JobAction, JobDetail, JobFilter, JobPage, Overview};
#[cfg(feature = "ssr")]
use crate::server as serve;
#[cfg(feature = "ssr")]
use request::ctx;

/// Queues, workers, schedules and the figures of the last hour, with fifty jobs, the newest first, from before one.
#[server(endpoint = "jobs/watch", input = Json, output = Json)]
pub async fn watch_jobs(filter: JobFilter, before: Option<Uuid>) -> Result<(Overview, JobPage), AppError> {
    let jobs = serve::jobs()?;
    serve::watch(&ctx().await?, &jobs, &filter, before).await
}

/// Everything about a job.
#[server(endpoint = "jobs/open", input = Json, output = Json)]
pub async fn open_job(id: Uuid) -> Result<JobDetail, AppError> {
    let jobs = serve::jobs()?;
    serve::detail(&ctx().await?, &jobs, id).await
}

/// Retries or cancels jobs, and says what came of it.
#[server(endpoint = "jobs/act", input = Json, output = Json)]
pub async fn act_on_jobs(ids: Vec<Uuid>, action: JobAction) -> Result<Acted, AppError> {
    let jobs = serve::jobs()?;
    serve::act(&ctx().await?, &jobs, &ids, action).await
}

/// The same for all jobs that match, shown or not.
#[server(endpoint = "jobs/act-on-all", input = Json, output = Json)]
pub async fn act_on_all_jobs(filter: JobFilter, action: JobAction) -> Result<Acted, AppError> {
    let jobs = serve::jobs()?;
    serve::act_on_all(&ctx().await?, &jobs, &filter, action).await
}

/// Pauses a queue or lets it go on.
#[server(endpoint = "jobs/pause", input = Json, output = Json)]
pub async fn pause_queue(queue: String, is_paused: bool) -> Result<(), AppError> {
    let jobs = serve::jobs()?;
    serve::pause(&ctx().await?, &jobs, &queue, is_paused).await
}

/// Sets when a schedule is due; an empty expression is the usual one. What cannot be understood of it comes back.
#[server(endpoint = "jobs/reschedule", input = Json, output = Json)]
pub async fn reschedule(name: String, cron: String, is_paused: bool) -> Result<Result<(), FieldErrors>, AppError> {
    let jobs = serve::jobs()?;
    serve::reschedule(&ctx().await?, &jobs, &name, &cron, is_paused).await
}

/// Runs a schedule's job now.
#[server(endpoint = "jobs/run-now", input = Json, output = Json)]
pub async fn run_schedule_now(name: String) -> Result<Uuid, AppError> {
    let jobs = serve::jobs()?;
    serve::run_now(&ctx().await?, &jobs, &name).await
}
