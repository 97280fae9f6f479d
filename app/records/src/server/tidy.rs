//! What the past leaves behind: change-sets whose writer died, and events that everybody was told of.

use kernel::{AppError, Timestamp};
use uuid::Uuid;

use super::{
    Ctx,
    write::{close, discard},
};

const ABANDONED: &str = "select id, (select count(distinct record_id) from changes where change_set = change_sets.id) \
     from change_sets where status = 'open' and source in ('bulk', 'undo') and at < $1 order by id limit 100";
const FORGET: &str = "delete from events where id in (select id from events where noticed_at is not null and at < $1 \
     limit 1000)";

pub(super) const STATEMENTS: [&str; 2] = [ABANDONED, FORGET];

/// Closes change-sets that were opened before a time and never closed: the program was stopped in the middle. What was
/// written under them can be seen and taken back like any other.
pub async fn close_abandoned(ctx: &Ctx, before: Timestamp) -> Result<(), AppError> {
    loop {
        let mut work = ctx.begin_batch().await?;
        let abandoned = work.tx.fetch_all(ABANDONED, vec![before.into()]).await?;
        for row in &abandoned {
            let (change_set, records): (Uuid, i64) = (row.get(0)?, row.get(1)?);
            match records.unsigned_abs() {
                0 => discard(&mut work, change_set).await?,
                records => close(ctx, &mut work, change_set, records).await?,
            }
        }
        work.commit().await?;
        if abandoned.is_empty() {
            return Ok(());
        }
    }
}

/// Removes some events of before a time whose readers were told, and says how many. The changes themselves stay.
pub async fn forget_events(ctx: &Ctx, before: Timestamp) -> Result<u64, AppError> {
    let mut work = ctx.begin().await?;
    let forgotten = work.tx.execute(FORGET, vec![before.into()]).await?;
    work.commit().await?;
    Ok(forgotten)
}
