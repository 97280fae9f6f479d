//! The same edit to any number of records: in transactions of a portion of them, under one change-set.
//!
//! What can be written is; what cannot is listed. A process that dies on the way leaves an open change-set behind, whose
//! changes say how far it came.

use kernel::{
    AppError,
    server::{DbError, Source},
};
use uuid::Uuid;

use super::{
    AnyPermit, ApplyError, Conflict, Ctx, Edit, Plan, PlanCx, Step, close, discard, open, plan, portions, retitle,
    write_in,
};

/// What came of an edit to many records.
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    /// Absent where nothing changed.
    pub change_set: Option<Uuid>,
    pub changed: u64,
    /// Records that were so already, or could not be changed.
    pub skipped: u64,
    /// The first of what could not be changed.
    pub conflicts: Vec<Conflict>,
    pub conflict_count: u64,
}

/// Records written in one transaction, at most.
const BATCH: usize = 1_000;
/// Conflicts and differences kept for showing, and the bytes of the latter.
const LISTED: usize = 100;
const SHOWN: usize = 1 << 20;
/// How many times its bytes a portion takes up while it is planned, about.
const PLANNED: u64 = 8;
/// How often a batch that others overtook is written again.
const ATTEMPTS: usize = 3;

impl Bulk {
    fn add(&mut self, plan: &Plan) {
        let changed = plan.steps.iter().filter(|s| s.is_change()).count() as u64;
        self.changed += changed;
        self.skipped += plan.steps.len() as u64 - changed;
        for step in plan.steps.iter().filter(|s| !s.is_sound()) {
            self.conflict_count += 1;
            if self.conflicts.len() < LISTED {
                self.conflicts.push(conflict(plan, step));
            }
        }
    }
}

fn conflict(plan: &Plan, step: &Step) -> Conflict {
    let (field, why) = match step.errors.0.iter().next() {
        Some((field, messages)) => (field.clone(), messages.first().cloned().unwrap_or_default()),
        None => (String::new(), step.error().map(|e| e.sentence()).unwrap_or_default()),
    };
    // Of a record the permit does not cover nothing is known, not even its title.
    let title = step.before.as_ref().map(|_| plan.title(step)).unwrap_or_default();
    Conflict { record_type: plan.permit.entry().ty.name, id: step.id, title, field, why }
}

/// Finds out what an edit would do, with the first of the steps that would change something.
pub async fn preview(
    ctx: &Ctx,
    permit: &AnyPermit,
    ids: &[Uuid],
    edit: impl Fn(Uuid) -> Edit,
) -> Result<(Bulk, Vec<Step>), AppError> {
    let (mut bulk, mut shown, mut bytes) = (Bulk::default(), vec![], 0);
    let added = ids.first().map_or(0, |id| edit(*id).bytes());
    for some in ids.chunks(BATCH) {
        for portion in portions(&mut Source::Db(ctx.db()), permit, some, BATCH, added).await? {
            // Of those that are written there is one at a time.
            let _held = ctx.app.room().take(ctx.actor.user, PLANNED * portion.bytes).await?;
            let edits = some[portion.range].iter().map(|id| edit(*id)).collect();
            let plan = plan(&mut PlanCx { ctx, permit, source: Source::Db(ctx.db()) }, edits).await?;
            bulk.add(&plan);
            for step in plan.steps.into_iter().filter(Step::is_change) {
                bytes += step.bytes();
                if shown.len() < LISTED && (shown.is_empty() || bytes <= SHOWN) {
                    shown.push(step);
                }
            }
        }
    }
    Ok((bulk, shown))
}

/// Makes an edit to each of the records. `what` begins the title of the change-set: `Edited`, `Deleted`.
pub async fn bulk(
    ctx: &Ctx,
    permit: &AnyPermit,
    ids: &[Uuid],
    edit: impl Fn(Uuid) -> Edit,
    what: &str,
) -> Result<Bulk, AppError> {
    let mut work = ctx.begin().await?;
    let change_set = open(ctx, &mut work, "bulk", what, None).await?;
    work.commit().await?;
    let mut bulk = Bulk::default();
    let outcome = write_all(ctx, permit, change_set, ids, &edit, &mut bulk).await;
    finish(ctx, permit, change_set, what, &mut bulk).await?;
    outcome.map(|()| bulk)
}

async fn write_all(
    ctx: &Ctx,
    permit: &AnyPermit,
    change_set: Uuid,
    ids: &[Uuid],
    edit: &impl Fn(Uuid) -> Edit,
    bulk: &mut Bulk,
) -> Result<(), AppError> {
    let added = ids.first().map_or(0, |id| edit(*id).bytes());
    for some in ids.chunks(BATCH) {
        for portion in portions(&mut Source::Db(ctx.db()), permit, some, BATCH, added).await? {
            write_batch(ctx, permit, change_set, &some[portion.range], edit, bulk).await?;
        }
    }
    Ok(())
}

async fn write_batch(
    ctx: &Ctx,
    permit: &AnyPermit,
    change_set: Uuid,
    batch: &[Uuid],
    edit: &impl Fn(Uuid) -> Edit,
    bulk: &mut Bulk,
) -> Result<(), AppError> {
    let mut attempt = 1;
    loop {
        let mut work = ctx.begin_batch().await?;
        let edits = batch.iter().map(|id| edit(*id)).collect();
        let written = write_in(ctx, &mut work, change_set, permit, edits).await;
        let done = match written {
            Ok(written) => work.commit().await.map(|()| written).map_err(ApplyError::from),
            Err(error) => Err(error),
        };
        match done {
            Ok(written) => {
                bulk.add(&Plan::of(permit.clone(), written.steps));
                return Ok(());
            }
            Err(error) if attempt < ATTEMPTS && error.may_pass() => {
                attempt += 1;
            }
            Err(ApplyError::Db(DbError::Unique(_))) => {
                return Err(AppError::Conflict("another record already has one of these values".into()));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Closes the change-set over what was written, which can be taken back even where the rest failed.
async fn finish(ctx: &Ctx, permit: &AnyPermit, change_set: Uuid, what: &str, bulk: &mut Bulk) -> Result<(), AppError> {
    let mut work = ctx.begin().await?;
    if bulk.changed == 0 {
        discard(&mut work, change_set).await?;
    } else {
        let ty = permit.entry().ty;
        let noun = if bulk.changed == 1 { ty.singular } else { ty.plural };
        retitle(&mut work, change_set, &format!("{what} {} {}", bulk.changed, noun.to_lowercase())).await?;
        close(ctx, &mut work, change_set, bulk.changed).await?;
        bulk.change_set = Some(change_set);
    }
    work.commit().await?;
    Ok(())
}
