//! The rows of jobs, workers and schedules. All that ends an attempt names its token.

use std::collections::BTreeMap;

use kernel::{
    Date, Timestamp,
    server::{Arg, Args, Db, DbError, Engine, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use super::New;
use crate::jobs::{JobError, JobFilter, JobInfo, Progress, State, WorkerInfo};

const INSERT: &str = "insert into jobs (id, kind, queue, state, args, unique_key, attempt, attempts, run_at, rank, actor, \
     cancel_asked, progress_done, progress_total, created_at) values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11, 0, \
     0, $12) on conflict do nothing";
const SAME: &str = "select id from jobs where kind = $1 and unique_key = $2 \
     and state in ('scheduled', 'available', 'running', 'retryable')";
const DUE: &str = "update jobs set state = 'available' where state in ('scheduled', 'retryable') and run_at <= $1";
const COMPLETE: &str = "update jobs set state = 'completed', result = $3, finished_at = $4, token = null, worker = null \
     where id = $1 and token = $2";
const END: &str =
    "update jobs set state = $3, finished_at = $4, token = null, worker = null where id = $1 and token = $2";
const AGAIN: &str = "update jobs set state = $3, run_at = $4, rank = $4, attempt = attempt - $5, token = null, \
     worker = null where id = $1 and token = $2";
const HAND_BACK: &str = "update jobs set state = 'available', attempt = attempt - 1, token = null, worker = null \
     where state = 'running' and worker = $1";
const ADD_ERROR: &str =
    "insert into job_errors (job, attempt, at, message) values ($1, $2, $3, $4) on conflict do nothing";
const SET_PROGRESS: &str = "update jobs set progress_done = $3, progress_total = $4, progress_message = $5 \
     where id = $1 and token = $2 and cancel_asked = $6";
const CANCEL_ASKED: &str = "select id from jobs where state = 'running' and worker = $1 and cancel_asked = $2";
const PULSE: &str = "select (select min(run_at) from jobs where state in ('scheduled', 'retryable')), \
     (select count(*) from (select 1 as one from jobs where state = 'available' limit 1) a), \
     (select min(next_tick) from job_schedules where paused = $1)";
const BEAT: &str = "update job_workers set beat = beat + 1, beat_at = $2, running = $3 where id = $1";
const ENLIST: &str = "insert into job_workers (id, name, queues, beat, running, started_at, beat_at) \
     values ($1, $2, $3, 0, 0, $4, $5)";
const LEAVE: &str = "delete from job_workers where id = $1";
const WORKERS: &str =
    "select id, name, queues, running, started_at, beat_at, beat from job_workers order by started_at, id";
const LEFT: &str = "select distinct worker from jobs where state = 'running' and worker is not null \
     and worker not in (select id from job_workers)";
const OF_DEAD: &str =
    "select id, kind, args, attempt, attempts, token, actor from jobs where state = 'running' and worker = $1";

const COLUMNS: &str = "id, kind, queue, state, attempt, attempts, progress_done, progress_total, progress_message, run_at, \
     created_at, started_at, finished_at, cancel_asked, \
     (select message from job_errors e where e.job = jobs.id order by e.attempt desc limit 1)";
const DETAIL: &str = "select args, result, actor from jobs where id = $1";
const ERRORS: &str = "select attempt, at, message from job_errors where job = $1 order by attempt desc limit 100";
const COUNTS: &str = "select queue, state, count(*) from jobs where state <> 'completed' group by queue, state";
const OLDEST: &str = "select queue, min(run_at) from jobs where state = 'available' group by queue";

const RETRY: &str = "update jobs set state = 'available', run_at = $2, rank = $2, cancel_asked = $3, finished_at = null, \
     attempts = case when attempts > attempt then attempts else attempt + 1 end \
     where id = $1 and state in ('scheduled', 'retryable', 'cancelled', 'discarded')";
const CANCEL_WAITING: &str = "update jobs set state = 'cancelled', finished_at = $2, cancel_asked = $3 \
     where id = $1 and state in ('scheduled', 'available', 'retryable')";
const ASK_CANCEL: &str = "update jobs set cancel_asked = $2 where id = $1 and state = 'running'";
const PAUSES: &str = "select queue from job_pauses";
const PAUSE: &str = "insert into job_pauses (queue, paused_by, paused_at) values ($1, $2, $3) on conflict do nothing";
const RESUME: &str = "delete from job_pauses where queue = $1";

const REMOVE_OVER: &str =
    "delete from jobs where id in (select id from jobs where state = $1 and finished_at < $2 limit 1000)";
const REMOVE_FIGURES: &str = "delete from job_figures where minute < $1";
const FIGURES: &str = "select minute, queue, figure, bucket, n from job_figures where minute >= $1 order by minute";

const SCHEDULES: &str = "select name, cron, paused, last_tick, next_tick from job_schedules";
const ADD_SCHEDULE: &str =
    "insert into job_schedules (name, paused, next_tick) values ($1, $2, $3) on conflict do nothing";
const TICK: &str = "update job_schedules set last_tick = $2, next_tick = $3 where name = $1 and next_tick = $2";
const MOVE_TICK: &str = "update job_schedules set next_tick = $2 where name = $1";
const SET_SCHEDULE: &str = "update job_schedules set cron = $2, paused = $3, next_tick = $4 where name = $1";

/// Every statement whose text is fixed, for the test that both databases know them.
pub const STATEMENTS: [&str; 36] = [
    INSERT,
    SAME,
    DUE,
    COMPLETE,
    END,
    AGAIN,
    HAND_BACK,
    ADD_ERROR,
    SET_PROGRESS,
    CANCEL_ASKED,
    PULSE,
    BEAT,
    ENLIST,
    LEAVE,
    WORKERS,
    LEFT,
    OF_DEAD,
    DETAIL,
    ERRORS,
    COUNTS,
    OLDEST,
    RETRY,
    CANCEL_WAITING,
    ASK_CANCEL,
    PAUSES,
    PAUSE,
    RESUME,
    REMOVE_OVER,
    REMOVE_FIGURES,
    FIGURES,
    SCHEDULES,
    ADD_SCHEDULE,
    TICK,
    MOVE_TICK,
    SET_SCHEDULE,
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
    if tx.execute(INSERT, args).await? == 1 {
        return Ok(new.id);
    }
    let same = tx.fetch_optional(SAME, vec![new.kind.into(), new.key.as_deref().into()]).await?;
    same.map_or(Ok(new.id), |row| row.get(0))
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
    pub run_at: Timestamp,
}

const CLAIM: &str = "update jobs set state = 'running', attempt = attempt + 1, worker = $2, token = $3, \
     started_at = $4, progress_done = 0, progress_total = 0, progress_message = null where id in \
     (select id from jobs where queue = $1 and state = 'available' and not exists \
     (select 1 from job_pauses where job_pauses.queue = $1) order by rank, id limit $5) \
     returning id, kind, args, attempt, attempts, actor, run_at, rank";

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
            run_at: row.get(6)?,
            token,
        };
        Ok((row.get::<Timestamp>(7)?, claimed))
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

pub async fn end(tx: &mut Tx, id: Uuid, token: Uuid, state: State, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(END, vec![id.into(), token.into(), state.name().into(), now.into()]).await? == 1)
}

/// Puts a job back for later; a snooze gives the attempt back.
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

/// Jobs of a worker that somebody asked to stop.
pub async fn cancel_asked(db: &Db, worker: Uuid) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(CANCEL_ASKED, vec![worker.into(), true.into()]).await?.iter().map(|row| row.get(0)).collect()
}

/// What there is to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pulse {
    pub next_due: Option<Timestamp>,
    pub has_available: bool,
    pub next_tick: Option<Timestamp>,
}

pub async fn pulse(db: &Db) -> Result<Pulse, DbError> {
    let Some(row) = db.fetch_optional(PULSE, vec![false.into()]).await? else { return Ok(Pulse::default()) };
    Ok(Pulse { next_due: row.get(0)?, has_available: row.get::<i64>(1)? > 0, next_tick: row.get(2)? })
}

/// Shows that a worker lives; false where it was given up for dead.
pub async fn beat(tx: &mut Tx, worker: Uuid, running: usize, now: Timestamp) -> Result<bool, DbError> {
    let running = i64::try_from(running).unwrap_or(i64::MAX);
    Ok(tx.execute(BEAT, vec![worker.into(), now.into(), running.into()]).await? == 1)
}

pub async fn enlist(tx: &mut Tx, worker: Uuid, name: &str, queues: &str, now: Timestamp) -> Result<(), DbError> {
    let args: Args = vec![worker.into(), name.into(), queues.into(), now.into(), now.into()];
    tx.execute(ENLIST, args).await.map(drop)
}

pub async fn leave(tx: &mut Tx, worker: Uuid) -> Result<(), DbError> {
    tx.execute(LEAVE, vec![worker.into()]).await.map(drop)
}

/// Workers with their beats.
pub async fn workers(db: &Db) -> Result<Vec<(WorkerInfo, i64)>, DbError> {
    let read = |row: &Row| {
        let queues: String = row.get(2)?;
        let info = WorkerInfo {
            id: row.get(0)?,
            name: row.get(1)?,
            queues: serde_json::from_str(&queues).unwrap_or_default(),
            running: row.get(3)?,
            started_at: row.get(4)?,
            beat_at: row.get(5)?,
        };
        Ok((info, row.get(6)?))
    };
    db.fetch_all(WORKERS, vec![]).await?.iter().map(read).collect()
}

/// Workers that are gone and whose jobs still say they run.
pub async fn left(db: &Db) -> Result<Vec<Uuid>, DbError> {
    db.fetch_all(LEFT, vec![]).await?.iter().map(|row| row.get(0)).collect()
}

/// What a dead worker was at.
pub async fn of_dead(tx: &mut Tx, worker: Uuid) -> Result<Vec<Claimed>, DbError> {
    let read = |row: &Row| {
        Ok(Claimed {
            id: row.get(0)?,
            kind: row.get(1)?,
            args: row.get(2)?,
            attempt: row.get(3)?,
            attempts: row.get(4)?,
            token: row.get(5)?,
            actor: row.get(6)?,
            run_at: Timestamp::default(),
        })
    };
    tx.fetch_all(OF_DEAD, vec![worker.into()]).await?.iter().map(read).collect()
}

fn info(row: &Row) -> Result<JobInfo, DbError> {
    let state: String = row.get(3)?;
    let kind: String = row.get(1)?;
    Ok(JobInfo {
        id: row.get(0)?,
        title: kind.clone(),
        kind,
        queue: row.get(2)?,
        state: State::parse(&state).ok_or_else(|| DbError::Decode { column: 3, reason: "is no state".into() })?,
        attempt: row.get(4)?,
        attempts: row.get(5)?,
        progress: Progress { done: row.get(6)?, total: row.get(7)?, message: row.get(8)? },
        run_at: row.get(9)?,
        created_at: row.get(10)?,
        started_at: row.get(11)?,
        finished_at: row.get(12)?,
        cancel_asked: row.get(13)?,
        error: row.get(14)?,
    })
}

fn push_filter(sql: &mut Sql, filter: &JobFilter) {
    let state = filter.state.map(|state| ("state", state.name().to_owned()));
    let queue = filter.queue.clone().map(|queue| ("queue", queue));
    let kind = filter.kind.clone().map(|kind| ("kind", kind));
    for (column, value) in [state, queue, kind].into_iter().flatten() {
        sql.push(&format!(" and {column} = "));
        sql.bind(value);
    }
}

/// Jobs before one, the newest first.
pub async fn list(db: &Db, filter: &JobFilter, before: Option<Uuid>, limit: usize) -> Result<Vec<JobInfo>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(&format!("select {COLUMNS} from jobs where "));
    match before {
        Some(before) => {
            sql.push("id < ");
            sql.bind(before);
        }
        None => sql.push("id is not null"),
    }
    push_filter(&mut sql, filter);
    sql.push(&format!(" order by id desc limit {limit}"));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(info).collect()
}

/// Ids of jobs after one, in order.
pub async fn ids(db: &Db, filter: &JobFilter, after: Option<Uuid>, limit: usize) -> Result<Vec<Uuid>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push("select id from jobs where ");
    match after {
        Some(after) => {
            sql.push("id > ");
            sql.bind(after);
        }
        None => sql.push("id is not null"),
    }
    push_filter(&mut sql, filter);
    sql.push(&format!(" order by id limit {limit}"));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn find(db: &Db, id: Uuid) -> Result<Option<JobInfo>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(&format!("select {COLUMNS} from jobs where id = "));
    sql.bind(id);
    let (text, args) = sql.finish();
    db.fetch_optional(&text, args).await?.map(|row| info(&row)).transpose()
}

/// What a job is about, what came of it, and whose it is.
pub async fn find_detail(db: &Db, id: Uuid) -> Result<Option<(String, Option<String>, Option<Uuid>)>, DbError> {
    let row = db.fetch_optional(DETAIL, vec![id.into()]).await?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose()
}

/// What went wrong, the latest first.
pub async fn errors(db: &Db, id: Uuid) -> Result<Vec<JobError>, DbError> {
    let read = |row: &Row| Ok(JobError { attempt: row.get(0)?, at: row.get(1)?, message: row.get(2)? });
    db.fetch_all(ERRORS, vec![id.into()]).await?.iter().map(read).collect()
}

/// How many jobs of each queue stand where, but for those completed.
pub async fn counts(db: &Db) -> Result<BTreeMap<String, BTreeMap<State, i64>>, DbError> {
    let mut counts: BTreeMap<String, BTreeMap<State, i64>> = BTreeMap::new();
    for row in db.fetch_all(COUNTS, vec![]).await? {
        if let Some(state) = State::parse(&row.get::<String>(1)?) {
            counts.entry(row.get(0)?).or_default().insert(state, row.get(2)?);
        }
    }
    Ok(counts)
}

/// Since when the longest waiting job of each queue waits.
pub async fn oldest(db: &Db) -> Result<BTreeMap<String, Timestamp>, DbError> {
    db.fetch_all(OLDEST, vec![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub async fn retry(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(RETRY, vec![id.into(), now.into(), false.into()]).await? == 1)
}

/// Cancels a job that does not run yet.
pub async fn cancel_waiting(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(CANCEL_WAITING, vec![id.into(), now.into(), true.into()]).await? == 1)
}

/// Asks a job that runs to stop.
pub async fn ask_cancel(tx: &mut Tx, id: Uuid) -> Result<bool, DbError> {
    Ok(tx.execute(ASK_CANCEL, vec![id.into(), true.into()]).await? == 1)
}

pub async fn pauses(db: &Db) -> Result<Vec<String>, DbError> {
    db.fetch_all(PAUSES, vec![]).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn pause(tx: &mut Tx, queue: &str, by: Option<Uuid>, now: Timestamp) -> Result<(), DbError> {
    tx.execute(PAUSE, vec![queue.into(), by.into(), now.into()]).await.map(drop)
}

pub async fn resume(tx: &mut Tx, queue: &str) -> Result<(), DbError> {
    tx.execute(RESUME, vec![queue.into()]).await.map(drop)
}

/// Removes some jobs that ended so before a time, and says how many.
pub async fn remove_over(tx: &mut Tx, state: State, before: Timestamp) -> Result<u64, DbError> {
    tx.execute(REMOVE_OVER, vec![state.name().into(), before.into()]).await
}

pub async fn remove_figures(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    tx.execute(REMOVE_FIGURES, vec![before.into()]).await.map(drop)
}

/// Adds to the figures of a minute: queue, figure, bucket, how many.
pub async fn add_figures(
    tx: &mut Tx,
    minute: Timestamp,
    figures: &BTreeMap<(&'static str, &'static str, i64), i64>,
) -> Result<(), DbError> {
    if figures.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new(tx.engine());
    sql.push("insert into job_figures (minute, queue, figure, bucket, n) values ");
    for (place, ((queue, figure, bucket), n)) in figures.iter().enumerate() {
        sql.push(if place > 0 { ", (" } else { "(" });
        let values: [Arg; 5] = [minute.into(), (*queue).into(), (*figure).into(), (*bucket).into(), (*n).into()];
        push_values(&mut sql, values);
    }
    sql.push(" on conflict (minute, queue, figure, bucket) do update set n = job_figures.n + excluded.n");
    let (text, args) = sql.finish();
    tx.execute_bulk(&text, args).await.map(drop)
}

/// Adds to the day's counts: kind, how it ended, how many.
pub async fn add_days(tx: &mut Tx, day: Date, counts: &BTreeMap<(&'static str, State), i64>) -> Result<(), DbError> {
    if counts.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new(tx.engine());
    sql.push("insert into job_days (day, kind, state, n) values ");
    for (place, ((kind, state), n)) in counts.iter().enumerate() {
        sql.push(if place > 0 { ", (" } else { "(" });
        push_values(&mut sql, [day.into(), (*kind).into(), state.name().into(), (*n).into()]);
    }
    sql.push(" on conflict (day, kind, state) do update set n = job_days.n + excluded.n");
    let (text, args) = sql.finish();
    tx.execute_bulk(&text, args).await.map(drop)
}

fn push_values<const N: usize>(sql: &mut Sql, values: [Arg; N]) {
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            sql.push(", ");
        }
        sql.bind(value);
    }
    sql.push(")");
}

/// A minute's figure.
pub struct Figure {
    pub minute: Timestamp,
    pub queue: String,
    /// `wait`, `run` or `failed`.
    pub name: String,
    pub bucket: i64,
    pub n: i64,
}

pub async fn figures(db: &Db, since: Timestamp) -> Result<Vec<Figure>, DbError> {
    let read = |row: &Row| {
        Ok(Figure { minute: row.get(0)?, queue: row.get(1)?, name: row.get(2)?, bucket: row.get(3)?, n: row.get(4)? })
    };
    db.fetch_all(FIGURES, vec![since.into()]).await?.iter().map(read).collect()
}

/// A schedule's row.
#[derive(Clone, Debug)]
pub struct Scheduled {
    pub name: String,
    pub cron: Option<String>,
    pub is_paused: bool,
    pub last_tick: Option<Timestamp>,
    pub next_tick: Timestamp,
}

pub async fn schedules(db: &Db) -> Result<Vec<Scheduled>, DbError> {
    let read = |row: &Row| {
        Ok(Scheduled {
            name: row.get(0)?,
            cron: row.get(1)?,
            is_paused: row.get(2)?,
            last_tick: row.get(3)?,
            next_tick: row.get(4)?,
        })
    };
    db.fetch_all(SCHEDULES, vec![]).await?.iter().map(read).collect()
}

pub async fn add_schedule(tx: &mut Tx, name: &str, next_tick: Timestamp) -> Result<(), DbError> {
    tx.execute(ADD_SCHEDULE, vec![name.into(), false.into(), next_tick.into()]).await.map(drop)
}

/// Moves a schedule on from a tick, and says whether nobody had.
pub async fn tick(tx: &mut Tx, name: &str, tick: Timestamp, next: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(TICK, vec![name.into(), tick.into(), next.into()]).await? == 1)
}

pub async fn move_tick(tx: &mut Tx, name: &str, next: Timestamp) -> Result<(), DbError> {
    tx.execute(MOVE_TICK, vec![name.into(), next.into()]).await.map(drop)
}

pub async fn set_schedule(
    tx: &mut Tx,
    name: &str,
    cron: Option<&str>,
    is_paused: bool,
    next: Timestamp,
) -> Result<(), DbError> {
    tx.execute(SET_SCHEDULE, vec![name.into(), cron.into(), is_paused.into(), next.into()]).await.map(drop)
}
