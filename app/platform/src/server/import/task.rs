//! The work on an import.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use kernel::{AppError, server::DbError};
use records::server::{ApplyError, Ctx, Undone, Work, close, discard, open, retitle};
use uuid::Uuid;

use super::{
    file::Table,
    lines::{self, Line},
    pass::{Deferred, Delta, Pass},
    store,
    wanted::{self, Wanted},
};
use crate::{
    import::{Counts, OnError, Problem, ProblemKind, Status},
    jobs::Progress,
    server::{
        files::{Files, Local},
        jobs::{JobCx, Outcome},
        notifications::{Notice, notify, told},
    },
};

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
    file_name: String,
    delimiter: u8,
    total: i64,
    wanted: Arc<Wanted>,
}

/// How often a batch that others overtook, or for which the database had no time, is done again.
const ATTEMPTS: u32 = 5;
/// Names settled in one transaction.
const LINKS: usize = 500;
/// After how long work comes back whose file could not be reached.
const AWAY: Duration = Duration::from_secs(15);
/// What is said of an import that cannot go on where it stopped.
const STOPPED: &str = "The program stopped in the middle of this.";

/// Does what was asked of an import.
pub async fn work(cx: &JobCx, id: Uuid, aim: Aim) -> Result<Outcome, AppError> {
    let ctx = &cx.ctx;
    let stored = store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let info = stored.info;
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
    let task = Task {
        id,
        text,
        file_name: info.file_name,
        delimiter: stored.delimiter,
        total: info.counts.total,
        wanted: Arc::new(wanted),
    };
    let is_done = match aim {
        Aim::Check => {
            let mut tx = ctx.db().begin().await?;
            store::reset(&mut tx, id, &info.settings).await?;
            tx.commit().await?;
            check(cx, &task).await?
        }
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

/// Keeps what was found, and counts it.
struct Record<'a> {
    ctx: &'a Ctx,
    id: Uuid,
    problems: i64,
}

impl Record<'_> {
    async fn write(&mut self, work: &mut Work, counts: &Counts, problems: &[Problem]) -> Result<(), DbError> {
        store::count(&mut work.tx, self.id, counts, self.ctx.app.clock().now()).await?;
        store::add_problems(&mut work.tx, self.id, self.problems, problems).await
    }

    fn accept(&mut self, problems: usize) {
        self.problems += i64::try_from(problems).unwrap_or(i64::MAX);
    }

    async fn save(&mut self, counts: &Counts, problems: &[Problem]) -> Result<(), AppError> {
        let mut work = self.ctx.begin().await?;
        self.write(&mut work, counts, problems).await?;
        work.commit().await?;
        self.accept(problems.len());
        Ok(())
    }
}

/// Goes through the whole file without writing any record. `None` where it was told to stop.
async fn look<'a>(cx: &'a JobCx, task: &'a Task, mut record: Option<Record<'a>>) -> Result<Option<Pass<'a>>, AppError> {
    let ctx = &cx.ctx;
    let mut pass = Pass::new(ctx, &task.wanted, task.total, None);
    let mut rows = Rows::of(task);
    loop {
        let lines = rows.next(ctx, &task.wanted).await?;
        if lines.is_empty() {
            break;
        }
        let mut delta = pass.batch(&mut None, &lines).await?;
        let problems = std::mem::take(&mut delta.problems);
        pass.accept(delta);
        if let Some(record) = &mut record {
            record.save(&pass.counts, &problems).await?;
        }
        if is_over(cx, &pass).await? {
            return Ok(None);
        }
    }
    let problems = pass.survey().await?;
    if let Some(record) = &mut record {
        record.save(&pass.counts, &problems).await?;
    }
    Ok(Some(pass))
}

/// Tells whoever looks how far it is, and whether it is to stop here.
async fn is_over(cx: &JobCx, pass: &Pass<'_>) -> Result<bool, AppError> {
    let counts = &pass.counts;
    cx.progress(&Progress { done: counts.progress, total: counts.total, message: None }).await?;
    Ok(cx.is_cancelled())
}

/// Finds out what the file would do. False where it was told to stop.
async fn check(cx: &JobCx, task: &Task) -> Result<bool, AppError> {
    let ctx = &cx.ctx;
    let Some(pass) = look(cx, task, Some(Record { ctx, id: task.id, problems: 0 })).await? else { return Ok(false) };
    let mut tx = ctx.db().begin().await?;
    store::show(&mut tx, task.id, &pass.differences).await?;
    store::finish(&mut tx, task.id, Status::Checked, None, ctx.app.clock().now()).await?;
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
    let change_set = open_change_set(ctx, task).await?;
    let mut pass = Pass::new(ctx, &task.wanted, task.total, Some(change_set));
    pass.doomed = doomed;
    let mut record = Record { ctx, id: task.id, problems: 0 };
    let mut rows = Rows::of(task);
    let mut lines = rows.next(ctx, &task.wanted).await?;
    while !lines.is_empty() {
        // The next are read while these are written.
        let (written, next) =
            tokio::join!(in_turn(&pass, &mut record, Part::Rows(&lines)), rows.next(ctx, &task.wanted));
        pass.accept(written?);
        lines = next?;
        if is_over(cx, &pass).await? {
            return Ok(false);
        }
    }
    let deferred = std::mem::take(&mut pass.deferred);
    for some in deferred.chunks(LINKS) {
        let delta = in_turn(&pass, &mut record, Part::Names(some)).await?;
        pass.accept(delta);
    }
    finish(ctx, task, change_set, &pass.counts).await?;
    Ok(true)
}

/// What is done in one transaction.
#[derive(Clone, Copy)]
enum Part<'a> {
    Rows(&'a [Line]),
    Names(&'a [Deferred]),
}

/// Does a part of the work in a transaction, with its counts and problems; again where somebody was faster.
async fn in_turn(pass: &Pass<'_>, record: &mut Record<'_>, part: Part<'_>) -> Result<Delta, AppError> {
    let mut attempt = 1;
    loop {
        let mut work = Some(pass.ctx.begin().await?);
        let done = match part {
            Part::Rows(lines) => pass.batch(&mut work, lines).await,
            Part::Names(deferred) => pass.link(&mut work, deferred).await,
        };
        let done = match done {
            Ok(delta) => match work.take() {
                Some(mut work) => {
                    match record.write(&mut work, &pass.counts.plus(&delta.counts), &delta.problems).await {
                        Ok(()) => work.commit().await.map(|()| delta).map_err(ApplyError::from),
                        Err(error) => Err(error.into()),
                    }
                }
                None => Ok(delta),
            },
            Err(error) => Err(error),
        };
        match done {
            Ok(delta) => {
                record.accept(delta.problems.len());
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

async fn open_change_set(ctx: &Ctx, task: &Task) -> Result<Uuid, AppError> {
    let mut work = ctx.begin().await?;
    let title = format!("Imported {} from {}", task.wanted.entry.ty.plural.to_lowercase(), task.file_name);
    let change_set = open(ctx, &mut work, "import", &title, None).await?;
    store::set_change_set(&mut work.tx, task.id, Some(change_set)).await?;
    work.commit().await?;
    Ok(change_set)
}

async fn finish(ctx: &Ctx, task: &Task, change_set: Uuid, counts: &Counts) -> Result<(), AppError> {
    let now = ctx.app.clock().now();
    let mut work = ctx.begin().await?;
    settle(ctx, &mut work, task.id, change_set, counts).await?;
    let ty = task.wanted.entry.ty;
    let title = match counts.created + counts.updated {
        1 => format!("Imported a {} from {}", ty.singular.to_lowercase(), task.file_name),
        n => format!("Imported {n} {} from {}", ty.plural.to_lowercase(), task.file_name),
    };
    retitle(&mut work, change_set, &title).await?;
    store::finish(&mut work.tx, task.id, Status::Done, None, now).await?;
    super::let_go(&mut work.tx, task.id).await?;
    let message = format!("{} created, {} updated, {} not imported.", counts.created, counts.updated, counts.failed);
    tell(ctx, &mut work, (task.id, ctx.actor.user), (format!("{} is imported", task.file_name), message)).await?;
    work.commit().await?;
    look_anew(ctx, counts.created + counts.updated).await;
    Ok(())
}

/// Tells whoever started an import that it is over.
async fn tell(
    ctx: &Ctx,
    work: &mut Work,
    (id, starter): (Uuid, Option<Uuid>),
    (title, message): (String, String),
) -> Result<(), AppError> {
    let notice = Notice {
        kind: &told::IMPORT_DONE,
        to: starter.into_iter().collect(),
        title,
        message,
        link: Some(format!("/imports/{id}")),
        priority: None,
        about: None,
    };
    notify(&mut work.tx, ctx, notice).await
}

/// After many rows came or went, the database is to know of it: its plans would be for the table as it was.
async fn look_anew(ctx: &Ctx, rows: i64) {
    const MANY: i64 = 1_000;
    if rows >= MANY
        && let Err(error) = ctx.db().refresh_statistics().await
    {
        tracing::warn!(%error, "the database could not look at how its rows are spread");
    }
}

/// Closes the change-set of an import, or takes it away where nothing was written.
async fn settle(ctx: &Ctx, work: &mut Work, id: Uuid, change_set: Uuid, counts: &Counts) -> Result<(), AppError> {
    let changed = u64::try_from(counts.created + counts.updated).unwrap_or(0);
    if changed == 0 {
        discard(work, change_set).await?;
        store::set_change_set(&mut work.tx, id, None).await?;
    } else {
        close(&ctx.app.ctx(ctx.actor.clone()), work, change_set, changed).await?;
    }
    Ok(())
}

/// Ends work that cannot go on, so that what it did until then can be taken back.
pub async fn give_up(ctx: &Ctx, id: Uuid, why: &str) -> Result<(), AppError> {
    let Some(stored) = store::find(ctx.db(), id).await? else { return Ok(()) };
    let mut work = ctx.begin().await?;
    let status = match stored.info.status {
        Status::Running => {
            if let Some(change_set) = stored.info.change_set {
                settle(ctx, &mut work, id, change_set, &stored.info.counts).await?;
            }
            let title = format!("{} was not imported to its end", stored.info.file_name);
            tell(ctx, &mut work, (id, stored.actor), (title, why.to_owned())).await?;
            Status::Failed
        }
        Status::Undoing => Status::Done,
        Status::Checking => Status::Uploaded,
        _ => return Ok(()),
    };
    store::finish(&mut work.tx, id, status, Some(why), ctx.app.clock().now()).await?;
    if status == Status::Failed {
        super::let_go(&mut work.tx, id).await?;
    }
    Ok(work.commit().await?)
}

/// Takes an import back.
pub async fn undo(ctx: &Ctx, id: Uuid, change_set: Uuid) -> Result<(), AppError> {
    let undone = records::server::undo(ctx, change_set).await?;
    note_undone(ctx, id, &undone).await
}

async fn note_undone(ctx: &Ctx, id: Uuid, undone: &Undone) -> Result<(), AppError> {
    let problem = |conflict: &records::server::Conflict| Problem {
        kind: ProblemKind::Conflict,
        row: 0,
        column: conflict.field.clone(),
        value: conflict.title.clone(),
        message: format!("Left alone: {}.", conflict.why),
    };
    let problems: Vec<Problem> = undone.conflicts.iter().map(problem).collect();
    let (_, kept) = store::list_problems(ctx.db(), id, None, 0, 0).await?;
    let mut tx = ctx.db().begin().await?;
    // Room is made for these beyond the rows' own.
    store::add_problems(&mut tx, id, kept.min(store::KEPT - 100), &problems).await?;
    let (status, why) = match (undone.change_set, undone.conflict_count) {
        (Some(_), 0) => (Status::Undone, None),
        (Some(_), 1) => (Status::Undone, Some("1 change was left alone.".to_owned())),
        (Some(_), n) => (Status::Undone, Some(format!("{n} changes were left alone."))),
        (None, _) => (Status::Done, Some("Nothing could be undone: everything was changed since.".to_owned())),
    };
    store::finish(&mut tx, id, status, why.as_deref(), ctx.app.clock().now()).await?;
    tx.commit().await?;
    look_anew(ctx, i64::try_from(undone.records).unwrap_or(i64::MAX)).await;
    Ok(())
}
