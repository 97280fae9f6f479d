//! The headers that make a browser protect its user, and caches forget what is private.

use axum::{
    extract::{Request, State as Extracted},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
        },
        request::Parts,
    },
    middleware::Next,
    response::Response,
};
use leptos::{
    nonce::Nonce,
    prelude::{provide_context, use_context},
};

use crate::state::State;

/// The number that marks the scripts of one answer as ours.
#[derive(Clone)]
struct PageNonce(String);

/// Adds each header that the handler did not set itself.
pub async fn protect(Extracted(state): Extracted<State>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new().to_string();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    request.extensions_mut().insert(PageNonce(nonce.clone()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| add(headers, name, HeaderValue::from_static(value));
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(REFERRER_POLICY, "same-origin");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    put(CACHE_CONTROL, "no-store");
    if state.config.is_https() {
        put(STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if safe && let Ok(policy) = HeaderValue::from_str(&policy(&nonce)) {
        add(headers, CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

/// Content Security Policy Level 3. Scripts run when they carry the nonce or are loaded by one that does. Styles come
/// from files; only `style` attributes are free, as widths of columns and lengths of bars are set by them.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; \
         connect-src 'self'; font-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Hands the nonce of the answer's policy to the view that is being painted.
pub fn provide_nonce() {
    let nonce = use_context::<Parts>().and_then(|parts| parts.extensions.get::<PageNonce>().cloned());
    if let Some(PageNonce(nonce)) = nonce {
        provide_context(Nonce::from_value(nonce));
    }
}
