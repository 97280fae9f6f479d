//! From a request to a context.

use std::sync::Arc;

use axum::http::Extensions;
use kernel::AppError;
use leptos::prelude::use_context;
use records::server::{Actor, App, Ctx};

use super::organisation;

/// The context of a server function or of a page being rendered. Fails for who has not signed in.
///
/// The server puts the program's state into Leptos' context, and its middleware puts whoever signed in into the
/// request's extensions.
pub async fn ctx() -> Result<Ctx, AppError> {
    let app = use_context::<App>().ok_or(AppError::Unavailable)?;
    let parts = use_context::<axum::http::request::Parts>();
    let actor = parts.and_then(|p| actor(&p.extensions)).ok_or(AppError::Unauthenticated)?;
    organisation::refresh(&app).await?;
    Ok(app.ctx(actor))
}

/// Who signed in, as the middleware found out.
pub fn actor(extensions: &Extensions) -> Option<Arc<Actor>> {
    extensions.get::<Arc<Actor>>().cloned()
}
