//! What the screens of settings ask the server. All of it is for administrators.

use std::collections::BTreeMap;

use kernel::{AppError, FieldErrors, codec::Json};
use leptos::prelude::*;

use super::{Shown, Texts};
#[cfg(feature = "ssr")]
use crate::server as serve;
#[cfg(feature = "ssr")]
use request::ctx;

/// The fields of a section, by their keys.
#[server(endpoint = "settings/show", input = Json, output = Json)]
pub async fn show_settings(section: String) -> Result<BTreeMap<String, Shown>, AppError> {
    serve::show(&ctx().await?, &section).await
}

/// Sets fields of a section; those left out stay as they are. What is wrong with them comes back.
#[server(endpoint = "settings/save", input = Json, output = Json)]
pub async fn save_settings(section: String, texts: Texts) -> Result<Result<(), FieldErrors>, AppError> {
    serve::save(&ctx().await?, &section, &texts).await
}
