//! The one way rows are written: plan, then apply, in one transaction, again when somebody was faster.

use kernel::{
    AppError,
    server::{Args, DbError, Source},
};
use uuid::Uuid;

use super::{AnyPermit, ApplyError, Ctx, Edit, PlanCx, Step, Work, apply, events, plan};

/// What a write did.
#[derive(Debug)]
pub struct Written {
    /// Absent where nothing changed.
    pub change_set: Option<Uuid>,
    /// Each edit's step, in the order of the edits.
    pub steps: Vec<Step>,
}

impl Written {
    pub fn changed(&self) -> usize {
        self.steps.iter().filter(|s| s.is_change()).count()
    }

    /// The one step of a write of one record, or the reason why it was not taken.
    pub fn one(self) -> Result<Step, AppError> {
        let step = self.steps.into_iter().next().ok_or(AppError::NotFound)?;
        step.error().map_or(Ok(step), Err)
    }
}

pub(super) const OPEN: &str = "insert into change_sets (id, source, title, actor, at, status, undoes, records) \
                                values ($1, $2, $3, $4, $5, 'open', $6, 0)";
pub(super) const DONE: &str = "insert into change_sets (id, source, title, actor, at, status, records, finished_at) \
                                values ($1, $2, $3, $4, $5, 'done', $6, $7)";
pub(super) const CLOSE: &str = "update change_sets set status = 'done', records = $2, finished_at = $3 where id = $1";

/// How often a write that others overtook is planned again.
const ATTEMPTS: usize = 3;

/// Writes a few records under a change-set of their own: all of them, or none where one cannot be. `source` says what
/// made the change (`edit`, `bulk`, …), `title` what a person sees in the list of changes.
pub async fn write(
    ctx: &Ctx,
    permit: &AnyPermit,
    edits: Vec<Edit>,
    source: &str,
    title: &str,
) -> Result<Written, AppError> {
    let mut attempt = 1;
    loop {
        let mut work = ctx.begin().await?;
        let change_set = ctx.new_id();
        let plan = planned(ctx, &mut work, permit, edits.clone()).await?;
        if plan.steps.iter().any(|s| !s.is_sound()) || !plan.steps.iter().any(Step::is_change) {
            work.rollback().await?;
            return Ok(Written { change_set: None, steps: plan.steps });
        }
        let applied = match apply(ctx, &mut work, change_set, &plan).await {
            Ok(count) => record_done(ctx, &mut work, change_set, source, title, count).await.map_err(ApplyError::from),
            Err(error) => Err(error),
        };
        let done = match applied {
            Ok(()) => work.commit().await.map_err(ApplyError::from),
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => return Ok(Written { change_set: Some(change_set), steps: plan.steps }),
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

/// Writes within a caller's transaction and change-set the records that can be written; the steps tell which were not.
pub async fn write_in(
    ctx: &Ctx,
    work: &mut Work,
    change_set: Uuid,
    permit: &AnyPermit,
    edits: Vec<Edit>,
) -> Result<Written, ApplyError> {
    let plan = planned(ctx, work, permit, edits).await?;
    apply(ctx, work, change_set, &plan).await?;
    work.tx.catch_up().await?;
    Ok(Written { change_set: Some(change_set), steps: plan.steps })
}

async fn planned(ctx: &Ctx, work: &mut Work, permit: &AnyPermit, edits: Vec<Edit>) -> Result<super::Plan, AppError> {
    plan(&mut PlanCx { ctx, permit, source: Source::Tx(&mut work.tx) }, edits).await
}

/// Opens a change-set.
pub async fn open(
    ctx: &Ctx,
    work: &mut Work,
    source: &str,
    title: &str,
    undoes: Option<Uuid>,
) -> Result<Uuid, AppError> {
    let id = ctx.new_id();
    let args: Args =
        vec![id.into(), source.into(), title.into(), ctx.actor.user.into(), ctx.now().into(), undoes.into()];
    work.tx.execute(OPEN, args).await?;
    Ok(id)
}

/// Marks a change-set as done that took several transactions, and tells so.
pub async fn close(ctx: &Ctx, work: &mut Work, change_set: Uuid, records: u64) -> Result<(), DbError> {
    mark_done(ctx, work, change_set, records).await?;
    events::tell_finished(&mut work.tx, change_set);
    Ok(())
}

/// Writes down a change-set that is done as a whole in this transaction.
async fn record_done(
    ctx: &Ctx,
    work: &mut Work,
    change_set: Uuid,
    source: &str,
    title: &str,
    records: u64,
) -> Result<(), DbError> {
    let records = i64::try_from(records).unwrap_or(i64::MAX);
    let (actor, now) = (ctx.actor.user.into(), ctx.now());
    let args: Args =
        vec![change_set.into(), source.into(), title.into(), actor, now.into(), records.into(), now.into()];
    work.tx.execute_later(DONE, args).await?;
    work.ended(change_set);
    Ok(())
}

async fn mark_done(ctx: &Ctx, work: &mut Work, change_set: Uuid, records: u64) -> Result<(), DbError> {
    let records = i64::try_from(records).unwrap_or(i64::MAX);
    work.tx.execute(CLOSE, vec![change_set.into(), records.into(), ctx.now().into()]).await?;
    work.ended(change_set);
    Ok(())
}

/// Gives a change-set another title, once it is known what it came to.
pub async fn retitle(work: &mut Work, change_set: Uuid, title: &str) -> Result<(), DbError> {
    work.tx.execute("update change_sets set title = $2 where id = $1", vec![change_set.into(), title.into()]).await?;
    Ok(())
}

/// Takes away a change-set under which nothing was written.
pub async fn discard(work: &mut Work, change_set: Uuid) -> Result<(), DbError> {
    let sql = "delete from change_sets where id = $1 and not exists (select 1 from changes where change_set = $2)";
    work.tx.execute(sql, vec![change_set.into(), change_set.into()]).await?;
    Ok(())
}
