//! `/ws/notifications/`: a socket for each open page, and for scripts that bring a ticket.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{
        Query, State as Extracted,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use identity::server::{
    redeem,
    sessions::{self, Live},
};
use kernel::{AppError, server::Problem};
use realtime::server::{Check, Resume, talk, turn_away};
use serde::Deserialize;

use super::csrf;
use crate::state::State;

/// Pages say where they look and nothing else.
const LONGEST_MESSAGE: usize = 4096;
/// What one connection may hold unsent: above it the client is taken for gone.
const UNSENT: usize = 256 << 10;
/// Seconds after which it is worth trying again for who has too many sockets open.
const FULL: u32 = 60;

pub fn route() -> Router<State> {
    Router::new().route("/ws/notifications/", get(open))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    ticket: Option<String>,
    hub: Option<String>,
    after: Option<u64>,
}

async fn open(
    Extracted(state): Extracted<State>,
    opening: Result<Query<Opening>, axum::extract::rejection::QueryRejection>,
    live: Option<Extension<Live>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let unknown = "this address takes `ticket`, `hub` and `after`, a number";
    let Query(opening) = opening.map_err(|_| Problem(AppError::BadRequest(unknown.into())))?;
    let no_socket = || Problem(AppError::BadRequest("this address is for WebSocket connections".into()));
    let is_ticket = opening.ticket.is_some();
    let live = match (opening.ticket, live) {
        // Using a ticket up writes something.
        (Some(_), _) if upgrade.is_err() => return Err(no_socket()),
        (Some(ticket), _) => redeem(&state.identity, &ticket).await?,
        // A page of another site could open a socket in the name of whoever is signed in here.
        (None, Some(_)) if !csrf::is_ours(&headers, &state.config.web.public_url) => {
            return Err(Problem(AppError::Forbidden));
        }
        (None, live) => live.map(|Extension(live)| live),
    };
    let Some(live) = live else {
        let is_page = !is_ticket && csrf::is_page(&headers, &state.config.web.public_url);
        return match upgrade {
            Ok(upgrade) if is_page => Ok(upgrade.on_upgrade(turn_away).into_response()),
            _ => Err(Problem(AppError::Unauthenticated)),
        };
    };
    let upgrade = upgrade.map_err(|_| no_socket())?;
    let admission = state.hub.admit(&live.actor).ok_or(Problem(AppError::TooMany(FULL)))?;
    let (hub, actor, resume) = (state.hub.clone(), live.actor.clone(), Resume::new(opening.hub, opening.after));
    let check = check(&state, &live);
    let upgrade = upgrade
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(UNSENT)
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE);
    let serve = async move |socket| {
        talk(socket, hub, actor, check, resume).await;
        drop(admission);
    };
    Ok(upgrade.on_upgrade(serve).into_response())
}

fn check(state: &State, live: &Live) -> Check {
    let (identity, session) = (state.identity.clone(), live.id);
    Arc::new(move || {
        let identity = identity.clone();
        Box::pin(async move { sessions::still(&identity, session).await })
    })
}
