//! A method that an address does not take is refused before it matters who sent it and what it brings.

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State as Extracted},
    http::{
        HeaderValue, Method, StatusCode, Uri,
        header::{ALLOW, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tower::ServiceExt;

use crate::state::State;

/// What no route takes, so that each answers it with the methods it does take.
const NO_METHOD: &[u8] = b"NONE";

/// The routes without what surrounds them, to ask which methods an address takes.
#[derive(Clone)]
pub struct Routes(Router);

impl Routes {
    pub fn new(routes: Router<State>, state: &State) -> Self {
        Self(routes.with_state(state.clone()))
    }

    /// The methods of an address as `Allow` has them; `None` where it leads nowhere.
    async fn allowed(&self, address: &Uri) -> Option<HeaderValue> {
        let mut question = Request::new(Body::empty());
        *question.method_mut() = Method::from_bytes(NO_METHOD).ok()?;
        *question.uri_mut() = address.clone();
        let Ok(mut answer) = self.0.clone().oneshot(question).await;
        answer.headers_mut().remove(ALLOW)
    }
}

/// Answers 405 and the methods there are to any other (RFC 9110, sections 15.5.6 and 10.2.1).
pub async fn refuse_others(Extracted(routes): Extracted<Routes>, request: Request, next: Next) -> Response {
    match routes.allowed(request.uri()).await {
        Some(allowed) if !is_among(request.method(), &allowed) => refusal(allowed),
        _ => next.run(request).await,
    }
}

fn is_among(method: &Method, allowed: &HeaderValue) -> bool {
    allowed.as_bytes().split(|byte| *byte == b',').any(|name| name == method.as_str().as_bytes())
}

fn refusal(allowed: HeaderValue) -> Response {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let body = json!({
        "type": "about:blank",
        "title": "Method Not Allowed",
        "status": status.as_u16(),
        "detail": "This address does not take that method.",
    });
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(CONTENT_TYPE, kind), (ALLOW, allowed)], Json(body)).into_response()
}
