//! Where answers are kept.

use kernel::{
    Timestamp,
    server::{Db, DbError},
};
use uuid::Uuid;

/// Seconds for which an answer is kept.
const KEPT: i64 = 24 * 3600;

/// A request that wants to be done once.
#[derive(Clone, Debug)]
pub struct Claim {
    pub actor: Uuid,
    pub key: String,
    /// Method and path.
    pub request: String,
    pub body_hash: Vec<u8>,
    pub at: Timestamp,
}

/// The first request with a key, and its answer once there is one.
pub struct Kept {
    pub request: String,
    pub body_hash: Vec<u8>,
    pub answer: Option<Answer>,
}

pub struct Answer {
    pub status: i64,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Claims a key; returns who had it first, if anybody.
pub async fn claim(db: &Db, claim: &Claim) -> Result<Option<Kept>, DbError> {
    let mut tx = db.begin().await?;
    let old = "delete from idempotency_keys where actor = $1 and created_at < $2";
    tx.execute(old, vec![claim.actor.into(), claim.at.plus_seconds(-KEPT).into()]).await?;
    let insert = "insert into idempotency_keys (actor, key, request, body_hash, created_at) \
                  values ($1, $2, $3, $4, $5) on conflict (actor, key) do nothing";
    let args = vec![
        claim.actor.into(),
        claim.key.as_str().into(),
        claim.request.as_str().into(),
        claim.body_hash.clone().into(),
        claim.at.into(),
    ];
    let is_ours = tx.execute(insert, args).await? == 1;
    let sql = "select request, body_hash, status, headers, body from idempotency_keys where actor = $1 and key = $2";
    let row = if is_ours {
        None
    } else {
        tx.fetch_optional(sql, vec![claim.actor.into(), claim.key.as_str().into()]).await?
    };
    tx.commit().await?;
    let Some(row) = row else { return Ok(None) };
    let answer = match row.get::<Option<i64>>(2)? {
        None => None,
        Some(status) => {
            let headers = row.get::<Option<String>>(3)?.and_then(|text| serde_json::from_str(&text).ok());
            let body = row.get::<Option<Vec<u8>>>(4)?.unwrap_or_default();
            Some(Answer { status, headers: headers.unwrap_or_default(), body })
        }
    };
    Ok(Some(Kept { request: row.get(0)?, body_hash: row.get(1)?, answer }))
}

pub async fn keep(db: &Db, claim: &Claim, answer: Answer) -> Result<(), DbError> {
    let headers = serde_json::to_string(&answer.headers).unwrap_or_default();
    let sql = "update idempotency_keys set status = $3, headers = $4, body = $5 where actor = $1 and key = $2";
    let args =
        vec![claim.actor.into(), claim.key.as_str().into(), answer.status.into(), headers.into(), answer.body.into()];
    let mut tx = db.begin().await?;
    tx.execute(sql, args).await?;
    tx.commit().await
}

/// Gives a key back whose request came to nothing.
pub async fn forget(db: &Db, claim: &Claim) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let sql = "delete from idempotency_keys where actor = $1 and key = $2";
    tx.execute(sql, vec![claim.actor.into(), claim.key.as_str().into()]).await?;
    tx.commit().await
}
