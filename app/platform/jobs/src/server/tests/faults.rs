//! What goes wrong on the way.

use super::*;

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
    let hangs = world.until(world.put_impatient("b", Deed::Hang).await, State::Discarded).await;
    for (job, said) in [(panics, "Something went wrong, reference"), (hangs, "This took longer than")] {
        assert!(job.error.as_deref().unwrap().starts_with(said), "{:?}", job.error);
        assert_eq!(job.attempt, 3);
    }
}

#[tokio::test]
async fn what_is_broken_off_does_not_go_on_in_secret() {
    let world = World::new().await;
    let worker = world.work();
    world.until(world.put_impatient("late", Deed::Hang).await, State::Retryable).await;
    world.noted("late broken off").await;
    world.put("stopped", Deed::Hang).await;
    world.noted("stopped 1").await;
    worker.abort();
    world.noted("stopped broken off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_in_order_while_the_handler_still_works_on_it() {
    let world = World::new().await;
    world.work();
    world.until(world.put_impatient("slow", Deed::Clutch).await, State::Discarded).await;
    let diary = world.diary.read();
    let [.., last, given_up] = diary.as_slice() else { panic!("{diary:?}") };
    assert_eq!(last, "slow broken off");
    assert!(given_up.starts_with("slow given up: This took longer than"), "{diary:?}");
    assert_eq!(diary.iter().filter(|line| *line == "slow broken off").count(), 3);
}

#[tokio::test]
async fn a_worker_given_up_for_dead_is_refused_when_it_comes_back() {
    let world = World::new().await;
    let id = world.put("a", Deed::Note).await;
    let worker = Uuid::from_u128(8);
    let token = world.claim(worker).await[0].token;
    assert_eq!(store::left(&world.db).await.unwrap(), [worker]);
    assert_eq!(work::beat::bury(world.app(), worker).await.unwrap(), 1);
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
async fn a_worker_given_up_for_dead_puts_nothing_in_order_that_another_is_at() {
    let world = World::new().await;
    let id = world.put("a", Deed::UntilCancelled).await;
    let dead = world.claim(Uuid::from_u128(8)).await.remove(0);
    work::beat::bury(world.app(), Uuid::from_u128(8)).await.unwrap();
    let other = world.claim(Uuid::from_u128(9)).await.remove(0);
    assert_eq!((dead.id, other.id), (id, id));
    let worker = world.worker();
    let stops = || Arc::new(AtomicBool::new(true));
    work::attempt::attempt(&worker, &dead, stops()).await;
    assert_eq!(world.diary.read(), ["a 1"]);
    work::attempt::attempt(&worker, &other, stops()).await;
    assert_eq!(world.diary.read(), ["a 1", "a 2", "a given up: Cancelled."]);
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
    assert_eq!(work::beat::bury(world.app(), former).await.unwrap(), 1);
    world.noted("a broken off").await;
    world.until(id, State::Completed).await;
    // It may have been done before the worker found out; that it does is what is waited for.
    until("it does", async || !store::workers(&world.db).await.unwrap().is_empty()).await;
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
async fn what_dies_with_its_workers_waits_longer_each_time_and_is_given_up_in_the_end() {
    let world = World::new().await;
    let id = world.put("a", Deed::Note).await;
    let worker = Uuid::from_u128(8);
    let die = || async {
        assert_eq!(world.claim(worker).await.len(), 1);
        work::beat::bury(world.app(), worker).await.unwrap();
        world.find(id).await
    };
    let first = die().await;
    assert_eq!((first.state, first.attempt), (State::Available, 1));
    let second = die().await;
    assert_eq!((second.state, second.attempt), (State::Retryable, 2));
    assert!(second.run_at.seconds_since(NOW) >= 3, "{}", second.run_at);
    world.clock().advance_seconds(7);
    let mut tx = world.db.begin().await.unwrap();
    assert_eq!(store::make_due(&mut tx, world.clock().now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    // There is no fourth attempt that could kill another worker.
    let third = die().await;
    assert_eq!((third.state, third.attempt), (State::Available, 3));
    world.work();
    let job = world.until(id, State::Discarded).await;
    assert_eq!((job.attempt, job.attempts), (3, 3));
    let said = "The program stopped in the middle of this.";
    let errors = store::errors(&world.db, id).await.unwrap();
    let errors: Vec<_> = errors.iter().map(|e| (e.attempt, e.message.as_str())).collect();
    assert_eq!(errors, [(3, said), (2, said), (1, said)]);
    assert_eq!(world.diary.read(), [format!("a given up: {said}")]);
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
async fn a_clock_that_jumps_loses_nothing_and_has_nobody_taken_for_dead() {
    let world = World::new().await;
    // On SQLite there is one process.
    let workers = if world.db.engine() == Engine::Sqlite { 1 } else { 2 };
    for _ in 0..workers {
        world.work();
    }
    let running = world.put("a", Deed::UntilCancelled).await;
    world.until(running, State::Running).await;
    for (name, seconds) in [("forward", 3_600), ("back", -7_200)] {
        world.clock().advance_seconds(seconds);
        // They beat three times in a lease: for longer than the dead are missed.
        let beats = async || store::workers(&world.db).await.unwrap().into_iter().map(|(_, beats)| beats);
        let before: Vec<i64> = beats().await.collect();
        until("all beat for two leases", async || beats().await.zip(&before).all(|(now, then)| now > then + 6)).await;
        let job = world.until(world.put(name, Deed::Note).await, State::Completed).await;
        assert_eq!(job.attempt, 1, "{name}");
    }
    let job = world.find(running).await;
    assert_eq!((job.state, job.attempt), (State::Running, 1));
    assert_eq!(store::workers(&world.db).await.unwrap().len(), workers);
    act(&world.ctx, &world.jobs(), &[running], JobAction::Cancel).await.unwrap();
    world.until(running, State::Cancelled).await;
}

#[tokio::test]
async fn a_database_that_breaks_every_connection_is_come_back_to() {
    let world = World::new().await;
    if world.db.engine() == Engine::Sqlite {
        return;
    }
    world.work();
    let running = world.put("a", Deed::UntilCancelled).await;
    world.until(running, State::Running).await;
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> \
               pg_backend_pid()";
    world.db.fetch_all(cut, vec![]).await.unwrap();
    let job = world.until(world.put("b", Deed::Note).await, State::Completed).await;
    assert_eq!(job.attempt, 1);
    act(&world.ctx, &world.jobs(), &[running], JobAction::Cancel).await.unwrap();
    let job = world.until(running, State::Cancelled).await;
    assert_eq!(job.attempt, 1, "what was under way went on");
    assert_eq!(world.diary.read().iter().filter(|line| *line == "a 1").count(), 1);
}
