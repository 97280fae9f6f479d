//! From the moment a job is written until it is over. All that ends an attempt names its token.

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Engine, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use crate::{Progress, State, server::New};

const INSERT: &str = "insert into jobs (id, kind, queue, state, args, unique_key, attempt, attempts, run_at, rank, actor, \
     cancel_asked, progress_done, progress_total, created_at) values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11, 0, \
     0, $12) on conflict (kind, unique_key) where unique_key is not null \
     and state in ('scheduled', 'available', 'running', 'retryable') do nothing";
const SAME: &str = "select id from jobs where kind = $1 and unique_key = $2 \
     and state in ('scheduled', 'available', 'running', 'retryable')";
const DUE: &str = "update jobs set state = 'available' where state in ('scheduled', 'retryable') and run_at <= $1";
const COMPLETE: &str = "update jobs set state = 'completed', result = $3, finished_at = $4, token = null, worker = null \
     where id = $1 and token = $2";
const END: &str = "update jobs set state = $3, finished_at = $4, token = null, worker = null, \
     attempt = case when attempt > attempts then attempts else attempt end where id = $1 and token = $2";
const AGAIN: &str = "update jobs set state = case when cancel_asked then 'available' else $3 end, \
     run_at = case when cancel_asked then run_at else $4 end, rank = case when cancel_asked then rank else $4 end, \
     attempt = attempt - $5, token = null, worker = null where id = $1 and token = $2";
const HAND_BACK: &str = "update jobs set state = 'available', attempt = attempt - 1, token = null, worker = null \
     where state = 'running' and worker = $1";
const ADD_ERROR: &str =
    "insert into job_errors (job, attempt, at, message) values ($1, $2, $3, $4) on conflict do nothing";
const SET_PROGRESS: &str = "update jobs set progress_done = $3, progress_total = $4, progress_message = $5 \
     where id = $1 and token = $2 and cancel_asked = $6";
const CLAIMED: &str = "select 1 from jobs where id = $1 and token = $2";
const CANCEL_ASKED: &str = "select id from jobs where state = 'running' and worker = $1 and cancel_asked = $2";
const UNDER_WAY: &str = "select id, attempt, attempts, token from jobs where state = 'running' and worker = $1";
const RETRY: &str = "update jobs set state = 'available', run_at = $2, rank = $2, cancel_asked = $3, finished_at = null, \
     attempts = case when attempts > attempt then attempts else attempt + 1 end \
     where id = $1 and state in ('scheduled', 'retryable', 'cancelled', 'discarded') and not exists \
     (select 1 from jobs other where other.kind = jobs.kind and other.unique_key = jobs.unique_key \
     and other.id <> jobs.id and other.state in ('scheduled', 'available', 'running', 'retryable'))";
const HELD: &str = "select 1 from jobs where id = $1 and state in ('cancelled', 'discarded')";
const CANCEL_WAITING: &str = "update jobs set state = 'cancelled', finished_at = $2, cancel_asked = $3 \
     where id = $1 and state in ('scheduled', 'available', 'retryable')";
const ASK_CANCEL: &str = "update jobs set cancel_asked = $2 where id = $1 and state = 'running'";
const REMOVE_OVER: &str =
    "delete from jobs where id in (select id from jobs where state = $1 and finished_at < $2 limit 1000)";
const CLAIM: &str = "update jobs set state = 'running', attempt = attempt + 1, worker = $2, token = $3, \
     started_at = $4, progress_done = 0, progress_total = 0, progress_message = null where id in \
     (select id from jobs where queue = $1 and state = 'available' and not exists \
     (select 1 from job_pauses where job_pauses.queue = $1) order by rank, id limit $5) \
     returning id, kind, args, attempt, attempts, actor, cancel_asked, run_at, rank";

pub const STATEMENTS: &[&str] = &[
    INSERT,
    SAME,
    DUE,
    COMPLETE,
    END,
    AGAIN,
    HAND_BACK,
    ADD_ERROR,
    SET_PROGRESS,
    CLAIMED,
    CANCEL_ASKED,
    UNDER_WAY,
    RETRY,
    HELD,
    CANCEL_WAITING,
    ASK_CANCEL,
    REMOVE_OVER,
    CLAIM,
];

/// Writes a job. Where another of its kind and key is not over, that one's id.
pub async fn insert(tx: &mut Tx, new: &New) -> Result<Uuid, DbError> {
    let args: Args = vec![
        new.id.into(),
        new.kind.into(),
        new.queue.into(),
        new.state.name().into(),
        new.args.as_str().into(),
        new.key.as_deref().into(),
        i64::from(new.attempts).into(),
        new.run_at.into(),
        new.rank.into(),
        new.actor.into(),
        false.into(),
        new.now.into(),
    ];
    loop {
        if tx.execute(INSERT, args.clone()).await? == 1 {
            return Ok(new.id);
        }
        // Where that one ended in between, there is room now.
        if let Some(same) = tx.fetch_optional(SAME, vec![new.kind.into(), new.key.as_deref().into()]).await? {
            return same.get(0);
        }
    }
}

/// A job that was claimed.
pub struct Claimed {
    pub id: Uuid,
    pub kind: String,
    pub args: String,
    pub attempt: i64,
    pub attempts: i64,
    pub token: Uuid,
    pub actor: Option<Uuid>,
    /// Somebody asked it to stop in an attempt that ended otherwise.
    pub cancel_asked: bool,
    pub run_at: Timestamp,
}

fn claim_text(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => CLAIM.to_owned(),
        // Who comes later takes the next ones instead of waiting for these.
        Engine::Postgres => CLAIM.replace("limit $5)", "limit $5 for update skip locked)"),
    }
}

/// Claims the next jobs of a queue for a worker. One batch shares a token: it goes with the job's id.
pub async fn claim(
    tx: &mut Tx,
    queue: &str,
    worker: Uuid,
    token: Uuid,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Claimed>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let args: Args = vec![queue.into(), worker.into(), token.into(), now.into(), limit.into()];
    let rows = tx.fetch_all(&claim_text(tx.engine()), args).await?;
    let read = |row: &Row| {
        let claimed = Claimed {
            id: row.get(0)?,
            kind: row.get(1)?,
            args: row.get(2)?,
            attempt: row.get(3)?,
            attempts: row.get(4)?,
            actor: row.get(5)?,
            cancel_asked: row.get(6)?,
            run_at: row.get(7)?,
            token,
        };
        Ok((row.get::<Timestamp>(8)?, claimed))
    };
    let mut claimed = rows.iter().map(read).collect::<Result<Vec<_>, DbError>>()?;
    claimed.sort_by_key(|(rank, job)| (*rank, job.id));
    Ok(claimed.into_iter().map(|(_, job)| job).collect())
}

/// Moves jobs whose time has come into their lines, and says how many.
pub async fn make_due(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    tx.execute(DUE, vec![now.into()]).await
}

/// Marks the jobs of a batch as completed: those that were still the worker's.
pub async fn complete_all(tx: &mut Tx, token: Uuid, ids: &[Uuid], now: Timestamp) -> Result<Vec<Uuid>, DbError> {
    let mut sql = Sql::new(tx.engine());
    sql.push("update jobs set state = 'completed', token = null, worker = null, finished_at = ");
    sql.bind(now);
    sql.push(" where token = ");
    sql.bind(token);
    sql.push(" and id in ");
    sql.bind_list(ids.iter().copied());
    sql.push(" returning id");
    let (text, args) = sql.finish();
    tx.fetch_all(&text, args).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn complete(tx: &mut Tx, id: Uuid, token: Uuid, result: &str, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(COMPLETE, vec![id.into(), token.into(), result.into(), now.into()]).await? == 1)
}

/// Ends a job for good. An attempt beyond those it has was none.
pub async fn end(tx: &mut Tx, id: Uuid, token: Uuid, state: State, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(END, vec![id.into(), token.into(), state.name().into(), now.into()]).await? == 1)
}

/// Puts a job back for later; a snooze gives the attempt back. One that was asked to stop goes to its former place in
/// the line instead, where whoever claims it gives it up.
pub async fn again(
    tx: &mut Tx,
    id: Uuid,
    token: Uuid,
    state: State,
    run_at: Timestamp,
    is_snooze: bool,
) -> Result<bool, DbError> {
    let args: Args = vec![id.into(), token.into(), state.name().into(), run_at.into(), i64::from(is_snooze).into()];
    Ok(tx.execute(AGAIN, args).await? == 1)
}

/// Gives back all that a worker has not finished.
pub async fn hand_back(tx: &mut Tx, worker: Uuid) -> Result<u64, DbError> {
    tx.execute(HAND_BACK, vec![worker.into()]).await
}

pub async fn add_error(tx: &mut Tx, id: Uuid, attempt: i64, at: Timestamp, message: &str) -> Result<(), DbError> {
    let message = message.replace('\0', "\u{2400}");
    tx.execute(ADD_ERROR, vec![id.into(), attempt.into(), at.into(), message.into()]).await.map(drop)
}

/// Keeps how far a job is; false where it is not the caller's any more, or was asked to stop.
pub async fn set_progress(tx: &mut Tx, id: Uuid, token: Uuid, progress: &Progress) -> Result<bool, DbError> {
    let args: Args = vec![
        id.into(),
        token.into(),
        progress.done.into(),
        progress.total.into(),
        progress.message.as_deref().into(),
        false.into(),
    ];
    Ok(tx.execute(SET_PROGRESS, args).await? == 1)
}

/// Whether a job is still that of who claimed it with this token.
pub async fn is_claimed(db: &Db, id: Uuid, token: Uuid) -> Result<bool, DbError> {
    Ok(db.fetch_optional(CLAIMED, vec![id.into(), token.into()]).await?.is_some())
}

/// Jobs of a worker that somebody asked to stop.
pub async fn cancel_asked(db: &Db, worker: Uuid) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(CANCEL_ASKED, vec![worker.into(), true.into()]).await?.iter().map(|row| row.get(0)).collect()
}

/// An attempt that somebody is at.
pub struct UnderWay {
    pub id: Uuid,
    pub attempt: i64,
    pub attempts: i64,
    pub token: Uuid,
}

/// What a worker is at, or was before it died.
pub async fn under_way(tx: &mut Tx, worker: Uuid) -> Result<Vec<UnderWay>, DbError> {
    let read =
        |row: &Row| Ok(UnderWay { id: row.get(0)?, attempt: row.get(1)?, attempts: row.get(2)?, token: row.get(3)? });
    tx.fetch_all(UNDER_WAY, vec![worker.into()]).await?.iter().map(read).collect()
}

/// Puts a job back in line, unless another of its kind and key is not over.
pub async fn retry(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(RETRY, vec![id.into(), now.into(), false.into()]).await? == 1)
}

/// Whether a job that was not put back in line is over: then another of its kind and key held it back.
pub async fn is_held(tx: &mut Tx, id: Uuid) -> Result<bool, DbError> {
    Ok(tx.fetch_optional(HELD, vec![id.into()]).await?.is_some())
}

/// Cancels a job that does not run yet.
pub async fn cancel_waiting(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(CANCEL_WAITING, vec![id.into(), now.into(), true.into()]).await? == 1)
}

/// Asks a job that runs to stop.
pub async fn ask_cancel(tx: &mut Tx, id: Uuid) -> Result<bool, DbError> {
    Ok(tx.execute(ASK_CANCEL, vec![id.into(), true.into()]).await? == 1)
}

/// Removes some jobs that ended so before a time, and says how many.
pub async fn remove_over(tx: &mut Tx, state: State, before: Timestamp) -> Result<u64, DbError> {
    tx.execute(REMOVE_OVER, vec![state.name().into(), before.into()]).await
}
