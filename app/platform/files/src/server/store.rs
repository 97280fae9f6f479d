//! The rows of `files` and `blobs`.

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use super::FileInfo;

/// Content at its place.
#[derive(Clone, Debug)]
pub struct Blob {
    pub id: Uuid,
    pub sha256: String,
    pub bytes: i64,
    pub place: String,
    pub touched_at: Timestamp,
}

const TOUCH: &str = "update blobs set touched_at = $2 where sha256 = $1";
const FIND_BLOB: &str = "select id, sha256, bytes, place, touched_at from blobs where sha256 = $1";
const CLAIM: &str = "insert into blobs (id, sha256, bytes, place, touched_at) values ($1, $2, $3, $4, $5) \
     on conflict (sha256) do update set touched_at = $6";
const INSERT: &str =
    "insert into files (id, blob, name, media_type, owner, created_at) values ($1, $2, $3, $4, $5, $6)";
const FIND: &str = "select f.id, f.name, f.media_type, b.bytes, b.sha256, b.place from files f \
     join blobs b on b.id = f.blob where f.id = $1";
const REMOVE: &str = "delete from files where id = $1";
const UNUSED: &str = "select b.id, b.sha256, b.bytes, b.place, b.touched_at from blobs b where b.touched_at < $1 \
     and not exists (select 1 from files f where f.blob = b.id) order by b.touched_at limit 500";
const FORGET: &str = "delete from blobs where id = $1 and touched_at = $2 \
     and not exists (select 1 from files f where f.blob = $3)";

/// Every statement, for the test that both databases know them.
pub const STATEMENTS: [&str; 8] = [TOUCH, FIND_BLOB, CLAIM, INSERT, FIND, REMOVE, UNUSED, FORGET];

fn blob(row: &Row) -> Result<Blob, DbError> {
    Ok(Blob { id: row.get(0)?, sha256: row.get(1)?, bytes: row.get(2)?, place: row.get(3)?, touched_at: row.get(4)? })
}

/// The same content where it is there already; from now on it stays for a while even if nobody refers to it.
pub async fn touch(db: &Db, sha256: &str, now: Timestamp) -> Result<Option<Blob>, DbError> {
    let mut tx = db.begin().await?;
    tx.execute(TOUCH, vec![sha256.into(), now.into()]).await?;
    let found = tx.fetch_optional(FIND_BLOB, vec![sha256.into()]).await?;
    tx.commit().await?;
    found.as_ref().map(blob).transpose()
}

/// The row of content that lies at its place: the first who brought it made it.
pub async fn claim(tx: &mut Tx, new: &Blob) -> Result<Uuid, DbError> {
    let args: Args = vec![
        new.id.into(),
        new.sha256.as_str().into(),
        new.bytes.into(),
        new.place.as_str().into(),
        new.touched_at.into(),
        new.touched_at.into(),
    ];
    tx.execute(CLAIM, args).await?;
    let row = tx.fetch_optional(FIND_BLOB, vec![new.sha256.as_str().into()]).await?;
    row.ok_or(DbError::Serialization)?.get(0)
}

pub async fn insert(
    tx: &mut Tx,
    id: Uuid,
    blob: Uuid,
    name: &str,
    media_type: &str,
    owner: Option<Uuid>,
    now: Timestamp,
) -> Result<(), DbError> {
    let args: Args = vec![id.into(), blob.into(), name.into(), media_type.into(), owner.into(), now.into()];
    tx.execute(INSERT, args).await.map(drop)
}

pub async fn find(db: &Db, id: Uuid) -> Result<Option<FileInfo>, DbError> {
    let row = db.fetch_optional(FIND, vec![id.into()]).await?;
    let info = |row: Row| {
        Ok(FileInfo {
            id: row.get(0)?,
            name: row.get(1)?,
            media_type: row.get(2)?,
            bytes: row.get(3)?,
            sha256: row.get(4)?,
            place: row.get(5)?,
        })
    };
    row.map(info).transpose()
}

pub async fn remove(tx: &mut Tx, id: Uuid) -> Result<(), DbError> {
    tx.execute(REMOVE, vec![id.into()]).await.map(drop)
}

/// Content that no file has, brought before.
pub async fn list_unused(db: &Db, before: Timestamp) -> Result<Vec<Blob>, DbError> {
    db.fetch_all(UNUSED, vec![before.into()]).await?.iter().map(blob).collect()
}

/// Takes a row away unless somebody wanted it meanwhile, and says whether it did.
pub async fn forget(tx: &mut Tx, blob: &Blob) -> Result<bool, DbError> {
    Ok(tx.execute(FORGET, vec![blob.id.into(), blob.touched_at.into(), blob.id.into()]).await? == 1)
}

/// Of these places, those that content lies at.
pub async fn known(db: &Db, places: &[String]) -> Result<Vec<String>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push("select place from blobs where place in ");
    sql.bind_list(places.iter().map(String::as_str));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(|row| row.get(0)).collect()
}
