//! Browsers that show notifications, and which of them a delivery reached.

use std::collections::HashSet;

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Row, Tx},
};
use records::server::Sql;
use request::SessionOf;
use uuid::Uuid;

use crate::server::push::{Reader, Target};

const LIST: &str = "select id, session, agent, created_at, used_at from push_subscriptions \
     where user_id = $1 and ends_at > $2 order by id";
const OF: &str =
    "select id, endpoint, p256dh, auth from push_subscriptions where user_id = $1 and ends_at > $2 order by id";
const WITHOUT: &str = "select id, endpoint, p256dh, auth from push_subscriptions s where user_id = $1 and ends_at > $3 \
     and not exists (select 1 from push_receipts r where r.delivery = $2 and r.subscription = s.id) order by id";
const SAME: &str = "select id from push_subscriptions where endpoint = $1 and user_id = $2 and session = $3 \
     and p256dh = $4 and auth = $5";
const FIND: &str = "select id from push_subscriptions where endpoint = $1";
const INSERT: &str = "insert into push_subscriptions (id, user_id, session, ends_at, endpoint, p256dh, auth, agent, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const RENEW: &str =
    "update push_subscriptions set session = $2, ends_at = $3, p256dh = $4, auth = $5, agent = $6 where id = $1";
const COUNT: &str = "select count(*) from push_subscriptions where user_id = $1";
const DELETE: &str = "delete from push_subscriptions where id = $1";
const DELETE_OF: &str = "delete from push_subscriptions where id = $1 and user_id = $2";
const DELETE_AT: &str = "delete from push_subscriptions where user_id = $1 and endpoint = $2";
const DELETE_OF_OTHERS: &str = "delete from push_subscriptions where user_id <> $1 and endpoint = $2";
const DELETE_OF_SESSION: &str = "delete from push_subscriptions where session = $1";
const DELETE_ENDED: &str = "delete from push_subscriptions where ends_at <= $1";
const TOUCH: &str = "update push_subscriptions set used_at = $2 where id = $1";
const RECEIPTS: &str = "select count(*) from push_receipts where delivery = $1";
const ADD_RECEIPT: &str = "insert into push_receipts (delivery, subscription) select d.id, s.id \
     from deliveries d, push_subscriptions s where d.id = $1 and s.id = $2 on conflict (delivery, subscription) do nothing";

pub const STATEMENTS: &[&str] = &[
    LIST,
    OF,
    WITHOUT,
    SAME,
    FIND,
    INSERT,
    RENEW,
    COUNT,
    DELETE,
    DELETE_OF,
    DELETE_AT,
    DELETE_OF_OTHERS,
    DELETE_OF_SESSION,
    DELETE_ENDED,
    TOUCH,
    RECEIPTS,
    ADD_RECEIPT,
];

/// A subscription as a list shows it.
pub struct Known {
    pub id: Uuid,
    pub session: Uuid,
    pub agent: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// Those of one person that have not ended, the first first.
pub async fn list_subscriptions(db: &Db, user: Uuid, now: Timestamp) -> Result<Vec<Known>, DbError> {
    let read = |row: &Row| {
        Ok(Known {
            id: row.get(0)?,
            session: row.get(1)?,
            agent: row.get(2)?,
            created_at: row.get(3)?,
            used_at: row.get(4)?,
        })
    };
    db.fetch_all(LIST, vec![user.into(), now.into()]).await?.iter().map(read).collect()
}

fn target(row: &Row) -> Result<Target, DbError> {
    Ok(Target { id: row.get(0)?, endpoint: row.get(1)?, reader: Reader { p256dh: row.get(2)?, auth: row.get(3)? } })
}

/// Where messages for one person go.
pub async fn subscriptions_of(db: &Db, user: Uuid, now: Timestamp) -> Result<Vec<Target>, DbError> {
    db.fetch_all(OF, vec![user.into(), now.into()]).await?.iter().map(target).collect()
}

/// Those that a delivery has not reached.
pub async fn subscriptions_without(
    db: &Db,
    user: Uuid,
    delivery: Uuid,
    now: Timestamp,
) -> Result<Vec<Target>, DbError> {
    db.fetch_all(WITHOUT, vec![user.into(), delivery.into(), now.into()]).await?.iter().map(target).collect()
}

/// Those of some people who have a browser that shows notifications.
pub async fn with_subscriptions(db: &Db, users: &[Uuid], now: Timestamp) -> Result<HashSet<Uuid>, DbError> {
    let mut found = HashSet::new();
    for some in users.chunks(1_000) {
        let mut sql = Sql::new(db.engine());
        sql.push("select distinct user_id from push_subscriptions where ends_at > ");
        sql.bind(now);
        sql.push(" and user_id in ");
        sql.bind_list(some.iter().copied());
        let (text, args) = sql.finish();
        for row in db.fetch_all(&text, args).await? {
            found.insert(row.get(0)?);
        }
    }
    Ok(found)
}

/// A subscription about to be written.
pub struct NewSubscription<'a> {
    pub id: Uuid,
    pub user: Uuid,
    pub session: SessionOf,
    pub endpoint: &'a str,
    pub reader: &'a Reader,
    pub agent: &'a str,
    pub now: Timestamp,
}

/// One that says the same already.
pub async fn find_same_subscription(tx: &mut Tx, new: &NewSubscription<'_>) -> Result<Option<Uuid>, DbError> {
    let Reader { p256dh, auth } = new.reader.clone();
    let args: Args = vec![new.endpoint.into(), new.user.into(), new.session.id.into(), p256dh.into(), auth.into()];
    tx.fetch_optional(SAME, args).await?.map(|row| row.get(0)).transpose()
}

/// Writes one, or over the one of the same address. Says its id and whether it is new.
pub async fn put_subscription(tx: &mut Tx, new: &NewSubscription<'_>) -> Result<(Uuid, bool), DbError> {
    let Reader { p256dh, auth } = new.reader.clone();
    let (session, ends_at) = (new.session.id.into(), new.session.ends_at.into());
    if let Some(row) = tx.fetch_optional(FIND, vec![new.endpoint.into()]).await? {
        let id: Uuid = row.get(0)?;
        tx.execute(RENEW, vec![id.into(), session, ends_at, p256dh.into(), auth.into(), new.agent.into()]).await?;
        return Ok((id, false));
    }
    let args: Args = vec![
        new.id.into(),
        new.user.into(),
        session,
        ends_at,
        new.endpoint.into(),
        p256dh.into(),
        auth.into(),
        new.agent.into(),
        new.now.into(),
    ];
    tx.execute(INSERT, args).await?;
    Ok((new.id, true))
}

pub async fn count_subscriptions(tx: &mut Tx, user: Uuid) -> Result<usize, DbError> {
    let row = tx.fetch_optional(COUNT, vec![user.into()]).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Deletes one, if it is that person's where one is named; tells whether it did.
pub async fn delete_subscription(tx: &mut Tx, id: Uuid, user: Option<Uuid>) -> Result<bool, DbError> {
    let deleted = match user {
        Some(user) => tx.execute(DELETE_OF, vec![id.into(), user.into()]).await?,
        None => tx.execute(DELETE, vec![id.into()]).await?,
    };
    Ok(deleted > 0)
}

pub async fn delete_subscription_at(tx: &mut Tx, user: Uuid, endpoint: &str) -> Result<(), DbError> {
    tx.execute(DELETE_AT, vec![user.into(), endpoint.into()]).await.map(drop)
}

pub async fn delete_subscription_of_others(tx: &mut Tx, user: Uuid, endpoint: &str) -> Result<(), DbError> {
    tx.execute(DELETE_OF_OTHERS, vec![user.into(), endpoint.into()]).await.map(drop)
}

pub async fn delete_subscriptions_of_session(tx: &mut Tx, session: Uuid) -> Result<(), DbError> {
    tx.execute(DELETE_OF_SESSION, vec![session.into()]).await.map(drop)
}

/// Those of some people, but for one session's.
pub async fn delete_subscriptions_of(tx: &mut Tx, users: &[Uuid], but: Option<Uuid>) -> Result<(), DbError> {
    let mut sql = Sql::new(tx.engine());
    sql.push("delete from push_subscriptions where user_id in ");
    sql.bind_list(users.iter().copied());
    if let Some(but) = but {
        sql.push(" and session <> ");
        sql.bind(but);
    }
    let (text, args) = sql.finish();
    tx.execute_bulk(&text, args).await.map(drop)
}

/// Those whose session is over.
pub async fn delete_ended_subscriptions(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    tx.execute(DELETE_ENDED, vec![now.into()]).await
}

pub async fn touch_subscription(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    tx.execute(TOUCH, vec![id.into(), now.into()]).await.map(drop)
}

/// How many browsers a delivery reached.
pub async fn count_receipts(db: &Db, delivery: Uuid) -> Result<i64, DbError> {
    let row = db.fetch_optional(RECEIPTS, vec![delivery.into()]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Notes that a delivery reached a browser, unless that was removed meanwhile.
pub async fn add_receipt(tx: &mut Tx, delivery: Uuid, subscription: Uuid) -> Result<(), DbError> {
    tx.execute(ADD_RECEIPT, vec![delivery.into(), subscription.into()]).await.map(drop)
}
