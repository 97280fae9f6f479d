//! Exporting records as files: asked for, made by a job, fetched by who asked for a while.
//!
//! Rows are read a piece at a time through the permits of who asked, which are looked at again while the work goes on,
//! and written on a thread of its own, so that neither waits for the other and memory stays flat. A file appears as a
//! whole or not at all: what is in the making lies in the spool, and whoever takes a job over starts afresh. Only who
//! asked for an export knows of it.

mod cells;
mod encode;
mod jobs;
mod limit;
mod routes;
mod source;
mod store;
mod task;
mod wanted;

use ::jobs::{
    State,
    server::{Jobs, cancel_own, enqueue, state_of},
};
use axum::response::Response;
use files::server::Files;
pub use jobs::{Keep, RunExport, SweepExports};
use kernel::{AppError, FieldErrors};
pub use limit::{Limit, Limits, Standing, standing};
use records::server::Ctx;
pub use routes::routes;
pub use store::STATEMENTS;
use uuid::Uuid;

use crate::export::{ExportInfo, Status, Wanted};

/// Exports a person is shown.
const SHOWN: i64 = 50;

/// Starts an export, and gives its id, which is its job's too.
pub async fn start(ctx: &Ctx, wanted: Wanted) -> Result<Uuid, AppError> {
    let actor = ctx.actor.user.ok_or(AppError::Forbidden)?;
    let span = wanted::span(ctx, wanted.date_range)?;
    let tables = wanted::tables(ctx, &wanted, span)?;
    let title: Vec<&str> = tables.iter().map(|table| table.ty().plural).collect();
    let mut tx = ctx.db().begin().await?;
    limit::ensure_one_more(ctx, &mut tx, actor).await?;
    let id = enqueue(ctx, &mut tx, &RunExport {}).await?;
    let new = store::New { id, actor, wanted: &wanted, title: &title.join(", "), span, now: ctx.now() };
    store::insert(&mut tx, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// A person's typing mistakes apart from what went wrong otherwise.
pub fn as_typed<T>(result: Result<T, AppError>) -> Result<Result<T, FieldErrors>, AppError> {
    match result {
        Ok(done) => Ok(Ok(done)),
        Err(AppError::Invalid(errors)) => Ok(Err(errors)),
        Err(error) => Err(error),
    }
}

async fn find(ctx: &Ctx, id: Uuid) -> Result<store::Stored, AppError> {
    let stored = store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    if ctx.actor.user == Some(stored.actor) { Ok(stored) } else { Err(AppError::NotFound) }
}

/// An export of the actor's own.
pub async fn open(ctx: &Ctx, id: Uuid) -> Result<ExportInfo, AppError> {
    Ok(shown(ctx, find(ctx, id).await?.info))
}

/// What the actor exported, the latest first.
pub async fn list(ctx: &Ctx) -> Result<Vec<ExportInfo>, AppError> {
    let actor = ctx.actor.user.ok_or(AppError::Forbidden)?;
    let all = store::list(ctx.db(), actor, SHOWN).await?;
    Ok(all.into_iter().map(|info| shown(ctx, info)).collect())
}

/// Past its time an export is expired, whether or not its file was removed already.
fn shown(ctx: &Ctx, mut info: ExportInfo) -> ExportInfo {
    if info.status == Status::Done && info.expires_at.is_some_and(|at| at <= ctx.now()) {
        info.status = Status::Expired;
    }
    info
}

/// Stops an export; what was written of its file goes.
pub async fn cancel(ctx: &Ctx, jobs: &Jobs, id: Uuid) -> Result<(), AppError> {
    if !find(ctx, id).await?.info.status.is_busy() {
        return Err(AppError::Conflict("this export is not under way".into()));
    }
    cancel_own(ctx, jobs, id).await
}

/// Ends exports whose job is over or gone. Who ends a job ends its export too, but may have died in between.
async fn recover(ctx: &Ctx) -> Result<(), AppError> {
    for id in store::list_busy(ctx.db()).await? {
        let why = match state_of(ctx, id).await? {
            Some(state) if !state.is_over() => continue,
            Some(State::Cancelled) => None,
            _ => Some("The program stopped in the middle of this."),
        };
        task::end(ctx, id, why).await?;
        tracing::warn!(%id, "an export was left in the middle and has been ended");
    }
    Ok(())
}

/// The file of an export that is ready, for as long as the actor may export what is in it.
async fn file(ctx: &Ctx, id: Uuid) -> Result<Uuid, AppError> {
    let store::Stored { info, file, span, .. } = find(ctx, id).await?;
    let info = shown(ctx, info);
    match (info.status, file) {
        (Status::Done, Some(file)) if wanted::still(ctx, &info.wanted, span)?.is_some() => Ok(file),
        (Status::Done, Some(_)) => Err(AppError::Forbidden),
        (Status::Waiting | Status::Running, _) => Err(AppError::Conflict("this export is not ready yet".into())),
        (Status::Failed | Status::Cancelled, _) => Err(AppError::Conflict("this export came to nothing".into())),
        _ => Err(AppError::NotFound),
    }
}

/// The answer that hands over the file of an export.
pub async fn download(ctx: &Ctx, files: &Files, id: Uuid) -> Result<Response, AppError> {
    let file = files.find(ctx, file(ctx, id).await?).await?;
    files.serve(&file).await
}

/// An address at which the actor gets the file of an export for a short time.
async fn link(ctx: &Ctx, files: &Files, id: Uuid) -> Result<String, AppError> {
    let actor = ctx.actor.user.ok_or(AppError::NotFound)?;
    Ok(files.link(file(ctx, id).await?, actor, ctx.now()))
}

#[cfg(test)]
mod tests;
