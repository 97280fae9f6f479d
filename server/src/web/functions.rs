//! What the framework does not see to for server functions.
//!
//! It answers each error with 500; a script, a proxy and the log are to be told what it is. And it sends a plain form back
//! to wherever the browser says it came from; that is to be a page of ours.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State as Extracted},
    http::{
        HeaderName, HeaderValue, StatusCode, Uri,
        header::{HOST, LOCATION, REFERER, RETRY_AFTER},
    },
    middleware::Next,
    response::Response,
};
use kernel::AppError;

use crate::state::State;

/// Marks an answer of the framework that holds an error.
const ERROR: HeaderName = HeaderName::from_static("serverfnerror");
/// No error is longer.
const LONGEST: usize = 64 * 1024;

/// Where a plain form goes whose page is not known.
const HOME: &str = "/sign-in";

/// Lets the answer to a plain form lead to the page it was on, where that is one of ours.
pub async fn return_to_own_page(Extracted(state): Extracted<State>, mut request: Request, next: Next) -> Response {
    let own = &state.config.web.public_url;
    if request.headers().contains_key(REFERER) {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let from = request.headers().get(REFERER).and_then(|from| from.to_str().ok()?.parse::<Uri>().ok());
        let path = from.as_ref().and_then(|from| path(from, own, host)).unwrap_or(HOME);
        let page = HeaderValue::from_str(&format!("{own}{path}")).unwrap_or(HeaderValue::from_static(HOME));
        request.headers_mut().insert(REFERER, page);
    }
    let mut response = next.run(request).await;
    // Without the host: the browser may know us by another name than the configuration.
    let path = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()?.strip_prefix(own.as_str()));
    if let Some(Ok(path)) = path.filter(|path| path.starts_with('/')).map(HeaderValue::from_str) {
        response.headers_mut().insert(LOCATION, path);
    }
    response
}

/// The path of an address of ours.
fn path<'a>(from: &'a Uri, own: &str, host: Option<&str>) -> Option<&'a str> {
    let authority = from.authority()?.as_str();
    let is_own = own.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(authority));
    let path = from.path_and_query()?.as_str();
    ((is_own || Some(authority) == host) && path.starts_with('/') && !path.starts_with("//")).then_some(path)
}

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
