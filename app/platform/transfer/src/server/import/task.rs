//! The work on an import.

mod ending;
mod pace;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

pub use ending::{give_up, undo};
use ending::{look_anew, settle, tell};
use files::server::{Files, Local};
use jobs::{
    Progress,
    server::{JobCx, Outcome},
};
use kernel::{AppError, server::DbError};
use pace::Pace;
use records::server::{ApplyError, Ctx, Work, open, retitle};
use uuid::Uuid;

use super::{
    file::Table,
    lines::{self, Line},
    pass::{Deferred, Delta, Pass},
    store,
    wanted::{self, Wanted},
};
use crate::import::{Counts, ImportInfo, OnError, Problem, Status};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    Check,
    Run,
}

/// An import that is allowed and understood.
struct Task {
    id: Uuid,
    text: Local,
    delimiter: u8,
    wanted: Arc<Wanted>,
    /// What `wanted` was understood from, to be understood again.
    info: ImportInfo,
}

/// How often a batch that others overtook, or for which the database had no time, is done again.
const ATTEMPTS: u32 = 5;
/// Names settled in one transaction.
const LINKS: usize = 500;
/// After how long work comes back whose file could not be reached.
const AWAY: Duration = Duration::from_secs(15);
/// How often it is asked whether whoever started it still may.
const PULSE: Duration = Duration::from_millis(500);
/// What is said of an import that cannot go on where it stopped.
pub const STOPPED: &str = "The program stopped in the middle of this.";

impl Aim {
    /// The status of an import that this is being done with.
    const fn status(self) -> Status {
        match self {
            Self::Check => Status::Checking,
            Self::Run => Status::Running,
        }
    }
}

/// Does what was asked of an import.
pub async fn work(cx: &JobCx, id: Uuid, aim: Aim) -> Result<Outcome, AppError> {
    let ctx = &cx.ctx;
    let stored = store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let info = stored.info;
    if info.job != Some(cx.id) || info.status != aim.status() {
        return Err(AppError::Conflict("This is over: begin it from its file again.".into()));
    }
    if aim == Aim::Run && info.change_set.is_some() {
        return Err(AppError::Conflict(STOPPED.into()));
    }
    let wanted = wanted::understand(ctx, &info.record_type, &info.columns, &info.settings)?;
    let gone = || AppError::Conflict("The file is gone: bring it again.".into());
    let text = match cx.service::<Files>()?.local(ctx, stored.file.ok_or_else(gone)?).await {
        // Nothing was begun yet, so it can wait.
        Err(AppError::NoStorage) => return Ok(Outcome::Snooze(AWAY)),
        Err(AppError::NotFound) => return Err(gone()),
        found => found?,
    };
    let task = Task { id, text, delimiter: stored.delimiter, wanted: Arc::new(wanted), info };
    let is_done = match aim {
        Aim::Check => check(cx, &task).await?,
        Aim::Run => run(cx, &task).await?,
    };
    Ok(if is_done { Outcome::DONE } else { Outcome::Cancelled })
}

/// The rows of the file, batch by batch, read beside the threads that answer requests.
struct Rows {
    path: PathBuf,
    delimiter: u8,
    table: Option<Table>,
}

impl Rows {
    fn of(task: &Task) -> Self {
        Self { path: task.text.path().to_owned(), delimiter: task.delimiter, table: None }
    }

    async fn next(&mut self, ctx: &Ctx, wanted: &Arc<Wanted>) -> Result<Vec<Line>, AppError> {
        let (path, delimiter, table) = (self.path.clone(), self.delimiter, self.table.take());
        let (wanted, reading) = (wanted.clone(), ctx.reading());
        let read = tokio::task::spawn_blocking(move || {
            let mut table = match table {
                Some(table) => table,
                None => Table::open(&path, delimiter)?,
            };
            let lines = lines::next(&mut table, &wanted, reading)?;
            Ok::<_, super::file::FileError>((table, lines))
        });
        let (table, lines) = read.await.map_err(kernel::server::unexpected)??;
        self.table = Some(table);
        Ok(lines)
    }
}

/// Keeps what was found, and counts it, as long as the job is this worker's and nobody asked it to stop.
struct Record<'a> {
    cx: &'a JobCx,
    id: Uuid,
    problems: i64,
    pace: Pace,
}

impl Record<'_> {
    /// False where the work is to stop: then nothing of the transaction may stay.
    async fn write(&mut self, work: &mut Work, counts: &Counts, problems: &[Problem]) -> Result<bool, AppError> {
        store::count(&mut work.tx, self.id, counts, self.cx.ctx.app.clock().now()).await?;
        store::add_problems(&mut work.tx, self.id, self.problems, problems).await?;
        self.cx.hold(&mut work.tx, &far(counts)).await
    }

    fn accept(&mut self, problems: usize) {
        self.problems += i64::try_from(problems).unwrap_or(i64::MAX);
    }

    async fn save(&mut self, counts: &Counts, problems: &[Problem]) -> Result<bool, AppError> {
        let mut work = self.cx.ctx.begin().await?;
        if !self.write(&mut work, counts, problems).await? {
            work.rollback().await?;
            return Ok(false);
        }
        work.commit().await?;
        self.accept(problems.len());
        Ok(true)
    }
}

fn far(counts: &Counts) -> Progress {
    Progress { done: counts.progress, total: counts.total, message: None }
}

/// Goes through the whole file without writing any record. `None` where it was told to stop.
async fn look<'a>(cx: &'a JobCx, task: &'a Task, mut record: Option<Record<'a>>) -> Result<Option<Pass<'a>>, AppError> {
    let ctx = &cx.ctx;
    let mut pass = Pass::new(ctx, &task.wanted, task.info.counts.total, None);
    let mut rows = Rows::of(task);
    let mut rights = Rights::of(cx, task);
    loop {
        let lines = rows.next(ctx, &task.wanted).await?;
        let is_end = lines.is_empty();
        let problems = if is_end {
            pass.survey().await?
        } else {
            let mut delta = pass.batch(&mut None, &lines).await?;
            let problems = std::mem::take(&mut delta.problems);
            pass.accept(delta);
            problems
        };
        let goes_on = if let Some(record) = &mut record {
            record.save(&pass.counts, &problems).await?
        } else {
            cx.progress(&far(&pass.counts)).await?;
            !cx.is_cancelled()
        };
        if !goes_on {
            return Ok(None);
        }
        if is_end {
            return Ok(Some(pass));
        }
        rights.look_again().await?;
    }
}

/// Whether whoever started an import may still do all of it.
struct Rights<'a> {
    cx: &'a JobCx,
    task: &'a Task,
    asked: Instant,
}

impl<'a> Rights<'a> {
    fn of(cx: &'a JobCx, task: &'a Task) -> Self {
        Self { cx, task, asked: Instant::now() }
    }

    /// Asks now and then. What was lost ends the work.
    async fn look_again(&mut self) -> Result<(), AppError> {
        if self.asked.elapsed() < PULSE {
            return Ok(());
        }
        self.asked = Instant::now();
        let (info, ctx) = (&self.task.info, self.cx.anew().await?);
        match wanted::understand(&ctx, &info.record_type, &info.columns, &info.settings) {
            Ok(now) if now.has_rights_of(&self.task.wanted) => Ok(()),
            Ok(_) | Err(AppError::Invalid(_) | AppError::Forbidden | AppError::NotFound) => {
                Err(AppError::Conflict("You may not import this any more.".into()))
            }
            Err(error) => Err(error),
        }
    }
}

/// Finds out what the file would do. False where it was told to stop.
async fn check(cx: &JobCx, task: &Task) -> Result<bool, AppError> {
    let ctx = &cx.ctx;
    let mut tx = ctx.db().begin().await?;
    store::reset(&mut tx, task.id, &task.info.settings).await?;
    if !cx.hold(&mut tx, &Progress::default()).await? {
        return Ok(false);
    }
    tx.commit().await?;
    let record = Record { cx, id: task.id, problems: 0, pace: Pace::default() };
    let Some(pass) = look(cx, task, Some(record)).await? else { return Ok(false) };
    let mut tx = ctx.db().begin().await?;
    store::show(&mut tx, task.id, &pass.differences).await?;
    store::finish(&mut tx, task.id, (Status::Checking, Status::Checked), None, ctx.app.clock().now()).await?;
    if !cx.hold(&mut tx, &far(&pass.counts)).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// Imports the file. False where it was told to stop.
async fn run(cx: &JobCx, task: &Task) -> Result<bool, AppError> {
    let ctx = &cx.ctx;
    // Rows that name what will not be there have to be known before the first is written.
    let doomed = if task.wanted.has_inward() && task.wanted.on_error == OnError::SkipRow {
        let Some(pass) = look(cx, task, None).await? else { return Ok(false) };
        pass.doomed
    } else {
        HashMap::new()
    };
    let Some(change_set) = open_change_set(cx, task).await? else { return Ok(false) };
    let mut pass = Pass::new(ctx, &task.wanted, task.info.counts.total, Some(change_set));
    pass.doomed = doomed;
    let mut record = Record { cx, id: task.id, problems: 0, pace: Pace::default() };
    let mut rights = Rights::of(cx, task);
    let mut rows = Rows::of(task);
    let mut lines = rows.next(ctx, &task.wanted).await?;
    while !lines.is_empty() {
        // The next are read while these are written.
        let (goes_on, next) = tokio::join!(write(&mut pass, &mut record, &lines), rows.next(ctx, &task.wanted));
        if !goes_on? {
            return Ok(false);
        }
        lines = next?;
        rights.look_again().await?;
    }
    let deferred = std::mem::take(&mut pass.deferred);
    for some in deferred.chunks(LINKS) {
        let Some(delta) = in_turn(&pass, &mut record, Part::Names(some)).await? else { return Ok(false) };
        pass.accept(delta);
        rights.look_again().await?;
    }
    finish(cx, task, change_set, &pass.counts).await
}

/// Writes rows, in transactions that are over soon. False where it is to stop.
async fn write(pass: &mut Pass<'_>, record: &mut Record<'_>, lines: &[Line]) -> Result<bool, AppError> {
    let mut rest = lines;
    while !rest.is_empty() {
        let (some, more) = rest.split_at(record.pace.rows().min(rest.len()));
        let Some(delta) = in_turn(pass, record, Part::Rows(some)).await? else { return Ok(false) };
        pass.accept(delta);
        rest = more;
    }
    Ok(true)
}

/// What is done in one transaction.
#[derive(Clone, Copy)]
enum Part<'a> {
    Rows(&'a [Line]),
    Names(&'a [Deferred]),
}

/// Does a part of the work in a transaction, with its counts and problems; again where somebody was faster. `None` where
/// it is to stop: then it wrote nothing.
async fn in_turn(pass: &Pass<'_>, record: &mut Record<'_>, part: Part<'_>) -> Result<Option<Delta>, AppError> {
    let mut attempt = 1;
    loop {
        let mut work = Some(pass.ctx.begin_batch().await?);
        let began = Instant::now();
        let done = match part {
            Part::Rows(lines) => pass.batch(&mut work, lines).await,
            Part::Names(deferred) => pass.link(&mut work, deferred).await,
        };
        let done = match done {
            Ok(delta) => match work.take() {
                Some(mut work) => {
                    match record.write(&mut work, &pass.counts.plus(&delta.counts), &delta.problems).await {
                        Ok(true) => work.commit().await.map(|()| Some(delta)).map_err(ApplyError::from),
                        Ok(false) => Ok(None),
                        Err(error) => Err(error.into()),
                    }
                }
                None => Ok(Some(delta)),
            },
            Err(error) => Err(error),
        };
        match done {
            Ok(delta) => {
                record.pace.took(began.elapsed());
                record.accept(delta.as_ref().map_or(0, |delta| delta.problems.len()));
                return Ok(delta);
            }
            Err(
                ApplyError::Overtaken
                | ApplyError::Db(DbError::Unique(_) | DbError::Serialization | DbError::Busy)
                | ApplyError::App(AppError::Unavailable),
            ) if attempt < ATTEMPTS => {
                drop(work);
                tokio::time::sleep(Duration::from_millis(100) * attempt).await;
                attempt += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn open_change_set(cx: &JobCx, task: &Task) -> Result<Option<Uuid>, AppError> {
    let ctx = &cx.ctx;
    let mut work = ctx.begin().await?;
    let title = format!("Imported {} from {}", task.wanted.entry.ty.plural.to_lowercase(), task.info.file_name);
    let change_set = open(ctx, &mut work, "import", &title, None).await?;
    store::set_change_set(&mut work.tx, task.id, Some(change_set)).await?;
    if !cx.hold(&mut work.tx, &Progress { total: task.info.counts.total, ..Progress::default() }).await? {
        return Ok(None);
    }
    work.commit().await?;
    Ok(Some(change_set))
}

async fn finish(cx: &JobCx, task: &Task, change_set: Uuid, counts: &Counts) -> Result<bool, AppError> {
    let ctx = &cx.ctx;
    let now = ctx.app.clock().now();
    let mut work = ctx.begin().await?;
    settle(ctx, &mut work, task.id, change_set, counts).await?;
    let ty = task.wanted.entry.ty;
    let title = match counts.created + counts.updated {
        1 => format!("Imported a {} from {}", ty.singular.to_lowercase(), task.info.file_name),
        n => format!("Imported {n} {} from {}", ty.plural.to_lowercase(), task.info.file_name),
    };
    retitle(&mut work, change_set, &title).await?;
    store::finish(&mut work.tx, task.id, (Status::Running, Status::Done), None, now).await?;
    super::let_go(&mut work.tx, task.id).await?;
    let message = format!("{} created, {} updated, {} not imported.", counts.created, counts.updated, counts.failed);
    tell(ctx, &mut work, (task.id, ctx.actor.user), (format!("{} is imported", task.info.file_name), message)).await?;
    if !cx.hold(&mut work.tx, &far(counts)).await? {
        return Ok(false);
    }
    work.commit().await?;
    look_anew(ctx, counts.created + counts.updated).await;
    Ok(true)
}
