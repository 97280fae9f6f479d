//! How the work on an import ends: done, given up, or taken back.

use kernel::AppError;
use notifications::server::{Notice, notify, told};
use records::server::{Ctx, Undone, Work, close, discard};
use uuid::Uuid;

use super::super::store;
use crate::import::{Counts, Problem, ProblemKind, Status};

/// Tells whoever started an import that it is over.
pub async fn tell(
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
pub async fn look_anew(ctx: &Ctx, rows: i64) {
    const MANY: i64 = 1_000;
    if rows >= MANY
        && let Err(error) = ctx.db().refresh_statistics().await
    {
        tracing::warn!(%error, "the database could not look at how its rows are spread");
    }
}

/// Closes the change-set of an import, or takes it away where nothing was written.
pub async fn settle(ctx: &Ctx, work: &mut Work, id: Uuid, change_set: Uuid, counts: &Counts) -> Result<(), AppError> {
    let changed = u64::try_from(counts.created + counts.updated).unwrap_or(0);
    if changed == 0 {
        discard(work, change_set).await?;
        store::set_change_set(&mut work.tx, id, None).await?;
    } else {
        close(&ctx.of(ctx.actor.clone()), work, change_set, changed).await?;
    }
    Ok(())
}

/// Ends what a job was doing with an import and cannot go on with, so that what it did until then can be taken back.
/// Where the import is another job's by now, nothing.
pub async fn give_up(ctx: &Ctx, id: Uuid, job: Option<Uuid>, why: &str) -> Result<(), AppError> {
    let Some(stored) = store::find(ctx.db(), id).await?.filter(|stored| stored.info.job == job) else { return Ok(()) };
    let from = stored.info.status;
    let to = match from {
        Status::Running => Status::Failed,
        Status::Undoing => Status::Done,
        Status::Checking => Status::Uploaded,
        _ => return Ok(()),
    };
    let mut work = ctx.begin().await?;
    if !store::finish(&mut work.tx, id, (from, to), Some(why), ctx.app.clock().now()).await? {
        return Ok(());
    }
    if to == Status::Failed {
        if let Some(change_set) = stored.info.change_set {
            settle(ctx, &mut work, id, change_set, &stored.info.counts).await?;
        }
        let title = format!("{} was not imported to its end", stored.info.file_name);
        tell(ctx, &mut work, (id, stored.actor), (title, why.to_owned())).await?;
        super::super::let_go(&mut work.tx, id).await?;
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
    store::finish(&mut tx, id, (Status::Undoing, status), why.as_deref(), ctx.app.clock().now()).await?;
    tx.commit().await?;
    look_anew(ctx, i64::try_from(undone.records).unwrap_or(i64::MAX)).await;
    Ok(())
}
