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
        if let Some(seconds) = error.retry_after() {
            parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    Response::from_parts(parts, Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_error_that_time_heals_says_when_to_come_back() {
        for (error, status, wait) in [
            (AppError::Unavailable, 503, Some("2")),
            (AppError::NoStorage, 503, Some("2")),
            (AppError::TooMany(7), 429, Some("7")),
            (AppError::Forbidden, 403, None),
        ] {
            let text = serde_json::to_string(&error).unwrap();
            let answer = async move || (StatusCode::INTERNAL_SERVER_ERROR, [(ERROR, "1")], text);
            let router: Router = Router::new().route("/", get(answer)).layer(from_fn(true_status));
            let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers().get(RETRY_AFTER).map(|wait| wait.to_str().unwrap()), wait, "{error:?}");
        }
    }
}
