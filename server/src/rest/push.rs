//! Browsers, and other programs that a push service knows, which show the caller's notifications.

use axum::{
    Extension, Json,
    extract::Request,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use kernel::{AppError, FieldErrors, server::Problem};
use notifications::{
    push::{Browser, Keys, Subscription},
    server::push,
};
use request::{SessionOf, agent_of};
use serde_json::{Map, Value, json};

use super::{
    body,
    caller::{Caller, RecordId},
};

fn write(browser: &Browser) -> Value {
    json!({
        "id": browser.id,
        "name": browser.name,
        "created_at": browser.created_at.to_string(),
        "used_at": browser.used_at.map(|at| at.to_string()),
        "is_this_session": browser.is_this,
    })
}

pub async fn list(Caller(ctx): Caller, session: Option<Extension<SessionOf>>) -> Result<Json<Value>, Problem> {
    let found = push::browsers(&ctx, session.map(|Extension(session)| session)).await?;
    Ok(Json(json!({ "key": found.key, "results": found.browsers.iter().map(write).collect::<Vec<_>>() })))
}

pub async fn subscribe(
    Caller(ctx): Caller,
    session: Option<Extension<SessionOf>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let Some(Extension(session)) = session else { return Err(AppError::Unauthenticated.into()) };
    let (subscription, replaces) = read(body::object(request).await?)?;
    let done = push::subscribe(&ctx, session, &agent_of(&headers), &subscription, replaces.as_deref()).await?;
    let (id, is_new) = done.map_err(AppError::Invalid)?;
    if !is_new {
        return Ok(Json(json!({ "id": id })).into_response());
    }
    let place = [(LOCATION, format!("/api/v1/push-subscriptions/{id}/"))];
    Ok((StatusCode::CREATED, place, Json(json!({ "id": id }))).into_response())
}

/// What `PushSubscription.toJSON()` gives, and the address it had before.
fn read(mut body: Map<String, Value>) -> Result<(Subscription, Option<String>), AppError> {
    let mut errors = FieldErrors::default();
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let endpoint = text(body.remove("endpoint")).unwrap_or_else(|| {
        errors.add("endpoint", "This must be the address of a push service.");
        String::new()
    });
    let keys = body.remove("keys").and_then(|keys| serde_json::from_value::<Keys>(keys).ok()).unwrap_or_else(|| {
        errors.add("keys", "This must be an object with `p256dh` and `auth`.");
        Keys { p256dh: String::new(), auth: String::new() }
    });
    let replaces = text(body.remove("replaces"));
    // When a browser thinks it ends: its push service says so too.
    body.remove("expirationTime");
    if let Some(other) = body.keys().next() {
        return Err(AppError::BadRequest(format!("unknown field `{other}`")));
    }
    if errors.is_empty() { Ok((Subscription { endpoint, keys }, replaces)) } else { Err(AppError::Invalid(errors)) }
}

pub async fn remove(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<StatusCode, Problem> {
    push::remove(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn test(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    let told = push::try_out(&ctx, id).await?;
    let is_taken = told.is_ok();
    Ok(Json(json!({ "taken": is_taken, "detail": told.unwrap_or_else(|why| why) })))
}
