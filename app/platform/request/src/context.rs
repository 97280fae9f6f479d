//! From a request to a context.

use std::sync::Arc;

use axum::http::{Extensions, HeaderMap, header::USER_AGENT, request::Parts};
use kernel::{AppError, Timestamp};
use leptos::prelude::use_context;
use records::server::{Actor, App, Ctx};
use uuid::Uuid;

/// The session a request came in. The middleware that finds it out puts it into the request's extensions, for what
/// ends when its person signs out.
#[derive(Clone, Copy, Debug)]
pub struct SessionOf {
    pub id: Uuid,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
}

/// The context of a server function or of a page being rendered. Fails for who has not signed in.
///
/// The server puts the program's state into Leptos' context, and its middleware puts whoever signed in into the
/// request's extensions.
pub async fn ctx() -> Result<Ctx, AppError> {
    let app = use_context::<App>().ok_or(AppError::Unavailable)?;
    let parts = use_context::<Parts>();
    let actor = parts.and_then(|p| actor(&p.extensions)).ok_or(AppError::Unauthenticated)?;
    organisation::server::refresh(&app).await?;
    Ok(app.ctx(actor))
}

/// Who signed in, as the middleware found out.
pub fn actor(extensions: &Extensions) -> Option<Arc<Actor>> {
    extensions.get::<Arc<Actor>>().cloned()
}

/// The session of the request being answered.
pub fn session() -> Result<SessionOf, AppError> {
    let parts = use_context::<Parts>().ok_or(AppError::Unavailable)?;
    parts.extensions.get::<SessionOf>().copied().ok_or(AppError::Unauthenticated)
}

/// What the program that asks calls itself, as far as it is worth keeping.
pub fn agent() -> String {
    use_context::<Parts>().map(|parts| agent_of(&parts.headers)).unwrap_or_default()
}

/// The same, for who has the headers of the request.
pub fn agent_of(headers: &HeaderMap) -> String {
    const LONGEST: usize = 200;
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.chars().take(LONGEST).collect()
}
