//! How long somebody stays signed in, and how requests are known to be theirs.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use kernel::{AppError, Timestamp};
use records::server::{Actor, Ctx};
use request::SessionOf;
use uuid::Uuid;

use super::{Identity, policy::policy, store, tokens};
use crate::{SessionInfo, User, Viewer};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// What a session belongs to: a browser with a cookie, or a script with tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Browser,
    Api,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }

    fn parse(name: &str) -> Self {
        if name == "api" { Self::Api } else { Self::Browser }
    }

    /// Seconds without a request after which a session ends.
    pub const fn idle(self) -> i64 {
        match self {
            Self::Browser => 12 * HOUR,
            Self::Api => 7 * DAY,
        }
    }

    /// Seconds after which a session ends, whatever happens in it.
    pub const fn longest(self) -> i64 {
        match self {
            Self::Browser => 14 * DAY,
            Self::Api => 30 * DAY,
        }
    }
}

/// A session that may act, with its user.
#[derive(Clone, Debug)]
pub struct Live {
    pub id: Uuid,
    pub kind: Kind,
    pub actor: Arc<Actor>,
    first_name: Option<String>,
    last_name: Option<String>,
    seen_at: Timestamp,
    idle_until: Timestamp,
    ends_at: Timestamp,
}

impl Live {
    fn has_ended(&self, now: Timestamp) -> bool {
        now >= self.idle_until || now >= self.ends_at
    }

    /// What modules that know nothing of sessions are told.
    pub(super) const fn as_known_to_others(&self) -> SessionOf {
        SessionOf { id: self.id, ends_at: self.ends_at }
    }

    /// Its user, as they may know themselves.
    pub fn viewer(&self, identity: &Identity) -> Viewer {
        let actor = &self.actor;
        Viewer {
            id: actor.user.unwrap_or_default(),
            email: actor.email.clone(),
            full_name: actor.name.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            role: actor.role.clone(),
            team: actor.team,
            permissions: super::roles::permissions(&actor.grants, identity.app().registry()),
        }
    }
}

/// By what a session is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// The hash of a browser's secret.
    Secret([u8; 32]),
    Id(Uuid),
}

/// How long a session is believed without asking the database. Together with [`super::policy`] this stays within the
/// second after which a revocation must be known everywhere.
const AGE: Duration = Duration::from_millis(400);
/// How many sessions are remembered.
const KEPT: usize = 10_000;
/// How often a session in use is written down as such, in seconds.
const TOUCH: i64 = 60;

struct Remembered {
    at: Instant,
    changes: u64,
    live: Live,
}

/// Sessions seen a moment ago.
#[derive(Default)]
pub(super) struct SessionCache(RwLock<HashMap<Key, Remembered>>);

impl SessionCache {
    pub fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn find(&self, key: &Key, changes: u64) -> Option<Live> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(key).filter(|k| k.changes == changes && k.at.elapsed() < AGE);
        known.map(|k| k.live.clone())
    }

    fn put(&self, key: Key, remembered: Remembered) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.retain(|_, k| k.at.elapsed() < AGE);
        }
        if known.len() < KEPT {
            known.insert(key, remembered);
        }
    }
}

/// The live session for a key, for somebody who uses it.
pub(super) async fn find(identity: &Identity, key: Key) -> Result<Option<Live>, AppError> {
    look_up(identity, key, true).await
}

/// A live session, from memory or from the database.
async fn look_up(identity: &Identity, key: Key, is_used: bool) -> Result<Option<Live>, AppError> {
    let registry = identity.app().registry();
    let changes = ["users", "teams"].into_iter().filter_map(|ty| registry.get(ty)).map(|e| e.changes()).sum();
    let now = identity.now();
    if let Some(live) = identity.sessions().find(&key, changes) {
        return Ok((!live.has_ended(now)).then_some(live));
    }
    let (at, db) = (Instant::now(), identity.app().db());
    let row = match key {
        Key::Secret(hash) => store::find_session_by_secret(db, hash).await?,
        Key::Id(id) => store::find_session_by_id(db, id).await?,
    };
    let Some(row) = row else { return Ok(None) };
    let live = live(identity, row).await?;
    if live.has_ended(now) {
        return Ok(None);
    }
    // What is remembered is known to be in use.
    if is_used {
        if now.seconds_since(live.seen_at) >= TOUCH {
            // Nobody waits for this; should it fail, the next request tries again.
            tokio::spawn(touch(identity.clone(), live.clone(), now));
        }
        identity.sessions().put(key, Remembered { at, changes, live: live.clone() });
    }
    Ok(Some(live))
}

async fn live(identity: &Identity, row: store::Session) -> Result<Live, AppError> {
    let (first_name, last_name) = (row.person.first_name.clone(), row.person.last_name.clone());
    Ok(Live {
        id: row.id,
        kind: Kind::parse(&row.kind),
        actor: Arc::new(act_as(identity, row.user, row.person).await?),
        first_name,
        last_name,
        seen_at: row.seen_at,
        idle_until: row.idle_until,
        ends_at: row.ends_at,
    })
}

/// A person with the rights they have now.
async fn act_as(identity: &Identity, user: Uuid, person: store::Person) -> Result<Actor, AppError> {
    let policy = policy(identity).await?;
    let name = person.full_name.filter(|n| !n.is_empty());
    let name =
        name.unwrap_or_else(|| User::name_of(person.first_name.as_deref(), person.last_name.as_deref(), &person.email));
    Ok(Actor {
        user: Some(user),
        name,
        email: person.email,
        grants: policy.grants(&person.role),
        role: person.role,
        team: person.team,
        teams: policy.teams_of(person.team),
    })
}

/// A user with the rights they have now, for work on their behalf. `None` for who may not sign in any more.
pub async fn actor_of(identity: &Identity, user: Uuid) -> Result<Option<Arc<Actor>>, AppError> {
    match store::find_person(identity.app().db(), user).await? {
        Some(person) => Ok(Some(Arc::new(act_as(identity, user, person).await?))),
        None => Ok(None),
    }
}

async fn touch(identity: Identity, live: Live, now: Timestamp) {
    let touched = async {
        let mut tx = identity.app().db().begin().await?;
        store::touch_session(&mut tx, live.id, now, now.plus_seconds(live.kind.idle())).await?;
        tx.commit().await
    };
    if let Err(error) = touched.await {
        tracing::debug!(%error, "a session's last use was not noted");
    }
}

/// A session just opened. Its secrets leave the program here and are not kept.
pub(super) struct Opened {
    pub id: Uuid,
    /// The browser's secret.
    pub secret: Option<String>,
    /// The first of the script's refresh tokens.
    pub refresh: Option<String>,
}

/// Opens a session within a transaction.
pub(super) async fn open(
    identity: &Identity,
    tx: &mut kernel::server::Tx,
    user: Uuid,
    kind: Kind,
    (address, agent): (IpAddr, &str),
) -> Result<Opened, AppError> {
    let now = identity.now();
    let secret = tokens::random_token(identity.app().rng());
    let id = identity.app().clock().new_id(identity.app().rng());
    let hash = tokens::hash(&secret);
    let session = store::NewSession {
        id,
        user,
        kind: kind.name(),
        secret_hash: (kind == Kind::Browser).then_some(hash),
        now,
        idle_until: now.plus_seconds(kind.idle()),
        ends_at: now.plus_seconds(kind.longest()),
        address: address.to_canonical().to_string(),
        agent: shortened(agent),
    };
    store::insert_session(tx, session).await?;
    store::note_sign_in(tx, user, now).await?;
    let (secret, refresh) = match kind {
        Kind::Browser => (Some(secret), None),
        Kind::Api => {
            store::insert_refresh_token(tx, hash, id, now).await?;
            (None, Some(secret))
        }
    };
    Ok(Opened { id, secret, refresh })
}

/// What a program calls itself, as far as it is worth keeping.
fn shortened(agent: &str) -> &str {
    let end = agent.char_indices().map(|(i, _)| i).take_while(|i| *i <= 200).last().unwrap_or(0);
    if agent.len() <= 200 { agent } else { &agent[..end] }
}

/// One's own sessions, the last used first.
pub async fn list(ctx: &Ctx, current: Option<Uuid>) -> Result<Vec<SessionInfo>, AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let mut sessions = store::list_sessions(ctx.db(), user, ctx.now()).await?;
    for session in &mut sessions {
        session.is_current = Some(session.id) == current;
    }
    Ok(sessions)
}

/// Ends one of one's own sessions.
pub async fn revoke(identity: &Identity, ctx: &Ctx, session: Uuid) -> Result<(), AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let mut tx = ctx.db().begin().await?;
    let was = store::revoke_session_of(&mut tx, session, user, ctx.now()).await?;
    tx.commit().await?;
    identity.sessions().clear();
    if was { Ok(()) } else { Err(AppError::NotFound) }
}

/// Ends all of one's own sessions but the current one.
pub async fn revoke_others(identity: &Identity, ctx: &Ctx, current: Uuid) -> Result<(), AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let mut tx = ctx.db().begin().await?;
    store::revoke_sessions_of(&mut tx, &[user], Some(current), ctx.now()).await?;
    tx.commit().await?;
    identity.sessions().clear();
    Ok(())
}

/// Who a session belongs to now, and what they may do. `None` once it is over. This does not count as its use: a page
/// that is left open keeps nobody signed in.
pub async fn still(identity: &Identity, session: Uuid) -> Result<Option<Arc<Actor>>, AppError> {
    Ok(look_up(identity, Key::Id(session), false).await?.map(|live| live.actor))
}

/// Deletes sessions that ended more than a month ago, and tickets nobody used. Tells how many sessions.
pub async fn prune(ctx: &Ctx) -> Result<u64, AppError> {
    let mut tx = ctx.db().begin().await?;
    store::delete_old_tickets(&mut tx, ctx.now().plus_seconds(-DAY)).await?;
    let count = store::delete_ended_sessions(&mut tx, ctx.now().plus_seconds(-30 * DAY)).await?;
    tx.commit().await?;
    Ok(count)
}
