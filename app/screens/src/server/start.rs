//! What every page starts from.

use kernel::AppError;
use kernel::Formats;
use leptos::prelude::use_context;
use preferences::Preferences;
use records::{
    TypeInfo,
    server::{Action, App, Ctx, describe},
};
use request::ctx;

use crate::api::{Bootstrap, Me, TypeName};

/// Types come in this order, others after them.
const ORDER: [&str; 2] = ["companies", "contacts"];

pub async fn bootstrap() -> Result<Bootstrap, AppError> {
    let app = use_context::<App>().ok_or(AppError::Unavailable)?;
    // Before anything is read: what happens in between is told twice rather than never.
    let since = realtime::server::since();
    match ctx().await {
        Ok(ctx) => {
            let types = types(&ctx);
            let own = preferences::server::own(&ctx).await?;
            Ok(Bootstrap {
                user: ctx.actor.user.map(|id| Me {
                    id,
                    name: ctx.actor.name.clone(),
                    email: ctx.actor.email.clone(),
                    role: ctx.actor.role.clone(),
                    may_administer: ctx.permit_any("organisations", Action::Edit).is_ok(),
                }),
                types: types.iter().map(TypeName::from).collect(),
                descriptions: serde_json::to_string(&types).unwrap_or_default(),
                formats: preferences::server::formats(&own, &ctx.organisation()),
                preferences: own,
                unread: notifications::server::count_unread(&ctx).await?,
                since,
                ..anybody(&app).await?
            })
        }
        Err(AppError::Unauthenticated) => anybody(&app).await,
        Err(error) => Err(error),
    }
}

/// What somebody who has not signed in may know.
async fn anybody(app: &App) -> Result<Bootstrap, AppError> {
    organisation::server::refresh(app).await?;
    let organisation = app.organisation();
    let users = app.db().fetch_optional("select id from users limit 1", vec![]).await?;
    Ok(Bootstrap {
        user: None,
        organisation: organisation.name.clone(),
        logo: organisation.logo.clone(),
        formats: Formats::of(organisation.offsets.clone()),
        preferences: Preferences::default(),
        unread: 0,
        since: None,
        zone: organisation.zone.name().to_owned(),
        now: app.clock().now(),
        currency: organisation.currency.code().to_owned(),
        types: vec![],
        descriptions: "[]".to_owned(),
        is_first_run: users.is_none(),
        is_development: cfg!(debug_assertions),
    })
}

fn types(ctx: &Ctx) -> Vec<TypeInfo> {
    let permits = ctx.app.registry().entries().filter_map(|entry| ctx.find_permit(entry, Action::View));
    let mut types: Vec<TypeInfo> = permits.map(|permit| describe(ctx, &permit)).collect();
    types.sort_by_key(|t| ORDER.iter().position(|name| *name == t.name).unwrap_or(ORDER.len()));
    types
}
