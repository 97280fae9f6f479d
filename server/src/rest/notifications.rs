//! What the caller is told, how they stand to records, and for administrators what became of deliveries.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Request},
    http::StatusCode,
};
use kernel::{AppError, FieldErrors, Timestamp, server::Problem};
use notifications::{
    Channel, DeliveryFilter, DeliveryInfo, DeliveryState, NotificationFilter, NotificationInfo, Snooze, Standing,
    server as serve, server::Kinds,
};
use records::server::Entry;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    body,
    caller::{Caller, RecordId},
    query::pairs,
};

/// The largest page.
const LARGEST: usize = 200;

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn write(notification: &NotificationInfo) -> Value {
    json!({
        "id": notification.id,
        "kind": notification.kind,
        "title": notification.title,
        "message": notification.message,
        "link": notification.link,
        "priority": notification.priority.name(),
        "about": notification.about.as_ref().map(|(record_type, id)| json!({ "record_type": record_type, "id": id })),
        "reason": notification.reason,
        "created_at": notification.created_at.to_string(),
        "read_at": text(notification.read_at),
        "snoozed_until": text(notification.snoozed_until),
    })
}

fn bad(message: impl Into<String>) -> AppError {
    AppError::BadRequest(message.into())
}

/// `true` or `false`.
fn boolean(name: &str, value: &str) -> Result<bool, AppError> {
    value.parse().map_err(|_| bad(format!("`{name}` takes true or false")))
}

fn id(name: &str, value: &str) -> Result<Option<Uuid>, AppError> {
    value.parse().map(Some).map_err(|_| bad(format!("`{name}` takes an id")))
}

/// The address of the next page.
fn next(path: &str, raw: &str, next: Option<Uuid>) -> Option<String> {
    let others = raw.split('&').filter(|part| !part.is_empty() && !part.starts_with("before="));
    let others: Vec<&str> = others.collect();
    next.map(|next| [&[format!("{path}?before={next}").as_str()], others.as_slice()].concat().join("&"))
}

pub async fn list(
    Caller(ctx): Caller,
    Extension(kinds): Extension<Kinds>,
    axum::extract::RawQuery(raw): axum::extract::RawQuery,
) -> Result<Json<Value>, Problem> {
    let raw = raw.unwrap_or_default();
    let (mut filter, mut before, mut size) = (NotificationFilter::default(), None, serve::PAGE);
    for (name, value) in pairs(&raw)? {
        match name.as_str() {
            "unread" => filter.unread = boolean(&name, &value)?,
            "snoozed" => filter.snoozed = boolean(&name, &value)?,
            "kind" => filter.kind = Some(value),
            "before" => before = id(&name, &value)?,
            "page_size" => {
                let wanted = value.parse().ok().filter(|size| (1..=LARGEST).contains(size));
                size = wanted.ok_or_else(|| bad(format!("`page_size` takes a whole number from 1 to {LARGEST}")))?;
            }
            _ => return Err(bad(format!("unknown parameter `{name}`")).into()),
        }
    }
    let page = serve::list(&ctx, &kinds, &filter, before, size).await?;
    Ok(Json(json!({
        "unread": page.unread,
        "next": next("/api/v1/notifications/", &raw, page.next),
        "results": page.notifications.iter().map(write).collect::<Vec<_>>(),
    })))
}

pub async fn unread(Caller(ctx): Caller) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "unread": serve::count_unread(&ctx).await? })))
}

pub async fn read(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "unread": serve::mark_read(&ctx, id, true).await? })))
}

pub async fn unread_again(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "unread": serve::mark_read(&ctx, id, false).await? })))
}

pub async fn read_all(Caller(ctx): Caller) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "unread": serve::mark_all_read(&ctx).await? })))
}

/// The one field of a body, by its names.
async fn one<T>(request: Request, name: &str, parse: impl Fn(&str) -> Option<T>, all: &[&str]) -> Result<T, AppError> {
    let body = body::object(request).await?;
    if let Some(other) = body.keys().find(|key| *key != name) {
        return Err(bad(format!("unknown field `{other}`")));
    }
    let value = body.get(name).and_then(Value::as_str).and_then(parse);
    let wanted = format!("This must be one of: {}.", all.join(", "));
    value.ok_or_else(|| AppError::Invalid(FieldErrors::one(name, wanted)))
}

pub async fn snooze(Caller(ctx): Caller, RecordId(id): RecordId, request: Request) -> Result<Json<Value>, Problem> {
    let names: Vec<_> = Snooze::ALL.iter().map(|until| until.name()).collect();
    let until = one(request, "until", Snooze::parse, &names).await?;
    Ok(Json(json!({ "unread": serve::snooze(&ctx, id, until).await? })))
}

/// How the caller stands to a record.
pub async fn standing(
    Caller(ctx): Caller,
    Extension(entry): Extension<Arc<Entry>>,
    RecordId(id): RecordId,
) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "standing": serve::standing(&ctx, entry.ty.name, id).await?.name() })))
}

pub async fn stand(
    Caller(ctx): Caller,
    Extension(entry): Extension<Arc<Entry>>,
    RecordId(id): RecordId,
    request: Request,
) -> Result<Json<Value>, Problem> {
    // Before the body is judged: what one may not see has no right body either.
    serve::standing(&ctx, entry.ty.name, id).await?;
    let names: Vec<_> = Standing::ALL.iter().map(|standing| standing.name()).collect();
    let standing = one(request, "standing", Standing::parse, &names).await?;
    serve::stand(&ctx, entry.ty.name, id, standing).await?;
    Ok(Json(json!({ "standing": standing.name() })))
}

fn write_delivery(delivery: &DeliveryInfo) -> Value {
    let attempts = delivery.attempts.iter().map(|attempt| {
        json!({
            "attempt": attempt.attempt, "at": attempt.at.to_string(), "sent": attempt.is_sent, "message": attempt.message,
        })
    });
    json!({
        "id": delivery.id,
        "user": delivery.user,
        "kind": delivery.kind,
        "channel": delivery.channel.name(),
        "mode": delivery.mode.name(),
        "state": delivery.state.name(),
        "due_at": delivery.due_at.to_string(),
        "created_at": delivery.created_at.to_string(),
        "ended_at": text(delivery.ended_at),
        "detail": delivery.detail,
        "attempts": attempts.collect::<Vec<_>>(),
    })
}

pub async fn deliveries(
    Caller(ctx): Caller,
    Extension(kinds): Extension<Kinds>,
    axum::extract::RawQuery(raw): axum::extract::RawQuery,
) -> Result<Json<Value>, Problem> {
    let raw = raw.unwrap_or_default();
    let (mut filter, mut before) = (DeliveryFilter::default(), None);
    for (name, value) in pairs(&raw)? {
        let unknown = || bad(format!("`{name}` cannot be `{value}`"));
        match name.as_str() {
            "state" => filter.state = Some(DeliveryState::parse(&value).ok_or_else(unknown)?),
            "channel" => filter.channel = Some(Channel::parse(&value).ok_or_else(unknown)?),
            "before" => before = id(&name, &value)?,
            _ => return Err(bad(format!("unknown parameter `{name}`")).into()),
        }
    }
    let page = serve::deliveries(&ctx, &kinds, &filter, before).await?;
    Ok(Json(json!({
        "next": next("/api/v1/deliveries/", &raw, page.next),
        "results": page.deliveries.iter().map(write_delivery).collect::<Vec<_>>(),
    })))
}

/// Tries all again that failed, but for what may have arrived.
pub async fn retry_all(
    Caller(ctx): Caller,
    axum::extract::RawQuery(raw): axum::extract::RawQuery,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut channel = None;
    for (name, value) in pairs(&raw.unwrap_or_default())? {
        if name != "channel" {
            return Err(bad(format!("unknown parameter `{name}`")).into());
        }
        channel = Some(Channel::parse(&value).ok_or_else(|| bad(format!("`channel` cannot be `{value}`")))?);
    }
    Ok((StatusCode::ACCEPTED, Json(json!({ "retried": serve::retry_all(&ctx, channel).await? }))))
}

pub async fn retry(Caller(ctx): Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| AppError::NotFound)?;
    match serve::retry(&ctx, &[id]).await? {
        0 => Err(AppError::NotFound.into()),
        _ => Ok(StatusCode::ACCEPTED),
    }
}
