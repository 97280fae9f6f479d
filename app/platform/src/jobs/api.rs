//! What the monitor asks the server. All of it is for administrators.

use kernel::{AppError, codec::Json};
use leptos::prelude::*;
use uuid::Uuid;

use super::{JobAction, JobDetail, JobFilter, JobPage, Overview};
#[cfg(feature = "ssr")]
use crate::server::{ctx, jobs as serve};

/// Queues, workers, schedules and the figures of the last hour.
#[server(endpoint = "jobs/overview", input = Json, output = Json)]
pub async fn job_overview() -> Result<Overview, AppError> {
    serve::overview(&ctx().await?, &serve::jobs()?).await
}

/// Fifty jobs, the newest first, from before one.
#[server(endpoint = "jobs/list", input = Json, output = Json)]
pub async fn list_jobs(filter: JobFilter, before: Option<Uuid>) -> Result<JobPage, AppError> {
    serve::list(&ctx().await?, &serve::jobs()?, &filter, before).await
}

/// Everything about a job.
#[server(endpoint = "jobs/open", input = Json, output = Json)]
pub async fn open_job(id: Uuid) -> Result<JobDetail, AppError> {
    serve::detail(&ctx().await?, &serve::jobs()?, id).await
}

/// Retries or cancels jobs, and says how many that made a difference to.
#[server(endpoint = "jobs/act", input = Json, output = Json)]
pub async fn act_on_jobs(ids: Vec<Uuid>, action: JobAction) -> Result<u64, AppError> {
    serve::act(&ctx().await?, &serve::jobs()?, &ids, action).await
}

/// The same for all jobs that match, shown or not.
#[server(endpoint = "jobs/act-on-all", input = Json, output = Json)]
pub async fn act_on_all_jobs(filter: JobFilter, action: JobAction) -> Result<u64, AppError> {
    serve::act_on_all(&ctx().await?, &serve::jobs()?, &filter, action).await
}

/// Pauses a queue or lets it go on.
#[server(endpoint = "jobs/pause", input = Json, output = Json)]
pub async fn pause_queue(queue: String, is_paused: bool) -> Result<(), AppError> {
    serve::pause(&ctx().await?, &serve::jobs()?, &queue, is_paused).await
}

/// Sets when a schedule is due; an empty expression is the usual one.
#[server(endpoint = "jobs/reschedule", input = Json, output = Json)]
pub async fn reschedule(name: String, cron: String, is_paused: bool) -> Result<(), AppError> {
    serve::reschedule(&ctx().await?, &serve::jobs()?, &name, &cron, is_paused).await
}

/// Runs a schedule's job now.
#[server(endpoint = "jobs/run-now", input = Json, output = Json)]
pub async fn run_schedule_now(name: String) -> Result<Uuid, AppError> {
    serve::run_now(&ctx().await?, &serve::jobs()?, &name).await
}
