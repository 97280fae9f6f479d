//! The rows of `backups`, and what a copy of the database says about files.

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Row, Snapshot, Tx},
};
use uuid::Uuid;

use super::{contents::FileSum, make::Made};
use crate::{BackupInfo, Cause, Status};

macro_rules! columns {
    () => {
        "id, cause, status, name, bytes, row_count, file_count, error, started_at, made_at, proven_at, removed_at"
    };
}

const FIND: &str = concat!("select ", columns!(), " from backups where id = $1");
const LIST: &str = concat!("select ", columns!(), " from backups order by started_at desc, id desc limit $1");
const PRESENT: &str = concat!(
    "select ",
    columns!(),
    " from backups where made_at is not null and removed_at is null order by started_at desc, id desc"
);
const LAST_PROVEN: &str = "select max(proven_at) from backups where proven_at is not null and removed_at is null \
     and cause <> 'migration'";
const INSERT: &str = "insert into backups (id, cause, status, name, bytes, row_count, file_count, actor, started_at) \
     values ($1, $2, 'waiting', $3, 0, 0, 0, $4, $5)";
const BEGIN: &str =
    "update backups set status = 'running', error = null where id = $1 and status in ('waiting', 'failed')";
const MADE: &str = "update backups set status = 'made', bytes = $2, row_count = $3, file_count = $4, made_at = $5 \
     where id = $1";
const PROVEN: &str = "update backups set status = 'proven', error = null, proven_at = $2 where id = $1";
const FAIL: &str = "update backups set status = 'failed', error = $2 where id = $1 and status <> 'proven'";
const FAIL_UNFINISHED: &str = "update backups set status = 'failed', error = $1 where status in ('waiting', 'running')";
const OLD_BUSY: &str = "select id from backups where status in ('waiting', 'running', 'made') and started_at < $1";
const REMOVED: &str = "update backups set removed_at = $2 where id = $1";
const FORGET: &str =
    "delete from backups where removed_at < $1 or (status = 'failed' and made_at is null and started_at < $2)";
const CONTENTS: &str = "select b.place, b.bytes, b.sha256 from blobs b \
     where exists (select 1 from files f where f.blob = b.id) order by b.place";
const IS_CONTENT: &str = "select 1 from blobs b join files f on f.blob = b.id where b.place = $1";
const LAST_EVENT: &str = "select id from events order by id desc limit 1";

/// Every statement, for the test that both databases know them.
pub const STATEMENTS: [&str; 16] = [
    FIND,
    LIST,
    PRESENT,
    LAST_PROVEN,
    INSERT,
    BEGIN,
    MADE,
    PROVEN,
    FAIL,
    FAIL_UNFINISHED,
    OLD_BUSY,
    REMOVED,
    FORGET,
    CONTENTS,
    IS_CONTENT,
    LAST_EVENT,
];

fn read(row: &Row) -> Result<BackupInfo, DbError> {
    let unreadable = |column: usize| DbError::Decode { column, reason: "is not what was written there".into() };
    Ok(BackupInfo {
        id: row.get(0)?,
        cause: Cause::parse(&row.get::<String>(1)?).ok_or_else(|| unreadable(1))?,
        status: Status::parse(&row.get::<String>(2)?).ok_or_else(|| unreadable(2))?,
        name: row.get(3)?,
        bytes: row.get(4)?,
        rows: row.get(5)?,
        files: row.get(6)?,
        error: row.get(7)?,
        started_at: row.get(8)?,
        made_at: row.get(9)?,
        proven_at: row.get(10)?,
        removed_at: row.get(11)?,
    })
}

pub async fn find(db: &Db, id: Uuid) -> Result<Option<BackupInfo>, DbError> {
    db.fetch_optional(FIND, vec![id.into()]).await?.as_ref().map(read).transpose()
}

/// The latest first.
pub async fn list(db: &Db, limit: i64) -> Result<Vec<BackupInfo>, DbError> {
    db.fetch_all(LIST, vec![limit.into()]).await?.iter().map(read).collect()
}

/// Those whose archive is there, the latest first.
pub async fn list_present(db: &Db) -> Result<Vec<BackupInfo>, DbError> {
    db.fetch_all(PRESENT, vec![]).await?.iter().map(read).collect()
}

/// When the last backup was proven that is still there.
pub async fn last_proven(db: &Db) -> Result<Option<Timestamp>, DbError> {
    Ok(db.fetch_optional(LAST_PROVEN, vec![]).await?.map(|row| row.get(0)).transpose()?.flatten())
}

pub async fn insert(
    tx: &mut Tx,
    id: Uuid,
    cause: Cause,
    name: &str,
    actor: Option<Uuid>,
    now: Timestamp,
) -> Result<(), DbError> {
    let args: Args = vec![id.into(), cause.name().into(), name.into(), actor.into(), now.into()];
    tx.execute(INSERT, args).await.map(drop)
}

pub async fn begin(tx: &mut Tx, id: Uuid) -> Result<(), DbError> {
    tx.execute(BEGIN, vec![id.into()]).await.map(drop)
}

pub async fn made(tx: &mut Tx, id: Uuid, made: &Made, now: Timestamp) -> Result<(), DbError> {
    let args: Args = vec![id.into(), made.bytes.into(), made.rows.into(), made.files.into(), now.into()];
    tx.execute(MADE, args).await.map(drop)
}

pub async fn proven(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    tx.execute(PROVEN, vec![id.into(), now.into()]).await.map(drop)
}

/// What was proven stays proven: false then.
pub async fn fail(tx: &mut Tx, id: Uuid, why: &str) -> Result<bool, DbError> {
    Ok(tx.execute(FAIL, vec![id.into(), why.into()]).await? == 1)
}

/// Writes down of all that are not made that they came to nothing.
pub async fn fail_unfinished(tx: &mut Tx, why: &str) -> Result<(), DbError> {
    tx.execute(FAIL_UNFINISHED, vec![why.into()]).await.map(drop)
}

/// Those that were begun before and are not over.
pub async fn list_old_busy(db: &Db, before: Timestamp) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(OLD_BUSY, vec![before.into()]).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn removed(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    tx.execute(REMOVED, vec![id.into(), now.into()]).await.map(drop)
}

/// Forgets backups from before, whose archives are gone.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    tx.execute(FORGET, vec![before.into(), before.into()]).await.map(drop)
}

/// The content that a copy of the database names, by its place.
pub async fn contents(copy: &mut Snapshot) -> Result<Vec<FileSum>, DbError> {
    let rows = copy.fetch_all(CONTENTS, vec![]).await?;
    let sum = |row: &Row| {
        let bytes = u64::try_from(row.get::<i64>(1)?).unwrap_or(0);
        Ok(FileSum { name: row.get(0)?, bytes, sha256: row.get(2)? })
    };
    rows.iter().map(sum).collect()
}

/// Whether a file has the content at a place.
pub async fn is_content(db: &Db, place: &str) -> Result<bool, DbError> {
    Ok(db.fetch_optional(IS_CONTENT, vec![place.into()]).await?.is_some())
}

/// The newest event that a copy of the database holds.
pub async fn last_event(copy: &mut Snapshot) -> Result<Option<Uuid>, DbError> {
    copy.fetch_all(LAST_EVENT, vec![]).await?.first().map(|row| row.get(0)).transpose()
}
