//! What a job is: a value that says what to do, and a handler.

use std::{
    any::Any,
    collections::BTreeMap,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kernel::{AppError, server::Tx};
use records::server::Ctx;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    services::{Actors, Services},
    store,
};
use crate::Progress;

/// A line that jobs stand in, and how many of it a process works on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    pub name: &'static str,
    pub concurrency: usize,
}

/// Short work that nobody waits for.
pub const DEFAULT: Queue = Queue { name: "default", concurrency: 8 };

/// Whether work that failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// Where time may heal it: a database or a server that cannot be reached, a full disk, a fault of the program.
    WhereTimeHeals,
    Never,
}

/// How a kind of job is treated.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The most attempts.
    pub attempts: u32,
    /// An attempt that takes longer is broken off and has failed.
    pub timeout: Duration,
    /// By how many seconds it goes before what came earlier.
    pub urgency: i64,
    pub retries: Retries,
}

impl Policy {
    pub const USUAL: Self =
        Self { attempts: 10, timeout: Duration::from_mins(10), urgency: 0, retries: Retries::WhereTimeHeals };
    /// For work that must not be begun twice.
    pub const ONCE: Self = Self { attempts: 1, retries: Retries::Never, ..Self::USUAL };
}

/// How an attempt ended that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Done, with what whoever started it may read.
    Done(Option<Json>),
    /// Not yet: again after this time. Counts as no attempt.
    Snooze(Duration),
    /// Stopped because it was asked to.
    Cancelled,
}

impl Outcome {
    pub const DONE: Self = Self::Done(None);
}

/// Something to do. The value is kept as JSON, so a field that is added has a default.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name it is kept under; never changed.
    const KIND: &'static str;
    /// What staff call it.
    const TITLE: &'static str;
    const QUEUE: Queue = DEFAULT;
    const POLICY: Policy = Policy::USUAL;
    /// Fields of the value that the monitor does not show.
    const SECRETS: &'static [&'static str] = &[];

    /// Of the jobs with one key, only one is not over.
    fn key(&self) -> Option<String> {
        None
    }

    fn run(&self, cx: &JobCx) -> impl Future<Output = Result<Outcome, AppError>> + Send;

    /// After the last attempt failed, or the job was cancelled: leaves things as somebody can go on from.
    fn give_up(&self, _cx: &JobCx, _why: &str) -> impl Future<Output = Result<(), AppError>> + Send {
        std::future::ready(Ok(()))
    }
}

/// What a handler is given.
pub struct JobCx {
    pub ctx: Ctx,
    pub id: Uuid,
    /// From 1.
    pub attempt: u32,
    pub(super) token: Uuid,
    pub(super) services: Services,
    pub(super) cancelled: Arc<AtomicBool>,
}

impl JobCx {
    /// For a handler that cleans up after a job that never ran.
    pub(super) fn outside(ctx: Ctx, id: Uuid, services: Services) -> Self {
        let cancelled = Arc::new(AtomicBool::new(true));
        Self { ctx, id, attempt: 0, token: Uuid::nil(), services, cancelled }
    }

    /// Something the program gave its workers, such as where files lie.
    pub fn service<T: Any + Clone + Send + Sync>(&self) -> Result<T, AppError> {
        self.services.get().ok_or_else(|| kernel::server::unexpected(format!("no {}", std::any::type_name::<T>())))
    }

    /// Finds people with the rights they have now.
    pub fn actors(&self) -> &Actors {
        &self.services.actors
    }

    /// Whether somebody asked this to stop, or it is not this worker's any more. Long work asks now and then.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Says how far the work is, to whoever looks.
    pub async fn progress(&self, progress: &Progress) -> Result<(), AppError> {
        let mut tx = self.ctx.db().begin().await?;
        self.hold(&mut tx, progress).await?;
        Ok(tx.commit().await?)
    }

    /// Says how far the work is in a transaction that is good only as long as the job is this worker's: false where it
    /// is not, or somebody asked it to stop. No other worker takes it over before the transaction is committed.
    pub async fn hold(&self, tx: &mut Tx, progress: &Progress) -> Result<bool, AppError> {
        let is_ours = store::set_progress(tx, self.id, self.token, progress).await?;
        if !is_ours {
            self.cancelled.store(true, Ordering::Relaxed);
        }
        Ok(is_ours)
    }

    /// The context with the time and with the rights that who started this has now.
    pub async fn anew(&self) -> Result<Ctx, AppError> {
        organisation::server::refresh(&self.ctx.app).await?;
        let actor = match self.ctx.actor.user {
            Some(user) => self.actors()(user).await?.ok_or_else(gone)?,
            None => self.ctx.actor.clone(),
        };
        Ok(self.ctx.of(actor))
    }
}

/// What is said where who started a job has left.
pub(super) fn gone() -> AppError {
    AppError::Conflict("Whoever started this may not sign in any more.".into())
}

type Run<T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send>>;

/// A kind of job, whatever its type.
pub(super) trait Kind: Send + Sync {
    fn name(&self) -> &'static str;
    fn title(&self) -> &'static str;
    fn queue(&self) -> Queue;
    fn policy(&self) -> Policy;
    fn secrets(&self) -> &'static [&'static str];
    fn run(&self, args: String, cx: Arc<JobCx>) -> Run<Outcome>;
    fn give_up(&self, args: String, cx: Arc<JobCx>, why: String) -> Run<()>;
}

struct Of<J>(PhantomData<fn() -> J>);

fn read<J: Job>(args: &str) -> Result<J, AppError> {
    serde_json::from_str(args).map_err(|e| kernel::server::unexpected(format!("{} cannot be read: {e}", J::KIND)))
}

impl<J: Job> Kind for Of<J> {
    fn name(&self) -> &'static str {
        J::KIND
    }
    fn title(&self) -> &'static str {
        J::TITLE
    }
    fn queue(&self) -> Queue {
        J::QUEUE
    }
    fn policy(&self) -> Policy {
        J::POLICY
    }
    fn secrets(&self) -> &'static [&'static str] {
        J::SECRETS
    }
    fn run(&self, args: String, cx: Arc<JobCx>) -> Run<Outcome> {
        Box::pin(async move { read::<J>(&args)?.run(&cx).await })
    }
    fn give_up(&self, args: String, cx: Arc<JobCx>, why: String) -> Run<()> {
        Box::pin(async move { read::<J>(&args)?.give_up(&cx, &why).await })
    }
}

/// The kinds of jobs there are, and the schedules. Cheap to clone: every request carries them.
#[derive(Clone, Default)]
pub struct Kinds(Arc<All>);

#[derive(Clone, Default)]
struct All {
    kinds: BTreeMap<&'static str, Arc<dyn Kind>>,
    schedules: Vec<super::Schedule>,
}

impl Kinds {
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        Arc::make_mut(&mut self.0).kinds.insert(J::KIND, Arc::new(Of::<J>(PhantomData)));
        self
    }

    /// A schedule, and the kind of the job it enqueues.
    #[must_use]
    pub fn every(mut self, schedule: super::Schedule) -> Self {
        Arc::make_mut(&mut self.0).schedules.push(schedule);
        self
    }

    pub(super) fn get(&self, kind: &str) -> Option<&Arc<dyn Kind>> {
        self.0.kinds.get(kind)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<dyn Kind>> {
        self.0.kinds.values()
    }

    pub(super) fn schedules(&self) -> &[super::Schedule] {
        &self.0.schedules
    }

    /// The queues of all kinds, by name.
    pub fn queues(&self) -> Vec<Queue> {
        let by_name: BTreeMap<_, _> = self.all().map(|kind| (kind.queue().name, kind.queue())).collect();
        by_name.into_values().collect()
    }
}
