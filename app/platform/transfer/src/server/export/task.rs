//! The work on an export.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use files::server::{Files, Spooled};
use jobs::{
    Progress,
    server::{JobCx, Outcome},
};
use kernel::{
    AppError,
    server::{Tx, unexpected},
};
use notifications::server::{Notice, notify, told};
use realtime::server::{Event, tell_user};
use records::server::Ctx;
use tokio::sync::mpsc::{Sender, channel};

use super::{
    encode::{Piece, Target, encode},
    jobs::Keep,
    source::{Names, Pieces},
    store,
    wanted::{self, Table},
};
use crate::export::{Format, Status};
use uuid::Uuid;

/// How often it is told how far the work is, and looked whether its asker may still see all that.
const PULSE: Duration = Duration::from_millis(500);
/// Pieces read ahead of the thread that writes.
const AHEAD: usize = 2;

/// What goes wrong with a file in the making.
pub fn failed(error: &io::Error) -> AppError {
    match error.kind() {
        io::ErrorKind::StorageFull => AppError::StorageFull,
        io::ErrorKind::FileTooLarge => AppError::Conflict("this is too much for a workbook: export it as CSV".into()),
        kind => unexpected(kind),
    }
}

/// Makes the file of the export that has the job's id.
pub async fn run(cx: &JobCx) -> Result<Outcome, AppError> {
    let ctx = &cx.ctx;
    let Some(stored) = store::find(ctx.db(), cx.id).await? else { return Ok(Outcome::DONE) };
    if matches!(stored.info.status, Status::Done | Status::Expired) {
        return Ok(Outcome::DONE);
    }
    let files: Files = cx.service()?;
    let Some((spooled, rows)) = make(cx, &stored, &files).await? else { return Ok(Outcome::Cancelled) };
    let name = file_name(ctx, &stored.info.wanted);
    let kept = files.put(ctx, spooled, &name).await?;
    let now = ctx.app.clock().now();
    let keep = cx.service::<Keep>()?;
    let mut tx = ctx.db().begin().await?;
    if !cx.hold(&mut tx, &Progress { done: rows, total: rows, message: None }).await? {
        tx.rollback().await?;
        return Ok(Outcome::Cancelled);
    }
    let file = files::server::add(ctx, &mut tx, &kept).await?;
    let expires_at = now.plus_seconds(keep.0.into());
    let made = store::Made { rows, bytes: kept.bytes(), file, file_name: &name, now, expires_at };
    store::finish(&mut tx, cx.id, made).await?;
    let all = Progress { done: rows, total: rows, message: None };
    tell(&mut tx, stored.actor, cx.id, Status::Done, &all);
    let count =
        if rows == 1 { "1 row".to_owned() } else { format!("{} rows", kernel::group_digits(&rows.to_string())) };
    let notice = Notice {
        kind: &told::EXPORT_DONE,
        to: vec![stored.actor],
        title: format!("{name} is ready"),
        message: format!("{}: {count}.", stored.info.title),
        link: Some("/exports".to_owned()),
        priority: None,
        about: None,
    };
    notify(&mut tx, ctx, notice).await?;
    tx.commit().await?;
    Ok(Outcome::Done(Some(serde_json::json!({ "rows": rows, "bytes": kept.bytes(), "file_name": name }))))
}

/// What an attempt that failed leaves: nothing of its file, and why there will be another one. After the last attempt,
/// [`end`] says so instead.
pub async fn wait(cx: &JobCx, why: &AppError) -> Result<(), AppError> {
    let Some(stored) = store::find(cx.ctx.db(), cx.id).await? else { return Ok(()) };
    let far = Progress { done: 0, total: stored.info.total, message: None };
    let mut tx = cx.ctx.db().begin().await?;
    if cx.hold(&mut tx, &far).await? {
        store::wait(&mut tx, cx.id, &why.sentence()).await?;
        tell(&mut tx, stored.actor, cx.id, Status::Waiting, &far);
    }
    Ok(tx.commit().await?)
}

/// Ends an export that came to nothing: failed for a reason, which whoever asked for it is told, or cancelled.
pub async fn end(ctx: &Ctx, id: Uuid, why: Option<&str>) -> Result<(), AppError> {
    let Some(stored) = store::find(ctx.db(), id).await? else { return Ok(()) };
    let status = if why.is_some() { Status::Failed } else { Status::Cancelled };
    let mut tx = ctx.db().begin().await?;
    if store::end(&mut tx, id, status, why, ctx.app.clock().now()).await? {
        let far = Progress { done: stored.info.rows, total: stored.info.total, message: None };
        tell(&mut tx, stored.actor, id, status, &far);
        if let Some(why) = why {
            let notice = Notice {
                kind: &told::EXPORT_FAILED,
                to: vec![stored.actor],
                title: format!("The export of {} failed", stored.info.title.to_lowercase()),
                message: why.to_owned(),
                link: Some("/exports".to_owned()),
                priority: None,
                about: None,
            };
            notify(&mut tx, ctx, notice).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Tells the pages of who asked how far an export is.
pub fn tell(tx: &mut Tx, actor: Uuid, id: Uuid, status: Status, far: &Progress) {
    let data = serde_json::json!({ "id": id, "status": status.name(), "done": far.done, "total": far.total });
    tell_user(tx, actor, &Event::ExportProgress(data));
}

/// After what is in it and the day it was made: `companies-2026-11-21.csv`.
fn file_name(ctx: &Ctx, wanted: &crate::export::Wanted) -> String {
    let what = match wanted.entities.as_slice() {
        [one] => one.as_str(),
        _ => "export",
    };
    let today = ctx.organisation().zone.date(ctx.app.clock().now()).unwrap_or_else(|| ctx.today());
    format!("{what}-{today}.{}", Target::extension(wanted.format, wanted.entities.len() > 1))
}

/// Reads the rows and writes them, each beside the other. `None` where it was told to stop.
async fn make(cx: &JobCx, stored: &store::Stored, files: &Files) -> Result<Option<(Spooled, i64)>, AppError> {
    let ctx = &cx.ctx;
    let spooled = files.spool(ctx).await?;
    let wanted = &stored.info.wanted;
    let target = Target {
        format: wanted.format,
        path: spooled.path().to_owned(),
        folder: files.spool_folder().to_owned(),
        is_archive: wanted.entities.len() > 1,
        zone: ctx.organisation().zone,
    };
    let (send, pieces) = channel(AHEAD);
    let writing = tokio::task::spawn_blocking(move || encode(&target, pieces));
    let mut reading = Reading { cx, files, stored, send, rows: 0, total: 0, told: Instant::now() };
    let read = reading.all().await;
    let rows = reading.rows;
    // Without an end, the thread that writes ends here.
    drop(reading);
    match (read, writing.await.map_err(unexpected)?) {
        (Ok(Read::All), Ok(true)) => Ok(Some((spooled, rows))),
        (Ok(Read::Stopped), _) => Ok(None),
        // Whoever writes stopped first, and knows why.
        (_, Err(error)) => Err(failed(&error)),
        (Err(error), _) => Err(error),
        (Ok(_), Ok(_)) => Err(unexpected("an export was written in part")),
    }
}

enum Read {
    All,
    /// It was told to stop.
    Stopped,
    /// What was read was not taken.
    Refused,
}

struct Reading<'a> {
    cx: &'a JobCx,
    files: &'a Files,
    stored: &'a store::Stored,
    send: Sender<Piece>,
    rows: i64,
    total: i64,
    told: Instant,
}

impl Reading<'_> {
    async fn all(&mut self) -> Result<Read, AppError> {
        let mut ctx = self.cx.ctx.clone();
        let mut tables = self.tables(&ctx)?;
        for table in &tables {
            self.total += table.walk.count(&ctx).await?;
        }
        self.begin().await?;
        for at in 0..tables.len() {
            if self.send.send(Piece::Table(tables[at].layout.clone())).await.is_err() {
                return Ok(Read::Refused);
            }
            let mut pieces = Pieces::start(&ctx, self.files, &tables[at]).await?;
            let mut names = Names::default();
            loop {
                let rows = pieces.next(&ctx, &tables[at]).await?;
                if rows.is_empty() {
                    break;
                }
                self.rows += i64::try_from(rows.len()).unwrap_or(0);
                let texts = self.texts(&ctx, &tables[at], &mut names, &rows).await?;
                if self.send.send(Piece::Rows(rows, texts)).await.is_err() {
                    return Ok(Read::Refused);
                }
                if self.told.elapsed() >= PULSE {
                    self.tell().await?;
                    (ctx, tables) = self.look_again(&tables).await?;
                }
                if self.cx.is_cancelled() {
                    return Ok(Read::Stopped);
                }
            }
        }
        self.tell().await?;
        if self.cx.is_cancelled() {
            return Ok(Read::Stopped);
        }
        Ok(if self.send.send(Piece::End).await.is_ok() { Read::All } else { Read::Refused })
    }

    /// A document names references as the API does.
    async fn texts(
        &self,
        ctx: &Ctx,
        table: &Table,
        names: &mut Names,
        rows: &[records::server::Stored],
    ) -> Result<super::cells::Names, AppError> {
        if self.stored.info.wanted.format == Format::Json {
            records::server::labels(ctx, &table.view, rows).await
        } else {
            names.of(ctx, &table.view, rows).await
        }
    }

    fn progress(&self) -> Progress {
        Progress { done: self.rows, total: self.total.max(self.rows), message: None }
    }

    async fn begin(&self) -> Result<(), AppError> {
        let mut tx = self.cx.ctx.db().begin().await?;
        if self.cx.hold(&mut tx, &self.progress()).await? {
            store::begin(&mut tx, self.cx.id, self.total).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn tell(&mut self) -> Result<(), AppError> {
        let progress = self.progress();
        let mut tx = self.cx.ctx.db().begin().await?;
        if self.cx.hold(&mut tx, &progress).await? {
            store::progress(&mut tx, self.cx.id, progress.done, progress.total).await?;
            tell(&mut tx, self.stored.actor, self.cx.id, Status::Running, &progress);
        }
        tx.commit().await?;
        self.told = Instant::now();
        Ok(())
    }

    /// The tables under the rights their asker has by now. What was lost meanwhile ends the work: a file is of one
    /// piece.
    async fn look_again(&self, before: &[Arc<Table>]) -> Result<(Ctx, Vec<Arc<Table>>), AppError> {
        let ctx = self.cx.anew().await?;
        let tables = self.tables(&ctx)?;
        let is_same = before.iter().zip(&tables).all(|(before, now)| before.layout.columns == now.layout.columns);
        if is_same { Ok((ctx, tables)) } else { Err(lost()) }
    }

    fn tables(&self, ctx: &Ctx) -> Result<Vec<Arc<Table>>, AppError> {
        let tables = wanted::still(ctx, &self.stored.info.wanted, self.stored.span)?.ok_or_else(lost)?;
        Ok(tables.into_iter().map(Arc::new).collect())
    }
}

fn lost() -> AppError {
    AppError::Conflict("You may not export all of this any more.".into())
}
