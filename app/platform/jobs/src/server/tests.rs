//! The world in which jobs are tested.

mod administration;
mod faults;
mod lifecycle;

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kernel::{
    AppError, Timestamp,
    server::{
        Clock, Engine,
        testing::{TestDb, until, wait_for},
    },
};
use records::server::{Actor, App, Ctx, Grants, testing};
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

use super::*;
use crate::{Acted, JobAction, JobFilter, JobInfo, Progress, State};

/// What jobs of a test did.
#[derive(Clone, Default)]
pub(super) struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(super) fn read(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// How many jobs are at it at once, and were at most.
#[derive(Clone, Default)]
struct Crowd(Arc<(AtomicUsize, AtomicUsize)>);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Deed {
    Note,
    Fail,
    Refuse,
    Panic,
    Hang,
    Clutch,
    Snooze,
    /// Comes to nothing once the diary says so, and puts itself off, whatever it was asked.
    FailAtLast,
    SnoozeAtLast,
    UntilCancelled,
    Crowd,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Test {
    name: String,
    deed: Deed,
    key: Option<String>,
}

/// Looks again and again, for as long as the job may take.
async fn while_not(mut holds: impl FnMut() -> bool + Send) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Job for Test {
    const KIND: &'static str = "test";
    const TITLE: &'static str = "Test";
    const QUEUE: Queue = Queue { name: "test", concurrency: 3 };
    const POLICY: Policy = Policy { attempts: 3, timeout: Duration::from_mins(1), ..Policy::USUAL };
    const SECRETS: &'static [&'static str] = &["key"];

    fn key(&self) -> Option<String> {
        self.key.clone()
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let diary: Diary = cx.service()?;
        diary.note(format!("{} {}", self.name, cx.attempt));
        match self.deed {
            Deed::Fail => return Err(AppError::Unavailable),
            Deed::Refuse => return Err(AppError::Conflict("no use".into())),
            Deed::Panic => panic!("as the test wants it"),
            Deed::Hang => {
                let _end = End(diary, self.name.clone());
                std::future::pending::<()>().await;
            }
            Deed::Clutch => {
                let _end = End(diary, self.name.clone());
                // What does not wait cannot be broken off.
                loop {
                    std::thread::sleep(Duration::from_millis(400));
                    tokio::task::yield_now().await;
                }
            }
            Deed::Snooze if diary.read().len() < 3 => return Ok(Outcome::Snooze(Duration::ZERO)),
            Deed::Note | Deed::Snooze => {}
            Deed::FailAtLast | Deed::SnoozeAtLast => {
                while_not(|| diary.read().iter().any(|line| line == "at last")).await;
                return match self.deed {
                    Deed::FailAtLast => Err(AppError::Unavailable),
                    _ => Ok(Outcome::Snooze(Duration::from_hours(1))),
                };
            }
            Deed::UntilCancelled => {
                while_not(|| cx.is_cancelled()).await;
                return Ok(Outcome::Cancelled);
            }
            Deed::Crowd => {
                let Crowd(crowd) = cx.service()?;
                let now = crowd.0.fetch_add(1, Ordering::SeqCst) + 1;
                crowd.1.fetch_max(now, Ordering::SeqCst);
                while_not(|| crowd.1.load(Ordering::SeqCst) >= 3).await;
                crowd.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        cx.progress(&Progress { done: 1, total: 1, message: None }).await?;
        Ok(Outcome::Done(Some(serde_json::json!({ "by": self.name }))))
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        cx.service::<Diary>()?.note(format!("{} given up: {why}", self.name));
        Ok(())
    }
}

/// Notes that a handler ended before its time.
struct End(Diary, String);

impl Drop for End {
    fn drop(&mut self) {
        self.0.note(format!("{} broken off", self.1));
    }
}

/// May hardly take any time.
#[derive(Debug, Serialize, Deserialize)]
struct Impatient(Test);

impl Job for Impatient {
    const KIND: &'static str = "impatient";
    const TITLE: &'static str = "Impatient";
    const QUEUE: Queue = Test::QUEUE;
    const POLICY: Policy = Policy { attempts: 3, timeout: Duration::from_millis(100), ..Policy::USUAL };

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        self.0.run(cx).await
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        self.0.give_up(cx, why).await
    }
}

/// Goes before the others.
#[derive(Debug, Serialize, Deserialize)]
struct Urgent {}

impl Job for Urgent {
    const KIND: &'static str = "urgent";
    const TITLE: &'static str = "Urgent";
    const QUEUE: Queue = Test::QUEUE;
    const POLICY: Policy = Policy { urgency: 60, ..Policy::USUAL };

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        cx.service::<Diary>()?.note("urgent");
        Ok(Outcome::DONE)
    }
}

/// Stands in a line of its own.
#[derive(Debug, Serialize, Deserialize)]
struct Elsewhere {}

impl Job for Elsewhere {
    const KIND: &'static str = "elsewhere";
    const TITLE: &'static str = "Elsewhere";
    const QUEUE: Queue = Queue { name: "elsewhere", concurrency: 1 };

    async fn run(&self, _: &JobCx) -> Result<Outcome, AppError> {
        Ok(Outcome::DONE)
    }
}

/// Is known to another version of the program alone, and has one attempt.
#[derive(Debug, Serialize, Deserialize)]
struct Novel {}

impl Job for Novel {
    const KIND: &'static str = "novel";
    const TITLE: &'static str = "Novel";
    const QUEUE: Queue = Test::QUEUE;
    const POLICY: Policy = Policy::ONCE;

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        cx.service::<Diary>()?.note(format!("novel {}", cx.attempt));
        Ok(Outcome::DONE)
    }
}

pub(super) const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

/// As short as a lease can be without a busy machine passing for a dead one.
pub(super) const LEASE: Duration = Duration::from_millis(300);

pub(super) struct World {
    pub(super) db: TestDb,
    ctx: Ctx,
    pub(super) diary: Diary,
    crowd: Crowd,
    stop: watch::Sender<bool>,
}

impl World {
    pub(super) async fn new() -> Self {
        let db = TestDb::new().await;
        let app = testing::app((*db).clone(), Clock::fixed(NOW), vec![organisation::server::module()]);
        let ctx = app.ctx(Arc::new(Actor::system()));
        Self { db, ctx, diary: Diary::default(), crowd: Crowd::default(), stop: watch::Sender::new(false) }
    }

    fn app(&self) -> &App {
        &self.ctx.app
    }

    fn clock(&self) -> &Clock {
        self.app().clock()
    }

    fn services(&self) -> Services {
        let actors: Actors = Arc::new(|user| {
            let known = (user != Uuid::max()).then(|| testing::actor(user, None, Grants::default()));
            Box::pin(async move { Ok(known) }) as Pin<Box<dyn Future<Output = _> + Send>>
        });
        Services::new(actors).with(self.diary.clone()).with(self.crowd.clone())
    }

    fn jobs(&self) -> Jobs {
        let hourly = |tick: Timestamp| Test { name: tick.to_string(), deed: Deed::Note, key: None };
        let kinds = Kinds::default().with::<Test>().with::<Impatient>().with::<Urgent>().with::<Elsewhere>();
        let kinds = kinds.every(Schedule::new("hourly", "0 * * * *", Missed::Once, hourly));
        let kinds = kinds.every(Schedule::new("skipped", "30 * * * *", Missed::Skip, hourly));
        Jobs { kinds, services: self.services() }
    }

    pub(super) fn worker(&self) -> Worker {
        self.worker_of(self.jobs().kinds)
    }

    fn worker_of(&self, kinds: Kinds) -> Worker {
        Worker::new(self.app().clone(), kinds, self.services())
            .scheduling(false)
            .lease(LEASE)
            .drain(Duration::from_millis(200))
    }

    fn work(&self) -> JoinHandle<()> {
        tokio::spawn(self.worker().run(self.stop.subscribe()))
    }

    pub(super) async fn put(&self, name: &str, deed: Deed) -> Uuid {
        self.put_with(name, deed, None).await
    }

    async fn put_with(&self, name: &str, deed: Deed, key: Option<&str>) -> Uuid {
        self.put_job(&Test { name: name.into(), deed, key: key.map(str::to_owned) }).await
    }

    async fn put_impatient(&self, name: &str, deed: Deed) -> Uuid {
        self.put_job(&Impatient(Test { name: name.into(), deed, key: None })).await
    }

    async fn put_job<J: Job>(&self, job: &J) -> Uuid {
        let mut tx = self.db.begin().await.unwrap();
        let id = enqueue(&self.ctx, &mut tx, job).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Claims all of a queue for a worker that does nothing with it.
    async fn claim(&self, worker: Uuid) -> Vec<store::Claimed> {
        let mut tx = self.db.begin().await.unwrap();
        let token = self.ctx.new_id();
        let claimed = store::claim(&mut tx, "test", worker, token, 9, self.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    }

    /// Waits until a job noted something.
    pub(super) async fn noted(&self, line: &str) {
        wait_for(line, async || {
            let notes = self.diary.read();
            if notes.iter().any(|noted| noted == line) { Ok(()) } else { Err(notes) }
        })
        .await;
    }

    pub(super) async fn find(&self, id: Uuid) -> JobInfo {
        store::find(&self.db, id).await.unwrap().unwrap()
    }

    /// Waits until a job stands somewhere, moving the clock on so that retries are due.
    async fn until(&self, id: Uuid, state: State) -> JobInfo {
        wait_for(state.name(), async || {
            let job = self.find(id).await;
            if job.state == state {
                return Ok(job);
            }
            if job.state == State::Retryable {
                self.clock().advance_seconds(3_600);
            }
            Err(job)
        })
        .await
    }
}
