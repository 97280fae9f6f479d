//! The first administrator.
//!
//! Until there is a user, whoever can read the program's log can make one: the token printed there proves it. The
//! token's hash is a setting, and taking that setting away is what decides between several who try at once.

use std::{fmt::Write as _, net::IpAddr};

use kernel::{AppError, FieldErrors, server::DbError};

use super::{
    Identity, SignedIn,
    sessions::{self, Kind},
    store, tokens,
    users::{self, NewUser},
};
use crate::Role;

const SETTING: &str = "first_run_token";

/// What the first person tells about themselves and their company.
#[derive(Clone, Debug)]
pub struct Setup {
    pub token: String,
    pub organisation: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub password: String,
    pub address: IpAddr,
    pub agent: String,
}

/// Whether there is nobody yet.
pub async fn is_open(identity: &Identity) -> Result<bool, AppError> {
    Ok(store::count_users(identity.app().db()).await? == 0)
}

/// Makes a token for the first administrator and returns it for the log; nothing once there is a user. Only the last
/// token made is good.
pub async fn prepare(identity: &Identity) -> Result<Option<String>, AppError> {
    if !is_open(identity).await? {
        return Ok(None);
    }
    let token = tokens::random_token(identity.app().rng());
    let mut tx = identity.app().db().begin().await?;
    store::put_setting(&mut tx, SETTING, &kept(&token), identity.now()).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Makes the first administrator and signs them in.
pub async fn complete(identity: &Identity, setup: Setup) -> Result<SignedIn, AppError> {
    let network = setup.address.into();
    identity.throttle().begin(SETTING, network, identity.now()).map_err(AppError::TooMany)?;
    let closed = || AppError::Conflict("somebody has set Mainstay up already: sign in instead".into());
    if !is_open(identity).await? {
        return Err(closed());
    }
    let organisation = setup.organisation.trim();
    let mut errors = FieldErrors::default();
    if organisation.is_empty() {
        errors.add("organisation", "What is the company called?");
    }
    let ctx = identity.system();
    let new = NewUser {
        email: setup.email,
        first_name: Some(setup.first_name),
        last_name: Some(setup.last_name),
        role: Role::Admin,
        team: None,
        password: Some(setup.password),
    };
    let hash = match users::hash_of(identity, &new).await {
        Err(AppError::Invalid(wrong)) => {
            errors.merge(wrong);
            None
        }
        hash => hash?,
    };
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }

    let mut work = ctx.begin().await?;
    if !store::take_setting(&mut work.tx, SETTING, &kept(setup.token.trim())).await? {
        return Err(AppError::Invalid(FieldErrors::one("token", "This is not the token in the program's log.")));
    }
    if store::count_users(&mut work.tx).await? > 0 {
        return Err(closed());
    }
    let user = users::create_in(&ctx, &mut work, &new, hash.as_deref()).await?;
    let from = (setup.address, setup.agent.as_str());
    let opened = sessions::open(identity, &mut work.tx, user, Kind::Browser, from).await?;
    work.commit().await.map_err(|error| match error {
        DbError::Serialization => closed(),
        error => error.into(),
    })?;
    identity.throttle().succeed(SETTING, network);
    // A name that could not be kept can be given again in the settings; the account is there.
    if let Err(error) = organisation::server::ensure(&ctx, organisation).await {
        tracing::warn!(%error, "the organisation's name was not kept");
    }
    Ok(SignedIn { user, session: opened.id, secret: opened.secret, refresh: None })
}

/// What is kept of the token: its hash in hexadecimal.
fn kept(token: &str) -> String {
    tokens::hash(token).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
