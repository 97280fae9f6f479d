//! From the queue to the end of a job.

use super::*;

#[test]
fn retries_come_later_and_later_and_never_together() {
    let milliseconds = |attempt, chance| backoff(attempt, chance).as_millis();
    assert_eq!((milliseconds(1, 0), milliseconds(1, 255)), (3_750, 6_250));
    assert_eq!((milliseconds(2, 0), milliseconds(2, 255)), (7_500, 12_500));
    assert!(milliseconds(10, 0) > milliseconds(9, 255));
    assert_eq!(milliseconds(1_000_000, 0), 64_800_000);
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
async fn where_the_one_of_its_key_ends_while_a_job_is_written_there_is_room_for_it() {
    let world = World::new().await;
    // Only where others write at the same time.
    if world.db.engine() == Engine::Sqlite {
        return;
    }
    let first = world.put_with("a", Deed::Note, Some("k")).await;
    // Between the statement that finds no room and the one that looks for who is there.
    let ends = "create function ends() returns trigger language plpgsql as $$ begin \
                update jobs set state = 'completed' where args like '%\"a\"%'; return null; end $$";
    world.db.execute_alone(ends).await.unwrap();
    let then = "create trigger ends after insert on jobs for each statement execute function ends()";
    world.db.execute_alone(then).await.unwrap();
    let second = world.put_with("b", Deed::Note, Some("k")).await;
    assert_eq!(world.find(first).await.state, State::Completed);
    assert_eq!(world.find(second).await.state, State::Available);
}

#[tokio::test]
async fn a_job_of_another_version_waits_for_a_worker_that_knows_it() {
    let world = World::new().await;
    let former = world.work();
    let id = world.put_job(&Novel {}).await;
    let job = world.until(id, State::Scheduled).await;
    let why = "This version of the program does not know such jobs.";
    assert_eq!((job.attempt, job.error.as_deref()), (0, Some(why)));
    world.stop.send_replace(true);
    former.await.unwrap();
    world.clock().advance_seconds(60);
    let (_stop, goes_on) = watch::channel(false);
    tokio::spawn(world.worker_of(world.jobs().kinds.with::<Novel>()).run(goes_on));
    world.until(id, State::Completed).await;
    assert_eq!(world.diary.read(), ["novel 1"]);
}

#[tokio::test]
async fn a_job_of_another_version_is_cancelled_by_any_worker() {
    let world = World::new().await;
    let id = world.put_job(&Novel {}).await;
    let claimed = world.claim(Uuid::from_u128(8)).await;
    assert_eq!(act(&world.ctx, &world.jobs(), &[id], JobAction::Cancel).await, Ok(Acted { changed: 1, held: 0 }));
    assert_eq!(work::beat::bury(world.app(), Uuid::from_u128(8)).await.unwrap(), claimed.len());
    world.work();
    world.until(id, State::Cancelled).await;
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
