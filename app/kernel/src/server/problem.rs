//! Errors as scripts read them.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::AppError;

/// An error as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug)]
pub struct Problem(pub AppError);

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl Problem {
    /// The same error in other words.
    pub fn with_detail(self, detail: &str) -> Response {
        self.answer(detail, None)
    }

    /// The error with one more member, which tells a script how to go on.
    pub fn with_member(self, name: &str, value: Value) -> Response {
        let sentence = self.0.sentence();
        self.answer(&sentence, Some((name, value)))
    }

    fn answer(self, detail: &str, member: Option<(&str, Value)>) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": detail,
        });
        if let AppError::Invalid(errors) = &self.0 {
            body["errors"] = json!(errors.0);
        }
        if let Some((name, value)) = member {
            body[name] = value;
        }
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.0 == AppError::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.retry_after() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let sentence = self.0.sentence();
        self.with_detail(&sentence)
    }
}
