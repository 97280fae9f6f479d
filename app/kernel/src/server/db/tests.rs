use std::{
    future::Future,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    Date, Timestamp,
    server::testing::{TestDb, until},
};

async fn table() -> TestDb {
    let db = TestDb::empty().await;
    let sql = "create table t (id {{int}} primary key, name {{key}} unique, flag {{bool}}, at {{ts}}, day {{date}}, \
               uuid {{uuid}}, bytes {{bytes}}, parent {{int}} references t (id))";
    run(&db, &crate::server::migrate::expand(sql, db.engine()).unwrap()).await;
    db
}

async fn run(db: &Db, sql: &str) {
    let mut tx = db.begin().await.unwrap();
    tx.execute(sql, vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn insert(tx: &mut Tx, id: i64) -> Result<u64, DbError> {
    tx.execute("insert into t (id, name) values ($1, $2)", vec![id.into(), format!("n{id}").into()]).await
}

async fn ids(source: impl Into<Source<'_>>) -> Vec<i64> {
    let rows = source.into().fetch_all("select id from t order by id", vec![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[tokio::test]
async fn every_kind_of_value_comes_back() {
    let db = table().await;
    let at = Timestamp::from_micros(1_795_000_000_123_456);
    let day = Date::new(2024, 2, 29).unwrap();
    let uuid = uuid::Uuid::from_u128(7);
    let insert = "insert into t (id, name, flag, at, day, uuid, bytes, parent) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let mut tx = db.begin().await.unwrap();
    let full: Args = vec![
        1i64.into(),
        "é'".into(),
        true.into(),
        at.into(),
        day.into(),
        uuid.into(),
        vec![0u8, 255].into(),
        1i64.into(),
    ];
    assert_eq!(tx.execute(insert, full).await.unwrap(), 1);
    let none: Args = vec![
        2i64.into(),
        None::<&str>.into(),
        None::<bool>.into(),
        None::<Timestamp>.into(),
        None::<Date>.into(),
        None::<uuid::Uuid>.into(),
        None::<Vec<u8>>.into(),
        None::<i64>.into(),
    ];
    tx.execute_bulk(insert, none).await.unwrap();
    tx.commit().await.unwrap();
    let rows = db
        .fetch_all(
            "select id, name, flag, at, day, uuid, bytes, parent from t where id in ($1, $2) order by id",
            vec![1i64.into(), 2i64.into()],
        )
        .await
        .unwrap();
    let row = &rows[0];
    assert_eq!(row.get::<String>(1).unwrap(), "é'");
    assert!(row.get::<bool>(2).unwrap());
    assert_eq!(row.get::<Option<Timestamp>>(3).unwrap(), Some(at));
    assert_eq!(row.get::<Date>(4).unwrap(), day);
    assert_eq!(row.get::<uuid::Uuid>(5).unwrap(), uuid);
    assert_eq!(row.get::<Vec<u8>>(6).unwrap(), [0, 255]);
    assert_eq!(row.get::<i64>(7).unwrap(), 1);
    let row = &rows[1];
    assert_eq!(row.get::<Option<String>>(1).unwrap(), None);
    assert_eq!(row.get::<Option<Vec<u8>>>(6).unwrap(), None);
    assert!(matches!(row.get::<bool>(2), Err(DbError::Decode { column: 2, .. })));
    assert!(matches!(row.get::<String>(0), Err(DbError::Decode { column: 0, .. })));
    assert!(matches!(row.get::<i64>(99), Err(DbError::Decode { .. })));
    // A sum of big integers is a `numeric` on PostgreSQL.
    let sum =
        db.fetch_optional("select sum(id), count(*), exists (select 1 from t) from t", vec![]).await.unwrap().unwrap();
    assert_eq!((sum.get::<i64>(0).unwrap(), sum.get::<i64>(1).unwrap()), (3, 2));
    assert!(sum.get::<bool>(2).unwrap());
}

#[tokio::test]
async fn what_is_wrong_is_told_apart() {
    let db = table().await;
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, 1).await.unwrap();
    assert!(matches!(tx.execute("delete from t where id = $1", vec![]).await, Err(DbError::Bind(_))));
    match insert(&mut tx, 1).await {
        Err(DbError::Unique(what)) => assert!(what.contains("t.id") || what.contains("t_pkey"), "{what}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(insert(&mut tx, 2).await, Err(DbError::Aborted)));
    assert!(matches!(tx.commit().await, Err(DbError::Aborted)));
    let mut tx = db.begin().await.unwrap();
    let orphan = tx.execute("insert into t (id, parent) values ($1, $2)", vec![1i64.into(), 9i64.into()]).await;
    assert!(matches!(orphan, Err(DbError::ForeignKey(_))), "{orphan:?}");
    drop(tx);
    assert!(matches!(db.fetch_all("select nothing from t", vec![]).await, Err(DbError::Other(_))));
    assert!(matches!(
        db.fetch_all("select id from t where name = $1", vec!["a\0".into()]).await,
        Err(DbError::Value(_))
    ));
    assert!(ids(&*db).await.is_empty());
}

#[tokio::test]
async fn statements_can_be_checked_without_running() {
    let db = table().await;
    db.prepare_check("insert into t (id, name) values ($1, $2)").await.unwrap();
    assert!(db.prepare_check("insert into t (id, nome) values ($1, $2)").await.is_err());
    assert!(ids(&*db).await.is_empty());
}

#[tokio::test]
async fn statistics_are_gathered() {
    let db = table().await;
    let mut tx = db.begin().await.unwrap();
    for id in 0..100 {
        insert(&mut tx, id).await.unwrap();
    }
    tx.commit().await.unwrap();
    db.refresh_statistics().await.unwrap();
    let sql = match db.engine() {
        Engine::Sqlite => "select count(*) from sqlite_stat1 where tbl = 't'",
        Engine::Postgres => "select count(*) from pg_stats where tablename = 't'",
    };
    assert!(db.fetch_optional(sql, vec![]).await.unwrap().unwrap().get::<i64>(0).unwrap() > 0);
}

#[tokio::test]
async fn what_is_written_comes_into_the_file_without_a_commit_that_waits_for_it() {
    let db = table().await;
    let Inner::Sqlite(sqlite) = &db.shared.inner else { return };
    // 24 MB: far less than what a commit would copy itself.
    let mut tx = db.begin().await.unwrap();
    for id in 0..3_000i64 {
        let args: Args = vec![id.into(), vec![7u8; 8_000].into()];
        tx.execute("insert into t (id, bytes) values ($1, $2)", args).await.unwrap();
    }
    tx.commit().await.unwrap();
    until("it is in the file", async || std::fs::metadata(sqlite.path()).unwrap().len() >= 24_000_000).await;
    assert_eq!(ids(&*db).await.len(), 3_000);
}

#[tokio::test]
async fn readers_cannot_write() {
    let db = table().await;
    if db.engine() == Engine::Sqlite {
        assert!(db.fetch_all("insert into t (id) values (1) returning id", vec![]).await.is_err());
        assert!(ids(&*db).await.is_empty());
    }
}

#[tokio::test]
async fn a_transaction_sees_itself_and_others_only_what_is_committed() {
    let db = table().await;
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, 1).await.unwrap();
    assert_eq!(ids(&mut tx).await, [1]);
    assert!(ids(&*db).await.is_empty());
    let row = tx.fetch_optional("update t set flag = $1 returning id", vec![true.into()]).await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(ids(&*db).await, [1]);
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, 2).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(ids(&*db).await, [1]);
}

/// Units of one group must not touch each other, whichever way each ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_each_keeps_or_loses_its_own() {
    let db = table().await;
    let tasks: Vec<_> = (0..300i64)
        .map(|i| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.begin().await.unwrap();
                insert(&mut tx, i).await.unwrap();
                match i % 5 {
                    0 => drop(tx),
                    1 => tx.rollback().await.unwrap(),
                    2 => {
                        assert!(insert(&mut tx, i).await.is_err());
                        assert!(tx.commit().await.is_err());
                    }
                    _ => {
                        insert(&mut tx, i + 1000).await.unwrap();
                        tx.commit().await.unwrap();
                        // Acknowledged means visible to everybody.
                        let sql = "select count(*) from t where id in ($1, $2)";
                        let row = db.fetch_optional(sql, vec![i.into(), (i + 1000).into()]).await.unwrap().unwrap();
                        assert_eq!(row.get::<i64>(0).unwrap(), 2);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let expected: Vec<i64> = (0..300).filter(|i| i % 5 > 2).collect();
    let found = ids(&*db).await;
    assert_eq!(found.iter().filter(|i| **i < 1000).copied().collect::<Vec<_>>(), expected);
    assert_eq!(found.len(), 2 * expected.len());
}

/// Goes on with a future a few times, then drops it wherever it is.
async fn cut_short<F: Future>(future: F, mut times: usize) {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        if times == 0 || future.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        times -= 1;
        if times == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_anywhere_holds_up_nobody_and_keeps_nothing_half_done() {
    let db = table().await;
    let tasks: Vec<_> = (0..400i64)
        .map(|i| {
            let db = db.clone();
            tokio::spawn(async move {
                let work = async {
                    let mut tx = db.begin().await.unwrap();
                    insert(&mut tx, i).await.unwrap();
                    insert(&mut tx, i + 1000).await.unwrap();
                    tx.commit().await.unwrap();
                };
                if i % 2 == 0 { cut_short(work, usize::try_from(i / 2 % 8).unwrap()).await } else { work.await }
            })
        })
        .collect();
    for task in tasks {
        tokio::time::timeout(Duration::from_secs(30), task).await.expect("nothing hangs").unwrap();
    }
    let found = ids(&*db).await;
    let (low, high): (Vec<i64>, Vec<i64>) = found.into_iter().partition(|i| *i < 1000);
    assert_eq!(low.iter().map(|i| i + 1000).collect::<Vec<_>>(), high, "each transaction is whole");
    assert!((0..400).filter(|i| i % 2 == 1).all(|i| low.contains(&i)), "what was acknowledged is there");
}

#[tokio::test]
async fn a_dropped_transaction_lets_the_next_one_in_and_commits_those_before() {
    let db = table().await;
    let mut first = db.begin().await.unwrap();
    insert(&mut first, 1).await.unwrap();
    if db.engine() == Engine::Postgres {
        return;
    }
    // The second waits, so the first hands over without a commit; then the second goes away.
    let mut second = pin!(async {
        let mut tx = db.begin().await.unwrap();
        insert(&mut tx, 2).await.unwrap();
        drop(tx);
    });
    let is_waiting = std::future::poll_fn(|cx| Poll::Ready(second.as_mut().poll(cx).is_pending())).await;
    assert!(is_waiting, "the first is not done");
    let both = async { tokio::join!(first.commit(), second) };
    let (committed, ()) = tokio::time::timeout(Duration::from_mins(1), both).await.expect("the group is committed");
    committed.unwrap();
    assert_eq!(ids(&*db).await, [1]);
}

#[tokio::test]
async fn waiting_for_oneself_ends() {
    let db = TestDb::empty().await;
    if db.engine() == Engine::Postgres {
        return;
    }
    let options = DbOptions { patience: Duration::from_millis(100), ..DbOptions::default() };
    let impatient = Db::open_with(db.url(), &options).await.unwrap();
    let first = impatient.begin().await.unwrap();
    assert!(matches!(impatient.begin().await, Err(DbError::Busy)));
    drop(first);
    impatient.begin().await.unwrap().commit().await.unwrap();
    impatient.close().await;
    assert!(matches!(impatient.begin().await, Err(DbError::Unavailable(_))));
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_passes() {
    let db = table().await;
    if db.engine() == Engine::Postgres {
        return;
    }
    let limit = |pages: &'static str| {
        let db = db.clone();
        async move { db.execute_alone(pages).await.unwrap() }
    };
    limit("pragma max_page_count = 1").await;
    let mut tx = db.begin().await.unwrap();
    let big =
        tx.execute("insert into t (id, bytes) values ($1, $2)", vec![1i64.into(), vec![0u8; 1 << 20].into()]).await;
    assert!(matches!(big, Err(DbError::StorageFull)), "{big:?}");
    assert!(matches!(tx.commit().await, Err(DbError::Aborted)));
    assert!(ids(&*db).await.is_empty());
    limit("pragma max_page_count = 1000000").await;
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(&*db).await, [1]);
}

#[tokio::test]
async fn broken_connections_are_replaced() {
    let db = table().await;
    if db.engine() == Engine::Sqlite {
        return;
    }
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, 1).await.unwrap();
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let other = Db::open(db.url()).await.unwrap();
    other.fetch_all(kill, vec![]).await.unwrap();
    assert!(matches!(insert(&mut tx, 2).await, Err(DbError::Unavailable(_))));
    drop(tx);
    assert!(ids(&*db).await.is_empty());
    other.fetch_all(kill, vec![]).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, 3).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(&*db).await, [3]);
    other.close().await;
}

/// Run with `--run-ignored only --no-capture` to see figures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn throughput() {
    let test = table().await;
    let durable = Db::open(test.url()).await.unwrap();
    write_at_once("one writer", &durable, 0, 1, 300).await;
    write_at_once("64 writers", &durable, 1, 64, 100).await;
    write_at_once("64 writers, not durable", &test, 2, 64, 200).await;
    let sql = {
        let row = |i| format!("(${}, ${}, ${}, ${})", i * 4 + 1, i * 4 + 2, i * 4 + 3, i * 4 + 4);
        let rows = (0..500).map(row).collect::<Vec<_>>().join(", ");
        format!("insert into t (id, name, flag, uuid) values {rows}")
    };
    let started = Instant::now();
    let mut tx = test.begin().await.unwrap();
    for batch in 0..20i64 {
        let row = |i: i64| {
            let id = (1 << 60) + batch * 500 + i;
            [id.into(), format!("b{id}").into(), true.into(), uuid::Uuid::nil().into()]
        };
        tx.execute_bulk(&sql, (0..500).flat_map(row).collect()).await.unwrap();
    }
    tx.commit().await.unwrap();
    println!("inserting 500 rows a statement: {:?} a row", started.elapsed() / 10_000);
    let started = Instant::now();
    for i in 0..2000i64 {
        test.fetch_optional("select name from t where id = $1", vec![i.into()]).await.unwrap();
    }
    println!("reading one row: {:?}", started.elapsed() / 2000);
}

async fn write_at_once(what: &str, db: &Db, run: i64, writers: i64, each: i64) {
    let started = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for i in 0..each {
                    let mut tx = db.begin().await.unwrap();
                    insert(&mut tx, (run * 1000 + writer) * 1000 + i).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("{what}: {:?} a transaction", started.elapsed() / u32::try_from(writers * each).unwrap());
}
