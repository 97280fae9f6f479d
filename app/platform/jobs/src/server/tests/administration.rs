//! Schedules, and what administrators do.

use super::*;

#[tokio::test]
async fn jobs_are_cancelled_before_they_run_and_while_they_do() {
    let world = World::new().await;
    let jobs = world.jobs();
    let waiting = world.put("waiting", Deed::Note).await;
    assert_eq!(act(&world.ctx, &jobs, &[waiting], JobAction::Cancel).await, Ok(changed(1)));
    assert_eq!(world.find(waiting).await.state, State::Cancelled);
    assert_eq!(world.diary.read(), ["waiting given up: Cancelled."]);
    assert_eq!(act(&world.ctx, &jobs, &[waiting], JobAction::Cancel).await, Ok(changed(0)));

    world.work();
    let id = world.put("stuck", Deed::UntilCancelled).await;
    world.until(id, State::Running).await;
    assert_eq!(act(&world.ctx, &jobs, &[id], JobAction::Cancel).await, Ok(changed(1)));
    world.until(id, State::Cancelled).await;
    world.noted("stuck given up: Cancelled.").await;
}

#[tokio::test]
async fn a_job_asked_to_stop_stops_however_its_attempt_ends() {
    let world = World::new().await;
    world.work();
    let deeds = [("fails", Deed::FailAtLast), ("snoozes", Deed::SnoozeAtLast)];
    let mut ids = vec![];
    for (name, deed) in deeds {
        ids.push(world.put(name, deed).await);
        world.noted(&format!("{name} 1")).await;
    }
    assert_eq!(act(&world.ctx, &world.jobs(), &ids, JobAction::Cancel).await, Ok(changed(2)));
    world.diary.note("at last");
    for (id, name) in ids.into_iter().zip(["fails", "snoozes"]) {
        world.until(id, State::Cancelled).await;
        let diary = world.diary.read();
        let own: Vec<_> = diary.iter().filter(|line| line.starts_with(name)).collect();
        assert_eq!(own, [&format!("{name} 1"), &format!("{name} given up: Cancelled.")]);
    }
}

const fn changed(changed: u64) -> Acted {
    Acted { changed, held: 0 }
}

#[tokio::test]
async fn a_paused_queue_waits() {
    let world = World::new().await;
    let jobs = world.jobs();
    pause(&world.ctx, &jobs, "test", true).await.unwrap();
    assert_eq!(pause(&world.ctx, &jobs, "nothing", true).await, Err(AppError::NotFound));
    world.work();
    let id = world.put("a", Deed::Note).await;
    // A worker claims from all its queues at once.
    world.until(world.put_job(&Elsewhere {}).await, State::Completed).await;
    assert_eq!(world.find(id).await.state, State::Available);
    let queues = overview(&world.ctx, &jobs).await.unwrap().queues;
    assert!(queues.iter().any(|queue| queue.name == "test" && queue.is_paused));
    pause(&world.ctx, &jobs, "test", false).await.unwrap();
    world.until(id, State::Completed).await;
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
    assert_eq!(act_on_all(&world.ctx, &jobs, &waiting, JobAction::Cancel).await, Ok(changed(7)));
    let cancelled = JobFilter { state: Some(State::Cancelled), ..JobFilter::default() };
    assert_eq!(list(&world.ctx, &jobs, &cancelled, None).await.unwrap().jobs.len(), 7);
    assert_eq!(act_on_all(&world.ctx, &jobs, &cancelled, JobAction::Retry).await, Ok(changed(7)));
    world.work();
    for id in ids {
        world.until(id, State::Completed).await;
    }
}

#[tokio::test]
async fn of_several_for_the_same_thing_one_is_retried_and_the_others_are_left_alone() {
    let world = World::new().await;
    let jobs = world.jobs();
    let mut ids = vec![];
    for (name, key) in [("a", Some("k")), ("b", Some("k")), ("c", None), ("d", Some("other")), ("e", None)] {
        let id = world.put_with(name, Deed::Note, key).await;
        act(&world.ctx, &jobs, &[id], JobAction::Cancel).await.unwrap();
        ids.push(id);
    }
    // What comes after one of them is under way.
    world.put_with("f", Deed::Note, Some("other")).await;
    let cancelled = JobFilter { state: Some(State::Cancelled), ..JobFilter::default() };
    let acted = act_on_all(&world.ctx, &jobs, &cancelled, JobAction::Retry).await;
    assert_eq!(acted, Ok(Acted { changed: 3, held: 2 }));
    let mut states = vec![];
    for id in &ids {
        states.push(world.find(*id).await.state);
    }
    let (waits, stays) = (State::Available, State::Cancelled);
    assert_eq!(states, [waits, stays, waits, stays, waits]);
    // What waits already is neither retried nor held back.
    assert_eq!(act(&world.ctx, &jobs, &ids[..1], JobAction::Retry).await, Ok(changed(0)));
}

#[tokio::test]
async fn days_are_counted_by_the_calendar_of_the_company_and_shown() {
    let world = World::new().await;
    world.work();
    world.until(world.put("a", Deed::Note).await, State::Completed).await;
    world.until(world.put("b", Deed::Refuse).await, State::Discarded).await;
    world.clock().advance_seconds(86_400);
    world.until(world.put("c", Deed::Note).await, State::Completed).await;
    let ctx = world.app().ctx(Arc::new(Actor::system()));
    let days = overview(&ctx, &world.jobs()).await.unwrap().days;
    let counts: Vec<_> = days.iter().map(|day| (day.completed, day.failed)).collect();
    assert_eq!((counts.len(), &counts[27..]), (30, &[(0, 0), (1, 1), (1, 0)][..]));
    assert_eq!(days[29].day, ctx.today());
}
