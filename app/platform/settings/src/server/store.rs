//! The rows of settings.

use std::collections::BTreeMap;

use kernel::{
    Timestamp,
    server::{Db, DbError, Tx},
};
use uuid::Uuid;

const ALL: &str = "select name, value, sealed from system_settings";
const PUT: &str = "insert into system_settings (name, value, sealed, changed_by, changed_at) values ($1, $2, $3, $4, $5) \
     on conflict (name) do update set value = excluded.value, sealed = excluded.sealed, \
     changed_by = excluded.changed_by, changed_at = excluded.changed_at";
const REMOVE: &str = "delete from system_settings where name = $1";
const RENEW: &str = "update system_settings set sealed = $3 where name = $1 and sealed = $2";

const FIND_SEALED: &str = "select sealed from system_settings where name = $1 and sealed is not null";
const ADD_SEALED: &str = "insert into system_settings (name, sealed, changed_at) values ($1, $2, $3) \
     on conflict (name) do nothing";

/// Every statement, for the test that both databases know them.
pub const STATEMENTS: [&str; 6] = [ALL, PUT, REMOVE, RENEW, FIND_SEALED, ADD_SEALED];

/// A text, or a sealed secret.
type Value = (Option<String>, Option<Vec<u8>>);

/// Everything that is set, by name.
pub async fn all(db: &Db) -> Result<BTreeMap<String, Value>, DbError> {
    let rows = db.fetch_all(ALL, vec![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).collect()
}

pub async fn put(
    tx: &mut Tx,
    name: &str,
    value: Option<&str>,
    sealed: Option<Vec<u8>>,
    by: Option<Uuid>,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(PUT, vec![name.into(), value.into(), sealed.into(), by.into(), now.into()]).await.map(drop)
}

pub async fn remove(tx: &mut Tx, name: &str) -> Result<(), DbError> {
    tx.execute(REMOVE, vec![name.into()]).await.map(drop)
}

pub async fn find_sealed(db: &Db, name: &str) -> Result<Option<Vec<u8>>, DbError> {
    db.fetch_optional(FIND_SEALED, vec![name.into()]).await?.map(|row| row.get(0)).transpose()
}

/// Keeps a sealed secret where none is kept by this name.
pub async fn add_sealed(tx: &mut Tx, name: &str, sealed: Vec<u8>, now: Timestamp) -> Result<(), DbError> {
    tx.execute(ADD_SEALED, vec![name.into(), sealed.into(), now.into()]).await.map(drop)
}

/// Exchanges a sealed secret, unless somebody set another meanwhile.
pub async fn renew(tx: &mut Tx, name: &str, before: Vec<u8>, after: Vec<u8>) -> Result<(), DbError> {
    tx.execute(RENEW, vec![name.into(), before.into(), after.into()]).await.map(drop)
}
