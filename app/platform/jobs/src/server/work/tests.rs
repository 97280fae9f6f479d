//! A worker step by step.

use super::{
    super::tests::{Deed, LEASE, NOW, World},
    beat::bury,
    ending::Ending,
    *,
};
use crate::State;

#[tokio::test]
async fn a_full_queue_goes_on_as_soon_as_there_is_room() {
    let world = World::new().await;
    let mut ids = vec![];
    for n in 0..4 {
        ids.push(world.put(&n.to_string(), Deed::UntilCancelled).await);
    }
    let mut run = Run::new(world.worker());
    run.pulse().await;
    run.turn().await;
    assert_eq!(run.busy.len(), 3);
    // The other queue has room and nothing in it.
    run.turn().await;
    run.busy[&ids[0]].cancelled.store(true, Ordering::Relaxed);
    let ended = run.endings.recv().await;
    run.note(ended);
    run.turn().await;
    assert_eq!(world.find(ids[3]).await.state, State::Running);
}

#[tokio::test]
async fn workers_that_were_all_kept_from_the_database_do_not_bury_each_other() {
    let world = World::new().await;
    let [mut first, mut second] = [Run::new(world.worker()), Run::new(world.worker())];
    for run in [&mut first, &mut second] {
        // Not the first thing it does: on SQLite who was there before would be gone.
        run.beat_at = Some(Instant::now());
        run.beat().await.unwrap();
    }
    let id = world.put("a", Deed::Hang).await;
    second.turn().await;
    world.noted("a 1").await;
    first.beat().await.unwrap();
    // A lease goes by in which neither can beat.
    let earlier = |at: Instant| at.checked_sub(LEASE).unwrap();
    for run in [&mut first, &mut second] {
        run.beat_at = run.beat_at.map(earlier);
        run.others.values_mut().for_each(|(_, since)| *since = earlier(*since));
    }
    first.beat().await.unwrap();
    second.beat().await.unwrap();
    assert_eq!(store::workers(&world.db).await.unwrap().len(), 2);
    let job = world.find(id).await;
    assert_eq!((job.state, job.attempt), (State::Running, 1));
    assert_eq!(world.diary.read(), ["a 1"]);
}

#[tokio::test]
async fn what_was_claimed_without_an_answer_is_handed_back() {
    let world = World::new().await;
    let mut run = Run::new(world.worker());
    run.pulse().await;
    let known = world.put("known", Deed::Hang).await;
    run.turn().await;
    let lost = world.put("lost", Deed::Hang).await;
    let mut tx = world.db.begin().await.unwrap();
    let token = Uuid::from_u128(9);
    assert_eq!(store::claim(&mut tx, "test", run.id, token, 3, NOW).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    run.beat().await.unwrap();
    let job = world.find(lost).await;
    assert_eq!((job.state, job.attempt, job.error), (State::Available, 0, None));
    assert_eq!(world.find(known).await.state, State::Running);
}

#[tokio::test]
async fn what_ends_late_does_not_break_off_the_attempt_that_came_after_it() {
    let world = World::new().await;
    let id = world.put("a", Deed::Hang).await;
    let former = Uuid::from_u128(9);
    let mut tx = world.db.begin().await.unwrap();
    let claimed = store::claim(&mut tx, "test", former, former, 1, NOW).await.unwrap().remove(0);
    tx.commit().await.unwrap();
    bury(&world.worker().app, former).await.unwrap();
    let mut run = Run::new(world.worker());
    run.pulse().await;
    run.turn().await;
    world.noted("a 2").await;
    let late = Ended { claimed, kind: None, queue: "test", ending: Ending::Done(None), took: Duration::ZERO };
    run.note(Some(late));
    run.turn().await;
    assert_eq!(run.busy.keys().collect::<Vec<_>>(), [&id]);
    let job = world.find(id).await;
    assert_eq!((job.state, job.attempt), (State::Running, 2));
    assert_eq!(world.diary.read(), ["a 2"]);
}
