//! How much and how long one request may take.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, Request, State as Extracted},
    http::{Method, header::CONTENT_LENGTH},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::Limited;
use kernel::{AppError, server::Problem};

use super::serve::within;
use crate::state::State;

/// Enough for every form and every JSON request, bulk ones included.
const BODY: u64 = 2 << 20;
/// What a multipart message adds around the file it carries.
const ENVELOPE: u64 = 64 << 10;
/// Uploads and bulk work have jobs for what takes longer.
const ANSWER: Duration = Duration::from_mins(1);
/// Where files are sent to.
const UPLOADS: [&str; 2] = ["/imports/upload", "/api/v1/imports/"];
/// A large file over a slow line arrives in this time, or not at all.
const ARRIVAL: Duration = Duration::from_mins(15);

fn is_upload(request: &Request) -> bool {
    request.method() == Method::POST && UPLOADS.iter().any(|path| request.uri().path().starts_with(path))
}

/// Refuses a body above the limit: at once where its length is announced, else when the limit is passed.
pub async fn refuse_large_bodies(Extracted(state): Extracted<State>, mut request: Request, next: Next) -> Response {
    let limit = if is_upload(&request) { state.config.web.max_upload.saturating_add(ENVELOPE) } else { BODY };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Problem(AppError::TooLarge(format!("at most {limit} bytes are accepted here"))).into_response();
    }
    // This limit counts for every reader of the body, also those that know nothing of axum's own.
    DefaultBodyLimit::disable().apply(&mut request);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    next.run(request.map(|body| Body::new(Limited::new(body, limit)))).await
}

/// Gives up on an answer that does not begin in time. Streams may go on for as long as they like.
pub async fn refuse_slow_answers(request: Request, next: Next) -> Response {
    let limit = if is_upload(&request) { ARRIVAL } else { ANSWER };
    if let Some(response) = within(limit, next.run(request)).await {
        return response;
    }
    tracing::error!(seconds = limit.as_secs(), "no answer in time");
    Problem(AppError::Unavailable).into_response()
}
