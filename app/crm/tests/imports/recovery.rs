//! What happens when the program stops in the middle.

use crm::Company;
use kernel::server::testing::{until, wait_for};
use records::server::{Action, Grants, Reach, testing};
use transfer::{
    import::{ImportInfo, Status},
    server::import::{self, Aim},
};

use super::world::{NOW, World};

/// An import whose program was killed after it had written some rows: its change-set is open, its counts are known.
async fn killed(world: &World, rows: usize) -> uuid::Uuid {
    let done = world.import("companies", &many(rows), None).await;
    let mut tx = world.db.begin().await.unwrap();
    let sql = "update change_sets set status = 'open', finished_at = null where id = $1";
    tx.execute(sql, vec![done.change_set.into()]).await.unwrap();
    let sql = "update imports set status = 'running', finished_at = null where id = $1";
    tx.execute(sql, vec![done.id.into()]).await.unwrap();
    tx.commit().await.unwrap();
    done.id
}

/// Recovers, once the job that did the import is over too.
async fn recovered(world: &World, id: uuid::Uuid) -> ImportInfo {
    wait_for("an import that was found to be left", async || {
        import::recover(&world.ctx).await.unwrap();
        let info = import::open(&world.ctx, id).await.unwrap();
        if info.status == Status::Running { Err(info) } else { Ok(info) }
    })
    .await
}

#[tokio::test]
async fn a_killed_import_is_found_failed_and_can_be_undone() {
    let world = World::new().await;
    let id = killed(&world, 30).await;
    assert!(import::undo(&world.ctx, id).await.is_err());
    let info = recovered(&world, id).await;
    assert_eq!((info.status, info.counts.created), (Status::Failed, 30));
    assert_eq!(info.error.as_deref(), Some("The program stopped in the middle of this."));
    assert_eq!(world.undo(id).await.unwrap().status, Status::Undone);
    assert_eq!(world.all::<Company>().await.len(), 0);
    // Once is enough.
    import::recover(&world.ctx).await.unwrap();
    assert_eq!(import::open(&world.ctx, id).await.unwrap().status, Status::Undone);
}

/// A file of many companies, being imported: some are written.
async fn under_way(world: &World, rows: usize) -> uuid::Uuid {
    let id = world.bring("companies", "many.csv", many(rows).as_bytes()).await.unwrap().id;
    let settings = import::settings(transfer::import::Mapping::new(), None, None);
    import::begin(&world.ctx, id, settings, Aim::Run).await.unwrap();
    until("some are written", async || import::open(&world.ctx, id).await.unwrap().counts.created > 0).await;
    id
}

fn many(rows: usize) -> String {
    use std::fmt::Write as _;
    (0..rows).fold("name\n".to_owned(), |mut csv, n| {
        let _ = writeln!(csv, "Company {n}");
        csv
    })
}

#[tokio::test]
async fn an_import_is_stopped_and_what_it_had_written_goes() {
    let world = World::new().await;
    let waiting = world.bring("companies", "few.csv", b"name\nA\n").await.unwrap().id;
    assert_eq!(import::cancel(&world.ctx, &world.jobs(), waiting).await.unwrap_err().status(), 409);
    let id = under_way(&world, 20_000).await;
    import::cancel(&world.ctx, &world.jobs(), id).await.unwrap();
    let info = world.wait(id).await.unwrap();
    assert_eq!((info.status, info.error.as_deref()), (Status::Failed, Some("Cancelled.")));
    assert!(info.counts.created < 20_000, "{:?}", info.counts);
    assert_eq!(world.undo(id).await.unwrap().status, Status::Undone);
    assert_eq!(world.all::<Company>().await.len(), 0);
}

#[tokio::test]
async fn who_loses_the_right_to_import_does_so_no_further() {
    let world = World::new().await;
    // Asked twice a second: not even a fast machine is done by then.
    let id = under_way(&world, 60_000).await;
    let viewer = Grants::default().allow("companies", Action::View, Reach::All);
    *world.actor.lock().unwrap() = testing::actor(world.ctx.actor.user.unwrap(), None, viewer);
    let info = world.wait(id).await.unwrap();
    assert_eq!((info.status, info.error.as_deref()), (Status::Failed, Some("You may not import this any more.")));
    assert!(info.counts.created < 60_000, "{:?}", info.counts);
}

/// Nothing that another worker began, and that was given up meanwhile, is gone on with.
#[tokio::test]
async fn an_import_that_is_not_this_jobs_any_more_is_left_alone() {
    let world = World::new().await;
    let id = under_way(&world, 20_000).await;
    // Another worker took the job for dead, gave the import up and went.
    let mut tx = world.db.begin().await.unwrap();
    let sql = "update jobs set token = $1 where kind = 'imports.run'";
    tx.execute(sql, vec![uuid::Uuid::from_u128(1).into()]).await.unwrap();
    tx.execute("update imports set status = 'failed', job = null where id = $1", vec![id.into()]).await.unwrap();
    tx.commit().await.unwrap();
    let written = import::open(&world.ctx, id).await.unwrap().counts;
    world.import("companies", "name\nAnother\n", None).await;
    let now = import::open(&world.ctx, id).await.unwrap();
    assert_eq!((now.status, now.counts), (Status::Failed, written));
    assert_eq!(world.all::<Company>().await.len(), usize::try_from(written.created).unwrap() + 1);
}

#[tokio::test]
async fn an_import_over_cannot_be_run_again_and_its_file_is_gone() {
    let world = World::new().await;
    let done = world.import("companies", "name\nA\n", None).await;
    let again = import::begin(&world.ctx, done.id, done.settings, Aim::Run).await;
    assert_eq!(again.unwrap_err().status(), 409);
    assert_eq!(world.files().await, 0);
}

#[tokio::test]
async fn undoing_leaves_alone_what_was_changed_since() {
    let world = World::new().await;
    world.import("companies", "name,sector\nA,x\nB,x\n", None).await;
    let second = world.import("companies", "name,sector\nA,y\nB,y\n", Some("name")).await;
    world.import("companies", "name,sector\nA,z\n", Some("name")).await;
    let undone = world.undo(second.id).await.unwrap();
    assert_eq!((undone.status, undone.error.as_deref()), (Status::Undone, Some("1 change was left alone.")));
    let all = world.all::<Company>().await;
    assert_eq!((all["A"].1.sector.as_deref(), all["B"].1.sector.as_deref()), (Some("z"), Some("x")));
}

#[tokio::test]
async fn files_that_nobody_imports_go_after_a_week() {
    let world = World::new().await;
    let info = world.bring("companies", "a.csv", b"name\nA\n").await.unwrap();
    import::sweep(&world.app.ctx(world.ctx.actor.clone())).await.unwrap();
    assert_eq!(world.files().await, 1);
    world.app.clock().set(NOW.plus_seconds(8 * 86_400));
    import::sweep(&world.app.ctx(world.ctx.actor.clone())).await.unwrap();
    assert_eq!(world.files().await, 0);
    assert_eq!(import::open(&world.ctx, info.id).await.unwrap().status, Status::Failed);
}

#[tokio::test]
async fn many_rows_come_in_batches_and_go_as_a_whole() {
    let world = World::new().await;
    let id = killed(&world, 2_345).await;
    let counts = recovered(&world, id).await.counts;
    assert_eq!((counts.total, counts.progress, counts.created), (2_345, 2_345, 2_345));
    assert_eq!(world.undo(id).await.unwrap().status, Status::Undone);
    assert_eq!(world.all::<Company>().await.len(), 0);
}
