//! What a request brings with it.

use std::error::Error as _;

use axum::{
    body::to_bytes,
    extract::Request,
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use bytes::Bytes;
use kernel::AppError;
use serde_json::{Map, Value as Json};

/// The largest JSON taken, in bytes.
pub const LARGEST: usize = 1 << 20;

/// The object of a JSON body. What is nested too deeply for the parser (128 levels) is refused with the rest of what is
/// not JSON.
pub async fn object(request: Request) -> Result<Map<String, Json>, AppError> {
    if !is_json(request.headers()) {
        return Err(AppError::UnsupportedMedia("send JSON, with the content type application/json".into()));
    }
    match serde_json::from_slice(&bytes(request).await?) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(AppError::BadRequest("the body must be a JSON object".into())),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(AppError::BadRequest(format!("the body is not JSON: look at line {line}, column {column}")))
        }
    }
}

/// The whole body, unless it is too large.
pub async fn bytes(request: Request) -> Result<Bytes, AppError> {
    let too_large = || AppError::TooLarge(format!("at most {LARGEST} bytes are accepted here"));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), LARGEST).await.map_err(|error| match error.source() {
        Some(source) if source.is::<http_body_util::LengthLimitError>() => too_large(),
        _ => AppError::BadRequest("the body did not arrive whole".into()),
    })
}

/// `application/json`, or a type made of it such as `application/merge-patch+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers.get(CONTENT_TYPE).map(|v| v.to_str()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn what_is_not_json_is_refused_in_our_own_words() {
        for (body, place) in
            [("{\n  \"name\": x}", "line 2, column 11"), ("{", "line 1, column 1"), ("", "line 1, column 0")]
        {
            let request = Request::builder().header(CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap();
            let error = object(request).await.unwrap_err();
            assert_eq!(error, AppError::BadRequest(format!("the body is not JSON: look at {place}")));
        }
    }
}
