//! The HTML of a message, for a frame: no script runs, nothing is fetched, nothing is sent.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::header::CONTENT_SECURITY_POLICY,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use jobs::server::ensure_administrator;
use kernel::{AppError, server::Problem};
use records::server::{Actor, App};
use uuid::Uuid;

use super::store;

/// `sandbox` takes scripts, forms and the origin away, also where the page is opened outside its frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'self'; sandbox";

/// `GET /admin/mail-outbox/{id}/html`.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    App: axum::extract::FromRef<S>,
{
    Router::new().route("/admin/mail-outbox/{id}/html", get(show))
}

async fn show(
    State(app): State<App>,
    actor: Option<Extension<Arc<Actor>>>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let Extension(actor) = actor.ok_or(AppError::Unauthenticated)?;
    ensure_administrator(&app.ctx(actor))?;
    let html = store::find_html(app.db(), id).await.map_err(AppError::from)?.ok_or(AppError::NotFound)?;
    Ok(([(CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response())
}
