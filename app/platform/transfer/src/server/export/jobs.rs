//! Making exports, and forgetting them, as jobs.

use std::time::Duration;

use jobs::server::{Job, JobCx, Missed, Outcome, Policy, Queue, Schedule};
use kernel::AppError;
use serde::{Deserialize, Serialize};

use super::{recover, store, task};

/// Two at a time leave the database room for everybody else.
const QUEUE: Queue = Queue { name: "exports", concurrency: 2 };
/// An export that began anew loses nothing; a full disk and a store that is away heal.
const POLICY: Policy = Policy { attempts: 5, timeout: Duration::from_hours(6), ..Policy::USUAL };
/// For how many days people see what they exported once.
const SHOWN_DAYS: i64 = 30;

/// For how many seconds the file of an export is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep(pub u32);

/// Makes the file of the export that has the job's own id.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunExport {}

impl Job for RunExport {
    const KIND: &'static str = "exports.run";
    const TITLE: &'static str = "Export records";
    const QUEUE: Queue = QUEUE;
    const POLICY: Policy = POLICY;

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let outcome = task::run(cx).await;
        if let Err(why) = &outcome
            && let Err(error) = task::wait(cx, why).await
        {
            tracing::warn!(id = %cx.id, %error, "it cannot be told that an export failed for now");
        }
        outcome
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        task::end(&cx.ctx, cx.id, if cx.is_cancelled() { None } else { Some(why) }).await
    }
}

/// Removes files of exports whose time is over, and exports nobody looks at any more. Ends those that nobody is at.
#[derive(Debug, Serialize, Deserialize)]
pub struct SweepExports {}

impl SweepExports {
    pub fn schedule() -> Schedule {
        Schedule::new("sweep_exports", "*/10 * * * *", Missed::Once, |_| Self {})
    }
}

impl Job for SweepExports {
    const KIND: &'static str = "exports.sweep";
    const TITLE: &'static str = "Remove expired exports";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let ctx = &cx.ctx;
        recover(ctx).await?;
        loop {
            let expired = store::list_expired(ctx.db(), ctx.now()).await?;
            if expired.is_empty() {
                break;
            }
            let mut tx = ctx.db().begin().await?;
            for (id, file) in expired {
                store::expire(&mut tx, id).await?;
                if let Some(file) = file {
                    files::server::remove(&mut tx, file).await?;
                }
            }
            tx.commit().await?;
        }
        let mut tx = ctx.db().begin().await?;
        store::forget(&mut tx, ctx.now().plus_seconds(-SHOWN_DAYS * 86_400)).await?;
        tx.commit().await?;
        Ok(Outcome::DONE)
    }
}
