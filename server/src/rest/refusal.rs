//! Refusals that need more than a sentence.

use axum::response::{IntoResponse, Response};
use kernel::{AppError, server::Problem};
use records::server::{Action, AnyPermit, Ctx, Refusal, Step, find_any, get_json};

/// Why a step on a record was not taken. Who may see the record learns what it is like now, or that it is not theirs
/// to change; who may not see it learns nothing.
pub async fn of(ctx: &Ctx, permit: &AnyPermit, step: Step) -> Response {
    match refused(ctx, permit, step).await {
        Ok(response) => response,
        Err(error) => Problem(error).into_response(),
    }
}

async fn refused(ctx: &Ctx, permit: &AnyPermit, step: Step) -> Result<Response, AppError> {
    let Some(error) = step.error() else { return Err(AppError::NotFound) };
    let Some(view) = ctx.find_permit(permit.entry(), Action::View) else { return Err(error) };
    match step.refusal {
        Some(Refusal::Stale(now)) if view.allows(now.meta.owner, now.meta.team) => {
            let current = get_json(ctx, &view, &now).await?;
            Ok(Problem(error).with_member("current", current))
        }
        Some(Refusal::NotFound) => {
            let is_there = find_any(ctx, &view, step.id).await?.map(|row| row.meta.deleted_at.is_some());
            match (step.action, is_there) {
                ("restore", Some(false)) => Err(AppError::Conflict("this record is not in the recycle bin".into())),
                ("delete", Some(true)) | (_, None) => Err(AppError::NotFound),
                _ => Err(AppError::Forbidden),
            }
        }
        _ => Err(error),
    }
}
