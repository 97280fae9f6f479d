//! Where browsers fetch archives, to keep them elsewhere.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{FromRef, Path, State},
    response::Response,
    routing::get,
};
use files::server::attachment;
use kernel::{AppError, server::Problem};
use records::server::{Actor, App, Ctx};

use super::{Backups, monitor};

/// `GET /admin/backups/{id}/download` gives the archive, sealed as it is.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    App: FromRef<S>,
{
    Router::new().route("/admin/backups/{id}/download", get(download))
}

async fn download(
    State(app): State<App>,
    actor: Option<Extension<Arc<Actor>>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let Some(Extension(actor)) = actor else { return Err(Problem(AppError::Unauthenticated)) };
    let id = id.parse().map_err(|_| AppError::NotFound)?;
    Ok(fetch(&app.ctx(actor), id).await?)
}

/// The answer that hands an archive over.
pub async fn fetch(ctx: &Ctx, id: uuid::Uuid) -> Result<Response, AppError> {
    let backup = monitor::find(ctx, id).await?;
    if backup.made_at.is_none() || backup.removed_at.is_some() {
        return Err(AppError::NotFound);
    }
    let backups = ctx.app.service::<Backups>()?;
    let content = backups.0.place.read(&backup.name).await?;
    attachment(&backup.name, "application/octet-stream", backup.bytes, content)
}
