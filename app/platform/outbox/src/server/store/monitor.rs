//! Messages as administrators find and read them.

use std::collections::BTreeMap;

use kernel::{
    Timestamp, fold,
    server::{Db, DbError, Row},
};
use records::server::Sql;
use uuid::Uuid;

use super::{headers_from, state_of};
use crate::{MessageFilter, MessageInfo, State};

const COUNTS: &str = "select state, count(*) from outbox group by state";
const DETAIL: &str =
    "select message_id, sender, headers, plain, handed_over_at, decided_by, decided_at from outbox where id = $1";
const COLUMNS: &str = "id, kind, subject, state, attempt, trouble, retry_at, created_at, finished_at, \
     (select address from outbox_recipients r where r.message = outbox.id and r.n = 0), \
     (select count(*) from outbox_recipients r where r.message = outbox.id), \
     (select count(*) from outbox_recipients r where r.message = outbox.id and r.state = 'accepted'), \
     (select count(*) from outbox_recipients r where r.message = outbox.id and r.state = 'refused')";

/// Every statement whose text is fixed, for the test that both databases know them.
pub const STATEMENTS: &[&str] = &[COUNTS, DETAIL];

pub async fn counts(db: &Db) -> Result<BTreeMap<State, i64>, DbError> {
    let rows = db.fetch_all(COUNTS, vec![]).await?;
    rows.iter().map(|row| Ok((state_of(&row.get::<String>(0)?), row.get(1)?))).collect()
}

fn push_filter(sql: &mut Sql, filter: &MessageFilter) {
    if let Some(state) = filter.state {
        sql.push(" and state = ");
        sql.bind(state.name());
    }
    let words = filter.search.as_deref().map(fold::key).filter(|words| !words.is_empty());
    if let Some(words) = words {
        sql.push(" and search_key like ");
        sql.bind(format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
        sql.push(" escape '\\'");
    }
}

fn info(row: &Row) -> Result<MessageInfo, DbError> {
    Ok(MessageInfo {
        id: row.get(0)?,
        kind: row.get(1)?,
        subject: row.get(2)?,
        state: state_of(&row.get::<String>(3)?),
        attempt: row.get(4)?,
        trouble: row.get(5)?,
        retry_at: row.get(6)?,
        created_at: row.get(7)?,
        finished_at: row.get(8)?,
        to: row.get::<Option<String>>(9)?.unwrap_or_default(),
        recipients: row.get(10)?,
        accepted: row.get(11)?,
        refused: row.get(12)?,
    })
}

/// A page of messages, the newest first.
pub async fn list(
    db: &Db,
    filter: &MessageFilter,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<MessageInfo>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(&format!("select {COLUMNS} from outbox where id is not null"));
    if let Some(before) = before {
        sql.push(" and id < ");
        sql.bind(before);
    }
    push_filter(&mut sql, filter);
    sql.push(&format!(" order by id desc limit {limit}"));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(info).collect()
}

/// The ids after one, in order, of the messages that a filter finds, or of those of them that are there to be sent.
pub async fn ids(
    db: &Db,
    filter: &MessageFilter,
    is_to_send: bool,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<Uuid>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push("select id from outbox where id is not null");
    if is_to_send {
        sql.push(" and state in ('held', 'failed')");
    }
    if let Some(after) = after {
        sql.push(" and id > ");
        sql.bind(after);
    }
    push_filter(&mut sql, filter);
    sql.push(&format!(" order by id limit {limit}"));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn find(db: &Db, id: Uuid) -> Result<Option<MessageInfo>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(&format!("select {COLUMNS} from outbox where id = "));
    sql.bind(id);
    let (text, args) = sql.finish();
    db.fetch_optional(&text, args).await?.map(|row| info(&row)).transpose()
}

/// What only the page of a message shows.
pub struct Detail {
    pub message_id: String,
    pub sender: Option<String>,
    pub headers: Vec<(String, String)>,
    pub plain: String,
    pub handed_over_at: Option<Timestamp>,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<Timestamp>,
}

pub async fn find_detail(db: &Db, id: Uuid) -> Result<Option<Detail>, DbError> {
    let Some(row) = db.fetch_optional(DETAIL, vec![id.into()]).await? else { return Ok(None) };
    Ok(Some(Detail {
        message_id: row.get(0)?,
        sender: row.get(1)?,
        headers: headers_from(&row.get::<String>(2)?),
        plain: row.get(3)?,
        handed_over_at: row.get(4)?,
        decided_by: row.get(5)?,
        decided_at: row.get(6)?,
    }))
}
