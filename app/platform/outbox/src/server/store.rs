//! The rows of the outbox. What moves a message on names what it was moved from.

mod monitor;

use kernel::{
    Timestamp,
    server::{Arg, Db, DbError, Row, Tx},
};
pub use monitor::{counts, find, find_detail, ids, list};
use uuid::Uuid;

use crate::{Delivery, RecipientInfo, State};

const INSERT: &str = "insert into outbox (id, message_id, kind, about_type, about_id, subject, html, plain, headers, state, \
     round, failures, attempt, trouble, created_at, finished_at, search_key) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, $11, $12, $13, $14)";
const INSERT_RECIPIENT: &str =
    "insert into outbox_recipients (message, n, address, name, state, answer) values ($1, $2, $3, $4, $5, $6)";
const LOAD: &str = "select message_id, kind, subject, html, plain, headers, state, round, failures, attempt, created_at \
     from outbox where id = $1";
const RECIPIENTS: &str = "select n, address, name, state, answer from outbox_recipients where message = $1 order by n";
const HTML: &str = "select html from outbox where id = $1";

const HOLD: &str =
    "update outbox set state = 'held', trouble = $3, retry_at = null where id = $1 and round = $2 and state = 'queued'";
const BEGIN: &str = "update outbox set state = 'sending', attempt = $3, sender = $4, handed_over_at = $5, trouble = null, \
     retry_at = null where id = $1 and round = $2 and state = 'queued'";
const DELIVERY: &str = "update outbox_recipients set state = $3, answer = $4 where message = $1 and n = $2";
const END: &str = "update outbox set state = $3, trouble = $4, finished_at = $5 \
     where id = $1 and attempt = $2 and state in ('sending', 'uncertain')";
const LATER: &str = "update outbox set state = 'queued', failures = failures + 1, trouble = $4, retry_at = $5 \
     where id = $1 and round = $2 and attempt = $3 and state in ('queued', 'sending')";
const FAIL: &str = "update outbox set state = $3, trouble = $4, finished_at = $5, retry_at = null \
     where id = $1 and round = $2 and state in ('queued', 'sending')";
const REFUSE: &str = "update outbox_recipients set state = 'refused', answer = coalesce(answer, $2) \
     where message = $1 and state = 'waiting'";
const LOSE: &str =
    "update outbox set state = 'uncertain', trouble = $2, finished_at = $3 where id = $1 and state = 'sending'";
const QUEUED: &str = "select id, round from outbox where state = 'queued' and id > $1 order by id limit 500";
const LOST: &str = "select id from outbox where state = 'sending' and handed_over_at < $1";
const SEND: &str = "update outbox set state = 'queued', round = round + 1, failures = 0, trouble = null, retry_at = null, \
     finished_at = null, decided_by = $2, decided_at = $3 \
     where id = $1 and state in ('held', 'failed', 'uncertain', 'discarded')";
const ROUND: &str = "select round from outbox where id = $1";
const WAIT: &str =
    "update outbox_recipients set state = 'waiting', answer = null where message = $1 and state <> 'accepted'";
const DISCARD: &str = "update outbox set state = 'discarded', finished_at = $3, retry_at = null, decided_by = $2, \
     decided_at = $3 where id = $1 and state in ('held', 'queued', 'failed', 'uncertain')";
const REMOVE: &str =
    "delete from outbox where id in (select id from outbox where state = $1 and finished_at < $2 limit 500)";

/// Every statement whose text is fixed, for the test that both databases know them.
const OWN: &[&str] = &[
    INSERT,
    INSERT_RECIPIENT,
    LOAD,
    RECIPIENTS,
    HTML,
    HOLD,
    BEGIN,
    DELIVERY,
    END,
    LATER,
    FAIL,
    REFUSE,
    LOSE,
    QUEUED,
    LOST,
    SEND,
    ROUND,
    WAIT,
    DISCARD,
    REMOVE,
];

/// Those of all files.
pub const STATEMENTS: [&[&str]; 2] = [OWN, monitor::STATEMENTS];

/// A message that is about to be written.
pub struct New {
    pub id: Uuid,
    pub message_id: String,
    pub kind: &'static str,
    pub about: Option<(String, Uuid)>,
    pub subject: String,
    pub html: String,
    pub plain: String,
    pub headers: Vec<(String, String)>,
    pub state: State,
    pub trouble: Option<&'static str>,
    /// What it is found by.
    pub search_key: String,
    pub now: Timestamp,
}

/// A message as it is sent.
pub struct Mail {
    pub id: Uuid,
    pub message_id: String,
    pub kind: String,
    pub subject: String,
    pub html: String,
    pub plain: String,
    pub headers: Vec<(String, String)>,
    pub state: State,
    pub round: i64,
    pub failures: i64,
    pub attempt: i64,
    pub created_at: Timestamp,
    pub recipients: Vec<(i64, RecipientInfo)>,
}

fn headers_as_text(headers: &[(String, String)]) -> String {
    serde_json::to_string(headers).unwrap_or_else(|_| "[]".to_owned())
}

fn headers_from(text: &str) -> Vec<(String, String)> {
    serde_json::from_str(text).unwrap_or_default()
}

pub async fn insert(
    tx: &mut Tx,
    new: &New,
    recipients: &[(String, String, Delivery, Option<&str>)],
) -> Result<(), DbError> {
    let (about_type, about_id) = new.about.clone().unzip();
    let finished_at = (new.state == State::Failed).then_some(new.now);
    let args: Vec<Arg> = vec![
        new.id.into(),
        new.message_id.as_str().into(),
        new.kind.into(),
        about_type.into(),
        about_id.into(),
        new.subject.as_str().into(),
        new.html.as_str().into(),
        new.plain.as_str().into(),
        headers_as_text(&new.headers).into(),
        new.state.name().into(),
        new.trouble.into(),
        new.now.into(),
        finished_at.into(),
        new.search_key.as_str().into(),
    ];
    tx.execute(INSERT, args).await?;
    for (n, (address, name, state, answer)) in (0_i64..).zip(recipients) {
        let args = vec![
            new.id.into(),
            n.into(),
            address.as_str().into(),
            name.as_str().into(),
            state.name().into(),
            (*answer).into(),
        ];
        tx.execute(INSERT_RECIPIENT, args).await?;
    }
    Ok(())
}

fn state_of(name: &str) -> State {
    State::parse(name).unwrap_or(State::Failed)
}

pub async fn load(db: &Db, id: Uuid) -> Result<Option<Mail>, DbError> {
    let Some(row) = db.fetch_optional(LOAD, vec![id.into()]).await? else { return Ok(None) };
    Ok(Some(Mail {
        id,
        message_id: row.get(0)?,
        kind: row.get(1)?,
        subject: row.get(2)?,
        html: row.get(3)?,
        plain: row.get(4)?,
        headers: headers_from(&row.get::<String>(5)?),
        state: state_of(&row.get::<String>(6)?),
        round: row.get(7)?,
        failures: row.get(8)?,
        attempt: row.get(9)?,
        created_at: row.get(10)?,
        recipients: recipients(db, id).await?,
    }))
}

pub async fn recipients(db: &Db, id: Uuid) -> Result<Vec<(i64, RecipientInfo)>, DbError> {
    let rows = db.fetch_all(RECIPIENTS, vec![id.into()]).await?;
    let recipient = |row: &Row| {
        let state = Delivery::parse(&row.get::<String>(3)?).unwrap_or(Delivery::Uncertain);
        Ok((row.get(0)?, RecipientInfo { address: row.get(1)?, name: row.get(2)?, state, answer: row.get(4)? }))
    };
    rows.iter().map(recipient).collect()
}

pub async fn find_html(db: &Db, id: Uuid) -> Result<Option<String>, DbError> {
    db.fetch_optional(HTML, vec![id.into()]).await?.map(|row| row.get(0)).transpose()
}

pub async fn hold(tx: &mut Tx, id: Uuid, round: i64, why: Option<&str>) -> Result<(), DbError> {
    tx.execute(HOLD, vec![id.into(), round.into(), why.into()]).await.map(drop)
}

/// Marks a message as being sent, for the attempt of this number. False where it is not to be sent any more.
pub async fn begin(
    tx: &mut Tx,
    id: Uuid,
    round: i64,
    attempt: i64,
    sender: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let args = vec![id.into(), round.into(), attempt.into(), sender.into(), now.into()];
    Ok(tx.execute(BEGIN, args).await? == 1)
}

pub async fn set_delivery(tx: &mut Tx, id: Uuid, n: i64, state: Delivery, answer: Option<&str>) -> Result<(), DbError> {
    tx.execute(DELIVERY, vec![id.into(), n.into(), state.name().into(), answer.into()]).await.map(drop)
}

/// Writes down how an attempt ended. False where somebody decided otherwise meanwhile.
pub async fn end(
    tx: &mut Tx,
    id: Uuid,
    attempt: i64,
    state: State,
    trouble: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let args = vec![id.into(), attempt.into(), state.name().into(), trouble.into(), now.into()];
    Ok(tx.execute(END, args).await? == 1)
}

/// Puts a message back in line. False where somebody decided otherwise meanwhile.
pub async fn later(
    tx: &mut Tx,
    mail: &Mail,
    attempt: i64,
    trouble: &str,
    retry_at: Timestamp,
) -> Result<bool, DbError> {
    let args = vec![mail.id.into(), mail.round.into(), attempt.into(), trouble.into(), retry_at.into()];
    Ok(tx.execute(LATER, args).await? == 1)
}

/// Gives up on the recipients that still wait. Where others have the message it was sent, else it has failed.
pub async fn give_up(tx: &mut Tx, mail: &Mail, is_with_some: bool, why: &str, now: Timestamp) -> Result<(), DbError> {
    let state = if is_with_some { State::Sent } else { State::Failed };
    let args = vec![mail.id.into(), mail.round.into(), state.name().into(), why.into(), now.into()];
    if tx.execute(FAIL, args).await? == 1 {
        tx.execute(REFUSE, vec![mail.id.into(), why.into()]).await?;
    }
    Ok(())
}

/// Nobody will tell any more what became of a message that was being sent.
pub async fn lose(tx: &mut Tx, id: Uuid, trouble: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(LOSE, vec![id.into(), trouble.into(), now.into()]).await.map(drop)
}

/// Messages that have been being sent since before a time.
pub async fn list_lost(db: &Db, before: Timestamp) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(LOST, vec![before.into()]).await?.iter().map(|row| row.get(0)).collect()
}

/// Messages in line after one, some at a time, each with its round.
pub async fn list_queued(db: &Db, after: Uuid) -> Result<Vec<(Uuid, i64)>, DbError> {
    let rows = db.fetch_all(QUEUED, vec![after.into()]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Puts a message in the queue anew, and gives the number of the round. `None` where its state does not allow it.
pub async fn send(tx: &mut Tx, id: Uuid, by: Option<Uuid>, now: Timestamp) -> Result<Option<i64>, DbError> {
    if tx.execute(SEND, vec![id.into(), by.into(), now.into()]).await? == 0 {
        return Ok(None);
    }
    tx.execute(WAIT, vec![id.into()]).await?;
    tx.fetch_optional(ROUND, vec![id.into()]).await?.map(|row| row.get(0)).transpose()
}

pub async fn discard(tx: &mut Tx, id: Uuid, by: Option<Uuid>, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(DISCARD, vec![id.into(), by.into(), now.into()]).await? == 1)
}

/// Removes messages that ended so before a time, some at a time.
pub async fn remove_over(tx: &mut Tx, state: State, before: Timestamp) -> Result<u64, DbError> {
    tx.execute(REMOVE, vec![state.name().into(), before.into()]).await
}
