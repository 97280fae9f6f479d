//! All of this domain's own SQL; the record machinery writes the fields of users and teams.

use std::collections::HashMap;

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Row, Source, Tx},
};
use notifications::server::push;
use realtime::server::tell_access;
use records::server::Sql;
use uuid::Uuid;

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)*) => {
        $($(#[$doc])* const $name: &str = $sql;)*

        /// Every fixed statement, for the test that both databases can prepare it.
        pub const STATEMENTS: &[&str] = &[$($name),*];
    };
}

statements! {
    FIND_ACCOUNT = "select id, email, active, password_hash from users where email_key = $1 and deleted_at is null";
    FIND_ACCOUNT_BY_ID = "select id, email, active, password_hash from users where id = $1 and deleted_at is null";
    COUNT_USERS = "select count(*) from users";
    COUNT_ADMINISTRATORS = "select count(*) from users where role = 'admin' and active = $1 and deleted_at is null";
    SET_PASSWORD = "update users set password_hash = $2, password_changed_at = $3 where id = $1";
    REPLACE_HASH = "update users set password_hash = $3 where id = $1 and password_hash = $2";
    NOTE_SIGN_IN = "update users set signed_in_at = $2 where id = $1";
    INSERT_SESSION = "insert into sessions (id, user_id, kind, secret_hash, created_at, seen_at, idle_until, ends_at, address, agent) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    FIND_SESSION_BY_SECRET = "select s.id, s.user_id, s.kind, s.seen_at, s.idle_until, s.ends_at, u.full_name, u.first_name, u.last_name, u.email, u.role, u.team \
        from sessions s join users u on u.id = s.user_id \
        where s.secret_hash = $1 and s.revoked_at is null and u.active = $2 and u.deleted_at is null";
    FIND_SESSION_BY_ID = "select s.id, s.user_id, s.kind, s.seen_at, s.idle_until, s.ends_at, u.full_name, u.first_name, u.last_name, u.email, u.role, u.team \
        from sessions s join users u on u.id = s.user_id \
        where s.id = $1 and s.revoked_at is null and u.active = $2 and u.deleted_at is null";
    FIND_PERSON = "select full_name, first_name, last_name, email, role, team from users \
        where id = $1 and active = $2 and deleted_at is null";
    TOUCH_SESSION = "update sessions set seen_at = $2, idle_until = $3 where id = $1 and revoked_at is null";
    LIST_SESSIONS = "select id, kind, created_at, seen_at, address, agent from sessions \
        where user_id = $1 and revoked_at is null and idle_until > $2 and ends_at > $2 order by seen_at desc, id";
    AGENTS_OF = "select agent from sessions where user_id = $1 and id <> $2 order by created_at desc limit 200";
    REVOKE_SESSION = "update sessions set revoked_at = $2 where id = $1 and revoked_at is null returning user_id";
    REVOKE_SESSION_OF = "update sessions set revoked_at = $3 where id = $1 and user_id = $2 and revoked_at is null";
    DELETE_ENDED_SESSIONS = "delete from sessions where ends_at < $1";
    INSERT_REFRESH_TOKEN = "insert into refresh_tokens (hash, session_id, created_at) values ($1, $2, $3)";
    FIND_REFRESH_TOKEN = "select session_id, used_at from refresh_tokens where hash = $1";
    USE_REFRESH_TOKEN = "update refresh_tokens set used_at = $2 where hash = $1 and used_at is null";
    INSERT_TICKET = "insert into socket_tickets (hash, session, expires_at) values ($1, $2, $3)";
    FIND_TICKET = "select session, expires_at from socket_tickets where hash = $1";
    TAKE_TICKET = "delete from socket_tickets where hash = $1";
    DELETE_OLD_TICKETS = "delete from socket_tickets where expires_at < $1";
    ROLE_PERMISSIONS = "select role, record_type, action, reach from role_permissions";
    ROLE_FIELDS = "select role, record_type, field, access from role_fields";
    DELETE_REACH = "delete from role_permissions where role = $1 and record_type = $2 and action = $3";
    INSERT_REACH = "insert into role_permissions (role, record_type, action, reach) values ($1, $2, $3, $4)";
    TEAM_PARENTS = "select id, parent from teams where deleted_at is null";
    DELETE_SETTING = "delete from settings where key = $1";
    TAKE_SETTING = "delete from settings where key = $1 and value = $2";
    INSERT_SETTING = "insert into settings (key, value, version, updated_at) values ($1, $2, 1, $3)";
}

/// What signing in needs to know of a user.
pub struct Account {
    pub id: Uuid,
    pub email: String,
    pub active: bool,
    pub password_hash: Option<String>,
}

fn account(row: &Row) -> Result<Account, DbError> {
    Ok(Account { id: row.get(0)?, email: row.get(1)?, active: row.get(2)?, password_hash: row.get(3)? })
}

pub async fn find_account(db: &Db, email_key: &str) -> Result<Option<Account>, DbError> {
    db.fetch_optional(FIND_ACCOUNT, vec![email_key.into()]).await?.as_ref().map(account).transpose()
}

pub async fn find_account_by_id(db: &Db, id: Uuid) -> Result<Option<Account>, DbError> {
    db.fetch_optional(FIND_ACCOUNT_BY_ID, vec![id.into()]).await?.as_ref().map(account).transpose()
}

async fn count(mut source: Source<'_>, sql: &str, args: Args) -> Result<i64, DbError> {
    source.fetch_optional(sql, args).await?.map_or(Ok(0), |row| row.get(0))
}

/// All users there ever were: who is in the recycle bin counts.
pub async fn count_users(source: impl Into<Source<'_>>) -> Result<i64, DbError> {
    count(source.into(), COUNT_USERS, vec![]).await
}

/// Administrators who can sign in.
pub async fn count_administrators(tx: &mut Tx) -> Result<i64, DbError> {
    count(tx.into(), COUNT_ADMINISTRATORS, vec![true.into()]).await
}

pub async fn set_password(tx: &mut Tx, user: Uuid, hash: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(SET_PASSWORD, vec![user.into(), hash.into(), now.into()]).await.map(drop)
}

/// Puts a stronger hash of the same password in the place of an old one, unless it was changed meanwhile.
pub async fn replace_hash(tx: &mut Tx, user: Uuid, old: &str, new: &str) -> Result<(), DbError> {
    tx.execute(REPLACE_HASH, vec![user.into(), old.into(), new.into()]).await.map(drop)
}

pub async fn note_sign_in(tx: &mut Tx, user: Uuid, now: Timestamp) -> Result<(), DbError> {
    tx.execute(NOTE_SIGN_IN, vec![user.into(), now.into()]).await.map(drop)
}

/// A session about to be kept.
pub struct NewSession<'a> {
    pub id: Uuid,
    pub user: Uuid,
    pub kind: &'static str,
    pub secret_hash: Option<[u8; 32]>,
    pub now: Timestamp,
    pub idle_until: Timestamp,
    pub ends_at: Timestamp,
    pub address: String,
    pub agent: &'a str,
}

pub async fn insert_session(tx: &mut Tx, session: NewSession<'_>) -> Result<(), DbError> {
    let args: Args = vec![
        session.id.into(),
        session.user.into(),
        session.kind.into(),
        session.secret_hash.map(|h| h.to_vec()).into(),
        session.now.into(),
        session.now.into(),
        session.idle_until.into(),
        session.ends_at.into(),
        session.address.into(),
        session.agent.into(),
    ];
    tx.execute(INSERT_SESSION, args).await.map(drop)
}

/// A session that was not revoked, of a user who may sign in. Whether it has ended by itself is for the caller to see.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: Uuid,
    pub user: Uuid,
    pub kind: String,
    pub seen_at: Timestamp,
    pub idle_until: Timestamp,
    pub ends_at: Timestamp,
    pub person: Person,
}

/// By the hash of a browser's secret.
pub async fn find_session_by_secret(db: &Db, hash: [u8; 32]) -> Result<Option<Session>, DbError> {
    let args = vec![hash.to_vec().into(), true.into()];
    db.fetch_optional(FIND_SESSION_BY_SECRET, args).await?.as_ref().map(session).transpose()
}

/// Who somebody is, apart from any session.
#[derive(Clone, Debug)]
pub struct Person {
    pub full_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: String,
    pub role: String,
    pub team: Option<Uuid>,
}

/// The person in the columns from `at` on.
fn person(row: &Row, at: usize) -> Result<Person, DbError> {
    Ok(Person {
        full_name: row.get(at)?,
        first_name: row.get(at + 1)?,
        last_name: row.get(at + 2)?,
        email: row.get(at + 3)?,
        role: row.get(at + 4)?,
        team: row.get(at + 5)?,
    })
}

/// A user who may sign in.
pub async fn find_person(db: &Db, id: Uuid) -> Result<Option<Person>, DbError> {
    let row = db.fetch_optional(FIND_PERSON, vec![id.into(), true.into()]).await?;
    row.map(|row| person(&row, 0)).transpose()
}

pub async fn find_session_by_id(db: &Db, id: Uuid) -> Result<Option<Session>, DbError> {
    db.fetch_optional(FIND_SESSION_BY_ID, vec![id.into(), true.into()]).await?.as_ref().map(session).transpose()
}

fn session(row: &Row) -> Result<Session, DbError> {
    Ok(Session {
        id: row.get(0)?,
        user: row.get(1)?,
        kind: row.get(2)?,
        seen_at: row.get(3)?,
        idle_until: row.get(4)?,
        ends_at: row.get(5)?,
        person: person(row, 6)?,
    })
}

pub async fn touch_session(tx: &mut Tx, id: Uuid, seen: Timestamp, idle_until: Timestamp) -> Result<(), DbError> {
    tx.execute(TOUCH_SESSION, vec![id.into(), seen.into(), idle_until.into()]).await.map(drop)
}

pub async fn list_sessions(db: &Db, user: Uuid, now: Timestamp) -> Result<Vec<crate::SessionInfo>, DbError> {
    let rows = db.fetch_all(LIST_SESSIONS, vec![user.into(), now.into()]).await?;
    let info = |row: &Row| {
        Ok(crate::SessionInfo {
            id: row.get(0)?,
            kind: row.get(1)?,
            created_at: row.get(2)?,
            seen_at: row.get(3)?,
            address: row.get(4)?,
            agent: row.get(5)?,
            is_current: false,
        })
    };
    rows.iter().map(info).collect()
}

/// What the programs of somebody's other sessions call themselves.
pub async fn agents_of(tx: &mut Tx, user: Uuid, but: Uuid) -> Result<Vec<String>, DbError> {
    tx.fetch_all(AGENTS_OF, vec![user.into(), but.into()]).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn revoke_session(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    let revoked = tx.fetch_optional(REVOKE_SESSION, vec![id.into(), now.into()]).await?;
    push::signed_out(tx, id).await?;
    if let Some(row) = revoked {
        tell_access(tx, Some(row.get(0)?));
    }
    Ok(())
}

/// Revokes a session if it is that user's; tells whether it was.
pub async fn revoke_session_of(tx: &mut Tx, id: Uuid, user: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let revoked = tx.execute(REVOKE_SESSION_OF, vec![id.into(), user.into(), now.into()]).await?;
    if revoked > 0 {
        push::signed_out(tx, id).await?;
        tell_access(tx, Some(user));
    }
    Ok(revoked > 0)
}

/// Revokes all sessions of some users, but for one.
pub async fn revoke_sessions_of(tx: &mut Tx, users: &[Uuid], but: Option<Uuid>, now: Timestamp) -> Result<(), DbError> {
    if users.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new(tx.engine());
    sql.push("update sessions set revoked_at = ");
    sql.bind(now);
    sql.push(" where revoked_at is null and user_id in ");
    sql.bind_list(users.iter().copied());
    if let Some(but) = but {
        sql.push(" and id <> ");
        sql.bind(but);
    }
    let (text, args) = sql.finish();
    tx.execute_bulk(&text, args).await?;
    push::all_signed_out(tx, users, but).await?;
    tell_access(tx, if let [one] = users { Some(*one) } else { None });
    Ok(())
}

/// Forgets sessions that ended before a time, with their refresh tokens.
pub async fn delete_ended_sessions(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    tx.execute(DELETE_ENDED_SESSIONS, vec![before.into()]).await
}

pub async fn insert_refresh_token(tx: &mut Tx, hash: [u8; 32], session: Uuid, now: Timestamp) -> Result<(), DbError> {
    tx.execute(INSERT_REFRESH_TOKEN, vec![hash.to_vec().into(), session.into(), now.into()]).await.map(drop)
}

/// The session of a refresh token, and when the token was used.
pub async fn find_refresh_token(
    source: impl Into<Source<'_>>,
    hash: [u8; 32],
) -> Result<Option<(Uuid, Option<Timestamp>)>, DbError> {
    let row = source.into().fetch_optional(FIND_REFRESH_TOKEN, vec![hash.to_vec().into()]).await?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Marks a refresh token as used; false where somebody was faster.
pub async fn use_refresh_token(tx: &mut Tx, hash: [u8; 32], now: Timestamp) -> Result<bool, DbError> {
    tx.execute(USE_REFRESH_TOKEN, vec![hash.to_vec().into(), now.into()]).await.map(|n| n > 0)
}

pub async fn insert_ticket(tx: &mut Tx, hash: [u8; 32], session: Uuid, expires: Timestamp) -> Result<(), DbError> {
    tx.execute(INSERT_TICKET, vec![hash.to_vec().into(), session.into(), expires.into()]).await.map(drop)
}

/// Uses a ticket up: its session and when it expired or will, for only one of several who try.
pub async fn take_ticket(tx: &mut Tx, hash: [u8; 32]) -> Result<Option<(Uuid, Timestamp)>, DbError> {
    let Some(row) = tx.fetch_optional(FIND_TICKET, vec![hash.to_vec().into()]).await? else { return Ok(None) };
    let is_first = tx.execute(TAKE_TICKET, vec![hash.to_vec().into()]).await? == 1;
    Ok(if is_first { Some((row.get(0)?, row.get(1)?)) } else { None })
}

pub async fn delete_old_tickets(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    tx.execute(DELETE_OLD_TICKETS, vec![before.into()]).await
}

type Four = (String, String, String, String);

async fn fours(db: &Db, sql: &str) -> Result<Vec<Four>, DbError> {
    let rows = db.fetch_all(sql, vec![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).collect()
}

/// Role, record type, action, reach.
pub async fn role_permissions(db: &Db) -> Result<Vec<Four>, DbError> {
    fours(db, ROLE_PERMISSIONS).await
}

/// Role, record type, field, access.
pub async fn role_fields(db: &Db) -> Result<Vec<Four>, DbError> {
    fours(db, ROLE_FIELDS).await
}

pub async fn set_reach(
    tx: &mut Tx,
    role: &str,
    record_type: &str,
    action: &str,
    reach: Option<&str>,
) -> Result<(), DbError> {
    tx.execute(DELETE_REACH, vec![role.into(), record_type.into(), action.into()]).await?;
    if let Some(reach) = reach {
        tx.execute(INSERT_REACH, vec![role.into(), record_type.into(), action.into(), reach.into()]).await?;
    }
    tell_access(tx, None);
    Ok(())
}

/// Each team and the one it is part of.
pub async fn team_parents(db: &Db) -> Result<HashMap<Uuid, Option<Uuid>>, DbError> {
    let rows = db.fetch_all(TEAM_PARENTS, vec![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub async fn put_setting(tx: &mut Tx, key: &str, value: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(DELETE_SETTING, vec![key.into()]).await?;
    tx.execute(INSERT_SETTING, vec![key.into(), value.into(), now.into()]).await.map(drop)
}

/// Removes a setting that has this value; true for only one of several who try.
pub async fn take_setting(tx: &mut Tx, key: &str, value: &str) -> Result<bool, DbError> {
    tx.execute(TAKE_SETTING, vec![key.into(), value.into()]).await.map(|n| n > 0)
}
