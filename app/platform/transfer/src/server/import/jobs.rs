//! The work on imports as jobs: checking a file, running it, taking it back.

use std::time::Duration;

use jobs::server::{Job, JobCx, Missed, Outcome, Policy, Queue, Schedule};
use kernel::AppError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Aim, recover, sweep, task};

/// Two at a time leave the database room for everybody else.
const QUEUE: Queue = Queue { name: "imports", concurrency: 2 };
/// What was written stays to be taken back or kept; nothing is begun a second time by itself.
const POLICY: Policy = Policy { timeout: Duration::from_hours(12), ..Policy::ONCE };

/// Finds out what a file would do.
#[derive(Debug, Serialize, Deserialize)]
pub struct CheckImport {
    pub import: Uuid,
}

impl Job for CheckImport {
    const KIND: &'static str = "imports.check";
    const TITLE: &'static str = "Check a file";
    const QUEUE: Queue = QUEUE;
    const POLICY: Policy = POLICY;

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        task::work(cx, self.import, Aim::Check).await
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        task::give_up(&cx.ctx, self.import, Some(cx.id), why).await
    }
}

/// Imports a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunImport {
    pub import: Uuid,
}

impl Job for RunImport {
    const KIND: &'static str = "imports.run";
    const TITLE: &'static str = "Import a file";
    const QUEUE: Queue = QUEUE;
    const POLICY: Policy = POLICY;

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        task::work(cx, self.import, Aim::Run).await
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        task::give_up(&cx.ctx, self.import, Some(cx.id), why).await
    }
}

/// Takes an import back.
#[derive(Debug, Serialize, Deserialize)]
pub struct UndoImport {
    pub import: Uuid,
    pub change_set: Uuid,
}

impl Job for UndoImport {
    const KIND: &'static str = "imports.undo";
    const TITLE: &'static str = "Undo an import";
    const QUEUE: Queue = QUEUE;
    const POLICY: Policy = POLICY;

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        task::undo(&cx.ctx, self.import, self.change_set).await?;
        Ok(Outcome::DONE)
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        task::give_up(&cx.ctx, self.import, Some(cx.id), why).await
    }
}

/// Removes files that nobody imported, and ends imports whose work was lost.
#[derive(Debug, Serialize, Deserialize)]
pub struct SweepImports {}

impl SweepImports {
    pub fn schedule() -> Schedule {
        Schedule::new("sweep_imports", "*/15 * * * *", Missed::Once, |_| Self {})
    }
}

impl Job for SweepImports {
    const KIND: &'static str = "imports.sweep";
    const TITLE: &'static str = "Tidy up imports";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        recover(&cx.ctx).await?;
        sweep(&cx.ctx).await?;
        Ok(Outcome::DONE)
    }
}
