//! A caller's own preferences.

use axum::{Extension, Json, extract::Request};
use kernel::{AppError, FieldErrors, server::Problem};
use notifications::{Channel, Choice, Mode, server::Kinds};
use preferences::Preferences;
use records::server::Ctx;
use serde_json::{Map, Value, json};

use super::{body, caller::Caller};

pub async fn show(Caller(ctx): Caller, Extension(kinds): Extension<Kinds>) -> Result<Json<Value>, Problem> {
    Ok(Json(write(&ctx, &kinds, &preferences::server::own(&ctx).await?).await?))
}

async fn write(ctx: &Ctx, kinds: &Kinds, preferences: &Preferences) -> Result<Value, AppError> {
    let modes = |choice: &Choice| {
        let modes = choice.modes.iter().map(|(channel, mode)| (channel.name().to_owned(), json!(mode.name())));
        Value::Object(modes.collect())
    };
    let choices = notifications::server::choices(ctx, kinds).await?;
    let choices: Map<String, Value> = choices.iter().map(|choice| (choice.kind.clone(), modes(choice))).collect();
    let mut written = preferences::server::as_json(preferences);
    written["notifications"] = choices.into();
    Ok(written)
}

pub async fn change(
    Caller(ctx): Caller,
    Extension(kinds): Extension<Kinds>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let mut changes = body::object(request).await?;
    let chosen = match changes.remove("notifications") {
        Some(chosen) => read(&kinds, &chosen).map_err(|why| FieldErrors::one("notifications", why)),
        None => Ok(vec![]),
    };
    let chosen = chosen.map_err(AppError::Invalid)?;
    let present = save(&ctx, &kinds, &changes, chosen).await?;
    Ok(Json(write(&ctx, &kinds, &present).await?))
}

/// All of it or nothing.
async fn save(
    ctx: &Ctx,
    kinds: &Kinds,
    changes: &Map<String, Value>,
    chosen: Vec<(String, Channel, Mode)>,
) -> Result<Preferences, AppError> {
    let mut tx = ctx.db().begin().await?;
    let present = preferences::server::change_in(&mut tx, ctx, changes).await?.map_err(AppError::Invalid)?;
    for (kind, channel, mode) in chosen {
        notifications::server::choose_in(&mut tx, ctx, kinds, &kind, (channel, mode)).await?;
    }
    tx.commit().await?;
    Ok(present)
}

/// `{kind: {channel: mode}}`.
fn read(kinds: &Kinds, chosen: &Value) -> Result<Vec<(String, Channel, Mode)>, String> {
    const WANTED: &str = "This must be an object of kinds, each an object of channels with their modes.";
    let mut all = vec![];
    for (kind, channels) in chosen.as_object().ok_or(WANTED)? {
        if kinds.get(kind).is_none() {
            return Err(format!("There are no notifications called {kind}."));
        }
        for (channel, mode) in channels.as_object().ok_or(WANTED)? {
            let known = Channel::parse(channel).ok_or_else(|| format!("There is no channel called {channel}."))?;
            let mode = mode.as_str().and_then(Mode::parse).filter(|mode| known.modes().contains(mode));
            let names: Vec<_> = known.modes().iter().map(|mode| mode.name()).collect();
            let wanted = || format!("{channel} must be one of: {}.", names.join(", "));
            all.push((kind.clone(), known, mode.ok_or_else(wanted)?));
        }
    }
    Ok(all)
}
