//! Where browsers fetch files.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{FromRef, Path, State},
    response::Redirect,
    routing::get,
};
use files::server::Files;
use kernel::{AppError, server::Problem};
use records::server::{Actor, App};

use super::link;

/// `GET /exports/{id}/download` leads to the file, by a link that is good for a few minutes.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    App: FromRef<S>,
{
    Router::new().route("/exports/{id}/download", get(download))
}

async fn download(
    State(app): State<App>,
    actor: Option<Extension<Arc<Actor>>>,
    Extension(files): Extension<Files>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let Some(Extension(actor)) = actor else { return Err(Problem(AppError::Unauthenticated)) };
    let id = id.parse().map_err(|_| AppError::NotFound)?;
    Ok(Redirect::to(&link(&app.ctx(actor), &files, id).await?))
}
