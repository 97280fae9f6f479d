//! What the wizard asks the server.

use kernel::AppError;
use kernel::codec::Json;
use leptos::prelude::*;
use uuid::Uuid;

use super::{ImportInfo, Problem, Progress, Settings};
#[cfg(feature = "ssr")]
use crate::server::import as serve;

/// Everything about an import, with the first fifty of what does not fit and how many there are in all.
#[server(endpoint = "imports/open", input = Json, output = Json)]
pub async fn open_import(id: Uuid) -> Result<(ImportInfo, (Vec<Problem>, i64)), AppError> {
    serve::open_with_problems(&request::ctx().await?, id).await
}

/// How far the server is.
#[server(endpoint = "imports/progress", input = Json, output = Json)]
pub async fn import_progress(id: Uuid) -> Result<Progress, AppError> {
    serve::progress(&request::ctx().await?, id).await
}

/// What did not fit, fifty at a time from page 1, and how many there are in all.
#[server(endpoint = "imports/problems", input = Json, output = Json)]
pub async fn import_problems(id: Uuid, page: u32) -> Result<(Vec<Problem>, i64), AppError> {
    serve::problems(&request::ctx().await?, id, None, page, 50).await
}

/// Keeps what is wanted and finds out what it would do. Returns at once; the rest is told by [`import_progress`].
#[server(endpoint = "imports/check", input = Json, output = Json)]
pub async fn check_import(id: Uuid, settings: Settings) -> Result<(), AppError> {
    serve::begin(&request::ctx().await?, id, settings, serve::Aim::Check).await
}

/// Goes back to matching columns.
#[server(endpoint = "imports/rematch", input = Json, output = Json)]
pub async fn rematch_import(id: Uuid) -> Result<(), AppError> {
    serve::rematch(&request::ctx().await?, id).await
}

/// Does it, with what was checked last.
#[server(endpoint = "imports/run", input = Json, output = Json)]
pub async fn run_import(id: Uuid) -> Result<(), AppError> {
    let ctx = request::ctx().await?;
    let settings = serve::open(&ctx, id).await?.settings;
    serve::begin(&ctx, id, settings, serve::Aim::Run).await
}

/// Stops checking or importing. What had been imported until then can be taken back.
#[server(endpoint = "imports/cancel", input = Json, output = Json)]
pub async fn cancel_import(id: Uuid) -> Result<(), AppError> {
    let jobs = jobs::server::jobs()?;
    serve::cancel(&request::ctx().await?, &jobs, id).await
}

/// Takes everything back that the import did.
#[server(endpoint = "imports/undo", input = Json, output = Json)]
pub async fn undo_import(id: Uuid) -> Result<(), AppError> {
    serve::undo(&request::ctx().await?, id).await
}
