//! The rows of the outbox. What moves a message on names what it was moved from.

use std::collections::BTreeMap;

use kernel::{
    Timestamp,
    server::{Arg, Db, DbError, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use crate::outbox::{Delivery, MessageFilter, MessageInfo, RecipientInfo, State};

const INSERT: &str = "insert into outbox (id, message_id, kind, about_type, about_id, subject, html, plain, headers, state, \
     round, failures, attempt, trouble, created_at, finished_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, $11, $12, $13)";
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
const COUNTS: &str = "select state, count(*) from outbox group by state";
const DETAIL: &str =
    "select message_id, sender, headers, plain, handed_over_at, decided_by, decided_at from outbox where id = $1";

const COLUMNS: &str = "id, kind, subject, state, attempt, trouble, retry_at, created_at, finished_at, \
     (select address from outbox_recipients r where r.message = outbox.id and r.n = 0), \
     (select count(*) from outbox_recipients r where r.message = outbox.id), \
     (select count(*) from outbox_recipients r where r.message = outbox.id and r.state = 'accepted'), \
     (select count(*) from outbox_recipients r where r.message = outbox.id and r.state = 'refused')";

/// Every statement whose text is fixed, for the test that both databases know them.
pub const STATEMENTS: [&str; 20] = [
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
    LOST,
    SEND,
    ROUND,
    WAIT,
    DISCARD,
    REMOVE,
    DETAIL,
];

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

pub async fn counts(db: &Db) -> Result<BTreeMap<State, i64>, DbError> {
    let rows = db.fetch_all(COUNTS, vec![]).await?;
    rows.iter().map(|row| Ok((state_of(&row.get::<String>(0)?), row.get(1)?))).collect()
}

fn push_filter(sql: &mut Sql, filter: &MessageFilter) {
    if let Some(state) = filter.state {
        sql.push(" and state = ");
        sql.bind(state.name());
    }
    if let Some(words) = filter.search.as_deref().map(str::trim).filter(|words| !words.is_empty()) {
        sql.push(" and (");
        push_contains(sql, "subject", words);
        sql.push(" or exists (select 1 from outbox_recipients r where r.message = outbox.id and (");
        push_contains(sql, "r.address", words);
        sql.push(" or ");
        push_contains(sql, "r.name", words);
        sql.push(")))");
    }
}

/// Whether a column has these words in it, in capitals or not. SQLite knows no capitals but those of ASCII: the others
/// are found there as they are typed, too.
fn push_contains(sql: &mut Sql, column: &str, words: &str) {
    let spellings = [words.to_lowercase(), words.to_ascii_lowercase()];
    let spellings = if spellings[0] == spellings[1] { &spellings[..1] } else { &spellings[..] };
    for (i, words) in spellings.iter().enumerate() {
        sql.push(if i > 0 { " or lower(" } else { "(lower(" });
        sql.push(column);
        sql.push(") like ");
        sql.bind(format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
        sql.push(" escape '\\'");
    }
    sql.push(")");
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
