//! Change-sets whose readers were not told yet.

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Row, Tx},
};
use uuid::Uuid;

const UNNOTICED: &str = "select distinct e.change_set from events e join change_sets s on s.id = e.change_set \
     where e.noticed_at is null and s.status <> 'open' order by e.change_set limit 50";
const FIND: &str = "select id, source, actor, status from change_sets where id = $1";
const TYPES: &str = "select distinct record_type from events where change_set = $1 order by record_type";
const CHANGES: &str = "select record_id, action, fields, version from changes where change_set = $1 and record_type = $2 \
     and record_id in (select distinct record_id from changes where change_set = $1 and record_type = $2 \
     and record_id > $3 order by record_id limit $4) order by record_id, version";
const LATER: &str = "select fields from changes where record_id = $1 and version > $2 and fields is not null \
     order by version limit 100";
const NOTE: &str = "update events set noticed_at = $2 where change_set = $1 and noticed_at is null";

pub const STATEMENTS: &[&str] = &[UNNOTICED, FIND, TYPES, CHANGES, LATER, NOTE];

/// A change-set that is done.
pub struct Set {
    pub id: Uuid,
    pub source: String,
    pub actor: Option<Uuid>,
    pub status: String,
    /// The types of records it changed.
    pub types: Vec<String>,
}

/// What was done to a record.
pub struct Change {
    pub record: Uuid,
    pub action: String,
    /// `{field: [before, after]}` of an edit.
    pub fields: Option<String>,
    /// The version of the record that came of it.
    pub version: i64,
}

/// Change-sets that are done and of which nobody was told, the oldest first.
pub async fn unnoticed(db: &Db) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(UNNOTICED, vec![]).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn find_set(db: &Db, id: Uuid) -> Result<Option<Set>, DbError> {
    let Some(row) = db.fetch_optional(FIND, vec![id.into()]).await? else { return Ok(None) };
    let types = db.fetch_all(TYPES, vec![id.into()]).await?;
    let types = types.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    Ok(Some(Set { id: row.get(0)?, source: row.get(1)?, actor: row.get(2)?, status: row.get(3)?, types }))
}

/// All changes of a change-set to the next records of a type after one, by the record's id.
pub async fn changes(
    db: &Db,
    set: Uuid,
    record_type: &str,
    after: Uuid,
    records: usize,
) -> Result<Vec<Change>, DbError> {
    let records = i64::try_from(records).unwrap_or(i64::MAX);
    let args: Args = vec![set.into(), record_type.into(), after.into(), records.into()];
    let read =
        |row: &Row| Ok(Change { record: row.get(0)?, action: row.get(1)?, fields: row.get(2)?, version: row.get(3)? });
    db.fetch_all(CHANGES, args).await?.iter().map(read).collect()
}

/// What was done to a record after one of its versions, the next first.
pub async fn later(db: &Db, record: Uuid, version: i64) -> Result<Vec<String>, DbError> {
    let fields = db.fetch_all(LATER, vec![record.into(), version.into()]).await?;
    fields.iter().map(|row| row.get(0)).collect()
}

/// Marks a change-set as told; false where somebody did so before.
pub async fn note(tx: &mut Tx, set: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(NOTE, vec![set.into(), now.into()]).await? > 0)
}
