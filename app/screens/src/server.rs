//! The use cases behind the screens' server functions.

mod home;
mod start;
mod zones;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kernel::{AppError, server::to_the_end};
use records::{
    ChangeInfo, Count, ListQuery, Page, RecordInfo, Reference, Total, Value,
    server::{self, Action, AnyPermit, Ctx, Edit, Refusal},
};
use request::ctx;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

pub use home::home;
pub use start::{Start, painted, start};
pub use zones::find as find_zones;

use crate::api::{ConflictInfo, Done, HISTORY, Hits, Opened, Saved, Set, TakenBack};

/// How long a page waits for what it can be painted without.
const PATIENCE: Duration = Duration::from_millis(30);

/// The most records one bulk action from a list takes.
const MOST: usize = 1_000;

pub async fn list(record_type: &str, query: &ListQuery) -> Result<Page, AppError> {
    let ctx = ctx().await?;
    server::list(&ctx, &ctx.permit_any(record_type, Action::View)?, query).await
}

/// A page with its count and totals, as far as they are known within [`PATIENCE`].
pub async fn open_list(record_type: &str, query: &ListQuery) -> Result<(Page, Option<Vec<Total>>), AppError> {
    let ctx = ctx().await?;
    let permit = ctx.permit_any(record_type, Action::View)?;
    let until = Instant::now() + PATIENCE;
    let totals = timeout_at(until, server::totals(&ctx, &permit, query));
    let (page, totals) = tokio::join!(server::list(&ctx, &permit, query), totals);
    let mut page = page?;
    if page.count.is_none() {
        page.count = timeout_at(until, server::count(&ctx, &permit, query)).await.ok().and_then(Result::ok);
    }
    Ok((page, totals.ok().and_then(Result::ok)))
}

pub async fn count(record_type: &str, query: &ListQuery) -> Result<Count, AppError> {
    let ctx = ctx().await?;
    server::count(&ctx, &ctx.permit_any(record_type, Action::View)?, query).await
}

pub async fn totals(record_type: &str, query: &ListQuery) -> Result<Vec<Total>, AppError> {
    let ctx = ctx().await?;
    server::totals(&ctx, &ctx.permit_any(record_type, Action::View)?, query).await
}

pub async fn open(record_type: &str, id: Uuid) -> Result<Opened, AppError> {
    opened(&ctx().await?, record_type, id).await
}

async fn opened(ctx: &Ctx, record_type: &str, id: Uuid) -> Result<Opened, AppError> {
    let (record, labels): (RecordInfo, BTreeMap<Uuid, String>) =
        server::get(ctx, &ctx.permit_any(record_type, Action::View)?, id).await?;
    Ok(Opened { record, labels })
}

pub async fn save(record_type: &str, id: Option<Uuid>, version: Option<i64>, set: Set) -> Result<Saved, AppError> {
    let ctx = ctx().await?;
    let action = if id.is_some() { Action::Edit } else { Action::Create };
    let permit = ctx.permit_any(record_type, action)?;
    let set = fields(&permit, set)?;
    let edit = match id {
        Some(id) => Edit::Set { id, version, set },
        None => Edit::Create { id: None, set },
    };
    let singular = permit.entry().ty.singular.to_lowercase();
    let title = if id.is_some() { format!("Edited a {singular}") } else { format!("Created a {singular}") };
    let written = server::write(&ctx, &permit, vec![edit], "edit", &title).await?;
    let change_set = written.change_set;
    let step = written.steps.into_iter().next().ok_or(AppError::NotFound)?;
    match step.refusal {
        Some(Refusal::Stale(_)) => Ok(Saved::Stale(Box::new(opened(&ctx, record_type, step.id).await?))),
        Some(refusal) => Err(refusal.error()),
        None if !step.errors.is_empty() => Ok(Saved::Invalid(step.errors)),
        None => {
            let row = if change_set.is_some() { step.after } else { step.before };
            let version = row.map_or(0, |r| r.meta.version);
            Ok(Saved::Done { id: step.id, version, change_set })
        }
    }
}

/// Fields by name. A name that is not there or not to be seen is a mistake of the program that sent it.
fn fields(permit: &AnyPermit, set: Set) -> Result<Vec<(usize, Value)>, AppError> {
    let index = |name: &str| permit.entry().ty.field(name).map(|(i, _)| i).filter(|i| permit.may_see(*i));
    let named = set.into_iter().map(|(name, value)| match index(&name) {
        Some(i) => Ok((i, value)),
        None => Err(AppError::BadRequest(format!("unknown field `{name}`"))),
    });
    named.collect()
}

pub async fn edit_many(record_type: &str, ids: Vec<Uuid>, set: Set) -> Result<Done, AppError> {
    let ctx = ctx().await?;
    let permit = ctx.permit_any(record_type, Action::Edit)?;
    let set = fields(&permit, set)?;
    let what = format!("Edited {}", count_of(&permit, ids.len()));
    many(&ctx, &permit, ids, &what, |id| Edit::Set { id, version: None, set: set.clone() }).await
}

pub async fn delete(record_type: &str, ids: Vec<Uuid>) -> Result<Done, AppError> {
    let ctx = ctx().await?;
    let permit = ctx.permit_any(record_type, Action::Delete)?;
    let what = format!("Deleted {}", count_of(&permit, ids.len()));
    many(&ctx, &permit, ids, &what, |id| Edit::Delete { id, version: None }).await
}

pub async fn restore(record_type: &str, ids: Vec<Uuid>) -> Result<Done, AppError> {
    let ctx = ctx().await?;
    let permit = ctx.permit_any(record_type, Action::Delete)?;
    let what = format!("Restored {}", count_of(&permit, ids.len()));
    many(&ctx, &permit, ids, &what, |id| Edit::Restore { id }).await
}

fn count_of(permit: &AnyPermit, count: usize) -> String {
    let ty = permit.entry().ty;
    if count == 1 {
        format!("a {}", ty.singular.to_lowercase())
    } else {
        format!("{count} {}", ty.plural.to_lowercase())
    }
}

/// The same for each of some records: for all of them, or for none.
async fn many(
    ctx: &Ctx,
    permit: &AnyPermit,
    ids: Vec<Uuid>,
    title: &str,
    edit: impl Fn(Uuid) -> Edit,
) -> Result<Done, AppError> {
    let ids: BTreeSet<Uuid> = ids.into_iter().collect();
    if ids.len() > MOST {
        return Err(AppError::TooLarge(format!("at most {MOST} records at once")));
    }
    let source = if ids.len() > 1 { "bulk" } else { "edit" };
    let written = server::write(ctx, permit, ids.into_iter().map(edit).collect(), source, title).await?;
    let refused: BTreeSet<String> = written.steps.iter().filter_map(why).collect();
    let changed = if refused.is_empty() { written.changed() } else { 0 };
    Ok(Done {
        changed: u32::try_from(changed).unwrap_or(u32::MAX),
        change_set: written.change_set,
        refused: refused.into_iter().collect(),
    })
}

fn why(step: &server::Step) -> Option<String> {
    match step.error()? {
        AppError::Invalid(errors) => errors.0.into_values().flatten().next(),
        error => Some(error.sentence()),
    }
}

pub async fn history(record_type: &str, id: Uuid) -> Result<(Vec<ChangeInfo>, BTreeMap<Uuid, String>), AppError> {
    let ctx = ctx().await?;
    server::history(&ctx, &ctx.permit_any(record_type, Action::View)?, id, HISTORY + 1).await
}

pub async fn organisation() -> Result<Opened, AppError> {
    let ctx = ctx().await?;
    ctx.permit_any("organisations", Action::Edit)?;
    let id = organisation::server::ensure(&ctx, "Mainstay").await?;
    opened(&ctx, "organisations", id).await
}

pub async fn lookup(record_type: &str, typed: &str) -> Result<Vec<Reference>, AppError> {
    let ctx = ctx().await?;
    server::lookup(&ctx, &ctx.permit_any(record_type, Action::View)?, typed, 20).await
}

pub async fn search(typed: &str) -> Result<Vec<Hits>, AppError> {
    let ctx = ctx().await?;
    let mut hits = vec![];
    // The one record of the organisation has a place of its own.
    for entry in ctx.app.registry().entries().filter(|entry| entry.ty.name != "organisations") {
        let Some(permit) = ctx.find_permit(entry, Action::View) else { continue };
        let found = server::lookup(&ctx, &permit, typed, 6).await?;
        if !found.is_empty() {
            hits.push(Hits { record_type: entry.ty.name.to_owned(), found });
        }
    }
    Ok(hits)
}

pub async fn undo(id: Uuid) -> Result<TakenBack, AppError> {
    let ctx = ctx().await?;
    let undone = to_the_end(async move { server::undo(&ctx, id).await }).await?;
    let conflict = |c: server::Conflict| ConflictInfo {
        record_type: c.record_type.to_owned(),
        id: c.id,
        title: c.title,
        field: c.field,
        why: c.why,
    };
    Ok(TakenBack {
        records: undone.records,
        change_set: undone.change_set,
        conflicts: undone.conflicts.into_iter().map(conflict).collect(),
        conflict_count: undone.conflict_count,
    })
}
