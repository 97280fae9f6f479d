//! What is done to users beyond their fields.

use std::net::IpAddr;

use kernel::{AppError, EmailAddress, FieldErrors};
use records::{
    ChoiceValue, Record, Value,
    server::{self, Action, Ctx, Edit, Work},
};
use uuid::Uuid;

use super::{Identity, passwords, sign_in, store};
use crate::{Role, User};

/// Somebody who is to be able to sign in.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: Role,
    pub team: Option<Uuid>,
    /// Without one they cannot sign in by password.
    pub password: Option<String>,
}

/// How many users there are or were.
pub async fn count(ctx: &Ctx) -> Result<u64, AppError> {
    Ok(u64::try_from(store::count_users(ctx.db()).await?).unwrap_or(0))
}

/// Refuses who does not administer the program.
pub(super) fn administrate(ctx: &Ctx) -> Result<(), AppError> {
    let is_administrator = ctx.actor.user.is_none() || ctx.actor.role == Role::Admin.value();
    if is_administrator { Ok(()) } else { Err(AppError::Forbidden) }
}

/// Adds a user, with a password if there is one. Only administrators do.
pub async fn create(identity: &Identity, ctx: &Ctx, new: NewUser) -> Result<Uuid, AppError> {
    administrate(ctx)?;
    let hash = hash_of(identity, &new).await?;
    let mut work = ctx.begin().await?;
    let id = create_in(ctx, &mut work, &new, hash.as_deref()).await?;
    work.commit().await?;
    Ok(id)
}

/// The hash of a new user's password; what is wrong with it stands at the field.
pub(super) async fn hash_of(identity: &Identity, new: &NewUser) -> Result<Option<String>, AppError> {
    let Some(password) = &new.password else { return Ok(None) };
    passwords::check(password, &new.email).map_err(|why| AppError::Invalid(FieldErrors::one("password", why)))?;
    identity.passwords().hash(password).await.map(Some)
}

/// Adds a user within a transaction.
pub(super) async fn create_in(ctx: &Ctx, work: &mut Work, new: &NewUser, hash: Option<&str>) -> Result<Uuid, AppError> {
    let email = EmailAddress::parse(&new.email)
        .ok_or_else(|| AppError::Invalid(FieldErrors::one("email", "This must be an e-mail address.")))?;
    let user = User {
        full_name: None,
        first_name: new.first_name.clone().filter(|n| !n.trim().is_empty()),
        last_name: new.last_name.clone().filter(|n| !n.trim().is_empty()),
        email,
        role: new.role,
        team: new.team.map(kernel::Id::new),
        active: true,
    };
    let permit = ctx.permit::<User>(Action::Create)?.guarded();
    let set = user.to_cells().0.into_iter().enumerate().filter(|(_, value)| *value != Value::Null).collect();
    let change_set = server::open(ctx, work, "edit", "Added a user", None).await?;
    let written = server::write_in(ctx, work, change_set, &permit, vec![Edit::Create { id: None, set }]).await?;
    let step = written.one()?;
    if let Some(hash) = hash {
        store::set_password(&mut work.tx, step.id, hash, ctx.now()).await?;
    }
    server::close(ctx, work, change_set, 1).await?;
    Ok(step.id)
}

/// Gives a user another role. Only administrators do, and one remains.
pub async fn set_role(identity: &Identity, ctx: &Ctx, user: Uuid, role: Role) -> Result<(), AppError> {
    set_guarded(identity, ctx, user, "role", Value::Text(role.value().to_owned()), "Changed a role").await
}

/// Lets a user sign in, or no longer; then their sessions end.
pub async fn set_active(identity: &Identity, ctx: &Ctx, user: Uuid, active: bool) -> Result<(), AppError> {
    let title = if active { "Let a user in again" } else { "Shut a user out" };
    set_guarded(identity, ctx, user, "active", Value::Bool(active), title).await
}

async fn set_guarded(
    identity: &Identity,
    ctx: &Ctx,
    user: Uuid,
    field: &str,
    value: Value,
    title: &str,
) -> Result<(), AppError> {
    administrate(ctx)?;
    let permit = ctx.permit::<User>(Action::Edit)?.guarded();
    let (field, _) = User::TYPE.field(field).ok_or(AppError::NotFound)?;
    let edit = Edit::Set { id: user, version: None, set: vec![(field, value)] };
    server::write(ctx, &permit, vec![edit], "edit", title).await?.one()?;
    identity.forget();
    Ok(())
}

/// Changes one's own password, which ends all one's other sessions. The current one is asked for again: an unlocked
/// screen must not be enough.
pub async fn change_password(
    identity: &Identity,
    ctx: &Ctx,
    session: Option<Uuid>,
    (current, new): (&str, &str),
    address: IpAddr,
) -> Result<(), AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    sign_in::confirm(identity, user, current, address).await.map_err(|error| match error {
        sign_in::SignInError::Refused => {
            AppError::Invalid(FieldErrors::one("current", "This is not your present password."))
        }
        other => other.into(),
    })?;
    replace_password(identity, ctx, user, new, session).await
}

/// Gives a user another password, which ends all their sessions. Only administrators do.
pub async fn set_password(identity: &Identity, ctx: &Ctx, user: Uuid, new: &str) -> Result<(), AppError> {
    administrate(ctx)?;
    replace_password(identity, ctx, user, new, None).await
}

async fn replace_password(
    identity: &Identity,
    ctx: &Ctx,
    user: Uuid,
    new: &str,
    but: Option<Uuid>,
) -> Result<(), AppError> {
    let account = store::find_account_by_id(ctx.db(), user).await?.ok_or(AppError::NotFound)?;
    passwords::check(new, &account.email).map_err(|why| AppError::Invalid(FieldErrors::one("new", why)))?;
    let hash = identity.passwords().hash(new).await?;
    let mut tx = ctx.db().begin().await?;
    store::set_password(&mut tx, user, &hash, ctx.now()).await?;
    store::revoke_sessions_of(&mut tx, &[user], but, ctx.now()).await?;
    tx.commit().await?;
    identity.sessions().clear();
    Ok(())
}
