//! The queue, from the command line.

use jobs::{JobAction, JobFilter, State as JobState, server as queue};
use kernel::AppError;
use records::server::Ctx;

use super::parse::Jobs;
use crate::state::State;

/// Does what was asked of the queue. A server that runs meanwhile sees it within a second.
pub async fn run(state: &State, asked: Jobs) -> Result<(), String> {
    let ctx = state.identity.system();
    let done = match asked {
        Jobs::List(filter) => list(state, &ctx, &filter).await,
        Jobs::Act { action, ids, filter } => {
            let jobs = state.jobs();
            let acted = if ids.is_empty() {
                queue::act_on_all(&ctx, &jobs, &filter, action).await
            } else {
                queue::act(&ctx, &jobs, &ids, action).await
            };
            let done = if action == JobAction::Retry { "Retried" } else { "Cancelled" };
            acted.map(|acted| {
                let jobs = if acted.changed == 1 { "job" } else { "jobs" };
                println!("{done} {} {jobs}.{}", acted.changed, acted.held_back(|n| n.to_string()));
            })
        }
        Jobs::Pause { queue, is_paused } => {
            let done = if is_paused { "is paused" } else { "goes on" };
            let known = queue::pause(&ctx, &state.jobs(), &queue, is_paused).await;
            known.map(|()| println!("The queue {queue} {done}.")).map_err(|e| unknown(e, "queue", &queue))
        }
        Jobs::Run { schedule } => {
            let id = queue::run_now(&ctx, &state.jobs(), &schedule).await;
            id.map(|id| println!("Enqueued {id}.")).map_err(|e| unknown(e, "schedule", &schedule))
        }
    };
    done.map_err(|error| error.sentence())
}

fn unknown(error: AppError, what: &str, name: &str) -> AppError {
    if error == AppError::NotFound { AppError::BadRequest(format!("there is no {what} '{name}'")) } else { error }
}

async fn list(state: &State, ctx: &Ctx, filter: &JobFilter) -> Result<(), AppError> {
    let page = queue::list(ctx, &state.jobs(), filter, None).await?;
    for job in &page.jobs {
        let error = job.error.as_deref().filter(|_| job.state != JobState::Completed);
        println!(
            "{}  {:<10}  {:<24}  {:<10}  {}/{}  {}",
            job.id,
            job.state.name(),
            job.kind,
            job.queue,
            job.attempt,
            job.attempts,
            error.unwrap_or_default(),
        );
    }
    if page.next.is_some() {
        println!("… and more: narrow the list down with --state, --queue or --kind.");
    }
    Ok(())
}
