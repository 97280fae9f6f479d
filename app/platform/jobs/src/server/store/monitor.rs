//! Jobs as the monitor shows them.

use std::collections::HashSet;

use kernel::server::{Db, DbError, Row};
use records::server::Sql;
use uuid::Uuid;

use crate::{JobError, JobFilter, JobInfo, Progress, State};

const COLUMNS: &str = "id, kind, queue, state, attempt, attempts, progress_done, progress_total, progress_message, run_at, \
     created_at, started_at, finished_at, cancel_asked, \
     (select message from job_errors e where e.job = jobs.id order by e.attempt desc limit 1)";
const DETAIL: &str = "select args, result, actor from jobs where id = $1";
const ERRORS: &str = "select attempt, at, message from job_errors where job = $1 order by attempt desc limit 100";

pub const STATEMENTS: &[&str] = &[DETAIL, ERRORS];

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

/// Those of some keys for which a job of a kind is not over.
pub async fn keys_under_way(db: &Db, kind: &str, keys: &[String]) -> Result<HashSet<String>, DbError> {
    let mut sql = Sql::new(db.engine());
    sql.push(
        "select unique_key from jobs where state in ('scheduled', 'available', 'running', 'retryable') and kind = ",
    );
    sql.bind(kind);
    sql.push(" and unique_key in ");
    sql.bind_list(keys.iter().map(String::as_str));
    let (text, args) = sql.finish();
    db.fetch_all(&text, args).await?.iter().map(|row| row.get(0)).collect()
}

/// What went wrong, the latest first.
pub async fn errors(db: &Db, id: Uuid) -> Result<Vec<JobError>, DbError> {
    let read = |row: &Row| Ok(JobError { attempt: row.get(0)?, at: row.get(1)?, message: row.get(2)? });
    db.fetch_all(ERRORS, vec![id.into()]).await?.iter().map(read).collect()
}
