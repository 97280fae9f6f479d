//! `Idempotency-Key`

use serde_json::json;

use super::{
    super::support::Answer,
    world::{World, refuses},
};

const COMPANIES: &str = "/api/v1/companies/";

async fn keyed(world: &World, who: &str, path: &str, key: &str, name: &str) -> Answer {
    world.ask(who, "POST", path, &[("idempotency-key", key)], Some(json!({ "name": name }))).await
}

#[tokio::test]
async fn a_repeated_request_is_answered_and_not_done_again() {
    let world = World::new().await;
    let first = keyed(&world, "ada", COMPANIES, "order-1", "Acme").await;
    let again = keyed(&world, "ada", COMPANIES, "order-1", "Acme").await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.body, again.body);
    for name in ["location", "etag", "content-type"] {
        assert_eq!(first.header(name), again.header(name));
    }
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(world.rows("companies").await, 1);

    let other = refuses(&keyed(&world, "ada", COMPANIES, "order-1", "Bolt").await, 422);
    assert!(other["errors"]["Idempotency-Key"].is_array());
    refuses(&keyed(&world, "ada", "/api/v1/teams/", "order-1", "Acme").await, 422);
    // A key is its sender's own.
    assert_eq!(keyed(&world, "max", COMPANIES, "order-1", "Acme").await.status, 201);
    assert_eq!(world.rows("companies").await, 2);
}

#[tokio::test]
async fn what_was_refused_may_be_sent_again() {
    let world = World::new().await;
    for _ in 0..2 {
        let answer = keyed(&world, "ada", COMPANIES, "first", "").await;
        refuses(&answer, 422);
        assert_eq!(answer.header("idempotency-replayed"), "");
    }
    // Put right, it is another request, and nothing was done under the key yet.
    assert_eq!(keyed(&world, "ada", COMPANIES, "first", "Acme").await.status, 201);
    refuses(&keyed(&world, "gus", COMPANIES, "k", "Acme").await, 403);
    refuses(&keyed(&world, "nobody", COMPANIES, "k", "Acme").await, 401);
    refuses(&keyed(&world, "ada", COMPANIES, &"k".repeat(256), "Acme").await, 400);
}

#[tokio::test]
async fn of_a_large_answer_its_status_and_hash_are_kept() {
    let world = World::new().await;
    let body = json!({ "name": "Acme", "notes": "x".repeat(20_000) });
    let ask = async || world.ask("ada", "POST", COMPANIES, &[("idempotency-key", "large")], Some(body.clone())).await;
    let (first, again) = (ask().await, ask().await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 204));
    assert!(first.body.len() > 20_000 && again.body.is_empty());
    assert_eq!(again.header("idempotency-replayed"), "true");
    for name in ["location", "etag", "repr-digest"] {
        assert!(!first.header(name).is_empty(), "{name}");
        assert_eq!(first.header(name), again.header(name));
    }
    assert_eq!(world.rows("companies").await, 1);
    let kept = "select max(coalesce(octet_length(body), 0)) from idempotency_keys";
    let row = world.service.state.db().fetch_optional(kept, vec![]).await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 0);
}

#[tokio::test]
async fn of_two_at_once_one_is_done() {
    let world = World::new().await;
    let ask = || keyed(&world, "ada", COMPANIES, "twice", "Acme");
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    let mut statuses = [a.status.as_u16(), b.status.as_u16(), c.status.as_u16()];
    statuses.sort_unstable();
    assert!(statuses[0] == 201 && statuses.iter().all(|s| [201, 409].contains(s)), "{statuses:?}");
    assert_eq!(world.rows("companies").await, 1);
}

#[tokio::test]
async fn an_edit_with_a_key_is_made_once() {
    let world = World::new().await;
    let made = world.create("ada", "companies", json!({ "name": "Acme" })).await;
    let path = format!("{COMPANIES}{}/", made["id"].as_str().unwrap());
    for _ in 0..2 {
        let headers = [("idempotency-key", "e"), ("if-match", "\"1\"")];
        let answer = world.ask("ada", "PATCH", &path, &headers, Some(json!({ "name": "Bolt" }))).await;
        assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, "\"2\""));
    }
}
