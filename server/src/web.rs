//! The HTTP service: routes, and what every request passes on its way to them.

mod assets;
mod client;
mod csrf;
mod functions;
mod headers;
mod health;
mod limit;
mod page;
mod panic;
pub(crate) mod rate;
mod serve;
mod socket;
mod trace;

use axum::{Extension, Router, middleware};
use identity::server::authenticate;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
pub use serve::serve;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{modules, rest, state::State};

/// The whole service. A layer written lower is met earlier.
pub fn router(state: &State) -> Router {
    Router::new()
        .merge(for_people(state))
        .merge(health::brief())
        .nest_service("/pkg", assets::compiled(&state.leptos))
        .layer(middleware::from_fn_with_state(state.clone(), limit::refuse_large_bodies))
        .layer(middleware::from_fn_with_state(state.clone(), csrf::refuse_foreign_writes))
        .layer(middleware::from_fn(limit::refuse_slow_answers))
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(middleware::from_fn_with_state(state.clone(), headers::protect))
        .layer(middleware::from_fn(trace::trace))
        .layer(middleware::from_fn_with_state(state.clone(), client::resolve))
        .with_state(state.clone())
}

/// Where it matters who asks.
fn for_people(state: &State) -> Router<State> {
    let leptos = state.leptos.clone();
    let pages = generate_route_list(app::App);
    Router::new()
        .leptos_routes_with_context(state, pages, context(state), move || app::shell(leptos.clone()))
        .merge(identity::server::routes())
        .merge(transfer::server::import::routes())
        .merge(files::server::routes())
        .merge(outbox::server::routes())
        .merge(transfer::server::export::routes())
        .merge(backups::server::routes())
        .merge(rest::routes(state))
        .merge(socket::route())
        .merge(health::detailed())
        .merge(assets::public(&state.leptos))
        .fallback(page::missing)
        .layer(Extension(state.imports()))
        .layer(Extension(state.files.clone()))
        .layer(Extension(state.jobs()))
        .layer(Extension(state.hub.clone()))
        .layer(Extension(modules::notifications()))
        .layer(middleware::from_fn(functions::true_status))
        .layer(middleware::from_fn_with_state(rate::Governor::new(state), rate::refuse_haste))
        .layer(middleware::from_fn_with_state(state.identity.clone(), authenticate))
}

/// What views and server functions find in their context, beside the request's own parts.
pub(crate) fn context(state: &State) -> impl Fn() + Clone + Send + Sync + 'static {
    let app = state.app.clone();
    move || {
        provide_context(app.clone());
        headers::provide_nonce();
    }
}
