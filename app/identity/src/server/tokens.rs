//! Secrets that stand for a session: a browser's cookie, a script's access and refresh tokens.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, crypto::aws_lc::DEFAULT_PROVIDER, decode, decode_header,
    encode,
};
use kernel::{
    AppError, Timestamp,
    server::{Rng, unexpected},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Identity,
    sessions::{self, Key, Live},
    store,
};

/// How long an access token is good for, in seconds.
pub const ACCESS: i64 = 600;
/// How long after its use a refresh token still gives the same successor: for answers lost on the way.
const GRACE: i64 = 10;
/// The type in a token's header (RFC 9068), so that no other kind of token passes for one.
const TYPE: &str = "at+jwt";
const AUDIENCE: &str = "mainstay-api";

/// Chooses the cryptography behind signed tokens. Calling it again changes nothing.
pub fn init() {
    // An error says that the same was chosen before.
    let _ = DEFAULT_PROVIDER.install_default();
}

/// 256 random bits, as text that fits anywhere.
pub(super) fn random_token(rng: &Rng) -> String {
    URL_SAFE_NO_PAD.encode(rng.bytes::<32>())
}

/// What is kept of such a token. It is random, so a fast hash without salt does.
pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The keys that follow from the program's secret.
pub(super) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
    /// Names the key, so that another can take its place one day.
    id: String,
    successors: [u8; 32],
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user.
    sub: Uuid,
    /// The session.
    sid: Uuid,
    iat: i64,
    exp: i64,
}

/// A key of its own for each purpose: HMAC of the purpose under the secret.
fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    mac(secret, purpose.as_bytes())
}

fn mac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A shorter key stands for one filled up with zeros (RFC 2104, section 2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new(&block.into()).chain_update(text).finalize().into_bytes().into()
}

impl Keys {
    pub fn new(secret: &[u8; 32], public_url: &str) -> Self {
        let signing = derive(secret, "mainstay access tokens 1");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[public_url]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Checked against the program's own clock below.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(&signing),
            decoding: DecodingKey::from_secret(&signing),
            validation,
            issuer: public_url.to_owned(),
            id: URL_SAFE_NO_PAD.encode(&Sha256::digest(signing)[..6]),
            successors: derive(secret, "mainstay refresh tokens 1"),
        }
    }

    /// Signs an access token for a session.
    pub fn access_token(&self, user: Uuid, session: Uuid, now: Timestamp) -> Result<String, AppError> {
        let iat = now.micros() / 1_000_000;
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.id.clone());
        let (iss, aud) = (self.issuer.clone(), AUDIENCE.to_owned());
        encode(&header, &Claims { iss, aud, sub: user, sid: session, iat, exp: iat + ACCESS }, &self.encoding)
            .map_err(unexpected)
    }

    /// The user and session an access token was signed for, if it was signed here and is still good.
    pub fn read_access_token(&self, token: &str, now: Timestamp) -> Option<(Uuid, Uuid)> {
        let header = decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) || header.kid.as_deref() != Some(self.id.as_str()) {
            return None;
        }
        let claims = decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        (now.micros() / 1_000_000 < claims.exp).then_some((claims.sub, claims.sid))
    }

    /// The refresh token that follows another: always the same one, and known to nobody without the key.
    fn successor(&self, token: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(&self.successors, token.as_bytes()))
    }
}

/// What a script is given: one token to show, and one to exchange for the next pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPair {
    pub access: String,
    pub refresh: String,
}

/// Exchanges a refresh token for the next pair.
///
/// Each is good once. Who shows a used one again has copied it or was copied, and nobody can tell which, so the whole
/// session ends; only right after its use is it taken for a repeated request and gives the same pair.
pub(super) async fn refresh(identity: &Identity, token: &str) -> Result<TokenPair, AppError> {
    let (now, hash_of_it) = (identity.now(), hash(token));
    let db = identity.app().db();
    let Some((session, _)) = store::find_refresh_token(db, hash_of_it).await? else {
        return Err(AppError::Unauthenticated);
    };
    // Asks the database: a session ended by another process must give no new token.
    let live = store::find_session_by_id(db, session).await?;
    let Some(live) = live.filter(|s| now < s.idle_until && now < s.ends_at) else {
        return Err(AppError::Unauthenticated);
    };
    let successor = identity.keys().successor(token);
    let mut tx = db.begin().await?;
    if store::use_refresh_token(&mut tx, hash_of_it, now).await? {
        store::insert_refresh_token(&mut tx, hash(&successor), session, now).await?;
        let idle = sessions::Kind::Api.idle();
        store::touch_session(&mut tx, session, now, now.plus_seconds(idle)).await?;
        tx.commit().await?;
    } else {
        let used = store::find_refresh_token(&mut tx, hash_of_it).await?.and_then(|(_, used_at)| used_at);
        if used.is_none_or(|used| now.seconds_since(used) >= GRACE) {
            store::revoke_session(&mut tx, session, now).await?;
            tx.commit().await?;
            identity.sessions().clear();
            tracing::warn!(%session, "a refresh token was used twice, its session is ended");
            return Err(AppError::Unauthenticated);
        }
        tx.rollback().await?;
    }
    let access = identity.keys().access_token(live.user, session, now)?;
    Ok(TokenPair { access, refresh: successor })
}

/// How long a ticket is good for, in seconds.
pub const TICKET: i64 = 30;

/// A ticket with which a script that holds a session opens one socket: tokens do not belong into addresses, which are
/// written into logs.
pub(super) async fn ticket(identity: &Identity, session: Uuid) -> Result<String, AppError> {
    let ticket = random_token(identity.app().rng());
    let mut tx = identity.app().db().begin().await?;
    store::insert_ticket(&mut tx, hash(&ticket), session, identity.now().plus_seconds(TICKET)).await?;
    tx.commit().await?;
    Ok(ticket)
}

/// The live session of a ticket, which is used up by this.
pub async fn redeem(identity: &Identity, ticket: &str) -> Result<Option<Live>, AppError> {
    let mut tx = identity.app().db().begin().await?;
    let taken = store::take_ticket(&mut tx, hash(ticket)).await?;
    tx.commit().await?;
    match taken {
        Some((session, expires)) if identity.now() < expires => sessions::find(identity, Key::Id(session)).await,
        _ => Ok(None),
    }
}

/// Ends the session of a refresh token, if there is one.
pub(super) async fn revoke(identity: &Identity, token: &str) -> Result<(), AppError> {
    if let Some((session, _)) = store::find_refresh_token(identity.app().db(), hash(token)).await? {
        end(identity, session).await?;
    }
    Ok(())
}

/// Ends a session.
pub(super) async fn end(identity: &Identity, session: Uuid) -> Result<(), AppError> {
    let mut tx = identity.app().db().begin().await?;
    store::revoke_session(&mut tx, session, identity.now()).await?;
    tx.commit().await?;
    identity.sessions().clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn keys(secret: u8, url: &str) -> Keys {
        init();
        Keys::new(&[secret; 32], url)
    }

    #[test]
    fn a_token_is_good_for_ten_minutes_here_and_nowhere_else() {
        let ours = keys(1, "https://a.example");
        let (user, session) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = ours.access_token(user, session, NOW).unwrap();
        assert_eq!(ours.read_access_token(&token, NOW.plus_seconds(599)), Some((user, session)));
        assert_eq!(ours.read_access_token(&token, NOW.plus_seconds(600)), None);
        assert_eq!(keys(2, "https://a.example").read_access_token(&token, NOW), None);
        assert_eq!(keys(1, "https://b.example").read_access_token(&token, NOW), None);
        for bad in ["", "x", "a.b.c", &token[..token.len() - 2], &format!("{token}x")] {
            assert_eq!(ours.read_access_token(bad, NOW), None, "{bad}");
        }
    }

    /// Whoever can choose the header must not choose how the token is checked (RFC 8725, section 2.1).
    #[test]
    fn other_algorithms_and_types_are_refused() {
        let ours = keys(1, "https://a.example");
        let token = ours.access_token(Uuid::nil(), Uuid::nil(), NOW).unwrap();
        let claims = token.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","typ":"{TYPE}","kid":"{}"}}"#, ours.id));
        assert_eq!(ours.read_access_token(&format!("{none}.{claims}."), NOW), None);
        for (algorithm, typ, kid) in [
            (Algorithm::HS512, TYPE, ours.id.as_str()),
            (Algorithm::HS256, "JWT", &ours.id),
            (Algorithm::HS256, TYPE, "x"),
        ] {
            let mut header = Header::new(algorithm);
            (header.typ, header.kid) = (Some(typ.into()), Some(kid.into()));
            let claims = Claims {
                iss: "https://a.example".into(),
                aud: AUDIENCE.into(),
                sub: Uuid::nil(),
                sid: Uuid::nil(),
                iat: 0,
                exp: i64::MAX,
            };
            let token = encode(&header, &claims, &ours.encoding).unwrap();
            assert_eq!(ours.read_access_token(&token, NOW), None, "{algorithm:?} {typ} {kid}");
        }
    }

    #[test]
    fn successors_follow_from_the_token_and_the_key() {
        let ours = keys(1, "");
        assert_eq!(ours.successor("a"), ours.successor("a"));
        assert_ne!(ours.successor("a"), ours.successor("b"));
        assert_ne!(ours.successor("a"), keys(2, "").successor("a"));
        assert_eq!(ours.successor("a").len(), 43);
    }
}
