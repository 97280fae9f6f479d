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

/// Whose a key is.
pub enum Claimed {
    Ours,
    /// Somebody had it first.
    Before(Kept),
    /// The person has as many as they may.
    TooMany,
}

/// Claims a key, of which each person may have so many.
pub async fn claim(db: &Db, claim: &Claim, most: i64) -> Result<Claimed, DbError> {
    let mut tx = db.begin().await?;
    let old = "delete from idempotency_keys where actor = $1 and created_at < $2";
    tx.execute(old, vec![claim.actor.into(), claim.at.plus_seconds(-KEPT).into()]).await?;
    let count = "select count(*) from (select 1 from idempotency_keys where actor = $1 limit $2) counted";
    let count = tx.fetch_optional(count, vec![claim.actor.into(), most.into()]).await?;
    let is_full = count.map(|row| row.get::<i64>(0)).transpose()?.is_some_and(|count| count >= most);
    let insert = "insert into idempotency_keys (actor, key, request, body_hash, created_at) \
                  values ($1, $2, $3, $4, $5) on conflict (actor, key) do nothing";
    let args = vec![
        claim.actor.into(),
        claim.key.as_str().into(),
        claim.request.as_str().into(),
        claim.body_hash.clone().into(),
        claim.at.into(),
    ];
    let is_ours = !is_full && tx.execute(insert, args).await? == 1;
    let sql = "select request, body_hash, status, headers, body from idempotency_keys where actor = $1 and key = $2";
    let row = if is_ours {
        None
    } else {
        tx.fetch_optional(sql, vec![claim.actor.into(), claim.key.as_str().into()]).await?
    };
    tx.commit().await?;
    let Some(row) = row else { return Ok(if is_ours { Claimed::Ours } else { Claimed::TooMany }) };
    let answer = match row.get::<Option<i64>>(2)? {
        None => None,
        Some(status) => {
            let headers = row.get::<Option<String>>(3)?.and_then(|text| serde_json::from_str(&text).ok());
            let body = row.get::<Option<Vec<u8>>>(4)?.unwrap_or_default();
            Some(Answer { status, headers: headers.unwrap_or_default(), body })
        }
    };
    Ok(Claimed::Before(Kept { request: row.get(0)?, body_hash: row.get(1)?, answer }))
}

/// Removes some of what was kept for its time, of people too who do not come again. Says how many there were.
pub async fn sweep(db: &Db, now: Timestamp) -> Result<u64, DbError> {
    let mut tx = db.begin_batch().await?;
    let sql = "delete from idempotency_keys where (actor, key) in \
               (select actor, key from idempotency_keys where created_at < $1 limit 1000)";
    let swept = tx.execute(sql, vec![now.plus_seconds(-KEPT).into()]).await?;
    tx.commit().await?;
    Ok(swept)
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

#[cfg(test)]
mod tests {
    use kernel::server::testing::TestDb;

    use super::*;

    fn at(key: &str, seconds: i64) -> Claim {
        Claim {
            actor: Uuid::nil(),
            key: key.to_owned(),
            request: "POST /".to_owned(),
            body_hash: vec![],
            at: Timestamp::from_micros(0).plus_seconds(1_000_000_000 + seconds),
        }
    }

    #[tokio::test]
    async fn a_person_has_so_many_keys_and_gets_them_back_after_a_day() {
        let db = TestDb::new().await;
        for key in ["a", "b"] {
            assert!(matches!(claim(&db, &at(key, 0), 2).await.unwrap(), Claimed::Ours));
        }
        assert!(matches!(claim(&db, &at("c", 1), 2).await.unwrap(), Claimed::TooMany));
        assert!(matches!(claim(&db, &at("a", 1), 2).await.unwrap(), Claimed::Before(_)));
        assert!(matches!(claim(&db, &at("c", KEPT + 1), 2).await.unwrap(), Claimed::Ours));
    }

    #[tokio::test]
    async fn what_was_kept_for_a_day_is_swept_whoever_comes_again() {
        let db = TestDb::new().await;
        for (key, seconds) in [("a", 0), ("b", 10)] {
            claim(&db, &at(key, seconds), 9).await.unwrap();
        }
        let now = at("", KEPT + 5).at;
        assert_eq!([sweep(&db, now).await.unwrap(), sweep(&db, now).await.unwrap()], [1, 0]);
    }
}
