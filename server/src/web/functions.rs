//! The status of a server function's error. The framework answers each with 500; a script, a proxy and the log are to
//! be told what it is.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::Next,
    response::Response,
};
use kernel::AppError;

/// Marks an answer of the framework that holds an error.
const ERROR: HeaderName = HeaderName::from_static("serverfnerror");
/// No error is longer.
const LONGEST: usize = 64 * 1024;

/// Gives the answer of a server function the status of the error it holds.
pub async fn true_status(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key(ERROR) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LONGEST).await else { return Response::from_parts(parts, Body::empty()) };
    if let Ok(error) = serde_json::from_slice::<AppError>(&bytes) {
        parts.status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let AppError::TooMany(seconds) = error {
            parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    Response::from_parts(parts, Body::from(bytes))
}
