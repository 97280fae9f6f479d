//! Where browsers send files: outside the server functions, whose bodies have no bounds.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Multipart, State},
    http::{HeaderMap, header::ACCEPT},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use kernel::{AppError, FieldErrors, server::Problem};
use records::server::{Actor, App};

use super::{Imports, accept, receive};
use crate::import::ImportInfo;

/// `POST /imports/upload`: a form with `file`, `record_type`, and how the file is written where it is said. Scripts of our pages are told the id, a plain form is
/// led to the import.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    App: axum::extract::FromRef<S>,
{
    Router::new().route("/imports/upload", post(upload))
}

async fn upload(
    State(app): State<App>,
    actor: Option<Extension<Arc<Actor>>>,
    Extension(imports): Extension<Imports>,
    headers: HeaderMap,
    parts: Multipart,
) -> Response {
    let is_script = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let Some(Extension(actor)) = actor else { return Problem(AppError::Unauthenticated).into_response() };
    match take_in(&app, actor, &imports, parts).await {
        Ok(info) if is_script => Json(serde_json::json!({ "id": info.id })).into_response(),
        Ok(info) => Redirect::to(&format!("/imports/{}", info.id)).into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

async fn take_in(app: &App, actor: Arc<Actor>, imports: &Imports, parts: Multipart) -> Result<ImportInfo, AppError> {
    organisation::server::refresh(app).await?;
    let ctx = app.ctx(actor);
    super::may_bring(&ctx)?;
    let form = receive(&ctx, imports, parts, &["record_type"]).await?;
    let record_type = form.texts.get("record_type").cloned();
    let record_type = record_type.ok_or_else(|| {
        AppError::Invalid(FieldErrors::one("record_type", "Say what the file holds, such as companies."))
    })?;
    accept(&ctx, imports, form, &record_type).await
}
