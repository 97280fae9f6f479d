//! One record: made, read, changed, deleted, restored, and what happened to it.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::Request,
    http::{
        HeaderMap, StatusCode,
        header::{ETAG, LOCATION},
    },
    response::{IntoResponse, Response},
};
use kernel::{AppError, server::Problem};
use records::server::{self, Action, AnyPermit, Ctx, Edit, Entry, Step, Stored, find_any, get_json, history_json};
use serde_json::json;

use super::{
    body,
    caller::{Caller, RecordId},
    fields, refusal, version,
};

type Type = Extension<Arc<Entry>>;

pub async fn show(
    Caller(ctx): Caller,
    Extension(entry): Type,
    RecordId(id): RecordId,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let permit = ctx.permit_any(entry.ty.name, Action::View)?;
    let row = find_any(&ctx, &permit, id).await?.filter(|row| row.meta.deleted_at.is_none());
    let row = row.ok_or(AppError::NotFound)?;
    if version::is_known(&headers, row.meta.version) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, version::tag(row.meta.version))]).into_response());
    }
    Ok(shown(&ctx, &permit, &row).await?)
}

pub async fn create(Caller(ctx): Caller, Extension(entry): Type, request: Request) -> Result<Response, Problem> {
    let permit = ctx.permit_any(entry.ty.name, Action::Create)?;
    let set = fields::read(&ctx, &permit, &body::object(request).await?)?;
    let step = match written(&ctx, &permit, Edit::Create { id: None, set }, "Created").await? {
        Ok(step) => step,
        Err(step) => return Ok(refusal::of(&ctx, &permit, step).await),
    };
    let mut response = result(&ctx, &entry, &step).await?;
    *response.status_mut() = StatusCode::CREATED;
    let location = format!("/api/v1/{}/{}/", entry.ty.name, step.id);
    response.headers_mut().insert(LOCATION, location.parse().map_err(server_fault)?);
    Ok(response)
}

pub async fn edit(
    Caller(ctx): Caller,
    Extension(entry): Type,
    RecordId(id): RecordId,
    request: Request,
) -> Result<Response, Problem> {
    let permit = ctx.permit_any(entry.ty.name, Action::Edit)?;
    let version = version::wanted(request.headers())?;
    let set = fields::read(&ctx, &permit, &body::object(request).await?)?;
    match written(&ctx, &permit, Edit::Set { id, version, set }, "Edited").await? {
        Ok(step) => Ok(result(&ctx, &entry, &step).await?),
        Err(step) => Ok(refusal::of(&ctx, &permit, step).await),
    }
}

pub async fn delete(
    Caller(ctx): Caller,
    Extension(entry): Type,
    RecordId(id): RecordId,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let permit = ctx.permit_any(entry.ty.name, Action::Delete)?;
    let version = version::wanted(&headers)?;
    match written(&ctx, &permit, Edit::Delete { id, version }, "Deleted").await? {
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(step) => Ok(refusal::of(&ctx, &permit, step).await),
    }
}

pub async fn restore(Caller(ctx): Caller, Extension(entry): Type, RecordId(id): RecordId) -> Result<Response, Problem> {
    let permit = ctx.permit_any(entry.ty.name, Action::Delete)?;
    match written(&ctx, &permit, Edit::Restore { id }, "Restored").await? {
        Ok(step) => Ok(result(&ctx, &entry, &step).await?),
        Err(step) => Ok(refusal::of(&ctx, &permit, step).await),
    }
}

/// The latest changes, newest first; of a record in the recycle bin too.
pub async fn history(Caller(ctx): Caller, Extension(entry): Type, RecordId(id): RecordId) -> Result<Response, Problem> {
    let permit = ctx.permit_any(entry.ty.name, Action::View)?;
    let changes = history_json(&ctx, &permit, id).await?;
    let body = json!({ "count": changes.len(), "next": null, "previous": null, "results": changes });
    Ok(Json(body).into_response())
}

/// Writes one record. The inner error is the step that could not be taken.
async fn written(ctx: &Ctx, permit: &AnyPermit, edit: Edit, what: &str) -> Result<Result<Step, Step>, AppError> {
    let title = format!("{what} a {}", permit.entry().ty.singular.to_lowercase());
    let written = server::write(ctx, permit, vec![edit], "api", &title).await?;
    let is_written = written.change_set.is_some();
    let mut step = written.steps.into_iter().next().ok_or(AppError::NotFound)?;
    if !step.is_sound() {
        return Ok(Err(step));
    }
    if !is_written {
        // Nothing changed, so the record is what it was.
        step.after = step.before.take();
    }
    Ok(Ok(step))
}

/// The record after a write, as far as the caller may see it.
async fn result(ctx: &Ctx, entry: &Arc<Entry>, step: &Step) -> Result<Response, AppError> {
    let row = step.after.as_ref().ok_or(AppError::NotFound)?;
    let view = ctx.find_permit(entry, Action::View).filter(|p| p.allows(row.meta.owner, row.meta.team));
    if let Some(permit) = view {
        return shown(ctx, &permit, row).await;
    }
    // Given away: its new owner's to see.
    let body = json!({ "id": row.id, "version": row.meta.version });
    Ok(([(ETAG, version::tag(row.meta.version))], Json(body)).into_response())
}

async fn shown(ctx: &Ctx, permit: &AnyPermit, row: &Stored) -> Result<Response, AppError> {
    let body = get_json(ctx, permit, row).await?;
    Ok(([(ETAG, version::tag(row.meta.version))], Json(body)).into_response())
}

fn server_fault(error: impl std::fmt::Display) -> AppError {
    kernel::server::unexpected(error)
}
