//! Each person's preferences: kept, checked, and turned into how they read.
//!
//! Theme and density are in a cookie too, so that the first byte of a page has them: the cookie is what a browser was
//! told last, the row here what the person chose, and signing in brings the one to the other.

mod json;
mod store;

use kernel::{
    AppError, FieldErrors, Formats, PhoneNumber,
    server::{Tx, zone::Zone},
};
use records::server::{Ctx, Organisation};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

pub use json::write as as_json;
pub use store::STATEMENTS;
pub use store::lock;

use crate::Preferences;

/// The shortest and the longest time between looks, in seconds.
const REFRESH: std::ops::RangeInclusive<u32> = 2..=3_600;

/// The preferences of whoever acts.
pub async fn own(ctx: &Ctx) -> Result<Preferences, AppError> {
    of(ctx, ctx.actor.user.ok_or(AppError::Unauthenticated)?).await
}

/// The preferences of a user; the defaults where they chose nothing.
pub async fn of(ctx: &Ctx, user: Uuid) -> Result<Preferences, AppError> {
    Ok(store::find(ctx.db().into(), user).await?.unwrap_or_default())
}

/// The preferences of some users, of those who have any.
pub async fn of_many(ctx: &Ctx, users: &[Uuid]) -> Result<std::collections::HashMap<Uuid, Preferences>, AppError> {
    Ok(store::find_many(ctx.db(), users).await?)
}

/// Changes some of one's own preferences, named as the API names them. Unknown names are refused; what a value is not
/// good for comes back by name, and then nothing is changed.
pub async fn change(ctx: &Ctx, changes: &Map<String, Json>) -> Result<Result<Preferences, FieldErrors>, AppError> {
    let mut tx = ctx.db().begin().await?;
    let done = change_in(&mut tx, ctx, changes).await?;
    tx.commit().await?;
    Ok(done)
}

/// The same in the caller's transaction.
pub async fn change_in(
    tx: &mut Tx,
    ctx: &Ctx,
    changes: &Map<String, Json>,
) -> Result<Result<Preferences, FieldErrors>, AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    store::lock(tx, user).await?;
    let mut preferences = store::find((&mut *tx).into(), user).await?.unwrap_or_default();
    let mut errors = FieldErrors::default();
    for (name, value) in changes {
        if let Err(why) = json::set(&mut preferences, name, value)? {
            errors.add(name, why);
        }
    }
    errors.merge(check(&mut preferences));
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    preferences.updated_at = Some(ctx.now());
    store::put(tx, user, &preferences, ctx.now()).await?;
    Ok(Ok(preferences))
}

/// What one value alone does not tell.
fn check(preferences: &mut Preferences) -> FieldErrors {
    let mut errors = FieldErrors::default();
    if preferences.refresh.is_some_and(|seconds| seconds != 0 && !REFRESH.contains(&seconds)) {
        errors.add("auto_refresh_interval", "This must be 0 or between 2 and 3600 seconds.");
    }
    if let Some(name) = &preferences.time_zone {
        match Zone::parse(name) {
            Some(zone) => preferences.time_zone = Some(zone.name().to_owned()),
            None => errors.add("time_zone", "This must be a time zone like Europe/Zurich."),
        }
    }
    if let Some(phone) = &preferences.phone {
        match PhoneNumber::parse(phone) {
            Some(phone) => preferences.phone = Some(phone.to_string()),
            None => errors.add("sms_phone", "This must be a number with its country code, like +44 20 7946 0958."),
        }
    }
    if preferences.quiet.is_some_and(|quiet| quiet.from == quiet.until) {
        errors.add("quiet_hours", "These must begin and end at different times.");
    }
    errors
}

/// A person's zone: their own, else the company's.
pub fn zone(preferences: &Preferences, organisation: &Organisation) -> Zone {
    preferences.time_zone.as_deref().and_then(Zone::parse).unwrap_or(organisation.zone)
}

/// How a person with these preferences reads.
pub fn formats(preferences: &Preferences, organisation: &Organisation) -> Formats {
    let Preferences { date, time, number, .. } = *preferences;
    Formats { zone: zone(preferences, organisation).offsets(), date, time, number }
}

/// How whoever acts reads; the program itself reads as usual.
pub async fn own_formats(ctx: &Ctx) -> Result<Formats, AppError> {
    let preferences = match ctx.actor.user {
        Some(user) => of(ctx, user).await?,
        None => Preferences::default(),
    };
    Ok(formats(&preferences, &ctx.organisation()))
}
