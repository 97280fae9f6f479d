//! What the screen asks about backups.
//!
//! What a request holds is read before anything is awaited: a page that is painted may have let go of it by then.

use kernel::{AppError, codec::Json};
use leptos::prelude::*;
use uuid::Uuid;

use super::Overview;
#[cfg(feature = "ssr")]
use crate::server as serve;
#[cfg(feature = "ssr")]
use request::ctx;

/// Where backups go, and those there are. For administrators.
#[server(endpoint = "backups/watch", input = Json, output = Json)]
pub async fn watch_backups() -> Result<Overview, AppError> {
    serve::overview(&ctx().await?).await
}

/// Makes a backup now, and gives its id. For administrators.
#[server(endpoint = "backups/start", input = Json, output = Json)]
pub async fn start_backup() -> Result<Uuid, AppError> {
    serve::start(&ctx().await?).await
}
