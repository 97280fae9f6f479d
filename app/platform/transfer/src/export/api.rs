//! What the screens ask about exports.
//!
//! What a request holds is read before anything is awaited: a page that is painted may have let go of it by then.

use kernel::{AppError, FieldErrors, codec::Json};
use leptos::prelude::*;
use uuid::Uuid;

use super::{ExportInfo, Wanted};
#[cfg(feature = "ssr")]
use crate::server::export as serve;
#[cfg(feature = "ssr")]
use request::ctx;

/// Starts an export, and gives its id. What does not fit together comes back by field.
#[server(endpoint = "exports/start", input = Json, output = Json)]
pub async fn start_export(wanted: Wanted) -> Result<Result<Uuid, FieldErrors>, AppError> {
    serve::as_typed(serve::start(&ctx().await?, wanted).await)
}

/// What the viewer exported, the latest first.
#[server(endpoint = "exports/list", input = Json, output = Json)]
pub async fn list_exports() -> Result<Vec<ExportInfo>, AppError> {
    serve::list(&ctx().await?).await
}

/// Stops an export; what was written of its file goes.
#[server(endpoint = "exports/cancel", input = Json, output = Json)]
pub async fn cancel_export(id: Uuid) -> Result<(), AppError> {
    let jobs = jobs::server::jobs()?;
    serve::cancel(&ctx().await?, &jobs, id).await
}
