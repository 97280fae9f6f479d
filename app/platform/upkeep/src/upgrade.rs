//! Working out again what follows from the records, after a new release changed its rules.

use jobs::{
    Progress,
    server::{Job, JobCx, Outcome, Policy, enqueue},
};
use kernel::AppError;
use records::server::{Ctx, upgrades};
use serde::{Deserialize, Serialize};

/// Does what of the records is of a former revision, some rows at a time. Whoever takes it over goes on where the one
/// before was stopped.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct UpgradeRecords {}

impl Job for UpgradeRecords {
    const KIND: &'static str = "upkeep.upgrade_records";
    const TITLE: &'static str = "Bring records up to date with this release";
    const POLICY: Policy = Policy { timeout: std::time::Duration::from_hours(6), ..Policy::USUAL };

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        for upgrade in upgrades(&cx.ctx).await? {
            let mut rows = 0;
            while let Some(done) = upgrade.step(&cx.ctx).await? {
                rows += i64::try_from(done).unwrap_or(i64::MAX);
                let message = Some(upgrade.records().to_owned());
                cx.progress(&Progress { done: rows, total: 0, message }).await?;
                if cx.is_cancelled() {
                    return Ok(Outcome::Cancelled);
                }
            }
        }
        Ok(Outcome::DONE)
    }
}

/// Sees to it that records are brought up to date where they are not.
pub async fn begin(ctx: &Ctx) -> Result<(), AppError> {
    if upgrades(ctx).await?.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.db().begin().await?;
    enqueue(ctx, &mut tx, &UpgradeRecords {}).await?;
    Ok(tx.commit().await?)
}
