//! Change-sets whose readers were not told yet.

use std::collections::HashSet;

use kernel::{
    Timestamp,
    server::{Db, DbError, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

const UNNOTICED: &str = "select e.change_set, s.source, s.actor, s.status, e.record_type, \
     cast(sum(e.created + e.edited + e.deleted + e.restored) as bigint) from events e join change_sets s \
     on s.id = e.change_set where e.noticed_at is null and e.change_set in (select e.change_set from events e \
     join change_sets s on s.id = e.change_set where e.noticed_at is null and s.status <> 'open' \
     group by e.change_set order by e.change_set limit 50) \
     group by e.change_set, s.source, s.actor, s.status, e.record_type order by e.change_set, e.record_type";
const LATER: &str = "select fields from changes where record_id = $1 and version > $2 and fields is not null \
     order by version limit 100";

pub const STATEMENTS: &[&str] = &[UNNOTICED, LATER];

/// A change-set that is done.
pub struct Set {
    pub id: Uuid,
    pub source: String,
    pub actor: Option<Uuid>,
    pub status: String,
    /// The types of records it changed.
    pub types: Vec<String>,
    /// How many changes that were.
    pub changes: i64,
}

/// What was done to a record.
pub struct Change {
    /// The change-set it is part of.
    pub set: Uuid,
    pub record: Uuid,
    pub action: String,
    /// `{field: [before, after]}` of an edit.
    pub fields: Option<String>,
    /// The version of the record that came of it.
    pub version: i64,
}

/// Change-sets that are done and of which nobody was told, the oldest first.
pub async fn unnoticed(db: &Db) -> Result<Vec<Set>, DbError> {
    let mut sets: Vec<Set> = vec![];
    for row in db.fetch_all(UNNOTICED, vec![]).await? {
        let (id, record_type, changes) = (row.get(0)?, row.get(4)?, row.get::<i64>(5)?);
        if let Some(set) = sets.last_mut().filter(|set| set.id == id) {
            set.types.push(record_type);
            set.changes += changes;
        } else {
            let (source, actor, status) = (row.get(1)?, row.get(2)?, row.get(3)?);
            sets.push(Set { id, source, actor, status, types: vec![record_type], changes });
        }
    }
    Ok(sets)
}

/// All changes of some change-sets to the next records of a type after one, by the record's id.
pub async fn changes(
    db: &Db,
    sets: &[&Set],
    record_type: &str,
    after: Uuid,
    records: usize,
) -> Result<Vec<Change>, DbError> {
    let mut sql = Sql::new(db.engine());
    let among = |sql: &mut Sql| {
        sql.push(" from changes where change_set in ");
        sql.bind_list(sets.iter().map(|set| set.id));
        sql.push(" and record_type = ");
        sql.bind(record_type);
    };
    sql.push("select change_set, record_id, action, fields, version");
    among(&mut sql);
    sql.push(" and record_id in (select distinct record_id");
    among(&mut sql);
    sql.push(" and record_id > ");
    sql.bind(after);
    sql.push(" order by record_id limit ");
    sql.bind(i64::try_from(records).unwrap_or(i64::MAX));
    sql.push(") order by record_id, version");
    let (text, args) = sql.finish();
    let read = |row: &Row| {
        let (set, record, action) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Change { set, record, action, fields: row.get(3)?, version: row.get(4)? })
    };
    db.fetch_all(&text, args).await?.iter().map(read).collect()
}

/// What was done to a record after one of its versions, the next first.
pub async fn later(db: &Db, record: Uuid, version: i64) -> Result<Vec<String>, DbError> {
    let fields = db.fetch_all(LATER, vec![record.into(), version.into()]).await?;
    fields.iter().map(|row| row.get(0)).collect()
}

/// Marks change-sets as told, and says which of them nobody had marked before.
pub async fn note(tx: &mut Tx, sets: &[Set], now: Timestamp) -> Result<HashSet<Uuid>, DbError> {
    let mut sql = Sql::new(tx.engine());
    sql.push("update events set noticed_at = ");
    sql.bind(now);
    sql.push(" where noticed_at is null and change_set in ");
    sql.bind_list(sets.iter().map(|set| set.id));
    sql.push(" returning change_set");
    let (text, args) = sql.finish();
    tx.fetch_all(&text, args).await?.iter().map(|row| row.get(0)).collect()
}
