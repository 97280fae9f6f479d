//! What workers go by beside the jobs themselves: one another's beats, pauses and schedules.

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Row, Tx},
};
use uuid::Uuid;

use crate::WorkerInfo;

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
const PAUSES: &str = "select queue from job_pauses";
const PAUSE: &str = "insert into job_pauses (queue, paused_by, paused_at) values ($1, $2, $3) on conflict do nothing";
const RESUME: &str = "delete from job_pauses where queue = $1";
const SCHEDULES: &str = "select name, cron, paused, last_tick, next_tick from job_schedules";
const ADD_SCHEDULE: &str =
    "insert into job_schedules (name, paused, next_tick) values ($1, $2, $3) on conflict do nothing";
const TICK: &str = "update job_schedules set last_tick = $2, next_tick = $3 where name = $1 and next_tick = $2";
const MOVE_TICK: &str = "update job_schedules set next_tick = $2 where name = $1";
const SET_SCHEDULE: &str = "update job_schedules set cron = $2, paused = $3, next_tick = $4 where name = $1";

pub const STATEMENTS: &[&str] = &[
    PULSE,
    BEAT,
    ENLIST,
    LEAVE,
    WORKERS,
    LEFT,
    PAUSES,
    PAUSE,
    RESUME,
    SCHEDULES,
    ADD_SCHEDULE,
    TICK,
    MOVE_TICK,
    SET_SCHEDULE,
];

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

pub async fn pauses(db: &Db) -> Result<Vec<String>, DbError> {
    db.fetch_all(PAUSES, vec![]).await?.iter().map(|row| row.get(0)).collect()
}

pub async fn pause(tx: &mut Tx, queue: &str, by: Option<Uuid>, now: Timestamp) -> Result<(), DbError> {
    tx.execute(PAUSE, vec![queue.into(), by.into(), now.into()]).await.map(drop)
}

pub async fn resume(tx: &mut Tx, queue: &str) -> Result<(), DbError> {
    tx.execute(RESUME, vec![queue.into()]).await.map(drop)
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
