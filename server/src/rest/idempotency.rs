//! Requests that may be sent again: what names itself by an `Idempotency-Key` is done once, and answered the same way
//! each time for a day.
//!
//! After draft-ietf-httpapi-idempotency-key-header-07: the same key with another request is refused, and so is one whose
//! first request is still under way. Only what was done is kept: what was refused or failed may be sent again. Of an answer
//! that is large its head is kept, with the hash of what it said.

mod store;
mod sweep;

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State as Extracted},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use kernel::{
    AppError, FieldErrors,
    server::{Db, Problem, unexpected},
};
use records::server::Actor;
use sha2::{Digest, Sha256};
use store::{Claim, Claimed, Kept};
pub use sweep::add_jobs;
use tracing::Instrument;

use super::body;
use crate::state::State;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The hash of an answer's body (RFC 9530).
const DIGEST: HeaderName = HeaderName::from_static("repr-digest");
/// What of an answer's head is part of what it says.
const KEPT: [HeaderName; 4] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION, DIGEST];
/// The largest body that is kept, in bytes.
const LARGEST: usize = 16 << 10;
/// Keys that one person may have kept at a time: more than the usual limit of the API lets anybody use in a day.
const MOST: i64 = 25_000;
/// Seconds after which it is worth trying again for who has so many.
const FULL: u32 = 3_600;
const LONGEST_KEY: usize = 255;

pub async fn answer_once(Extracted(state): Extracted<State>, request: Request, next: Next) -> Response {
    let is_repeatable = matches!(*request.method(), Method::POST | Method::PATCH);
    let user = request.extensions().get::<Arc<Actor>>().and_then(|actor| actor.user);
    match (request.headers().get(KEY), user) {
        (Some(key), Some(user)) if is_repeatable => {
            let key = key.clone();
            once(&state, user, &key, request, next).await.unwrap_or_else(|e| Problem(e).into_response())
        }
        _ => next.run(request).await,
    }
}

async fn once(
    state: &State,
    user: uuid::Uuid,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let is_key = |key: &&str| (1..=LONGEST_KEY).contains(&key.len());
    let key = key.to_str().ok().filter(is_key);
    let key = key.ok_or_else(|| AppError::BadRequest("Idempotency-Key takes 1 to 255 visible characters".into()))?;
    let (parts, body, body_hash) = hashed(request).await?;
    let claim = Claim {
        actor: user,
        key: key.to_owned(),
        request: format!("{} {}", parts.method, parts.uri),
        body_hash,
        at: state.app.clock().now(),
    };
    match store::claim(state.db(), &claim, MOST).await? {
        Claimed::Ours => {}
        Claimed::Before(kept) => return kept_answer(&claim, kept),
        Claimed::TooMany => return Err(AppError::TooMany(FULL)),
    }
    // Done to its end and kept, even if the caller no longer waits.
    let (db, own) = (state.db().clone(), claim.clone());
    let working = async move {
        let response = next.run(Request::from_parts(parts, body)).await;
        keep(&db, &own, response).await
    };
    match tokio::spawn(working.in_current_span()).await {
        Ok(answer) => answer,
        Err(error) => {
            store::forget(state.db(), &claim).await?;
            Err(unexpected(error))
        }
    }
}

/// A request with the hash of its body. A file is neither held in memory nor hashed: of the requests that send one, the
/// key and the address alone tell that they are the same.
async fn hashed(request: Request) -> Result<(Parts, Body, Vec<u8>), AppError> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if kind.starts_with(b"multipart/") {
        return Ok((parts, body, vec![]));
    }
    let body = body::bytes(Request::from_parts(parts.clone(), body)).await?;
    let hash = Sha256::digest(&body).to_vec();
    Ok((parts, Body::from(body), hash))
}

fn kept_answer(claim: &Claim, kept: Kept) -> Result<Response, AppError> {
    if kept.request != claim.request || kept.body_hash != claim.body_hash {
        let message = "This key was used for another request.";
        return Err(AppError::Invalid(FieldErrors::one("Idempotency-Key", message)));
    }
    let Some(answer) = kept.answer else {
        let message = "a request with this Idempotency-Key is under way, or was cut off";
        return Err(AppError::Conflict(message.into()));
    };
    let is_left_out = answer.headers.iter().any(|(name, _)| *name == DIGEST.as_str());
    let status = u16::try_from(answer.status).ok().and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or_default();
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = if is_left_out { StatusCode::NO_CONTENT } else { status };
    for (name, value) in answer.headers {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) else { continue };
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

async fn keep(db: &Db, claim: &Claim, response: Response) -> Result<Response, AppError> {
    let (mut parts, body) = response.into_parts();
    if !parts.status.is_success() {
        store::forget(db, claim).await?;
        return Ok(Response::from_parts(parts, body));
    }
    let body: Bytes = to_bytes(body, usize::MAX).await.map_err(unexpected)?;
    let kept = if body.len() > LARGEST {
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&body)));
        parts.headers.insert(DIGEST, HeaderValue::from_str(&digest).map_err(unexpected)?);
        vec![]
    } else {
        body.to_vec()
    };
    let status = i64::from(parts.status.as_u16());
    store::keep(db, claim, store::Answer { status, headers: told(&parts.headers), body: kept }).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn told(headers: &HeaderMap) -> Vec<(String, String)> {
    let told = |name: HeaderName| Some((name.to_string(), headers.get(&name)?.to_str().ok()?.to_owned()));
    KEPT.into_iter().filter_map(told).collect()
}
