//! What becomes of notifications on their ways out of the program.

use std::collections::HashMap;

use kernel::{
    Timestamp,
    server::{Arg, Args, Db, DbError, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use super::insert_rows;
use crate::{AttemptInfo, Channel, DeliveryFilter, DeliveryInfo, DeliveryState, Mode, Priority};

macro_rules! columns {
    () => {
        "d.id, d.user_id, d.channel, d.mode, d.state, d.attempt, n.kind, n.title, n.message, n.link, n.record_type, \
         n.record_id, n.read_at, n.id, n.priority, d.round, d.failures, \
         (select count(*) from delivery_attempts a where a.delivery = d.id and a.state = 'sending') \
         from deliveries d join notifications n on n.id = d.notification"
    };
}

const FIND: &str = concat!("select ", columns!(), " where d.id = $1");
const DIGEST: &str = concat!(
    "select ",
    columns!(),
    " where d.user_id = $1 and d.mode = $2 and d.state = 'waiting' order by d.id limit 1000"
);
const END: &str = "update deliveries set state = $2, detail = $3, ended_at = $4 where id = $1 and state = 'waiting'";
const ADD_ATTEMPT: &str = "insert into delivery_attempts (delivery, attempt, at, state, message) values ($1, $2, $3, $4, $5) \
     on conflict (delivery, attempt) do update set state = excluded.state, message = excluded.message";
const COUNT_ATTEMPT: &str = "update deliveries set attempt = $2, failures = failures + $3 where id = $1";
const NEXT_ATTEMPT: &str = "update deliveries set attempt = $2 where id = $1 and attempt = $3 and state = 'waiting'";
const PUT_OFF: &str = "update deliveries set due_at = $2 where id = $1 and state = 'waiting'";
const RETRY: &str = "update deliveries set state = 'waiting', mode = 'at_once', detail = null, ended_at = null, due_at = $2, \
     round = round + 1, failures = 0 where id = $1 and state in ('failed', 'skipped') returning channel, round";
const WAITING: &str = "select id, channel, round from deliveries where state = 'waiting' and mode = 'at_once' and id > $1 \
     order by id limit 500";
const WITH_DIGEST: &str =
    "select distinct user_id from deliveries where mode = $1 and state = 'waiting' order by user_id";

pub const STATEMENTS: &[&str] =
    &[FIND, DIGEST, END, ADD_ATTEMPT, COUNT_ATTEMPT, NEXT_ATTEMPT, PUT_OFF, RETRY, WAITING, WITH_DIGEST];

/// A delivery about to be written.
pub struct NewDelivery {
    pub id: Uuid,
    pub notification: Uuid,
    pub reader: Uuid,
    pub channel: Channel,
    pub mode: Mode,
    pub due_at: Timestamp,
}

pub async fn insert_deliveries(tx: &mut Tx, new: &[NewDelivery], now: Timestamp) -> Result<(), DbError> {
    let rows = new.iter().map(|delivery| {
        vec![
            Arg::from(delivery.id),
            delivery.notification.into(),
            delivery.reader.into(),
            delivery.channel.name().into(),
            delivery.mode.name().into(),
            DeliveryState::Waiting.name().into(),
            delivery.due_at.into(),
            0_i64.into(),
            now.into(),
        ]
    });
    let head = "insert into deliveries (id, notification, user_id, channel, mode, state, due_at, attempt, created_at) \
                values";
    insert_rows::<Uuid>(tx, head, rows.collect(), " returning id").await.map(drop)
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Sent,
    Failed,
    /// It may have arrived.
    Uncertain,
}

impl Ended {
    const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
        }
    }
}

/// A delivery with what it delivers.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: Uuid,
    pub reader: Uuid,
    pub channel: Channel,
    pub mode: Mode,
    pub state: DeliveryState,
    pub attempt: i64,
    /// Grows with each time that a person has it tried again.
    pub round: i64,
    /// Attempts of this round that failed.
    pub failures: i64,
    pub notification: Uuid,
    pub kind: String,
    pub priority: Priority,
    pub title: String,
    pub message: String,
    pub link: Option<String>,
    pub about: Option<(String, Uuid)>,
    pub read_at: Option<Timestamp>,
    /// Whether its last attempt was begun, and nobody wrote down what became of it.
    pub is_marked: bool,
}

fn unknown(column: usize) -> DbError {
    DbError::Decode { column, reason: "is no such name".into() }
}

fn channel(row: &Row, column: usize) -> Result<Channel, DbError> {
    Channel::parse(&row.get::<String>(column)?).ok_or_else(|| unknown(column))
}

fn read(row: &Row) -> Result<Found, DbError> {
    let (record_type, record): (Option<String>, Option<Uuid>) = (row.get(10)?, row.get(11)?);
    Ok(Found {
        id: row.get(0)?,
        reader: row.get(1)?,
        channel: channel(row, 2)?,
        mode: Mode::parse(&row.get::<String>(3)?).ok_or_else(|| unknown(3))?,
        state: DeliveryState::parse(&row.get::<String>(4)?).ok_or_else(|| unknown(4))?,
        attempt: row.get(5)?,
        kind: row.get(6)?,
        title: row.get(7)?,
        message: row.get(8)?,
        link: row.get(9)?,
        about: record_type.zip(record),
        read_at: row.get(12)?,
        notification: row.get(13)?,
        priority: Priority::parse(&row.get::<String>(14)?).ok_or_else(|| unknown(14))?,
        round: row.get(15)?,
        failures: row.get(16)?,
        is_marked: row.get::<i64>(17)? > 0,
    })
}

pub async fn find_delivery(db: &Db, id: Uuid) -> Result<Option<Found>, DbError> {
    db.fetch_optional(FIND, vec![id.into()]).await?.as_ref().map(read).transpose()
}

/// What was collected for somebody's digest, the oldest first.
pub async fn digest_of(db: &Db, reader: Uuid, mode: Mode) -> Result<Vec<Found>, DbError> {
    db.fetch_all(DIGEST, vec![reader.into(), mode.name().into()]).await?.iter().map(read).collect()
}

/// Ends a delivery that waits; false where it was ended already.
pub async fn end_delivery(
    tx: &mut Tx,
    id: Uuid,
    state: DeliveryState,
    detail: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    Ok(tx.execute(END, vec![id.into(), state.name().into(), detail.into(), now.into()]).await? == 1)
}

/// Marks an attempt as begun. False where it was begun already, or the delivery is over.
pub async fn mark_attempt(tx: &mut Tx, id: Uuid, attempt: i64, message: &str, now: Timestamp) -> Result<bool, DbError> {
    if tx.execute(NEXT_ATTEMPT, vec![id.into(), attempt.into(), (attempt - 1).into()]).await? == 0 {
        return Ok(false);
    }
    let args: Args = vec![id.into(), attempt.into(), now.into(), "sending".into(), message.into()];
    tx.execute(ADD_ATTEMPT, args).await?;
    Ok(true)
}

/// Writes down what became of an attempt, whether it was marked before or not.
pub async fn add_attempt(
    tx: &mut Tx,
    id: Uuid,
    attempt: i64,
    ended: Ended,
    message: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let args: Args = vec![id.into(), attempt.into(), now.into(), ended.name().into(), message.into()];
    tx.execute(ADD_ATTEMPT, args).await?;
    let failures = i64::from(ended != Ended::Sent);
    tx.execute(COUNT_ATTEMPT, vec![id.into(), attempt.into(), failures.into()]).await.map(drop)
}

/// Lets a delivery that waits wait until another time.
pub async fn put_off(tx: &mut Tx, id: Uuid, due_at: Timestamp) -> Result<(), DbError> {
    tx.execute(PUT_OFF, vec![id.into(), due_at.into()]).await.map(drop)
}

/// Lets a delivery that failed or was skipped wait again, and gives its channel and the round.
pub async fn retry_delivery(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<Option<(Channel, i64)>, DbError> {
    let row = tx.fetch_optional(RETRY, vec![id.into(), now.into()]).await?;
    row.map(|row| Ok((channel(&row, 0)?, row.get(1)?))).transpose()
}

/// Deliveries after one that wait to go at once, some at a time, each with its channel and round.
pub async fn list_waiting(db: &Db, after: Uuid) -> Result<Vec<(Uuid, Channel, i64)>, DbError> {
    let rows = db.fetch_all(WAITING, vec![after.into()]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, channel(row, 1)?, row.get(2)?))).collect()
}

/// Deliveries after one, in order, that failed and did not arrive for all anybody knows.
pub async fn failed_deliveries(
    db: &Db,
    on: Option<Channel>,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<Uuid>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(
        "select d.id from deliveries d where d.state = 'failed' and not exists (select 1 from delivery_attempts a \
         where a.delivery = d.id and a.attempt = d.attempt and a.state = 'uncertain')",
    );
    if let Some(on) = on {
        sql.push(" and d.channel = ");
        sql.bind(on.name());
    }
    if let Some(after) = after {
        sql.push(" and d.id > ");
        sql.bind(after);
    }
    sql.push(&format!(" order by d.id limit {limit}"));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(|row| row.get(0)).collect()
}

/// Whoever has something collected.
pub async fn with_digest(db: &Db, mode: Mode) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(WITH_DIGEST, vec![mode.name().into()]).await?.iter().map(|row| row.get(0)).collect()
}

/// Deliveries and whom they are for, the newest first. Of the kind it has the name.
pub async fn list_deliveries(
    db: &Db,
    filter: &DeliveryFilter,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<(Uuid, DeliveryInfo)>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(
        "select d.id, d.user_id, n.kind, d.channel, d.mode, d.state, d.due_at, d.created_at, d.ended_at, d.detail \
         from deliveries d join notifications n on n.id = d.notification where 1 = 1",
    );
    if let Some(state) = filter.state {
        sql.push(" and d.state = ");
        sql.bind(state.name());
    }
    if let Some(channel) = filter.channel {
        sql.push(" and d.channel = ");
        sql.bind(channel.name());
    }
    if let Some(before) = before {
        sql.push(" and d.id < ");
        sql.bind(before);
    }
    sql.push(&format!(" order by d.id desc limit {limit}"));
    let (text, args) = sql.finish();
    let read = |row: &Row| {
        let info = DeliveryInfo {
            id: row.get(0)?,
            user: String::new(),
            kind: row.get(2)?,
            channel: channel(row, 3)?,
            mode: Mode::parse(&row.get::<String>(4)?).ok_or_else(|| unknown(4))?,
            state: DeliveryState::parse(&row.get::<String>(5)?).ok_or_else(|| unknown(5))?,
            due_at: row.get(6)?,
            created_at: row.get(7)?,
            ended_at: row.get(8)?,
            detail: row.get(9)?,
            attempts: vec![],
        };
        Ok((row.get(1)?, info))
    };
    db.fetch_all(&text, args).await?.iter().map(read).collect()
}

/// The attempts at some deliveries, the last first.
pub async fn attempts_of(db: &Db, deliveries: &[Uuid]) -> Result<HashMap<Uuid, Vec<AttemptInfo>>, DbError> {
    let mut found: HashMap<Uuid, Vec<AttemptInfo>> = HashMap::new();
    if deliveries.is_empty() {
        return Ok(found);
    }
    let mut sql = Sql::new(db.engine());
    sql.push("select delivery, attempt, at, state, message from delivery_attempts where delivery in ");
    sql.bind_list(deliveries.iter().copied());
    sql.push(" order by attempt desc");
    let (text, args) = sql.finish();
    for row in db.fetch_all(&text, args).await? {
        let is_sent = row.get::<String>(3)? == Ended::Sent.name();
        let attempt = AttemptInfo { attempt: row.get(1)?, at: row.get(2)?, is_sent, message: row.get(4)? };
        found.entry(row.get(0)?).or_default().push(attempt);
    }
    Ok(found)
}
