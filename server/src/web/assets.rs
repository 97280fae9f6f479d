//! Files that are the same for everyone: the compiled browser code, styles, fonts, icons.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, VARY},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use leptos::config::LeptosOptions;
use tower_http::services::{ServeDir, ServeFile};

use crate::state::State;

/// The service worker, which shows push messages. At the root, as it is allowed to look after what lies beside it.
const WORKER: &str = "/sw.js";

/// What the build made. A name with a hash in it never changes its content.
pub fn compiled(leptos: &LeptosOptions) -> Router {
    let files = folder(&format!("{}/{}", leptos.site_root, leptos.site_pkg_dir));
    Router::new().fallback_service(files).layer(middleware::from_fn(cache))
}

/// What lies beside the build: fonts, icons. Each top-level name has a route of its own, which the names of record
/// types in addresses cannot take.
pub fn public(leptos: &LeptosOptions) -> Router<State> {
    let mut router = Router::new();
    let entries = std::fs::read_dir(leptos.site_root.as_ref()).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name == *leptos.site_pkg_dir || name.starts_with('.') {
            continue;
        }
        router = if path.is_dir() {
            router.nest_service(&format!("/{name}"), folder(&path.display().to_string()))
        } else {
            router.route_service(&format!("/{name}"), ServeFile::new(path))
        };
    }
    router.layer(middleware::from_fn(cache))
}

/// Files as they are, or their compressed twins where the browser takes those.
pub fn folder(path: &str) -> ServeDir {
    ServeDir::new(path).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

async fn cache(request: Request, next: Next) -> Response {
    let keep = match request.uri().path() {
        path if has_hash(path) => "public, max-age=31536000, immutable",
        // What runs without a page is to be the present version.
        WORKER => "no-cache",
        _ => "public, max-age=300",
    };
    let response = next.run(request).await;
    finish(response, keep)
}

/// Says for how long a file may be kept; what is not there has no page to show either.
fn finish(mut response: Response, keep: &'static str) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    if !response.status().is_success() && response.status() != StatusCode::NOT_MODIFIED {
        return missing(response.status());
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// Says that a file is not there where a page would be looked for. Browsers, phones and crawlers ask for files that
/// nobody told them of, such as `/apple-touch-icon.png` and what is under `/.well-known/` (RFC 8615): a page to sign in
/// on would be the file to them.
pub async fn refuse_missing(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    // Those of records begin with a parameter.
    let is_page = request.extensions().get::<MatchedPath>().is_some_and(|route| route.as_str().starts_with("/{"));
    if is_read && is_page && is_file(request.uri().path()) {
        return missing(StatusCode::NOT_FOUND);
    }
    next.run(request).await
}

pub fn missing(status: StatusCode) -> Response {
    (status, "There is no such file.\n").into_response()
}

/// Whether the last name has a dot, or any begins with one. No record type, id or screen is called so.
pub fn is_file(path: &str) -> bool {
    path.contains("/.") || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// Whether there is a hash before the extension. The build puts 22 characters of URL-safe base64 there, an MD5 without
/// padding; the names in `public` have 22 hexadecimal digits, the first of a SHA-256.
fn has_hash(path: &str) -> bool {
    let mut parts = path.rsplit('/').next().unwrap_or_default().split('.').rev();
    let (_extension, hash) = (parts.next(), parts.next().unwrap_or_default());
    hash.len() == 22 && hash.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_a_year() {
        assert!(has_hash("/mainstay.4ZhX5u_F-Su_zhH6GsmTSw.wasm"));
        assert!(has_hash("/split___one.uRaLijeB37kpy_Eh2T709g.wasm"));
        assert!(has_hash("/inter-latin.0123456789abcdef012345.woff2"));
        assert!(!has_hash("/mainstay.wasm"));
        assert!(!has_hash("/4ZhX5u_F-Su_zhH6GsmTSw/mainstay.css"));
    }

    #[test]
    fn files_are_told_from_pages_by_their_names() {
        for file in ["/favicon.ico", "/.well-known/change-password", "/.git/config", "/.env", "/companies/x.php"] {
            assert!(is_file(file), "{file}");
        }
        for page in ["/", "/companies", "/companies/0197c5f0-3b1e-7d2a-9c4f-5e6d7a8b9c0d", "/companies/new", "/a.b/c"] {
            assert!(!is_file(page), "{page}");
        }
    }
}
