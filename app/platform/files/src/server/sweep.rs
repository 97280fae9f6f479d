//! What nobody refers to goes.

use futures::TryStreamExt;
use jobs::server::{Job, JobCx, Missed, Outcome, Schedule};
use kernel::AppError;
use records::server::Ctx;
use serde::{Deserialize, Serialize};

use super::{Files, Stored, is_place, spool, store};

/// For so many seconds content stays that nobody refers to: somebody may be about to.
const GRACE: i64 = 3_600;
/// Content of this age that has no row was on its way when its program stopped.
const LOST: i64 = 24 * 3_600;
/// Places looked up at once.
const AT_ONCE: usize = 500;

/// Removes content that no file has, and what was left on the way.
#[derive(Debug, Serialize, Deserialize)]
pub struct SweepFiles {}

impl SweepFiles {
    pub fn schedule() -> Schedule {
        Schedule::new("sweep_files", "40 * * * *", Missed::Once, |_| Self {})
    }
}

impl Job for SweepFiles {
    const KIND: &'static str = "files.sweep";
    const TITLE: &'static str = "Remove files nobody needs";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let files: Files = cx.service()?;
        remove_unused(&cx.ctx, &files).await?;
        remove_lost(&cx.ctx, &files).await?;
        spool::sweep(files.spool_folder()).await.map_err(|e| spool::failed(&e))?;
        Ok(Outcome::DONE)
    }
}

/// First the row, then the content: a place is never used again, so nothing comes to lie there in between.
pub(super) async fn remove_unused(ctx: &Ctx, files: &Files) -> Result<(), AppError> {
    loop {
        let unused = store::list_unused(ctx.db(), ctx.now().plus_seconds(-GRACE)).await?;
        let mut removed = 0;
        for blob in &unused {
            let mut tx = ctx.db().begin().await?;
            let is_gone = store::forget(&mut tx, blob).await?;
            tx.commit().await?;
            if is_gone {
                files.0.place.remove(&blob.place).await?;
                removed += 1;
            }
        }
        if removed == 0 {
            return Ok(());
        }
    }
}

pub(super) async fn remove_lost(ctx: &Ctx, files: &Files) -> Result<(), AppError> {
    let before = ctx.now().plus_seconds(-LOST);
    // What others put there is theirs.
    let is_lost = |stored: &Stored| std::future::ready(stored.since < before && is_place(&stored.place));
    let mut old = files.0.place.list().try_filter(is_lost).try_chunks(AT_ONCE);
    while let Some(some) = old.try_next().await.map_err(|e| e.1)? {
        let places: Vec<String> = some.into_iter().map(|stored| stored.place).collect();
        let known = store::known(ctx.db(), &places).await?;
        for place in places.iter().filter(|place| !known.contains(place)) {
            files.0.place.remove(place).await?;
        }
    }
    Ok(())
}
