//! Signing in and out.

use std::net::IpAddr;

use kernel::{AppError, FieldErrors, fold};
use uuid::Uuid;

use super::{
    Identity, notifications,
    passwords::Verdict,
    sessions::{self, Kind, Live},
    store, tokens,
};

/// Somebody who says who they are.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub email: String,
    pub password: String,
    pub address: IpAddr,
    /// The program they use, as it calls itself.
    pub agent: String,
}

/// Why somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The same for an unknown address, a wrong password and somebody who may no longer sign in: who asks learns
    /// nothing about who is here.
    #[error("the e-mail or the password is not right")]
    Refused,
    #[error("too many attempts, try again in {0} seconds")]
    TooMany(u32),
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<kernel::server::DbError> for SignInError {
    fn from(error: kernel::server::DbError) -> Self {
        Self::App(error.into())
    }
}

/// For a form: the refusal stands at the password.
impl From<SignInError> for AppError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => {
                Self::Invalid(FieldErrors::one("password", "The e-mail or the password is not right."))
            }
            SignInError::TooMany(seconds) => Self::TooMany(seconds),
            SignInError::App(error) => error,
        }
    }
}

/// Somebody let in.
pub struct SignedIn {
    pub user: Uuid,
    pub session: Uuid,
    /// The secret for a browser's cookie.
    pub secret: Option<String>,
    /// A script's first refresh token.
    pub refresh: Option<String>,
}

/// Lets somebody in who knows their password, and opens a session.
pub async fn sign_in(identity: &Identity, attempt: &Attempt, kind: Kind) -> Result<SignedIn, SignInError> {
    let user = verify(identity, attempt).await?;
    let mut tx = identity.app().db().begin().await?;
    let opened = sessions::open(identity, &mut tx, user, kind, (attempt.address, &attempt.agent)).await?;
    let address = attempt.address.to_canonical().to_string();
    notifications::note_device(identity, &mut tx, user, opened.id, (&address, &attempt.agent)).await?;
    tx.commit().await?;
    tracing::info!(%user, session = %opened.id, address = %attempt.address, "signed in");
    Ok(SignedIn { user, session: opened.id, secret: opened.secret, refresh: opened.refresh })
}

/// Checks a password, counting failures. Takes as long for an address nobody has.
async fn verify(identity: &Identity, attempt: &Attempt) -> Result<Uuid, SignInError> {
    let key = fold::key(&attempt.email.chars().take(320).collect::<String>());
    let network = attempt.address.into();
    let slow_down = identity.throttle().begin(&key, network, identity.now()).map_err(SignInError::TooMany)?;
    if !slow_down.is_zero() {
        tokio::time::sleep(slow_down).await;
    }
    let db = identity.app().db();
    let account = store::find_account(db, &key).await?.filter(|a| a.active);
    let stored = account.as_ref().and_then(|a| a.password_hash.clone());
    let verdict = identity.passwords().verify(&attempt.password, stored.clone()).await?;
    let known = account.as_ref().map(|a| a.id);
    let Some(account) = account.filter(|_| verdict != Verdict::Wrong) else {
        tracing::info!(user = ?known, address = %attempt.address, "a password was refused");
        return Err(SignInError::Refused);
    };
    identity.throttle().succeed(&key, network);
    if let (Verdict::RightButOld, Some(old)) = (verdict, stored) {
        let new = identity.passwords().hash(&attempt.password).await?;
        let mut tx = db.begin().await?;
        store::replace_hash(&mut tx, account.id, &old, &new).await?;
        tx.commit().await?;
    }
    Ok(account.id)
}

/// Checks the password of somebody who is signed in already, before something grave.
pub(super) async fn confirm(
    identity: &Identity,
    user: Uuid,
    password: &str,
    address: IpAddr,
) -> Result<(), SignInError> {
    let account = store::find_account_by_id(identity.app().db(), user).await?.ok_or(SignInError::Refused)?;
    let attempt = Attempt { email: account.email, password: password.to_owned(), address, agent: String::new() };
    verify(identity, &attempt).await.map(drop)
}

/// Ends a session.
pub async fn sign_out(identity: &Identity, live: &Live) -> Result<(), AppError> {
    tokens::end(identity, live.id).await
}
