//! The document, the routes, the shell and the home page: composition of what the domains bring.

mod document;
mod home;
mod keys;
mod missing;
mod navigation;
mod palette;
mod routes;
mod shell;

pub use document::shell;

use leptos::prelude::*;
use leptos_meta::{Link, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// Everything inside the document's body. Pages are painted whole: their status is known before the first byte, and
/// they can be read before, or without, the program in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Link
            rel="preload"
            href="/fonts/inter-latin.a67c1ab7adb2f7a009b716.woff2"
            as_="font"
            type_="font/woff2"
            crossorigin="anonymous"
        />
        <Title formatter=|text: String| if text.is_empty() { "Mainstay".to_owned() } else { format!("{text} · Mainstay") } />
        <Router>
            <Routes fallback=missing::nowhere>
                <Route path=path!("/sign-in") view={routes::outside()} ssr=SsrMode::Async />
                <Route path=path!("/first-run") view={routes::outside()} ssr=SsrMode::Async />
                <Route path=path!("/_gallery") view={routes::outside()} ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=shell::Shell ssr=SsrMode::Async>
                    <Route path=path!("/") view={routes::home()} ssr=SsrMode::Async />
                    <Route path=path!("/settings/organisation") view={routes::office()} ssr=SsrMode::Async />
                    <Route path=path!("/settings/preferences") view={routes::office()} ssr=SsrMode::Async />
                    <Route path=path!("/notifications") view={routes::office()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/backups") view={routes::admin()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/deliveries") view={routes::admin()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/jobs") view={routes::admin()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/mail") view={routes::admin()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/mail-outbox") view={routes::admin()} ssr=SsrMode::Async />
                    <Route path=path!("/exports") view={routes::office()} ssr=SsrMode::Async />
                    <Route path=path!("/imports/:id") view={routes::office()} ssr=SsrMode::Async />
                    <Route path=path!("/:collection") view={routes::list()} ssr=SsrMode::Async />
                    <Route path=path!("/:collection/new") view={routes::record()} ssr=SsrMode::Async />
                    <Route path=path!("/:collection/import") view={routes::office()} ssr=SsrMode::Async />
                    <Route path=path!("/:collection/:id") view={routes::record()} ssr=SsrMode::Async />
                    <Route path=path!("/:collection/:id/edit") view={routes::record()} ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
