//! One id, one span and one line in the log for each request.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use kernel::server::{Clock, Rng};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id (the sender's own where it is harmless), answers with it, and logs how it went.
///
/// The log names the route, not the address: addresses and queries hold names, words and ids of people.
pub async fn trace(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).and_then(harmless).unwrap_or_else(fresh);
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = id, %method, route);

    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
    let status = response.status().as_u16();
    span.in_scope(|| {
        if status >= 500 {
            tracing::error!(status, duration_ms, "answered");
        } else {
            tracing::info!(status, duration_ms, "answered");
        }
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// An id from outside is kept when it can neither break a line of the log nor fill it.
fn harmless(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    ((1..=64).contains(&text.len()) && plain).then(|| text.to_owned())
}

fn fresh() -> String {
    Rng::system().id(Clock::default().now()).simple().to_string()
}
