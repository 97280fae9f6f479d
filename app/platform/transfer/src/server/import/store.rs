//! The rows of `imports` and `import_errors`.

use kernel::{
    AppError, Timestamp,
    server::{Arg, Args, Db, DbError, Row, Tx, unexpected},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::columns::Inspected;
use crate::import::{Counts, Difference, ImportInfo, Problem, ProblemKind, Settings, Status};

/// An import and who brought the file.
pub struct Stored {
    pub info: ImportInfo,
    pub delimiter: u8,
    pub actor: Option<Uuid>,
    /// The text, until the import is over.
    pub file: Option<Uuid>,
}

/// The most problems kept of one import.
pub const KEPT: i64 = 10_000;

const FIND: &str = "select id, record_type, file_name, status, encoding, delimiter, file_columns, settings, warnings, \
     total, progress, created, updated, unchanged, skipped, failed, errors, differences, change_set, error, actor, \
     created_at, job, file from imports where id = $1";
const INSERT: &str = "insert into imports (id, record_type, file_name, bytes, status, encoding, delimiter, file_columns, \
     settings, warnings, total, progress, created, updated, unchanged, skipped, failed, errors, actor, created_at, \
     touched_at, file) values ($1, $2, $3, $4, 'uploaded', $5, $6, $7, $8, $9, $10, 0, 0, 0, 0, 0, 0, 0, $11, $12, $13, \
     $14)";
const MOVE: &str = "update imports set status = $2, touched_at = $3 where id = $1 and status = $4";
const RESET: &str = "update imports set settings = $2, progress = 0, created = 0, updated = 0, unchanged = 0, skipped = 0, \
     failed = 0, errors = 0, differences = null, error = null, finished_at = null where id = $1";
const SET_CHANGE_SET: &str = "update imports set change_set = $2 where id = $1";
const COUNT: &str = "update imports set progress = $2, created = $3, updated = $4, unchanged = $5, skipped = $6, \
     failed = $7, errors = $8, touched_at = $9 where id = $1";
const SHOW: &str = "update imports set differences = $2 where id = $1";
const FINISH: &str = "update imports set status = $2, error = $3, finished_at = $4, touched_at = $5 where id = $1 \
     and status = $6";
const CLEAR_PROBLEMS: &str = "delete from import_errors where import = $1";
const LIST_PROBLEMS: &str = "select kind, row_number, column_name, value, message from import_errors where import = $1 \
     order by row_number, n limit $2 offset $3";
const LIST_PROBLEMS_OF_KIND: &str = "select kind, row_number, column_name, value, message from import_errors \
     where import = $1 and kind = $2 order by row_number, n limit $3 offset $4";
const COUNT_PROBLEMS: &str = "select count(*) from import_errors where import = $1";
const COUNT_PROBLEMS_OF_KIND: &str = "select count(*) from import_errors where import = $1 and kind = $2";
const SET_JOB: &str = "update imports set job = $2 where id = $1";
const BUSY: &str = "select id, job from imports where status in ('checking', 'running', 'undoing')";
const DELETE_UNUSED: &str = "delete from imports where id = $1 and status in ('uploaded', 'checked')";
const FILE: &str = "select file from imports where id = $1";
const DROP_FILE: &str = "update imports set file = null where id = $1";
const OLD: &str = "select id, status from imports where created_at < $1 and status in ('uploaded', 'checked')";

/// Every statement, for the test that both databases know them.
pub const STATEMENTS: [&str; 19] = [
    FIND,
    INSERT,
    MOVE,
    RESET,
    SET_CHANGE_SET,
    COUNT,
    SHOW,
    FINISH,
    CLEAR_PROBLEMS,
    LIST_PROBLEMS,
    LIST_PROBLEMS_OF_KIND,
    COUNT_PROBLEMS,
    COUNT_PROBLEMS_OF_KIND,
    SET_JOB,
    BUSY,
    DELETE_UNUSED,
    FILE,
    DROP_FILE,
    OLD,
];

fn json(value: &impl Serialize) -> Result<Arg, AppError> {
    serde_json::to_string(value).map(Arg::from).map_err(unexpected)
}

fn read_json<T: DeserializeOwned>(row: &Row, at: usize) -> Result<T, DbError> {
    let unreadable = |_| DbError::Decode { column: at, reason: "is not what was written there".into() };
    serde_json::from_str(&row.get::<String>(at)?).map_err(unreadable)
}

pub async fn find(db: &Db, id: Uuid) -> Result<Option<Stored>, AppError> {
    let Some(row) = db.fetch_optional(FIND, vec![id.into()]).await? else { return Ok(None) };
    let delimiter: String = row.get(5)?;
    let status: String = row.get(3)?;
    let differences = match row.get::<Option<String>>(17)? {
        Some(_) => read_json(&row, 17)?,
        None => vec![],
    };
    let info = ImportInfo {
        id: row.get(0)?,
        record_type: row.get(1)?,
        file_name: row.get(2)?,
        status: Status::parse(&status).ok_or_else(|| DbError::Decode { column: 3, reason: "is no status".into() })?,
        encoding: row.get(4)?,
        delimiter: delimiter.clone(),
        columns: read_json(&row, 6)?,
        settings: read_json(&row, 7)?,
        warnings: read_json(&row, 8)?,
        counts: Counts {
            total: row.get(9)?,
            progress: row.get(10)?,
            created: row.get(11)?,
            updated: row.get(12)?,
            unchanged: row.get(13)?,
            skipped: row.get(14)?,
            failed: row.get(15)?,
            errors: row.get(16)?,
        },
        differences,
        change_set: row.get(18)?,
        error: row.get(19)?,
        created_at: row.get(21)?,
        job: row.get(22)?,
    };
    let delimiter = delimiter.as_bytes().first().copied().unwrap_or(b',');
    Ok(Some(Stored { delimiter, actor: row.get(20)?, file: row.get(23)?, info }))
}

/// A file that has just been brought.
pub struct New<'a> {
    pub id: Uuid,
    pub record_type: &'a str,
    pub file_name: &'a str,
    pub bytes: u64,
    pub file: Uuid,
    pub settings: &'a Settings,
    pub actor: Option<Uuid>,
    pub now: Timestamp,
}

pub async fn insert(tx: &mut Tx, new: New<'_>, inspected: &Inspected) -> Result<(), AppError> {
    let args: Args = vec![
        new.id.into(),
        new.record_type.into(),
        new.file_name.into(),
        i64::try_from(new.bytes).unwrap_or(i64::MAX).into(),
        inspected.encoding.into(),
        char::from(inspected.delimiter).to_string().into(),
        json(&inspected.columns)?,
        json(new.settings)?,
        json(&inspected.warnings)?,
        inspected.rows.into(),
        new.actor.into(),
        new.now.into(),
        new.now.into(),
        new.file.into(),
    ];
    tx.execute(INSERT, args).await?;
    Ok(())
}

/// Takes the file from an import.
pub async fn take_file(tx: &mut Tx, id: Uuid) -> Result<Option<Uuid>, DbError> {
    let row = tx.fetch_optional(FILE, vec![id.into()]).await?;
    tx.execute(DROP_FILE, vec![id.into()]).await?;
    row.map_or(Ok(None), |row| row.get(0))
}

/// Moves an import from one status to another, and says whether it was there.
pub async fn change_status(tx: &mut Tx, id: Uuid, from: Status, to: Status, now: Timestamp) -> Result<bool, DbError> {
    let args: Args = vec![id.into(), to.name().into(), now.into(), from.name().into()];
    Ok(tx.execute(MOVE, args).await? == 1)
}

/// Forgets what an earlier check or run found, and keeps what is wanted now.
pub async fn reset(tx: &mut Tx, id: Uuid, settings: &Settings) -> Result<(), AppError> {
    tx.execute(RESET, vec![id.into(), json(settings)?]).await?;
    tx.execute(CLEAR_PROBLEMS, vec![id.into()]).await?;
    Ok(())
}

pub async fn set_change_set(tx: &mut Tx, id: Uuid, change_set: Option<Uuid>) -> Result<(), DbError> {
    tx.execute(SET_CHANGE_SET, vec![id.into(), change_set.into()]).await.map(drop)
}

pub async fn count(tx: &mut Tx, id: Uuid, counts: &Counts, now: Timestamp) -> Result<(), DbError> {
    let args: Args = vec![
        id.into(),
        counts.progress.into(),
        counts.created.into(),
        counts.updated.into(),
        counts.unchanged.into(),
        counts.skipped.into(),
        counts.failed.into(),
        counts.errors.into(),
        now.into(),
    ];
    tx.execute(COUNT, args).await.map(drop)
}

pub async fn show(tx: &mut Tx, id: Uuid, differences: &[Difference]) -> Result<(), AppError> {
    tx.execute(SHOW, vec![id.into(), json(&differences)?]).await?;
    Ok(())
}

/// Ends what was being done with an import that is in the first status: it is in the second now. False where it is not.
pub async fn finish(
    tx: &mut Tx,
    id: Uuid,
    (from, to): (Status, Status),
    error: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let args: Args = vec![id.into(), to.name().into(), error.into(), now.into(), now.into(), from.name().into()];
    Ok(tx.execute(FINISH, args).await? == 1)
}

/// Keeps problems, the `first` of which is the so-manieth of the import.
pub async fn add_problems(tx: &mut Tx, id: Uuid, first: i64, problems: &[Problem]) -> Result<(), DbError> {
    const AT_ONCE: usize = 200;
    let room = usize::try_from(KEPT - first).unwrap_or(0).min(problems.len());
    let mut n = first;
    for some in problems[..room].chunks(AT_ONCE) {
        let mut sql = records::server::Sql::new(tx.engine());
        sql.push("insert into import_errors (import, n, kind, row_number, column_name, value, message) values ");
        for (i, problem) in some.iter().enumerate() {
            sql.push(if i > 0 { ", (" } else { "(" });
            sql.bind(id);
            sql.push(", ");
            sql.bind(n);
            sql.push(", ");
            sql.bind(problem.kind.name());
            sql.push(", ");
            sql.bind(problem.row);
            for text in [&problem.column, &problem.value, &problem.message] {
                sql.push(", ");
                // Neither database keeps a NUL.
                sql.bind(text.replace('\0', "\u{2400}"));
            }
            sql.push(")");
            n += 1;
        }
        let (text, args) = sql.finish();
        tx.execute_bulk(&text, args).await?;
    }
    Ok(())
}

/// Problems in the order of the rows, and how many are kept.
pub async fn list_problems(
    db: &Db,
    id: Uuid,
    kind: Option<ProblemKind>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Problem>, i64), DbError> {
    let (list, how_many) = match kind {
        Some(_) => (LIST_PROBLEMS_OF_KIND, COUNT_PROBLEMS_OF_KIND),
        None => (LIST_PROBLEMS, COUNT_PROBLEMS),
    };
    let mut args: Args = vec![id.into()];
    args.extend(kind.map(|kind| Arg::from(kind.name())));
    let count = db.fetch_optional(how_many, args.clone()).await?;
    args.extend([Arg::from(limit), offset.into()]);
    let rows = db.fetch_all(list, args).await?;
    let problem = |row: &Row| {
        Ok(Problem {
            kind: ProblemKind::parse(&row.get::<String>(0)?).unwrap_or(ProblemKind::Error),
            row: row.get(1)?,
            column: row.get(2)?,
            value: row.get(3)?,
            message: row.get(4)?,
        })
    };
    let problems = rows.iter().map(problem).collect::<Result<Vec<_>, DbError>>()?;
    Ok((problems, count.map(|row| row.get(0)).transpose()?.unwrap_or(0)))
}

/// Takes away an import that did nothing yet, and says whether it did.
pub async fn delete_unused(tx: &mut Tx, id: Uuid) -> Result<bool, DbError> {
    Ok(tx.execute(DELETE_UNUSED, vec![id.into()]).await? == 1)
}

pub async fn set_job(tx: &mut Tx, id: Uuid, job: Uuid) -> Result<(), DbError> {
    tx.execute(SET_JOB, vec![id.into(), job.into()]).await.map(drop)
}

/// Imports under way, with the jobs that are at them.
pub async fn list_busy(db: &Db) -> Result<Vec<(Uuid, Option<Uuid>)>, DbError> {
    db.fetch_all(BUSY, vec![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Files that were brought before and never imported, with the status they are in.
pub async fn list_old(db: &Db, before: Timestamp) -> Result<Vec<(Uuid, Status)>, DbError> {
    let rows = db.fetch_all(OLD, vec![before.into()]).await?;
    let old = |row: &Row| Ok((row.get(0)?, Status::parse(&row.get::<String>(1)?).unwrap_or(Status::Uploaded)));
    rows.iter().map(old).collect()
}
