use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kernel::{
    AppError, Timestamp,
    server::{Clock, testing::TestDb},
};
use records::server::{Actor, App, Ctx, Grants, testing};
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

use super::*;
use crate::jobs::{JobAction, JobFilter, JobInfo, Progress, State};

/// What jobs of a test did.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn read(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// How many jobs are at it at once, and were at most.
#[derive(Clone, Default)]
struct Crowd(Arc<(AtomicUsize, AtomicUsize)>);

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Deed {
    Note,
    Fail,
    Refuse,
    Panic,
    Hang,
    Snooze,
    UntilCancelled,
    Crowd,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Test {
    name: String,
    deed: Deed,
    key: Option<String>,
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
            Deed::Snooze if diary.read().len() < 3 => return Ok(Outcome::Snooze(Duration::ZERO)),
            Deed::Note | Deed::Snooze => {}
            Deed::UntilCancelled => {
                while !cx.is_cancelled() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                return Ok(Outcome::Cancelled);
            }
            Deed::Crowd => {
                let Crowd(crowd) = cx.service()?;
                let now = crowd.0.fetch_add(1, Ordering::SeqCst) + 1;
                crowd.1.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
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

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

/// How often what is waited for is looked at, 5 ms apart: a machine that does much else is slow.
const PATIENCE: usize = 12_000;

struct World {
    db: TestDb,
    ctx: Ctx,
    diary: Diary,
    crowd: Crowd,
    stop: watch::Sender<bool>,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let app = testing::app((*db).clone(), Clock::fixed(NOW), vec![crate::server::module()]);
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
        let kinds = Kinds::default().with::<Test>().with::<Impatient>().with::<Urgent>();
        let kinds = kinds.every(Schedule::new("hourly", "0 * * * *", Missed::Once, hourly));
        let kinds = kinds.every(Schedule::new("skipped", "30 * * * *", Missed::Skip, hourly));
        Jobs { kinds, services: self.services() }
    }

    fn worker(&self) -> Worker {
        let Jobs { kinds, services } = self.jobs();
        Worker::new(self.app().clone(), kinds, services)
            .scheduling(false)
            .lease(Duration::from_millis(300))
            .drain(Duration::from_millis(200))
    }

    fn work(&self) -> JoinHandle<()> {
        tokio::spawn(self.worker().run(self.stop.subscribe()))
    }

    async fn put(&self, name: &str, deed: Deed) -> Uuid {
        self.put_with(name, deed, None).await
    }

    async fn put_with(&self, name: &str, deed: Deed, key: Option<&str>) -> Uuid {
        let mut tx = self.db.begin().await.unwrap();
        let job = Test { name: name.into(), deed, key: key.map(str::to_owned) };
        let id = enqueue(&self.ctx, &mut tx, &job).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn put_impatient(&self, name: &str) -> Uuid {
        let mut tx = self.db.begin().await.unwrap();
        let job = Impatient(Test { name: name.into(), deed: Deed::Hang, key: None });
        let id = enqueue(&self.ctx, &mut tx, &job).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Waits until a job noted something.
    async fn noted(&self, line: &str) {
        for _ in 0..PATIENCE {
            if self.diary.read().iter().any(|noted| noted == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}", self.diary.read());
    }

    async fn find(&self, id: Uuid) -> JobInfo {
        store::find(&self.db, id).await.unwrap().unwrap()
    }

    /// Waits until a job stands somewhere, moving the clock on so that retries are due.
    async fn until(&self, id: Uuid, state: State) -> JobInfo {
        for _ in 0..PATIENCE {
            let job = self.find(id).await;
            if job.state == state {
                return job;
            }
            if job.state == State::Retryable {
                self.clock().advance_seconds(3_600);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}", self.find(id).await);
    }
}

#[test]
fn retries_come_later_and_later_and_never_together() {
    let milliseconds = |attempt, chance| backoff(attempt, chance).as_millis();
    assert_eq!((milliseconds(1, 0), milliseconds(1, 255)), (3_750, 6_250));
    assert_eq!((milliseconds(2, 0), milliseconds(2, 255)), (7_500, 12_500));
    assert!(milliseconds(10, 0) > milliseconds(9, 255));
    assert_eq!(milliseconds(1_000_000, 0), 64_800_000);
}

#[tokio::test]
async fn both_databases_know_the_statements() {
    let world = World::new().await;
    for sql in STATEMENTS {
        world.db.prepare_check(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

#[tokio::test]
async fn a_job_is_there_once_its_transaction_is() {
    let world = World::new().await;
    world.work();
    let mut tx = world.db.begin().await.unwrap();
    for n in 0..1_000 {
        let job = Test { name: format!("lost {n}"), deed: Deed::Note, key: None };
        enqueue(&world.ctx, &mut tx, &job).await.unwrap();
    }
    tx.rollback().await.unwrap();
    let job = world.until(world.put("kept", Deed::Note).await, State::Completed).await;
    assert_eq!((job.attempt, job.progress.done), (1, 1));
    assert_eq!(world.diary.read(), ["kept 1"]);
    let (_, result) = own(&world.ctx, job.id).await.unwrap();
    assert_eq!(result.as_deref(), Some(r#"{"by":"kept"}"#));
}

#[tokio::test]
async fn what_fails_is_tried_again_and_given_up_in_the_end() {
    let world = World::new().await;
    world.work();
    let job = world.until(world.put("a", Deed::Fail).await, State::Discarded).await;
    assert_eq!(job.attempt, 3);
    let why = "The database cannot be reached, try again in a moment.";
    assert_eq!(world.diary.read(), ["a 1", "a 2", "a 3", &format!("a given up: {why}")]);
    let errors = store::errors(&world.db, job.id).await.unwrap();
    assert_eq!(
        errors.iter().map(|e| (e.attempt, e.message.as_str())).collect::<Vec<_>>(),
        [(3, why), (2, why), (1, why)]
    );
}

#[tokio::test]
async fn what_time_does_not_heal_is_not_tried_again() {
    let world = World::new().await;
    world.work();
    let job = world.until(world.put("a", Deed::Refuse).await, State::Discarded).await;
    assert_eq!((job.attempt, job.error.as_deref()), (1, Some("No use.")));
}

#[tokio::test]
async fn a_panic_and_a_hang_are_failures() {
    let world = World::new().await;
    world.work();
    let panics = world.until(world.put("a", Deed::Panic).await, State::Discarded).await;
    let hangs = world.until(world.put_impatient("b").await, State::Discarded).await;
    for (job, said) in [(panics, "Something went wrong, reference"), (hangs, "This took longer than")] {
        assert!(job.error.as_deref().unwrap().starts_with(said), "{:?}", job.error);
        assert_eq!(job.attempt, 3);
    }
}

#[tokio::test]
async fn what_is_broken_off_does_not_go_on_in_secret() {
    let world = World::new().await;
    let worker = world.work();
    world.until(world.put_impatient("late").await, State::Retryable).await;
    world.noted("late broken off").await;
    world.put("stopped", Deed::Hang).await;
    world.noted("stopped 1").await;
    worker.abort();
    world.noted("stopped broken off").await;
}

#[tokio::test]
async fn of_one_key_only_one_is_under_way() {
    let world = World::new().await;
    let first = world.put_with("a", Deed::Note, Some("k")).await;
    assert_eq!(world.put_with("b", Deed::Note, Some("k")).await, first);
    assert_ne!(world.put_with("c", Deed::Note, Some("other")).await, first);
    world.work();
    world.until(first, State::Completed).await;
    assert_ne!(world.put_with("d", Deed::Note, Some("k")).await, first);
}

#[tokio::test]
async fn a_snooze_costs_no_attempt() {
    let world = World::new().await;
    world.work();
    let job = world.until(world.put("a", Deed::Snooze).await, State::Completed).await;
    assert_eq!((job.attempt, world.diary.read().len()), (1, 3));
}

#[tokio::test]
async fn a_queue_runs_as_many_at_once_as_it_may() {
    let world = World::new().await;
    let mut ids = vec![];
    for n in 0..20 {
        ids.push(world.put(&n.to_string(), Deed::Crowd).await);
    }
    world.work();
    for id in ids {
        world.until(id, State::Completed).await;
    }
    assert_eq!(world.crowd.0.1.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_is_urgent_goes_before_what_came_just_before_it_and_nothing_waits_for_ever() {
    let world = World::new().await;
    let mut tx = world.db.begin().await.unwrap();
    for (name, seconds) in [("old", -90), ("new", -30)] {
        let job = Test { name: name.into(), deed: Deed::Note, key: None };
        enqueue_at(&world.ctx, &mut tx, &job, NOW.plus_seconds(seconds)).await.unwrap();
    }
    enqueue(&world.ctx, &mut tx, &Urgent {}).await.unwrap();
    let token = Uuid::from_u128(1);
    let claimed = store::claim(&mut tx, "test", token, token, 9, NOW).await.unwrap();
    let order: Vec<bool> = claimed.iter().map(|job| job.kind == "urgent").collect();
    assert_eq!(order, [false, true, false]);
    assert!(claimed[0].args.contains("old"));
}

#[tokio::test]
async fn jobs_are_cancelled_before_they_run_and_while_they_do() {
    let world = World::new().await;
    let jobs = world.jobs();
    let waiting = world.put("waiting", Deed::Note).await;
    assert_eq!(act(&world.ctx, &jobs, &[waiting], JobAction::Cancel).await, Ok(1));
    assert_eq!(world.find(waiting).await.state, State::Cancelled);
    assert_eq!(world.diary.read(), ["waiting given up: Cancelled."]);
    assert_eq!(act(&world.ctx, &jobs, &[waiting], JobAction::Cancel).await, Ok(0));

    world.work();
    let id = world.put("stuck", Deed::UntilCancelled).await;
    world.until(id, State::Running).await;
    assert_eq!(act(&world.ctx, &jobs, &[id], JobAction::Cancel).await, Ok(1));
    world.until(id, State::Cancelled).await;
    world.noted("stuck given up: Cancelled.").await;
}

#[tokio::test]
async fn a_paused_queue_waits() {
    let world = World::new().await;
    let jobs = world.jobs();
    pause(&world.ctx, &jobs, "test", true).await.unwrap();
    assert_eq!(pause(&world.ctx, &jobs, "nothing", true).await, Err(AppError::NotFound));
    world.work();
    let id = world.put("a", Deed::Note).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(world.find(id).await.state, State::Available);
    assert!(overview(&world.ctx, &jobs).await.unwrap().queues[0].is_paused);
    pause(&world.ctx, &jobs, "test", false).await.unwrap();
    world.until(id, State::Completed).await;
}

#[tokio::test]
async fn a_worker_given_up_for_dead_is_refused_when_it_comes_back() {
    let world = World::new().await;
    let id = world.put("a", Deed::Note).await;
    let (worker, token) = (Uuid::from_u128(8), Uuid::from_u128(9));
    let mut tx = world.db.begin().await.unwrap();
    assert_eq!(store::claim(&mut tx, "test", worker, token, 5, NOW).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    assert_eq!(store::left(&world.db).await.unwrap(), [worker]);
    assert_eq!(work::bury(world.app(), worker).await.unwrap(), 1);
    let mut tx = world.db.begin().await.unwrap();
    assert!(store::complete_all(&mut tx, token, &[id], NOW).await.unwrap().is_empty());
    assert!(!store::complete(&mut tx, id, token, "1", NOW).await.unwrap());
    assert!(!store::end(&mut tx, id, token, State::Discarded, NOW).await.unwrap());
    assert!(!store::again(&mut tx, id, token, State::Retryable, NOW, false).await.unwrap());
    assert!(!store::set_progress(&mut tx, id, token, &Progress::default()).await.unwrap());
    tx.commit().await.unwrap();
    let job = world.find(id).await;
    assert_eq!((job.state, job.attempt), (State::Available, 1));
    assert_eq!(job.error.as_deref(), Some("The program stopped in the middle of this."));
}

#[tokio::test]
async fn a_worker_given_up_for_dead_starts_anew_and_loses_nothing() {
    let world = World::new().await;
    world.work();
    let id = world.put("a", Deed::Hang).await;
    world.noted("a 1").await;
    let former = store::workers(&world.db).await.unwrap()[0].0.id;
    let mut tx = world.db.begin().await.unwrap();
    let args = serde_json::to_string(&Test { name: "b".into(), deed: Deed::Note, key: None }).unwrap();
    tx.execute("update jobs set args = $2, attempts = 9 where id = $1", vec![id.into(), args.into()]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(work::bury(world.app(), former).await.unwrap(), 1);
    world.noted("a broken off").await;
    world.until(id, State::Completed).await;
    // It may have been done before the worker found out; that it does is what is waited for.
    while store::workers(&world.db).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_ne!(store::workers(&world.db).await.unwrap()[0].0.id, former);
}

#[tokio::test]
async fn what_a_dead_worker_was_at_is_done_by_another() {
    let world = World::new().await;
    let dies = world.work();
    let id = world.put("a", Deed::UntilCancelled).await;
    let other = world.put("b", Deed::UntilCancelled).await;
    world.until(id, State::Running).await;
    world.until(other, State::Running).await;
    dies.abort();
    let mut tx = world.db.begin().await.unwrap();
    let args = serde_json::to_string(&Test { name: "a".into(), deed: Deed::Note, key: None }).unwrap();
    tx.execute("update jobs set args = $2 where id = $1", vec![id.into(), args.into()]).await.unwrap();
    tx.execute("update jobs set attempts = 1 where id = $1", vec![other.into()]).await.unwrap();
    tx.commit().await.unwrap();
    world.work();
    let job = world.until(id, State::Completed).await;
    assert_eq!(job.attempt, 2);
    // The other had no attempt left: its handler hears of it, and nothing runs twice.
    let job = world.until(other, State::Discarded).await;
    assert_eq!(job.error.as_deref(), Some("The program stopped in the middle of this."));
    assert_eq!(world.diary.read().iter().filter(|line| *line == "b 2").count(), 0);
}

#[tokio::test]
async fn stopping_hands_back_what_is_not_done() {
    let world = World::new().await;
    let worker = world.work();
    let id = world.put("a", Deed::Hang).await;
    world.until(id, State::Running).await;
    world.stop.send_replace(true);
    worker.await.unwrap();
    let job = world.find(id).await;
    assert_eq!((job.state, job.attempt), (State::Available, 0));
    assert_eq!(store::workers(&world.db).await.unwrap().len(), 0);
}

#[tokio::test]
async fn who_may_not_sign_in_any_more_starts_nothing() {
    let world = World::new().await;
    world.work();
    let gone = world.app().ctx(testing::actor(Uuid::max(), None, Grants::default()));
    let mut tx = world.db.begin().await.unwrap();
    let job = Test { name: "a".into(), deed: Deed::Note, key: None };
    let id = enqueue(&gone, &mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    let job = world.until(id, State::Discarded).await;
    assert_eq!(job.error.as_deref(), Some("Whoever started this may not sign in any more."));
    // It did not begin, and what waited for it was told.
    assert_eq!(world.diary.read(), ["a given up: Whoever started this may not sign in any more."]);
}

#[tokio::test]
async fn each_tick_happens_once_however_many_watch() {
    let world = World::new().await;
    let (app, kinds) = (world.app().clone(), world.jobs().kinds);
    schedule::prepare(&app, &kinds).await.unwrap();
    schedule::prepare(&app, &kinds).await.unwrap();
    let mut expected = 0;
    for _ in 0..5 {
        world.clock().advance_seconds(3_600);
        let both = [schedule::tick(&app, &kinds), schedule::tick(&app, &kinds)];
        let [first, second] = both;
        let (first, second) = tokio::join!(first, second);
        expected += first.unwrap() + second.unwrap();
    }
    let all = store::list(&world.db, &JobFilter::default(), None, 100).await.unwrap();
    assert_eq!(all.len(), expected);
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for job in &all {
        let (args, ..) = store::find_detail(&world.db, job.id).await.unwrap().unwrap();
        *names.entry(args).or_default() += 1;
    }
    assert!(names.values().all(|n| *n == 1), "{names:?}");
    assert!(names.len() >= 5, "{names:?}");
}

#[tokio::test]
async fn missed_ticks_are_made_up_for_once_or_left_out() {
    let world = World::new().await;
    let (app, kinds) = (world.app().clone(), world.jobs().kinds);
    schedule::prepare(&app, &kinds).await.unwrap();
    let first = store::schedules(&world.db).await.unwrap();
    world.clock().advance_seconds(10 * 3_600 + 700);
    assert_eq!(schedule::tick(&app, &kinds).await.unwrap(), 1);
    assert_eq!(schedule::tick(&app, &kinds).await.unwrap(), 0);
    for (before, after) in first.iter().zip(store::schedules(&world.db).await.unwrap()) {
        assert!(after.next_tick > world.clock().now(), "{}", after.name);
        assert!(after.next_tick.seconds_since(world.clock().now()) <= 3_600);
        assert_eq!(after.last_tick, Some(before.next_tick));
    }
}

#[tokio::test]
async fn a_schedule_is_set_paused_and_run_by_hand() {
    let world = World::new().await;
    let jobs = world.jobs();
    schedule::prepare(world.app(), &jobs.kinds).await.unwrap();
    let refused = reschedule(&world.ctx, &jobs, "hourly", "now and then", false).await.unwrap().unwrap_err();
    assert_eq!(refused.first("cron"), Some("This is no cron expression of five fields."));
    reschedule(&world.ctx, &jobs, "hourly", "15 4 * * *", true).await.unwrap().unwrap();
    let all = overview(&world.ctx, &jobs).await.unwrap().schedules;
    let hourly = all.iter().find(|s| s.name == "hourly").unwrap();
    assert_eq!((hourly.cron.as_str(), hourly.usual.as_str(), hourly.is_paused), ("15 4 * * *", "0 * * * *", true));
    world.clock().advance_seconds(100_000);
    assert_eq!(schedule::tick(world.app(), &jobs.kinds).await.unwrap(), 0);
    reschedule(&world.ctx, &jobs, "hourly", "", false).await.unwrap().unwrap();
    let all = overview(&world.ctx, &jobs).await.unwrap().schedules;
    assert_eq!(all.iter().find(|s| s.name == "hourly").unwrap().cron, "0 * * * *");
    run_now(&world.ctx, &jobs, "hourly").await.unwrap();
    assert_eq!(run_now(&world.ctx, &jobs, "never").await, Err(AppError::NotFound));
    assert_eq!(list(&world.ctx, &jobs, &JobFilter::default(), None).await.unwrap().jobs.len(), 1);
}

#[tokio::test]
async fn only_administrators_look_and_step_in() {
    let world = World::new().await;
    let jobs = world.jobs();
    let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let of = |user| world.app().ctx(testing::actor(user, None, Grants::default()));
    let mut tx = world.db.begin().await.unwrap();
    let job = Test { name: "a".into(), deed: Deed::Note, key: Some("secret".into()) };
    let id = enqueue(&of(ann), &mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    let (ann, bob) = (of(ann), of(bob));
    assert!(own(&ann, id).await.is_ok());
    assert_eq!(own(&bob, id).await.unwrap_err(), AppError::NotFound);
    let forbidden = AppError::Forbidden;
    assert_eq!(overview(&ann, &jobs).await.unwrap_err(), forbidden);
    assert_eq!(list(&ann, &jobs, &JobFilter::default(), None).await.unwrap_err(), forbidden);
    assert_eq!(detail(&ann, &jobs, id).await.unwrap_err(), forbidden);
    assert_eq!(act(&ann, &jobs, &[id], JobAction::Cancel).await.unwrap_err(), forbidden);
    assert_eq!(act_on_all(&ann, &jobs, &JobFilter::default(), JobAction::Cancel).await.unwrap_err(), forbidden);
    assert_eq!(pause(&ann, &jobs, "test", true).await.unwrap_err(), forbidden);
    assert_eq!(reschedule(&ann, &jobs, "hourly", "", true).await.unwrap_err(), forbidden);
    assert_eq!(run_now(&ann, &jobs, "hourly").await.unwrap_err(), forbidden);
    let shown = detail(&world.ctx, &jobs, id).await.unwrap();
    assert!(!shown.args.contains("secret"), "{}", shown.args);
}

#[tokio::test]
async fn all_that_match_are_retried_together() {
    let world = World::new().await;
    let jobs = world.jobs();
    let mut ids = vec![];
    for n in 0..7 {
        ids.push(world.put(&n.to_string(), Deed::Note).await);
    }
    let waiting = JobFilter { state: Some(State::Available), ..JobFilter::default() };
    assert_eq!(act_on_all(&world.ctx, &jobs, &waiting, JobAction::Cancel).await, Ok(7));
    let cancelled = JobFilter { state: Some(State::Cancelled), ..JobFilter::default() };
    assert_eq!(list(&world.ctx, &jobs, &cancelled, None).await.unwrap().jobs.len(), 7);
    assert_eq!(act_on_all(&world.ctx, &jobs, &cancelled, JobAction::Retry).await, Ok(7));
    world.work();
    for id in ids {
        world.until(id, State::Completed).await;
    }
}

#[tokio::test]
async fn what_is_over_long_enough_goes_and_the_counts_stay() {
    let world = World::new().await;
    let id = world.put("a", Deed::Note).await;
    world.work();
    world.until(id, State::Completed).await;
    world.clock().advance_seconds(23 * 3_600);
    let clean = || async {
        let mut cx = JobCx::outside(world.app().ctx(Arc::new(Actor::system())), Uuid::nil(), world.services());
        cx.cancelled = Arc::default();
        CleanUp {}.run(&cx).await.unwrap();
    };
    clean().await;
    assert!(store::find(&world.db, id).await.unwrap().is_some());
    world.clock().advance_seconds(2 * 3_600);
    clean().await;
    assert!(store::find(&world.db, id).await.unwrap().is_none());
    let row = world.db.fetch_optional("select sum(n) from job_days", vec![]).await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 1);
}
