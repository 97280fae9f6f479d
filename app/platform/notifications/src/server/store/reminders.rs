//! Which times that passed were told of.

use std::collections::HashMap;

use kernel::{
    Timestamp,
    server::{Db, DbError, Tx},
};
use records::server::Sql;
use uuid::Uuid;

const REMIND: &str = "insert into reminders (record_id, due, told_at) values ($1, $2, $3) \
     on conflict (record_id) do update set due = excluded.due, told_at = excluded.told_at";
const FORGET: &str = "delete from reminders where told_at < $1";

pub const STATEMENTS: &[&str] = &[REMIND, FORGET];

/// The time that was told of last of each of some records, as it was written then.
pub async fn reminders(db: &Db, records: &[Uuid]) -> Result<HashMap<Uuid, String>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push("select record_id, due from reminders where record_id in ");
    sql.bind_list(records.iter().copied());
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub async fn remind(tx: &mut Tx, record: Uuid, due: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(REMIND, vec![record.into(), due.into(), now.into()]).await.map(drop)
}

pub async fn forget_reminders(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    tx.execute(FORGET, vec![before.into()]).await.map(drop)
}
