use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::timeout;
use uuid::Uuid;

use super::{super::Inner, Lane};
use crate::server::{
    Db, DbError, Engine,
    testing::{TestDb, until},
};

const INSERT: &str = "insert into t (id) values ($1)";

/// Counts for minutes.
const ENDLESS: &str = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 4000000000) \
                       select count(*) from n";

/// Statements of the kind that are under way; on SQLite what they read with is busy meanwhile.
async fn endless_ones(db: &Db) -> i64 {
    match &db.shared.inner {
        Inner::Sqlite(sqlite) => i64::from(sqlite.busy(db.lane())),
        Inner::Postgres(_) => {
            let sql = "select count(*) from pg_stat_activity where datname = current_database() and state = 'active' \
                       and query like 'with recursive n %'";
            db.on(Lane::Upkeep).fetch_optional(sql, vec![]).await.unwrap().unwrap().get(0).unwrap()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_ends_when_nobody_waits_for_it() {
    let db = TestDb::empty().await;
    let person = db.on(Lane::Person(Uuid::from_u128(1)));
    let reading: Vec<_> = (0..2)
        .map(|_| {
            let person = person.clone();
            tokio::spawn(async move { person.fetch_all(ENDLESS, vec![]).await })
        })
        .collect();
    until("both are under way", async || endless_ones(&person).await == 2).await;
    reading.iter().for_each(tokio::task::JoinHandle::abort);
    until("both have ended", async || endless_ones(&person).await == 0).await;
    // The same in a transaction, which lets the next one in at once.
    let writing = tokio::spawn({
        let person = person.clone();
        async move { person.begin().await.unwrap().fetch_all(ENDLESS, vec![]).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    writing.abort();
    person.begin().await.unwrap().rollback().await.unwrap();
    until("it has ended", async || endless_ones(&person).await == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_ends_when_its_time_is_over() {
    let db = TestDb::empty().await;
    let mut tx = db.begin().await.unwrap();
    tx.execute("create table t (id bigint primary key)", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let hurried = db.on(Lane::Hurried);
    assert!(matches!(hurried.fetch_all(ENDLESS, vec![]).await, Err(DbError::TooLong)));
    assert!(matches!(hurried.fetch_optional(ENDLESS, vec![]).await, Err(DbError::TooLong)));
    assert!(matches!(hurried.fetch_some(ENDLESS, vec![], 10, |_| Ok(())).await, Err(DbError::TooLong)));
    let mut tx = hurried.begin().await.unwrap();
    assert!(matches!(tx.fetch_all(ENDLESS, vec![]).await, Err(DbError::TooLong)));
    assert!(matches!(tx.execute(INSERT, vec![1.into()]).await, Err(DbError::Aborted)));
    drop(tx);
    let mut tx = hurried.begin().await.unwrap();
    let sql = format!("insert into t (id) {ENDLESS}");
    assert!(matches!(tx.execute(&sql, vec![]).await, Err(DbError::TooLong)));
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    tx.execute(INSERT, vec![2.into()]).await.unwrap();
    tx.commit().await.unwrap();
    let rows = db.fetch_all("select id from t", vec![]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get::<i64>(0).unwrap()).collect::<Vec<_>>(), [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_much_leaves_connections_to_the_others() {
    let db = TestDb::empty().await;
    let greedy: Vec<_> = (0..12_u128)
        .map(|i| {
            let db = db.on(Lane::Person(Uuid::from_u128(i % 2)));
            tokio::spawn(async move { db.fetch_all(ENDLESS, vec![]).await })
        })
        .collect();
    let some = db.on(Lane::Person(Uuid::from_u128(0)));
    until("they read", async || endless_ones(&some).await >= 2).await;
    for lane in [Lane::Person(Uuid::from_u128(7)), Lane::Vital, Lane::Work] {
        let db = db.on(lane);
        let answer = timeout(Duration::from_mins(1), db.fetch_all("select 1", vec![])).await;
        assert_eq!(answer.expect("there is a connection").unwrap().len(), 1, "{lane:?}");
    }
    greedy.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Whoever saves something waits for one batch at the most, and batches go on however much is saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_give_way_to_who_saves_and_still_go_on() {
    let db = TestDb::empty().await;
    if db.engine() == Engine::Postgres {
        return;
    }
    let first = db.begin_batch().await.unwrap();
    let order = Arc::new(Mutex::new(vec![]));
    let mut tasks = vec![];
    for what in ["batch", "batch", "single", "single"] {
        let (db, order) = (db.clone(), order.clone());
        tasks.push(tokio::spawn(async move {
            let tx = if what == "batch" { db.begin_batch().await } else { db.begin().await }.unwrap();
            order.lock().unwrap().push(what);
            tx.commit().await.unwrap();
        }));
        // Each asks before the next does.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    first.commit().await.unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["single", "single", "batch", "batch"]);
    let saving: Vec<_> = (0..2)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                loop {
                    db.begin().await.unwrap().commit().await.unwrap();
                }
            })
        })
        .collect();
    for _ in 0..3 {
        db.begin_batch().await.unwrap().commit().await.unwrap();
    }
    saving.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_statements_known_to_take_long_run_at_a_time() {
    let db = TestDb::empty().await;
    if db.engine() == Engine::Sqlite {
        return;
    }
    let reading: Vec<_> = (0..4_u128)
        .map(|person| {
            let db = db.on(Lane::Person(Uuid::from_u128(person))).heavy();
            tokio::spawn(async move { db.fetch_all(ENDLESS, vec![]).await })
        })
        .collect();
    let some = db.on(Lane::Person(Uuid::from_u128(7)));
    until("two are under way", async || endless_ones(&some).await == 2).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(endless_ones(&some).await, 2);
    assert_eq!(some.fetch_all("select 1", vec![]).await.unwrap().len(), 1);
    // Those that wait come next.
    reading[0].abort();
    reading[1].abort();
    until("the others have their turn", async || {
        reading[..2].iter().all(tokio::task::JoinHandle::is_finished) && endless_ones(&some).await == 2
    })
    .await;
    reading.iter().for_each(tokio::task::JoinHandle::abort);
}
