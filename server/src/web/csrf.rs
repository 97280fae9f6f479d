//! A page of another site cannot act in the name of whoever is signed in here.

use axum::{
    extract::{Request, State as Extracted},
    http::{
        HeaderMap, Method,
        header::{AUTHORIZATION, COOKIE, ORIGIN},
    },
    middleware::Next,
    response::Response,
};
use kernel::{AppError, server::Problem};

use crate::state::State;

/// Refuses a request that may change something unless a browser says it comes from our own pages, or it carries no
/// cookie that a browser would have added by itself.
pub async fn refuse_foreign_writes(Extracted(state): Extracted<State>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if safe || is_ours(request.headers(), &state.config.web.public_url) {
        return next.run(request).await;
    }
    Problem(AppError::Forbidden).with_detail(FOREIGN)
}

/// What is said to another site's page, and to whoever opened ours at another address than that of the configuration.
const FOREIGN: &str = "This came from a page at another address than the program is set up for: an administrator sets \
                       MAINSTAY_PUBLIC_URL to the address that browsers use.";

/// `Sec-Fetch-Site` where the browser sends it, else `Origin` (OWASP Cross-Site Request Forgery Prevention, "Fetch
/// Metadata headers" and "Verifying origin with standard headers").
pub(super) fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    if headers.contains_key(AUTHORIZATION) && !headers.contains_key(COOKIE) {
        // A browser adds no bearer token by itself.
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    if headers.contains_key(ORIGIN) {
        return text(ORIGIN).is_some_and(|origin| origin.eq_ignore_ascii_case(public_url));
    }
    !headers.contains_key(COOKIE)
}

/// Whether a browser says that a page of ours asks: of scripts, which say nothing, it is not known.
pub(super) fn is_page(headers: &HeaderMap, public_url: &str) -> bool {
    headers.contains_key(ORIGIN) && is_ours(headers, public_url)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn allowed(pairs: &[(&str, &str)]) -> bool {
        let pairs = pairs.iter().map(|(k, v)| (k.parse::<HeaderName>().unwrap(), v.parse().unwrap()));
        is_ours(&pairs.collect(), "https://crm.example")
    }

    #[test]
    fn our_pages_and_scripts_with_a_token_may_write() {
        assert!(allowed(&[("sec-fetch-site", "same-origin"), ("cookie", "session=1")]));
        assert!(allowed(&[("origin", "https://crm.example"), ("cookie", "session=1")]));
        assert!(allowed(&[("origin", "HTTPS://crm.example"), ("cookie", "session=1")]));
        assert!(allowed(&[("authorization", "Bearer x")]));
        assert!(allowed(&[]));
    }

    #[test]
    fn other_sites_may_not() {
        for site in ["cross-site", "same-site", "none"] {
            assert!(!allowed(&[("sec-fetch-site", site), ("cookie", "session=1")]), "{site}");
            assert!(!allowed(&[("sec-fetch-site", site)]), "{site}");
        }
        for origin in ["https://evil.example", "null", "https://crm.example.evil.example"] {
            assert!(!allowed(&[("origin", origin), ("cookie", "session=1")]), "{origin}");
            assert!(!allowed(&[("origin", origin), ("host", "crm.example")]), "{origin}");
        }
        // Scheme and host are those of the configuration, whatever name the request was sent to.
        for origin in ["http://crm.example", "https://crm.example:8443", "http://localhost:3000"] {
            assert!(!allowed(&[("origin", origin), ("host", "localhost:3000"), ("cookie", "session=1")]), "{origin}");
            assert!(!allowed(&[("origin", origin), ("host", "crm.example"), ("cookie", "session=1")]), "{origin}");
        }
        assert!(!allowed(&[("cookie", "session=1")]));
        assert!(!allowed(&[("cookie", "session=1"), ("authorization", "Bearer x")]));
    }
}
