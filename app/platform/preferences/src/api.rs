//! What the screen of one's preferences asks the server.

use kernel::{AppError, FieldErrors, codec::Json};
use leptos::prelude::*;
use serde_json::{Map, Value};

use super::Preferences;
#[cfg(feature = "ssr")]
use crate::server as serve;
#[cfg(feature = "ssr")]
use request::ctx;

/// One's own preferences.
#[server(endpoint = "preferences/open", input = Json, output = Json)]
pub async fn open_preferences() -> Result<Preferences, AppError> {
    serve::own(&ctx().await?).await
}

/// Changes some of them, named as the API names them. What cannot be understood comes back by name.
#[server(endpoint = "preferences/change", input = Json, output = Json)]
pub async fn change_preferences(changes: Map<String, Value>) -> Result<Result<Preferences, FieldErrors>, AppError> {
    serve::change(&ctx().await?, &changes).await
}
