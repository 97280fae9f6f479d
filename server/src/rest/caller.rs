//! Who calls, and where a call is about one record, which.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use kernel::{AppError, server::Problem};

use records::server::{Actor, Ctx};
use uuid::Uuid;

use crate::state::State;

/// Somebody signed in, as the context of what they ask for.
pub struct Caller(pub Ctx);

impl FromRequestParts<State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Arc<Actor>>().cloned().ok_or(AppError::Unauthenticated)?;
        organisation::server::refresh(&state.app).await?;
        Ok(Self(state.app.ctx(actor)))
    }
}

/// The `{id}` of a path. One that is no id leads to nothing, like one that nobody has.
pub struct RecordId(pub Uuid);

impl FromRequestParts<State> for RecordId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(id)| Uuid::try_parse(&id).ok());
        id.map(Self).ok_or(Problem(AppError::NotFound))
    }
}
