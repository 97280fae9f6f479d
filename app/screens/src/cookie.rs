//! Small choices that the server needs to paint the page as its reader left it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The value of a cookie, of the request being answered or of the document.
pub fn read(name: &str) -> Option<String> {
    let cookies = all();
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
}

#[cfg(feature = "ssr")]
fn all() -> String {
    let parts = use_context::<axum::http::request::Parts>();
    let headers = parts.iter().flat_map(|p| p.headers.get_all("cookie")).filter_map(|c| c.to_str().ok());
    headers.collect::<Vec<_>>().join("; ")
}

#[cfg(not(feature = "ssr"))]
fn all() -> String {
    document().unchecked_into::<web_sys::HtmlDocument>().cookie().unwrap_or_default()
}

/// Keeps a choice on this browser for a year, or forgets it. The value has no `;`.
pub fn write(name: &str, value: Option<&str>) {
    let age = if value.is_some() { 31_536_000 } else { 0 };
    let is_secure = window().location().protocol().is_ok_and(|protocol| protocol == "https:");
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!("{name}={}; Path=/; Max-Age={age}; SameSite=Lax{secure}", value.unwrap_or_default());
    // Where cookies are refused, the choice lasts as long as the page.
    document().unchecked_into::<web_sys::HtmlDocument>().set_cookie(&cookie).ok();
}
