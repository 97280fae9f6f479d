//! How many jobs stand where, and what the minutes and days saw of them.

use std::collections::BTreeMap;

use kernel::{
    Date, Timestamp,
    server::{Arg, Db, DbError, Row, Tx},
};
use records::server::Sql;

use crate::State;

const COUNTS: &str = "select queue, state, count(*) from jobs where state <> 'completed' group by queue, state";
const OLDEST: &str = "select queue, min(run_at) from jobs where state = 'available' group by queue";
const REMOVE_FIGURES: &str = "delete from job_figures where minute < $1";
const FIGURES: &str = "select minute, queue, figure, bucket, n from job_figures where minute >= $1 order by minute";
const DAYS: &str = "select day, state, cast(sum(n) as bigint) from job_days where day >= $1 group by day, state";

pub const STATEMENTS: &[&str] = &[COUNTS, OLDEST, REMOVE_FIGURES, FIGURES, DAYS];

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

/// How many jobs ended how, by day since one.
pub async fn days(db: &Db, since: Date) -> Result<BTreeMap<(Date, State), i64>, DbError> {
    let mut days = BTreeMap::new();
    for row in db.fetch_all(DAYS, vec![since.into()]).await? {
        if let Some(state) = State::parse(&row.get::<String>(1)?) {
            days.insert((row.get(0)?, state), row.get(2)?);
        }
    }
    Ok(days)
}
