//! What every page starts from.

use axum::http::{Extensions, request::Parts};
use kernel::{AppError, Formats};
use leptos::prelude::use_context;
use preferences::Preferences;
use records::{
    TypeInfo,
    server::{Action, App, Ctx, describe},
};
use request::actor;

use crate::api::{Bootstrap, Me, TypeName};

/// Types come in this order, others after them.
const ORDER: [&str; 2] = ["companies", "contacts"];

/// What a page starts from, among the extensions of the request for it. A view that had to wait for it would be painted
/// twice, and everything in it read twice.
#[derive(Clone)]
pub struct Start(Result<Bootstrap, AppError>);

impl Start {
    /// For who asks with these extensions.
    pub async fn read(app: &App, asked: &Extensions) -> Self {
        Self(bootstrap(app, asked).await)
    }
}

/// What the page starts from that is being painted; none for a page that is painted without.
pub fn painted() -> Option<Result<Bootstrap, AppError>> {
    use_context::<Parts>()?.extensions.get::<Start>().map(|start| start.0.clone())
}

/// The same for a page that goes on where nobody was signed in.
pub async fn start() -> Result<Bootstrap, AppError> {
    let app = use_context::<App>().ok_or(AppError::Unavailable)?;
    let parts = use_context::<Parts>().ok_or(AppError::Unavailable)?;
    bootstrap(&app, &parts.extensions).await
}

async fn bootstrap(app: &App, asked: &Extensions) -> Result<Bootstrap, AppError> {
    // Before anything is read: what happens in between is told twice rather than never.
    let since = realtime::server::since(asked);
    let anybody = anybody(app).await?;
    let Some(actor) = actor(asked) else { return Ok(anybody) };
    let ctx = app.ctx(actor);
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
        ..anybody
    })
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
