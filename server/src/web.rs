//! The HTTP service: routes, and what every request passes on its way to them.

mod assets;
mod client;
mod compression;
mod csrf;
mod functions;
mod headers;
mod health;
mod limit;
mod listener;
mod methods;
mod page;
mod panic;
pub(crate) mod rate;
mod serve;
mod socket;
mod trace;

use axum::{Extension, Router, middleware, routing::any};
use identity::server::authenticate;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
pub use listener::{Impatient, Peer};
pub use serve::serve;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{modules, rest, state::State};

/// The whole service. A layer written lower is met earlier.
pub fn router(state: &State) -> Router {
    let (people, everybody) = (for_people(state), for_everybody(state));
    let routes = methods::Routes::new(people.clone().merge(everybody.clone()), state);
    guarded(people, state)
        .merge(everybody)
        .layer(middleware::from_fn_with_state(state.clone(), limit::refuse_large_bodies))
        .layer(middleware::from_fn_with_state(state.clone(), csrf::refuse_foreign_writes))
        .layer(middleware::from_fn(limit::refuse_slow_answers))
        .layer(middleware::from_fn(assets::refuse_missing))
        .layer(middleware::from_fn_with_state(routes, methods::refuse_others))
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(middleware::from_fn_with_state(state.clone(), headers::protect))
        .layer(compression::layer())
        .layer(middleware::from_fn(compression::skip_other_sites))
        .layer(middleware::from_fn(trace::trace))
        .layer(middleware::from_fn_with_state(state.clone(), client::resolve))
        .with_state(state.clone())
}

/// Where it does not matter who asks.
fn for_everybody(state: &State) -> Router<State> {
    health::brief().nest_service("/pkg", assets::compiled(&state.leptos))
}

/// Where it matters who asks.
fn for_people(state: &State) -> Router<State> {
    let leptos = state.leptos.clone();
    let pages = generate_route_list(app::App);
    Router::new()
        .leptos_routes_with_context(state, pages, context(state), move || app::shell(leptos.clone()))
        .route_layer(middleware::from_fn_with_state(state.clone(), page::start))
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
        // What is no address of the interface is none of a record either.
        .route("/api/{*rest}", any(page::missing))
        .fallback(page::missing)
}

/// Finds out who asks and whether too often, and hands the handlers what they work with.
fn guarded(routes: Router<State>, state: &State) -> Router<State> {
    routes
        .layer(Extension(state.imports()))
        .layer(Extension(state.files.clone()))
        .layer(Extension(state.jobs()))
        .layer(Extension(state.hub.clone()))
        .layer(Extension(modules::notifications()))
        .layer(middleware::from_fn(functions::true_status))
        .layer(middleware::from_fn_with_state(state.clone(), functions::return_to_own_page))
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
