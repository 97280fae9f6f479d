//! Whether the program is well: one word for load balancers, details for those who look after it.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json, Router,
    extract::{ConnectInfo, State as Extracted},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use identity::Role;
use kernel::{
    AppError,
    server::{Args, Engine, Problem},
};

use records::{ChoiceValue, server::Actor};
use serde_json::json;

use super::serve::within;
use crate::state::State;

const PATIENCE: Duration = Duration::from_secs(2);

/// Where load balancers ask.
const BRIEF: [&str; 4] = ["/healthz/", "/healthz", "/api/v1/healthz/", "/api/v1/healthz"];
/// Where monitoring asks.
const DETAILED: [&str; 4] = ["/health/", "/health", "/api/v1/health/", "/api/v1/health"];

pub fn brief() -> Router<State> {
    BRIEF.into_iter().fold(Router::new(), |routes, path| routes.route(path, get(is_ready)))
}

pub fn detailed() -> Router<State> {
    DETAILED.into_iter().fold(Router::new(), |routes, path| routes.route(path, get(details)))
}

/// Whether an address is one of these, which count against no limit.
pub fn serves(path: &str) -> bool {
    BRIEF.contains(&path) || DETAILED.contains(&path)
}

/// Ready when the database answers.
async fn is_ready(Extracted(state): Extracted<State>) -> Response {
    match database(&state).await {
        Some(_) => Json(json!({ "status": "ok" })).into_response(),
        None => Problem(AppError::Unavailable).into_response(),
    }
}

/// For administrators, and for the networks that the configuration names.
async fn details(
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    actor: Option<Extension<Arc<Actor>>>,
    Extracted(state): Extracted<State>,
) -> Response {
    let monitoring = &state.config.web.monitoring;
    let is_known = peer.is_some_and(|Extension(ConnectInfo(peer))| monitoring.iter().any(|n| n.contains(peer.ip())));
    if !is_known {
        match actor {
            None => return Problem(AppError::Unauthenticated).into_response(),
            Some(actor) if actor.role != Role::Admin.value() => return Problem(AppError::Forbidden).into_response(),
            Some(_) => {}
        }
    }
    let took = database(&state).await;
    let proven = match took {
        Some(_) => within(PATIENCE, backups::server::last_proven(state.db())).await.and_then(Result::ok).flatten(),
        None => None,
    };
    let engine = match state.db().engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    let (carrier, trouble) = state.db().carrier();
    let word = match (took, &trouble) {
        (None, _) => "failing",
        (Some(_), Some(_)) => "degraded",
        (Some(_), None) => "ok",
    };
    let body = json!({
        "status": word,
        "version": env!("CARGO_PKG_VERSION"),
        "checks": {
            "database": { "engine": engine, "ok": took.is_some(), "ms": took.map(|t| t.as_secs_f64() * 1000.0) },
            "backups": {
                "last_proven_at": proven.map(|at| at.to_string()),
                "age_seconds": proven.map(|at| state.app.clock().now().seconds_since(at)),
            },
            "signals": { "carrier": carrier, "ok": trouble.is_none(), "trouble": trouble },
        },
    });
    let status = if took.is_some() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}

/// How long the database took to answer, if it did.
async fn database(state: &State) -> Option<Duration> {
    let started = Instant::now();
    within(PATIENCE, state.db().fetch_optional("select 1", Args::new())).await?.ok()?;
    Some(started.elapsed())
}
