//! With a Redis that each test starts for itself, and kills.

use super::*;
use crate::server::{
    Db, Engine, Listener,
    testing::{TestDb, TestRedis, options, until},
};

/// The database as one more process has it, with or without Redis. It hears the others from here on, and what
/// it says as it starts is on its way to them.
async fn process(db: &TestDb, redis: Option<String>) -> (Db, Listener) {
    let redis = redis.map(|url| Redis { url, channel: "mainstay:test".to_owned() });
    let db = Db::open_with(db.url(), &crate::server::DbOptions { redis, ..options() }).await.unwrap();
    let (other, mut listener) = (db.clone(), db.listen());
    tokio::spawn(async move { other.hear_others().await });
    assert_eq!(heard(&mut listener).await, EVERYTHING);
    if let Some(carrier) = &db.shared.carrier {
        carrier.flush().await;
    }
    (db, listener)
}

async fn heard(listener: &mut Listener) -> String {
    let heard = timeout(Duration::from_secs(20), listener.next()).await;
    heard.expect("something is heard").expect("the database is open").to_string()
}

/// What is heard until this word.
async fn heard_before(listener: &mut Listener, end: &str) -> Vec<String> {
    let mut all = vec![];
    loop {
        match heard(listener).await {
            word if word == end => return all,
            word => all.push(word),
        }
    }
}

async fn tell(db: &Db, words: &[&str]) {
    let mut tx = db.begin().await.unwrap();
    for word in words {
        tx.tell(word);
    }
    tx.commit().await.unwrap();
}

/// A database that several processes can have.
async fn shared() -> Option<TestDb> {
    let db = TestDb::empty().await;
    (db.engine() == Engine::Postgres).then_some(db)
}

#[tokio::test]
async fn processes_hear_each_other_by_redis_alone_once_it_is_committed() {
    let Some(db) = shared().await else { return };
    let redis = TestRedis::start(Some("hunter2"));
    let (one, mut hears_itself) = process(&db, Some(redis.url())).await;
    let (_other, mut hears) = process(&db, Some(redis.url())).await;
    assert_eq!(heard(&mut hears_itself).await, EVERYTHING);
    let (_without, mut hears_the_database) = process(&db, None).await;
    let mut undone = one.begin().await.unwrap();
    undone.tell("undone");
    undone.rollback().await.unwrap();
    tell(&one, &["first", "second", "first"]).await;
    one.tell_others("third").await.unwrap();
    tell(&one, &["end"]).await;
    assert_eq!(heard_before(&mut hears, "end").await, ["first", "second", "third"]);
    assert_eq!(heard_before(&mut hears_itself, "end").await, ["first", "second"], "each once");
    tell(&db, &["by the database"]).await;
    assert_eq!(heard(&mut hears_the_database).await, "by the database", "and nothing before it");
    assert_eq!(one.carrier(), ("redis", None));
    assert_eq!(db.carrier(), ("postgres", None));
}

#[tokio::test]
async fn a_redis_that_dies_stops_no_write_and_all_look_again_once_it_is_back() {
    let Some(db) = shared().await else { return };
    let mut redis = TestRedis::start(None);
    let (one, mut hears_itself) = process(&db, Some(redis.url())).await;
    let (other, mut hears) = process(&db, Some(redis.url())).await;
    assert_eq!(heard(&mut hears_itself).await, EVERYTHING);
    tell(&one, &["before"]).await;
    assert_eq!(heard(&mut hears).await, "before");
    redis.kill();
    until("both know", async || one.carrier().1.is_some() && other.carrier().1.is_some()).await;
    let started = Instant::now();
    for _ in 0..50 {
        tell(&one, &["lost"]).await;
    }
    assert!(started.elapsed() < Duration::from_secs(5), "nothing waits for it");
    let trouble = one.carrier().1.unwrap_or_default();
    assert!(trouble.starts_with("Redis cannot be"), "{trouble}");
    redis.start_again();
    assert_eq!(heard_before(&mut hears, EVERYTHING).await, Vec::<String>::new());
    let itself = heard_before(&mut hears_itself, EVERYTHING).await;
    assert_eq!((itself[0].as_str(), itself.len()), ("before", 51), "it hears its own words without any help");
    until("all is well", async || one.carrier().1.is_none() && other.carrier().1.is_none()).await;
    tell(&other, &["after"]).await;
    // Who finds its connection broken only now says that anything may have happened instead.
    let after = heard(&mut hears_itself).await;
    assert!(after == "after" || after == EVERYTHING, "{after}");
}

#[tokio::test]
async fn what_one_could_not_tell_makes_the_others_look_though_they_missed_nothing_they_know_of() {
    let Some(db) = shared().await else { return };
    let redis = TestRedis::start(None);
    let (_there, mut hears) = process(&db, Some(redis.url())).await;
    let (one, _) = process(&db, Some(redis.url())).await;
    assert_eq!(heard(&mut hears).await, EVERYTHING);
    // More at once than may wait: some of it is lost on the way to Redis.
    let words: Vec<String> = (0..5 * WAITING).map(|n| format!("word {n}")).collect();
    tell(&one, &words.iter().map(String::as_str).collect::<Vec<_>>()).await;
    heard_before(&mut hears, EVERYTHING).await;
}

#[tokio::test]
async fn who_starts_has_the_others_look_again_for_one_that_was_killed_before_its_word() {
    let Some(db) = shared().await else { return };
    let redis = TestRedis::start(None);
    let (_there, mut hears) = process(&db, Some(redis.url())).await;
    let (_again, _) = process(&db, Some(redis.url())).await;
    assert_eq!(heard(&mut hears).await, EVERYTHING);
    // A command says nothing but what it did.
    let settings = Some(Redis { url: redis.url(), channel: "mainstay:test".to_owned() });
    let command = Db::open_with(db.url(), &crate::server::DbOptions { redis: settings, ..options() }).await.unwrap();
    tell(&command, &["done"]).await;
    assert_eq!(heard(&mut hears).await, "done");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_told_in_words_without_its_password() {
    let Some(db) = shared().await else { return };
    let redis = TestRedis::start(Some("hunter2"));
    let wrong = redis.url().replace("hunter2", "hunter3");
    for url in [wrong, "redis://:hunter3@127.0.0.1:9".to_owned()] {
        let redis = Some(Redis { url, channel: "mainstay:test".to_owned() });
        assert!(!format!("{redis:?}").contains("hunter3"));
        let one = Db::open_with(db.url(), &crate::server::DbOptions { redis, ..options() }).await.unwrap();
        tell(&one, &["word"]).await;
        until("it is known", async || one.carrier().1.is_some()).await;
        let trouble = one.carrier().1.unwrap_or_default();
        assert!(trouble.starts_with("Redis cannot be told") && !trouble.contains("hunter3"), "{trouble}");
        timeout(Duration::from_secs(5), one.close()).await.expect("it closes nonetheless");
    }
    let redis = Some(Redis { url: "redis://[".to_owned(), channel: String::new() });
    let refused = Db::open_with(db.url(), &crate::server::DbOptions { redis, ..options() }).await;
    assert!(matches!(refused, Err(DbError::Configuration(_))));
}

#[tokio::test]
async fn what_a_process_told_last_is_carried_before_it_ends() {
    let Some(db) = shared().await else { return };
    let redis = TestRedis::start(None);
    let (_there, mut hears) = process(&db, Some(redis.url())).await;
    let settings = Some(Redis { url: redis.url(), channel: "mainstay:test".to_owned() });
    let command = Db::open_with(db.url(), &crate::server::DbOptions { redis: settings, ..options() }).await.unwrap();
    tell(&command, &["done"]).await;
    command.close().await;
    assert_eq!(heard(&mut hears).await, "done");
}
