use super::*;
use crate::server::testing::TestDb;

const FIRST: Migration = Migration {
    version: 1,
    name: "first",
    sql: "create table things (id {{uuid}} primary key, name text not null, made {{ts}}, day {{date}}, ok {{bool}});",
};
const SECOND: Migration =
    Migration { version: 2, name: "second", sql: "-- no_tx\ncreate index if not exists things_name on things (name);" };
const BROKEN: Migration =
    Migration { version: 3, name: "broken", sql: "create table more (id {{uuid}}); insert into nowhere values (1);" };

#[tokio::test]
async fn migrations_run_once_and_in_order() {
    let db = TestDb::empty().await;
    assert_eq!(pending(&db, &[FIRST, SECOND]).await.unwrap().len(), 2);
    assert_eq!(run(&db, &[FIRST]).await.unwrap().len(), 1);
    assert_eq!(run(&db, &[FIRST, SECOND]).await.unwrap().len(), 1);
    assert_eq!(run(&db, &[FIRST, SECOND]).await.unwrap().len(), 0);
    assert!(db.fetch_all("select id, name, made, day, ok from things", vec![]).await.unwrap().is_empty());
    db.close().await;
}

#[tokio::test]
async fn what_does_not_fit_the_database_is_refused() {
    let db = TestDb::empty().await;
    run(&db, &[FIRST, SECOND]).await.unwrap();
    let changed = Migration { sql: "select 1", ..FIRST };
    assert!(matches!(run(&db, &[changed, SECOND]).await, Err(MigrateError::Changed { version: 1, .. })));
    assert!(matches!(run(&db, &[FIRST]).await, Err(MigrateError::Newer { version: 2, .. })));
    let late = Migration { version: 0, ..FIRST };
    assert!(matches!(run(&db, &[late, FIRST, SECOND]).await, Err(MigrateError::Late { version: 0, .. })));
    assert!(matches!(run(&db, &[SECOND, FIRST]).await, Err(MigrateError::Order { version: 1 })));
    db.close().await;
}

#[tokio::test]
async fn a_broken_migration_leaves_nothing_and_can_be_mended() {
    let db = TestDb::empty().await;
    let result = run(&db, &[FIRST, SECOND, BROKEN]).await;
    assert!(matches!(result, Err(MigrateError::Failed { version: 3, statement: 2, .. })), "{result:?}");
    let mended = Migration { sql: "create table more (id {{uuid}});", ..BROKEN };
    assert_eq!(run(&db, &[FIRST, SECOND, mended]).await.unwrap().len(), 1);
    db.close().await;
}

#[tokio::test]
async fn two_processes_migrate_once() {
    let db = TestDb::empty().await;
    let (a, b) = tokio::join!(run(&db, &[FIRST, SECOND]), run(&db, &[FIRST, SECOND]));
    let mut counts = [a.unwrap().len(), b.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, 2]);
    db.close().await;
}

#[tokio::test]
async fn the_programs_own_migrations_apply() {
    let db = TestDb::empty().await;
    assert_eq!(run(&db, MIGRATIONS).await.unwrap().len(), MIGRATIONS.len());
    db.close().await;
}
