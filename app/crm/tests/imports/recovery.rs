//! What happens when the program stops in the middle.

use crm::Company;
use platform::{
    import::Status,
    server::import::{self, Aim},
};

use super::world::{NOW, World};

/// An import whose program was killed after it had written some rows: its change-set is open, its counts are known.
async fn killed(world: &World, rows: usize) -> uuid::Uuid {
    use std::fmt::Write as _;
    let csv = (0..rows).fold("name\n".to_owned(), |mut csv, n| {
        let _ = writeln!(csv, "Company {n}");
        csv
    });
    let done = world.import("companies", &csv, None).await;
    let mut tx = world.db.begin().await.unwrap();
    let sql = "update change_sets set status = 'open', finished_at = null where id = $1";
    tx.execute(sql, vec![done.change_set.into()]).await.unwrap();
    let sql = "update imports set status = 'running', finished_at = null where id = $1";
    tx.execute(sql, vec![done.id.into()]).await.unwrap();
    tx.commit().await.unwrap();
    done.id
}

#[tokio::test]
async fn a_killed_import_is_found_failed_and_can_be_undone() {
    let world = World::new().await;
    let id = killed(&world, 30).await;
    assert!(import::undo(&world.ctx, id).await.is_err());
    world.app.clock().set(NOW.plus_seconds(120));
    import::recover(&world.app).await.unwrap();
    let info = import::open(&world.ctx, id).await.unwrap();
    assert_eq!((info.status, info.counts.created), (Status::Failed, 30));
    assert_eq!(info.error.as_deref(), Some("The program stopped in the middle of this."));
    assert_eq!(world.undo(id).await.unwrap().status, Status::Undone);
    assert_eq!(world.all::<Company>().await.len(), 0);
    // Once is enough.
    import::recover(&world.app).await.unwrap();
    assert_eq!(import::open(&world.ctx, id).await.unwrap().status, Status::Undone);
}

#[tokio::test]
async fn an_import_over_cannot_be_run_again_and_its_file_is_gone() {
    let world = World::new().await;
    let done = world.import("companies", "name\nA\n", None).await;
    let again = import::begin(&world.ctx, &world.imports, done.id, done.settings, Aim::Run).await;
    assert_eq!(again.unwrap_err().status(), 409);
    assert!(!world.imports.text(done.id).exists());
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
    import::sweep(&world.app, &world.imports).await.unwrap();
    assert!(world.imports.text(info.id).exists());
    world.app.clock().set(NOW.plus_seconds(8 * 86_400));
    import::sweep(&world.app, &world.imports).await.unwrap();
    assert!(!world.imports.text(info.id).exists());
    assert_eq!(import::open(&world.ctx, info.id).await.unwrap().status, Status::Failed);
}

#[tokio::test]
async fn many_rows_come_in_batches_and_go_as_a_whole() {
    let world = World::new().await;
    let id = killed(&world, 2_345).await;
    world.app.clock().set(NOW.plus_seconds(120));
    import::recover(&world.app).await.unwrap();
    let counts = import::open(&world.ctx, id).await.unwrap().counts;
    assert_eq!((counts.total, counts.progress, counts.created), (2_345, 2_345, 2_345));
    assert_eq!(world.undo(id).await.unwrap().status, Status::Undone);
    assert_eq!(world.all::<Company>().await.len(), 0);
}

#[tokio::test]
async fn both_databases_know_the_statements() {
    let world = World::new().await;
    for sql in import::STATEMENTS {
        world.db.prepare_check(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}
