//! What the browser calls.
//!
//! Public, that is answered without signing in: [`sign_in`], [`first_run_open`], [`set_up`], [`sign_out`].

use kernel::AppError;
use leptos::prelude::*;
use uuid::Uuid;

use crate::SessionInfo;

/// Signs in and says where to go on: to `next` if that is a path of this site.
#[server(endpoint = "identity/sign-in")]
pub async fn sign_in(email: String, password: String, next: String) -> Result<String, AppError> {
    use crate::server::{Attempt, http, sessions::Kind};
    let (identity, parts) = crate::server::current()?;
    let (address, agent) = (http::address(&parts), http::agent(&parts.headers));
    let attempt = Attempt { email, password, address, agent };
    let signed_in = crate::server::sign_in(&identity, &attempt, Kind::Browser).await?;
    http::end_former(&identity, &parts.headers).await?;
    http::enter(&identity, &parts, &signed_in, crate::local_path(&next)).await
}

/// Ends the session of whoever asks.
#[server(endpoint = "identity/sign-out")]
pub async fn sign_out() -> Result<(), AppError> {
    let (identity, parts) = crate::server::current()?;
    if let Some(live) = crate::server::session_of(&parts) {
        crate::server::sign_out(&identity, &live).await?;
    }
    crate::server::http::leave(&identity, &parts)
}

/// Whether there is no user yet, so that the first administrator can be made.
#[server(endpoint = "identity/first-run-open")]
pub async fn first_run_open() -> Result<bool, AppError> {
    crate::server::first_run::is_open(&crate::server::current()?.0).await
}

/// Makes the first administrator and signs them in. Works with the token from the program's log, and only once.
#[server(endpoint = "identity/set-up")]
pub async fn set_up(
    token: String,
    organisation: String,
    first_name: String,
    last_name: String,
    email: String,
    password: String,
) -> Result<String, AppError> {
    use crate::server::{first_run, http};
    let (identity, parts) = crate::server::current()?;
    let (address, agent) = (http::address(&parts), http::agent(&parts.headers));
    let setup = first_run::Setup { token, organisation, first_name, last_name, email, password, address, agent };
    let signed_in = first_run::complete(&identity, setup).await?;
    http::enter(&identity, &parts, &signed_in, "/").await
}

/// One's own sessions, the last used first.
#[server(endpoint = "identity/sessions")]
pub async fn sessions() -> Result<Vec<SessionInfo>, AppError> {
    let (_, parts) = crate::server::current()?;
    let current = crate::server::session_of(&parts).map(|live| live.id);
    crate::server::sessions::list(&request::ctx().await?, current).await
}

/// Ends one of one's own sessions.
#[server(endpoint = "identity/revoke-session")]
pub async fn revoke_session(id: Uuid) -> Result<(), AppError> {
    let (identity, _) = crate::server::current()?;
    crate::server::sessions::revoke(&identity, &request::ctx().await?, id).await
}

/// Changes one's own password, which ends all one's other sessions.
#[server(endpoint = "identity/change-password")]
pub async fn change_password(current: String, new: String) -> Result<(), AppError> {
    let (identity, parts) = crate::server::current()?;
    let ctx = request::ctx().await?;
    let session = crate::server::session_of(&parts).map(|live| live.id);
    let address = crate::server::http::address(&parts);
    crate::server::users::change_password(&identity, &ctx, session, (&current, &new), address).await
}
