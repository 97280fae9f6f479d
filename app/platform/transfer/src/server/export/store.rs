//! The rows of `exports`.

use kernel::{
    AppError, Timestamp,
    server::{Args, Db, DbError, Row, Source, Tx, unexpected},
};
use uuid::Uuid;

use super::wanted::Span;
use crate::export::{ExportInfo, Status, Wanted};

/// An export and whose it is.
pub struct Stored {
    pub info: ExportInfo,
    pub actor: Uuid,
    pub file: Option<Uuid>,
    pub span: Span,
}

macro_rules! columns {
    () => {
        "id, status, wanted, title, row_count, total, bytes, file_name, error, created_at, finished_at, expires_at, \
         actor, file, created_from, created_to"
    };
}

const FIND: &str = concat!("select ", columns!(), " from exports where id = $1");
const LIST: &str = concat!("select ", columns!(), " from exports where actor = $1 order by id desc limit $2");
const STARTED: &str = "select created_at from exports where actor = $1 order by id desc limit $2";
const BUSY: &str = "select id from exports where status in ('waiting', 'running') order by id";
const INSERT: &str = "insert into exports (id, actor, status, wanted, title, created_from, created_to, row_count, total, \
     bytes, created_at) values ($1, $2, 'waiting', $3, $4, $5, $6, 0, 0, 0, $7)";
const BEGIN: &str = "update exports set status = 'running', row_count = 0, total = $2, error = null, finished_at = null \
     where id = $1";
const PROGRESS: &str = "update exports set row_count = $2, total = $3 where id = $1";
const FINISH: &str = "update exports set status = 'done', row_count = $2, total = $3, bytes = $4, file = $5, \
     file_name = $6, finished_at = $7, expires_at = $8 where id = $1";
const WAIT: &str = "update exports set status = 'waiting', row_count = 0, error = $2 \
     where id = $1 and status in ('waiting', 'running')";
const END: &str = "update exports set status = $2, error = $3, finished_at = $4 \
     where id = $1 and status in ('waiting', 'running')";
const EXPIRED: &str =
    "select id, file from exports where status = 'done' and expires_at <= $1 order by expires_at limit 500";
const EXPIRE: &str = "update exports set status = 'expired', file = null where id = $1 and status = 'done'";
const FORGET: &str =
    "delete from exports where created_at < $1 and file is null and status not in ('waiting', 'running')";

/// Every statement, for the test that both databases know them.
pub const STATEMENTS: [&str; 13] =
    [FIND, LIST, STARTED, BUSY, INSERT, BEGIN, PROGRESS, FINISH, WAIT, END, EXPIRED, EXPIRE, FORGET];

fn read(row: &Row) -> Result<Stored, DbError> {
    let unreadable = |column: usize| DbError::Decode { column, reason: "is not what was written there".into() };
    let wanted: String = row.get(2)?;
    let info = ExportInfo {
        id: row.get(0)?,
        status: Status::parse(&row.get::<String>(1)?).ok_or_else(|| unreadable(1))?,
        wanted: serde_json::from_str(&wanted).map_err(|_| unreadable(2))?,
        title: row.get(3)?,
        rows: row.get(4)?,
        total: row.get(5)?,
        bytes: row.get(6)?,
        file_name: row.get(7)?,
        error: row.get(8)?,
        created_at: row.get(9)?,
        finished_at: row.get(10)?,
        expires_at: row.get(11)?,
    };
    Ok(Stored { info, actor: row.get(12)?, file: row.get(13)?, span: (row.get(14)?, row.get(15)?) })
}

pub async fn find(db: &Db, id: Uuid) -> Result<Option<Stored>, DbError> {
    db.fetch_optional(FIND, vec![id.into()]).await?.as_ref().map(read).transpose()
}

/// Somebody's exports, the latest first.
pub async fn list(db: &Db, actor: Uuid, limit: i64) -> Result<Vec<ExportInfo>, DbError> {
    let rows = db.fetch_all(LIST, vec![actor.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok(read(row)?.info)).collect()
}

/// When somebody asked for exports, the latest first, whatever came of them.
pub async fn list_started(mut source: Source<'_>, actor: Uuid, limit: u32) -> Result<Vec<Timestamp>, DbError> {
    let rows = source.fetch_all(STARTED, vec![actor.into(), i64::from(limit).into()]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Exports that are not over.
pub async fn list_busy(db: &Db) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(BUSY, vec![]).await?.iter().map(|row| row.get(0)).collect()
}

/// An export that was just asked for.
pub struct New<'a> {
    pub id: Uuid,
    pub actor: Uuid,
    pub wanted: &'a Wanted,
    pub title: &'a str,
    pub span: Span,
    pub now: Timestamp,
}

pub async fn insert(tx: &mut Tx, new: New<'_>) -> Result<(), AppError> {
    let wanted = serde_json::to_string(new.wanted).map_err(unexpected)?;
    let args: Args = vec![
        new.id.into(),
        new.actor.into(),
        wanted.into(),
        new.title.into(),
        new.span.0.into(),
        new.span.1.into(),
        new.now.into(),
    ];
    tx.execute(INSERT, args).await?;
    Ok(())
}

/// From the first row, whatever an earlier attempt had done.
pub async fn begin(tx: &mut Tx, id: Uuid, total: i64) -> Result<(), DbError> {
    tx.execute(BEGIN, vec![id.into(), total.into()]).await.map(drop)
}

pub async fn progress(tx: &mut Tx, id: Uuid, rows: i64, total: i64) -> Result<(), DbError> {
    tx.execute(PROGRESS, vec![id.into(), rows.into(), total.into()]).await.map(drop)
}

/// What came out of an export.
pub struct Made<'a> {
    pub rows: i64,
    pub bytes: i64,
    pub file: Uuid,
    pub file_name: &'a str,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn finish(tx: &mut Tx, id: Uuid, made: Made<'_>) -> Result<(), DbError> {
    let args: Args = vec![
        id.into(),
        made.rows.into(),
        made.rows.into(),
        made.bytes.into(),
        made.file.into(),
        made.file_name.into(),
        made.now.into(),
        made.expires_at.into(),
    ];
    tx.execute(FINISH, args).await.map(drop)
}

/// Lets an export that is not over wait for another attempt.
pub async fn wait(tx: &mut Tx, id: Uuid, why: &str) -> Result<(), DbError> {
    tx.execute(WAIT, vec![id.into(), why.into()]).await.map(drop)
}

/// Ends an export without a file, and says whether it was not over yet.
pub async fn end(tx: &mut Tx, id: Uuid, status: Status, why: Option<&str>, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(END, vec![id.into(), status.name().into(), why.into(), now.into()]).await? == 1)
}

/// Exports whose time is over, with their files.
pub async fn list_expired(db: &Db, now: Timestamp) -> Result<Vec<(Uuid, Option<Uuid>)>, DbError> {
    db.fetch_all(EXPIRED, vec![now.into()]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub async fn expire(tx: &mut Tx, id: Uuid) -> Result<(), DbError> {
    tx.execute(EXPIRE, vec![id.into()]).await.map(drop)
}

/// Forgets exports asked for before.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    tx.execute(FORGET, vec![before.into()]).await.map(drop)
}
