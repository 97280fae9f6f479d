//! Pages: what they start from, and what answers an address that is none.

use super::{assets, context};
use crate::state::State;
use axum::{
    extract::{Request, State as Extracted},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::{AppError, server::Problem};
use screens::server::Start;

/// Finds out what a page starts from before it is painted.
pub async fn start(Extracted(state): Extracted<State>, mut request: Request, next: Next) -> Response {
    let start = Start::read(&state.app, request.extensions()).await;
    request.extensions_mut().insert(start);
    next.run(request).await
}

/// The page that says there is nothing here; for programs a problem, and a line in place of a file.
pub async fn missing(Extracted(state): Extracted<State>, request: Request) -> Response {
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    if request.uri().path().starts_with("/api/") || !readable {
        return Problem(AppError::NotFound).into_response();
    }
    if assets::is_file(request.uri().path()) {
        return assets::missing(StatusCode::NOT_FOUND);
    }
    let leptos = state.leptos.clone();
    let paint = leptos_axum::render_app_async_with_context(context(&state), move || app::shell(leptos.clone()));
    let mut page = paint(request).await;
    // A view may have asked for something else, to sign in first for example.
    if page.status() == StatusCode::OK {
        *page.status_mut() = StatusCode::NOT_FOUND;
    }
    page
}
