//! Doing the work: claiming jobs, running them, writing down how they ended.

pub(super) mod attempt;
pub(super) mod beat;
mod ending;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ending::Ended;
use kernel::{
    AppError,
    server::{DbError, EVERYTHING},
};
use records::server::App;
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
    time::MissedTickBehavior,
};
use uuid::Uuid;

use super::{
    SIGNAL,
    figures::Tally,
    job::{Kinds, Queue},
    schedule,
    services::Services,
    store::{self, Claimed},
};

/// Without being told, a worker looks so often whether there is something to do.
const PULSE: Duration = Duration::from_secs(1);
/// A worker whose beat stands still for so long is dead.
const LEASE: Duration = Duration::from_secs(30);
/// How long jobs may take to finish once the program was told to stop.
const DRAIN: Duration = Duration::from_secs(25);
/// What is said of an attempt whose worker died.
const LOST: &str = "The program stopped in the middle of this.";

/// What does jobs.
#[derive(Clone)]
pub struct Worker {
    app: App,
    kinds: Kinds,
    services: Services,
    queues: Vec<Queue>,
    lease: Duration,
    drain: Duration,
    is_scheduling: bool,
}

impl Worker {
    /// A worker on all queues that also watches the schedules.
    pub fn new(app: App, kinds: Kinds, services: Services) -> Self {
        let queues = kinds.queues();
        Self { app, kinds, services, queues, lease: LEASE, drain: DRAIN, is_scheduling: true }
    }

    /// Works on these queues alone.
    #[must_use]
    pub fn on(mut self, wanted: impl Fn(&str) -> bool) -> Self {
        self.queues.retain(|queue| wanted(queue.name));
        self
    }

    #[must_use]
    pub const fn scheduling(mut self, is_scheduling: bool) -> Self {
        self.is_scheduling = is_scheduling;
        self
    }

    /// After how long without a beat a worker counts as dead; all that share a database agree on it.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    #[must_use]
    pub const fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// Works until told to stop, then lets what is under way finish and hands the rest back.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        Run::new(self).until(stop).await;
    }
}

/// A job under way.
struct Busy {
    queue: &'static str,
    token: Uuid,
    cancelled: Arc<AtomicBool>,
    /// Nothing goes on that this worker knows no more of.
    _task: EndsWith,
}

/// A worker at work.
struct Run {
    worker: Arc<Worker>,
    id: Uuid,
    ended: mpsc::UnboundedSender<Ended>,
    endings: mpsc::UnboundedReceiver<Ended>,
    busy: HashMap<Uuid, Busy>,
    /// What ended and is not written down yet.
    unwritten: Vec<Ended>,
    /// Whether the others know of this worker; before that it claims nothing.
    is_enlisted: bool,
    /// Whether there may be a job to claim.
    may_claim: bool,
    is_stopping: bool,
    /// The beat of each other worker, and since when it stands there.
    others: HashMap<Uuid, (i64, Instant)>,
    /// When this worker last beat and looked at the others.
    beat_at: Option<Instant>,
    /// The zone for which the schedules are aligned.
    zone: Option<&'static str>,
}

impl Run {
    fn new(worker: Worker) -> Self {
        let (ended, endings) = mpsc::unbounded_channel();
        Self {
            id: worker.app.clock().new_id(worker.app.rng()),
            worker: Arc::new(worker),
            ended,
            endings,
            busy: HashMap::new(),
            unwritten: vec![],
            is_enlisted: false,
            may_claim: true,
            is_stopping: false,
            others: HashMap::new(),
            beat_at: None,
            zone: None,
        }
    }

    async fn until(mut self, mut stop: watch::Receiver<bool>) {
        let mut told = self.worker.app.db().listen();
        let mut pulse = tokio::time::interval(PULSE.min(self.worker.lease / 10));
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                ended = self.endings.recv() => self.note(ended),
                signal = told.next() => match signal.as_deref() {
                    Some(SIGNAL | EVERYTHING) => self.may_claim = true,
                    Some(_) => continue,
                    None => break,
                },
                _ = pulse.tick() => self.pulse().await,
                _ = stop.changed() => break,
            }
            self.turn().await;
        }
        self.finish().await;
    }

    fn note(&mut self, first: Option<Ended>) {
        self.unwritten.extend(first);
        while let Ok(ended) = self.endings.try_recv() {
            self.unwritten.push(ended);
        }
    }

    /// Writes down what ended and claims what there is room for, in one transaction.
    async fn turn(&mut self) {
        match self.try_turn().await {
            Ok(claimed) => {
                for Ended { claimed: Claimed { id, token, .. }, .. } in self.unwritten.drain(..) {
                    // What ended late, after it had been given to another, may be under way here anew.
                    if self.busy.get(&id).is_some_and(|busy| busy.token == token) {
                        self.busy.remove(&id);
                    }
                }
                for (queue, job) in claimed {
                    self.start(queue, job);
                }
            }
            // The pulse comes back to it.
            Err(error) => tracing::warn!(%error, "jobs could not be claimed or written down"),
        }
    }

    async fn try_turn(&mut self) -> Result<Vec<(Queue, Claimed)>, DbError> {
        let rooms: Vec<(Queue, usize)> = self.worker.queues.iter().map(|q| (*q, self.room(*q))).collect();
        let is_claiming =
            self.is_enlisted && self.may_claim && !self.is_stopping && rooms.iter().any(|(_, room)| *room > 0);
        if self.unwritten.is_empty() && !is_claiming {
            return Ok(vec![]);
        }
        let app = &self.worker.app;
        let mut tx = app.db().begin().await?;
        let now = app.clock().now();
        let mut tally = Tally::default();
        ending::write(&mut tx, &self.unwritten, &mut tally, now).await?;
        let mut claimed = vec![];
        let mut is_full = false;
        if is_claiming {
            let token = app.clock().new_id(app.rng());
            for (queue, room) in rooms {
                // A queue without room is full, too: what ends there makes room for what waits.
                let some = match room {
                    0 => vec![],
                    room => store::claim(&mut tx, queue.name, self.id, token, room, now).await?,
                };
                is_full |= some.len() == room;
                for job in some {
                    tally.waited(queue.name, ending::between(job.run_at, now));
                    claimed.push((queue, job));
                }
            }
        }
        tally.write(&mut tx, now, app.organisation().zone.date(now)).await?;
        tx.commit().await?;
        if is_claiming {
            self.may_claim = is_full;
        }
        Ok(claimed)
    }

    /// How many more jobs of a queue may run, once what ended is written down.
    fn room(&self, queue: Queue) -> usize {
        let ended = self.unwritten.iter().filter(|e| e.queue == queue.name).count();
        let busy = self.busy.values().filter(|b| b.queue == queue.name).count();
        (queue.concurrency + ended).saturating_sub(busy)
    }

    fn start(&mut self, queue: Queue, claimed: Claimed) {
        let cancelled = Arc::new(AtomicBool::new(claimed.cancel_asked));
        let (id, token, flag) = (claimed.id, claimed.token, cancelled.clone());
        let (worker, ended) = (self.worker.clone(), self.ended.clone());
        let task = tokio::spawn(async move {
            let began = Instant::now();
            let (kind, ending) = attempt::attempt(&worker, &claimed, flag).await;
            // Nobody listens any more once the worker has gone; its jobs were handed back then.
            let _ = ended.send(Ended { claimed, kind, queue: queue.name, ending, took: began.elapsed() });
        });
        self.busy.insert(id, Busy { queue: queue.name, token, cancelled, _task: EndsWith(task.abort_handle()) });
    }

    /// Looks after time: what became due, who was asked to stop, who died.
    async fn pulse(&mut self) {
        if let Err(error) = self.try_pulse().await {
            tracing::warn!(%error, "the queue could not be looked after");
        }
    }

    async fn try_pulse(&mut self) -> Result<(), AppError> {
        let app = self.worker.app.clone();
        if self.beat_at.is_none_or(|at| at.elapsed() >= self.worker.lease / 3) {
            self.beat().await?;
        }
        let pulse = store::pulse(app.db()).await?;
        let now = app.clock().now();
        self.may_claim |= pulse.has_available;
        if pulse.next_due.is_some_and(|due| due <= now) {
            let mut tx = app.db().begin().await?;
            store::make_due(&mut tx, now).await?;
            tx.tell(SIGNAL);
            tx.commit().await?;
        }
        if !self.busy.is_empty() {
            for id in store::cancel_asked(app.db(), self.id).await? {
                if let Some(busy) = self.busy.get(&id) {
                    busy.cancelled.store(true, Ordering::Relaxed);
                }
            }
        }
        if self.worker.is_scheduling && pulse.next_tick.is_some_and(|tick| tick <= now) {
            schedule::tick(&app, &self.worker.kinds).await?;
        }
        Ok(())
    }

    /// Lets what is under way finish, and hands the rest back.
    async fn finish(&mut self) {
        self.is_stopping = true;
        let over = tokio::time::Instant::now() + self.worker.drain;
        while !self.busy.is_empty() {
            tokio::select! {
                ended = self.endings.recv() => self.note(ended),
                () = tokio::time::sleep_until(over) => break,
            }
            self.turn().await;
        }
        self.busy.clear();
        let left = async {
            let mut tx = self.worker.app.db().begin().await?;
            if store::hand_back(&mut tx, self.id).await? > 0 {
                tx.tell(SIGNAL);
            }
            store::leave(&mut tx, self.id).await?;
            tx.commit().await
        };
        if let Err(error) = left.await {
            tracing::warn!(%error, "jobs could not be handed back; they are found when this worker is missed");
        }
    }
}

/// Ends a task when it goes.
struct EndsWith(AbortHandle);

impl Drop for EndsWith {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests;
