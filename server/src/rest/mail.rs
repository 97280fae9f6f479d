//! Outgoing mail: the outbox and its settings, for administrators.

use axum::{
    Json,
    extract::{RawQuery, Request},
    http::StatusCode,
};
use jobs::server::ensure_administrator;
use kernel::{AppError, server::Problem};
use outbox::{MessageAction, MessageFilter, State, settings::SECTION};
use records::server::Ctx;
use serde_json::{Map, Value, json};
use settings::Texts;
use uuid::Uuid;

use super::{
    body,
    caller::{Caller, RecordId},
    query::pairs,
};

/// A page of messages, the newest first.
pub async fn list(Caller(ctx): Caller, RawQuery(raw): RawQuery) -> Result<Json<Value>, Problem> {
    ensure_administrator(&ctx)?;
    let (mut filter, mut before) = (MessageFilter::default(), None);
    for (name, value) in pairs(raw.as_deref().unwrap_or_default())? {
        let wrong = |expected: &str| AppError::BadRequest(format!("`{name}` takes {expected}"));
        match name.as_str() {
            "state" => {
                let names = State::ALL.map(State::name).join(", ");
                filter.state = Some(State::parse(&value).ok_or_else(|| wrong(&format!("one of {names}")))?);
            }
            "search" => filter.search = Some(value),
            "cursor" => before = Some(Uuid::try_parse(&value).map_err(|_| wrong("what `next` held"))?),
            other => return Err(AppError::BadRequest(format!("unknown parameter `{other}`")).into()),
        }
    }
    let page = outbox::server::list(&ctx, &filter, before).await?;
    let counts: Map<String, Value> = page.counts.iter().map(|(state, n)| (state.name().to_owned(), json!(n))).collect();
    Ok(Json(json!({
        "next": page.next,
        "counts": counts,
        "hindrance": page.hindrance,
        "results": page.messages.iter().map(outbox::server::as_json).collect::<Vec<_>>(),
    })))
}

pub async fn show(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    shown(&ctx, id).await
}

async fn shown(ctx: &Ctx, id: Uuid) -> Result<Json<Value>, Problem> {
    Ok(Json(outbox::server::detail_as_json(&outbox::server::detail(ctx, id).await?)?))
}

/// Sends a message that is held, has failed, is uncertain or was discarded.
pub async fn send(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<(StatusCode, Json<Value>), Problem> {
    decide(&ctx, id, MessageAction::Send).await
}

/// Decides that a message goes nowhere.
pub async fn discard(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<(StatusCode, Json<Value>), Problem> {
    decide(&ctx, id, MessageAction::Discard).await
}

async fn decide(ctx: &Ctx, id: Uuid, action: MessageAction) -> Result<(StatusCode, Json<Value>), Problem> {
    let state = outbox::server::detail(ctx, id).await?.message.state;
    if outbox::server::act(ctx, &[id], action).await? == 0 {
        return Err(AppError::Conflict(format!("the message is {}", state.name())).into());
    }
    Ok((StatusCode::ACCEPTED, shown(ctx, id).await?))
}

pub async fn settings(Caller(ctx): Caller) -> Result<Json<Value>, Problem> {
    Ok(Json(written(&ctx).await?))
}

/// The value of each setting; of a secret only whether there is one.
async fn written(ctx: &Ctx) -> Result<Value, AppError> {
    let shown = settings::server::show(ctx, SECTION.name).await?;
    let fields = shown.into_iter().map(|(key, shown)| {
        let field = json!({
            "value": shown.value, "is_set": shown.is_set, "fixed_by": shown.fixed_by, "trouble": shown.trouble,
        });
        (key, field)
    });
    Ok(Value::Object(fields.collect()))
}

/// Sets some of the settings; those left out stay.
pub async fn set(Caller(ctx): Caller, request: Request) -> Result<Json<Value>, Problem> {
    ensure_administrator(&ctx)?;
    let given = body::object(request).await?;
    let texts: Result<Texts, AppError> = given
        .into_iter()
        .map(|(key, value)| match value {
            Value::String(text) => Ok((key, text)),
            _ => Err(AppError::BadRequest(format!("`{key}` takes a text"))),
        })
        .collect();
    settings::server::save(&ctx, SECTION.name, &texts?).await?.map_err(AppError::Invalid)?;
    Ok(Json(written(&ctx).await?))
}

/// Sends a message to try the settings.
pub async fn test(Caller(ctx): Caller, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    ensure_administrator(&ctx)?;
    let given = body::object(request).await?;
    if let Some(other) = given.keys().find(|key| *key != "to") {
        return Err(AppError::BadRequest(format!("unknown field `{other}`")).into());
    }
    let to = given.get("to").and_then(Value::as_str).unwrap_or_default();
    let id = outbox::server::try_settings(&ctx, to).await?.map_err(AppError::Invalid)?;
    Ok((StatusCode::ACCEPTED, shown(&ctx, id).await?))
}
