//! What people are told.

use kernel::{
    Timestamp,
    server::{Arg, Args, Db, DbError, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use super::{super::Tell, insert_rows};
use crate::{NotificationFilter, NotificationInfo, Priority};

const COLUMNS: &str =
    "id, kind, title, message, link, priority, record_type, record_id, created_at, read_at, snoozed_until";
const UNREAD: &str = "select record_type, record_id from notifications where user_id = $1 and read_at is null \
     and in_app = $2 and (snoozed_until is null or snoozed_until <= $3) order by id desc limit $4";
const MARK_READ: &str = "update notifications set read_at = $3 where user_id = $1 and id = $2";
const MARK_ALL_READ: &str = "update notifications set read_at = $2 where user_id = $1 and read_at is null \
     and in_app = $3 and (snoozed_until is null or snoozed_until <= $2)";
const SNOOZE: &str = "update notifications set snoozed_until = $3, read_at = null where user_id = $1 and id = $2";
const REMOVE_OLD: &str = "delete from notifications where id in (select id from notifications \
     where read_at < $1 or created_at < $2 limit 1000)";

pub const STATEMENTS: &[&str] = &[UNREAD, MARK_READ, MARK_ALL_READ, SNOOZE, REMOVE_OLD];

/// A notification about to be written.
pub struct NewNotification {
    pub id: Uuid,
    pub reader: Uuid,
    pub in_app: bool,
}

/// Writes a notice to its readers, and gives the ids of those who had not been told it yet.
pub async fn insert(
    tx: &mut Tx,
    told: &Tell,
    readers: &[NewNotification],
    now: Timestamp,
) -> Result<Vec<Uuid>, DbError> {
    let (record_type, record) = told.about.clone().unzip();
    let rows = readers.iter().map(|reader| {
        vec![
            Arg::from(reader.id),
            told.notice.into(),
            reader.reader.into(),
            told.kind.as_str().into(),
            told.title.as_str().into(),
            told.message.as_str().into(),
            told.link.as_deref().into(),
            told.priority.name().into(),
            record_type.as_deref().into(),
            record.into(),
            reader.in_app.into(),
            now.into(),
        ]
    });
    let head = "insert into notifications (id, notice, user_id, kind, title, message, link, priority, record_type, \
                record_id, in_app, created_at) values";
    insert_rows(tx, head, rows.collect(), " on conflict do nothing returning id").await
}

fn read(row: &Row) -> Result<NotificationInfo, DbError> {
    let (record_type, record): (Option<String>, Option<Uuid>) = (row.get(6)?, row.get(7)?);
    Ok(NotificationInfo {
        id: row.get(0)?,
        kind: row.get(1)?,
        icon: "bell".to_owned(),
        title: row.get(2)?,
        message: row.get(3)?,
        link: row.get(4)?,
        priority: Priority::parse(&row.get::<String>(5)?).unwrap_or_default(),
        about: record_type.zip(record),
        created_at: row.get(8)?,
        read_at: row.get(9)?,
        snoozed_until: row.get(10)?,
        reason: String::new(),
    })
}

/// One reader's notifications, the newest first.
pub async fn list(
    db: &Db,
    reader: Uuid,
    filter: &NotificationFilter,
    before: Option<Uuid>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<NotificationInfo>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(&format!("select {COLUMNS} from notifications where user_id = "));
    sql.bind(reader);
    sql.push(" and in_app = ");
    sql.bind(true);
    if filter.snoozed {
        sql.push(" and snoozed_until > ");
        sql.bind(now);
    } else {
        sql.push(" and (snoozed_until is null or snoozed_until <= ");
        sql.bind(now);
        sql.push(")");
    }
    if filter.unread {
        sql.push(" and read_at is null");
    }
    if let Some(kind) = &filter.kind {
        sql.push(" and kind = ");
        sql.bind(kind.as_str());
    }
    if let Some(before) = before {
        sql.push(" and id < ");
        sql.bind(before);
    }
    sql.push(&format!(" order by id desc limit {limit}"));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(read).collect()
}

/// The records that one's unread notifications are about, at most so many.
pub async fn unread(db: &Db, reader: Uuid, now: Timestamp, limit: i64) -> Result<Vec<Option<(String, Uuid)>>, DbError> {
    let args: Args = vec![reader.into(), true.into(), now.into(), limit.into()];
    let about = |row: &Row| {
        let (record_type, record): (Option<String>, Option<Uuid>) = (row.get(0)?, row.get(1)?);
        Ok(record_type.zip(record))
    };
    db.fetch_all(UNREAD, args).await?.iter().map(about).collect()
}

/// Marks one as read at a time, or as unread; false where it is not the reader's.
pub async fn mark_read(tx: &mut Tx, reader: Uuid, id: Uuid, at: Option<Timestamp>) -> Result<bool, DbError> {
    Ok(tx.execute(MARK_READ, vec![reader.into(), id.into(), at.into()]).await? == 1)
}

/// Marks all as read that stand in the list. What is told in a letter alone nobody has seen there.
pub async fn mark_all_read(tx: &mut Tx, reader: Uuid, now: Timestamp) -> Result<(), DbError> {
    tx.execute(MARK_ALL_READ, vec![reader.into(), now.into(), true.into()]).await.map(drop)
}

pub async fn snooze(tx: &mut Tx, reader: Uuid, id: Uuid, until: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(SNOOZE, vec![reader.into(), id.into(), until.into()]).await? == 1)
}

/// Removes a thousand that were read before one time or made before another, and says how many.
pub async fn remove_old(tx: &mut Tx, read: Timestamp, made: Timestamp) -> Result<u64, DbError> {
    tx.execute(REMOVE_OLD, vec![read.into(), made.into()]).await
}
