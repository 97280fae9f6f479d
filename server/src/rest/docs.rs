//! The interface's own documentation: its description, and two pages that show it. Everything is in the binary; nothing
//! is loaded from elsewhere.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use bytes::Bytes;
use kernel::{
    AppError,
    server::{Problem, unexpected},
};
use records::server::Registry;
use utoipa_swagger_ui::Config;

use super::{caller::Caller, openapi};
use crate::state::State;

const SCHEMA: &str = "/api/schema/";
/// The parts of Swagger UI that its page asks for. The rest of the distribution is not served.
const SWAGGER: [&str; 7] = [
    "favicon-16x16.png",
    "favicon-32x32.png",
    "swagger-ui.css",
    "index.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-initializer.js",
];
const REDOC: &[u8] = include_bytes!("docs/redoc.standalone.js");
const REDOC_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>API · Mainstay</title>\n\
    <link rel=\"icon\" href=\"/icons/favicon.c0aa639e5baddecd20b0ee.svg\">\n</head>\n<body>\n<redoc spec-url=\"/api/schema/\"></redoc>\n\
    <script src=\"/api/redoc/redoc.standalone.js\"></script>\n</body>\n</html>\n";
/// Both pages set styles as they go, and Redoc searches in a worker made of its own text.
const POLICY: &str = "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

pub fn routes(registry: &Registry) -> Router<State> {
    let schema = Bytes::from(openapi::document(registry).to_string());
    // Without this the page sends the description to a validator on another host.
    let config = Arc::new(Config::new([SCHEMA]).validator_url("none"));
    Router::new()
        .route(SCHEMA, get(async move |_: Caller| file("application/json", schema)))
        .route("/api/docs/", get(swagger_page))
        .route("/api/docs/{file}", get(async move |_: Caller, Path(name): Path<String>| swagger(&name, config)))
        .route("/api/redoc/", get(async |caller: Result<Caller, Problem>| page(caller, "/api/redoc/", REDOC_PAGE)))
        .route(
            "/api/redoc/redoc.standalone.js",
            get(async |_: Caller| file("text/javascript", Bytes::from_static(REDOC))),
        )
}

async fn swagger_page(caller: Result<Caller, Problem>) -> Response {
    match swagger_file("index.html", Arc::new(Config::new([SCHEMA]))) {
        Ok(Some((_, html))) => page(caller, "/api/docs/", String::from_utf8_lossy(&html).into_owned()),
        _ => Problem(AppError::NotFound).into_response(),
    }
}

fn swagger(name: &str, config: Arc<Config<'static>>) -> Response {
    if !SWAGGER.contains(&name) {
        return Problem(AppError::NotFound).into_response();
    }
    match swagger_file(name, config) {
        Ok(Some((kind, bytes))) => file(&kind, bytes),
        Ok(None) => Problem(AppError::NotFound).into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

fn swagger_file(name: &str, config: Arc<Config<'static>>) -> Result<Option<(String, Bytes)>, AppError> {
    let found = utoipa_swagger_ui::serve(name, config).map_err(unexpected)?;
    Ok(found.map(|file| (file.content_type, Bytes::from(file.bytes.into_owned()))))
}

/// A page for who is signed in; others are led to sign in first.
fn page(caller: Result<Caller, Problem>, address: &str, html: impl Into<String>) -> Response {
    match caller {
        Ok(_) => {
            let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
            (headers, html.into()).into_response()
        }
        Err(Problem(AppError::Unauthenticated)) => Redirect::to(&format!("/sign-in?next={address}")).into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn file(kind: &str, bytes: Bytes) -> Response {
    let kind = HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let kept = HeaderValue::from_static("private, max-age=3600");
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, kept)], bytes).into_response()
}
