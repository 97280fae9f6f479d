//! Importing records from files: received, read through, matched, checked, run and undone.
//!
//! A file is kept in UTF-8 and is always read in batches, never as a whole. A check and a run are the
//! same pass over it; the check only plans. A run writes one change-set in transactions of at most two thousand rows,
//! each with the import's counts, so that whatever happens the counts are those of what was written and all of it can
//! be taken back. Only who brought a file, and administrators, know of it.

mod cells;
mod columns;
mod differences;
mod file;
mod inward;
mod jobs;
mod lines;
pub(super) mod names;
mod pass;
mod routes;
mod spelling;
mod store;
mod task;
mod upload;
mod wanted;

use ::jobs::server::{Jobs, cancel_own, enqueue, is_over};
use axum::http::request::Parts;
#[cfg(test)]
pub(super) use cells::read as read_cell;
pub use jobs::{CheckImport, RunImport, SweepImports, UndoImport};
use kernel::{AppError, FieldErrors, server::Tx};
use leptos::prelude::use_context;
use records::server::{Action, Ctx, change_set};
pub use routes::routes;
pub use spelling::Spelling;
pub use store::STATEMENTS;
pub use task::Aim;
pub use upload::{Form, Imports, LARGEST, Upload, receive};
use uuid::Uuid;

use crate::import::{ImportInfo, Mapping, Mode, Problem, ProblemKind, Progress, Settings, Status};

/// Days for which a file waits to be imported.
const KEPT_DAYS: i64 = 7;

/// Where files are kept, of the request being answered.
pub fn imports() -> Result<Imports, AppError> {
    let parts = use_context::<Parts>();
    parts.and_then(|p| p.extensions.get::<Imports>().cloned()).ok_or(AppError::Unavailable)
}

/// Takes a received file in: reads it through, and suggests what its columns are. Refuses what is no table of text.
pub async fn accept(ctx: &Ctx, imports: &Imports, form: Form, record_type: &str) -> Result<ImportInfo, AppError> {
    let permit = writer(ctx, record_type)?;
    let spelling = Spelling::read(&form.texts)?;
    let (uploaded, name, bytes) = form.file.finish().await?;
    let text = imports.files.spool(ctx).await?;
    let inspecting = tokio::task::spawn_blocking(move || {
        let inspected = columns::inspect(uploaded.path(), text.path(), spelling);
        inspected.map(|inspected| (inspected, text))
    });
    let (inspected, text) = inspecting.await.map_err(kernel::server::unexpected)??;
    let settings = columns::suggest(&permit, &inspected.columns);
    let id = ctx.new_id();
    let kept = imports.files.put(ctx, text, &format!("{id}.csv")).await?;
    let mut tx = ctx.db().begin().await?;
    let new = store::New {
        id,
        record_type,
        file_name: &name,
        bytes,
        file: files::server::add(ctx, &mut tx, &kept).await?,
        settings: &settings,
        actor: ctx.actor.user,
        now: ctx.now(),
    };
    store::insert(&mut tx, new, &inspected).await?;
    tx.commit().await?;
    open(ctx, id).await
}

/// The permit whose fields a file may write. Importing needs a permit of its own besides it.
fn writer(ctx: &Ctx, record_type: &str) -> Result<records::server::AnyPermit, AppError> {
    ctx.permit_any(record_type, Action::View).map_err(|_| AppError::NotFound)?;
    ctx.permit_any(record_type, Action::Import)?;
    ctx.permit_any(record_type, Action::Create).or_else(|_| ctx.permit_any(record_type, Action::Edit))
}

/// Refuses who may import nothing, before a file is received from them.
pub fn may_bring(ctx: &Ctx) -> Result<(), AppError> {
    let may = ctx.app.registry().entries().any(|entry| writer(ctx, entry.ty.name).is_ok());
    if may { Ok(()) } else { Err(AppError::Forbidden) }
}

/// An import that is the actor's own, or anybody's for an administrator.
async fn find(ctx: &Ctx, id: Uuid) -> Result<store::Stored, AppError> {
    let stored = store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let is_own = stored.actor.is_some() && stored.actor == ctx.actor.user;
    if is_own || ctx.permit_any("organisations", Action::Edit).is_ok() { Ok(stored) } else { Err(AppError::NotFound) }
}

/// Everything about an import.
pub async fn open(ctx: &Ctx, id: Uuid) -> Result<ImportInfo, AppError> {
    let mut info = find(ctx, id).await?.info;
    // The change may have been taken back from the list of changes.
    if let (Status::Done | Status::Failed, Some(set)) = (info.status, info.change_set)
        && change_set(ctx, set).await.is_ok_and(|set| set.status == "undone")
    {
        info.status = Status::Undone;
    }
    Ok(info)
}

/// Everything about an import, and the first page of what does not fit in it where that is known.
pub async fn open_with_problems(ctx: &Ctx, id: Uuid) -> Result<(ImportInfo, (Vec<Problem>, i64)), AppError> {
    let info = open(ctx, id).await?;
    let is_known = !info.status.is_busy() && info.status != Status::Uploaded;
    let listed = if is_known { problems(ctx, id, None, 1, 50).await? } else { (vec![], 0) };
    Ok((info, listed))
}

/// How far an import is.
pub async fn progress(ctx: &Ctx, id: Uuid) -> Result<Progress, AppError> {
    let info = find(ctx, id).await?.info;
    Ok(Progress { status: info.status, counts: info.counts })
}

/// A page of what did not fit, and how many there are in all.
pub async fn problems(
    ctx: &Ctx,
    id: Uuid,
    kind: Option<ProblemKind>,
    page: u32,
    page_size: u32,
) -> Result<(Vec<Problem>, i64), AppError> {
    find(ctx, id).await?;
    let offset = i64::from(page.max(1) - 1) * i64::from(page_size);
    Ok(store::list_problems(ctx.db(), id, kind, i64::from(page_size), offset).await?)
}

/// Matches the columns that a mapping does not name by their names.
pub async fn complete(ctx: &Ctx, id: Uuid, mapping: Mapping) -> Result<Mapping, AppError> {
    let info = find(ctx, id).await?.info;
    let repeated: Vec<&str> = info.columns.iter().filter(|c| c.is_repeated).map(|c| c.name.as_str()).collect();
    if !repeated.is_empty() && mapping.is_empty() {
        let why = format!("Several columns have the same heading ({}): say which is meant.", repeated.join(", "));
        return Err(AppError::Invalid(FieldErrors::one("mapping", why)));
    }
    Ok(columns::match_columns(&writer(ctx, &info.record_type)?, &info.columns, mapping))
}

/// Keeps what is wanted and enqueues the work. Objections to what is wanted come back at once.
pub async fn begin(ctx: &Ctx, id: Uuid, mut settings: Settings, aim: Aim) -> Result<(), AppError> {
    let stored = find(ctx, id).await?;
    let info = stored.info;
    settings.mapping = columns::match_columns(&writer(ctx, &info.record_type)?, &info.columns, settings.mapping);
    wanted::understand(ctx, &info.record_type, &info.columns, &settings)?;
    let now = ctx.now();
    let to = if aim == Aim::Check { Status::Checking } else { Status::Running };
    let mut tx = ctx.db().begin().await?;
    let mut is_moved = false;
    for from in [Status::Uploaded, Status::Checked] {
        is_moved = is_moved || store::change_status(&mut tx, id, from, to, now).await?;
    }
    if !is_moved {
        tx.rollback().await?;
        let why = match find(ctx, id).await?.info.status {
            status if status.is_busy() => "this import is being worked on",
            _ => "this import is over: bring the file again",
        };
        return Err(AppError::Conflict(why.into()));
    }
    store::reset(&mut tx, id, &settings).await?;
    let job = match aim {
        Aim::Check => enqueue(ctx, &mut tx, &CheckImport { import: id }).await?,
        Aim::Run => enqueue(ctx, &mut tx, &RunImport { import: id }).await?,
    };
    store::set_job(&mut tx, id, job).await?;
    Ok(tx.commit().await?)
}

/// Stops the work on an import. What it had written until then can be taken back.
pub async fn cancel(ctx: &Ctx, jobs: &Jobs, id: Uuid) -> Result<(), AppError> {
    let info = find(ctx, id).await?.info;
    match (info.status, info.job) {
        (Status::Checking | Status::Running, Some(job)) => cancel_own(ctx, jobs, job).await,
        (Status::Undoing, _) => Err(AppError::Conflict("what is being undone goes back as a whole".into())),
        _ => Err(AppError::Conflict("this import is not under way".into())),
    }
}

/// Goes back from a check to the columns.
pub async fn rematch(ctx: &Ctx, id: Uuid) -> Result<(), AppError> {
    find(ctx, id).await?;
    let mut tx = ctx.db().begin().await?;
    store::change_status(&mut tx, id, Status::Checked, Status::Uploaded, ctx.now()).await?;
    Ok(tx.commit().await?)
}

/// Forgets a file whose import was refused before it began.
pub async fn forget(ctx: &Ctx, id: Uuid) -> Result<(), AppError> {
    let file = find(ctx, id).await?.file;
    let mut tx = ctx.db().begin().await?;
    if store::delete_unused(&mut tx, id).await?
        && let Some(file) = file
    {
        files::server::remove(&mut tx, file).await?;
    }
    Ok(tx.commit().await?)
}

/// Starts to take back all that an import did.
pub async fn undo(ctx: &Ctx, id: Uuid) -> Result<(), AppError> {
    let info = open(ctx, id).await?;
    let conflict = |why: &str| Err(AppError::Conflict(why.to_owned()));
    let change_set = match (info.status, info.change_set) {
        (Status::Done | Status::Failed, Some(change_set)) => change_set,
        (Status::Done | Status::Failed, None) => return conflict("this import changed nothing"),
        (Status::Undone, _) => return conflict("this was undone already"),
        (Status::Undoing, _) => return conflict("this is being undone"),
        _ => return conflict("this import has not run yet"),
    };
    let mut tx = ctx.db().begin().await?;
    if !store::change_status(&mut tx, id, info.status, Status::Undoing, ctx.now()).await? {
        tx.rollback().await?;
        return conflict("this import is being worked on");
    }
    let job = enqueue(ctx, &mut tx, &UndoImport { import: id, change_set }).await?;
    store::set_job(&mut tx, id, job).await?;
    Ok(tx.commit().await?)
}

/// Ends imports whose work was lost, so that they can be undone or begun again. The queue does this by itself when a
/// worker dies; this is for what slipped through all the same.
pub async fn recover(ctx: &Ctx) -> Result<(), AppError> {
    for (id, job) in store::list_busy(ctx.db()).await? {
        let is_lost = match job {
            Some(job) => is_over(ctx, job).await?,
            None => true,
        };
        if is_lost {
            task::give_up(ctx, id, job, task::STOPPED).await?;
            tracing::warn!(%id, "an import was left in the middle and has been ended");
        }
    }
    Ok(())
}

/// Removes files that waited too long.
pub async fn sweep(ctx: &Ctx) -> Result<(), AppError> {
    for (id, status) in store::list_old(ctx.db(), ctx.now().plus_seconds(-KEPT_DAYS * 86_400)).await? {
        let mut tx = ctx.db().begin().await?;
        let why = format!("The file waited for {KEPT_DAYS} days and was removed.");
        // Whose import begins at this very moment keeps the file.
        if store::finish(&mut tx, id, (status, Status::Failed), Some(&why), ctx.now()).await? {
            let_go(&mut tx, id).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Lets the file of an import go, which needs it no more.
async fn let_go(tx: &mut Tx, id: Uuid) -> Result<(), AppError> {
    if let Some(file) = store::take_file(tx, id).await? {
        files::server::remove(tx, file).await?;
    }
    Ok(())
}

/// The settings of a script: a mode that suits whether rows are matched, unless it says one.
pub fn settings(mapping: Mapping, match_on: Option<String>, mode: Option<Mode>) -> Settings {
    let usual = if match_on.is_some() { Mode::Both } else { Mode::Create };
    Settings { mapping, match_on, mode: mode.unwrap_or(usual), ..Settings::default() }
}
