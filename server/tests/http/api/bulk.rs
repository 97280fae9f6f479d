//! `POST /api/v1/{collection}/bulk/` and `/api/v1/change-sets/{id}/`

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, id_of, refuses};

const BULK: &str = "/api/v1/companies/bulk/";

async fn companies(world: &World, owner: &str, count: usize) -> Vec<Uuid> {
    let mut ids = vec![];
    for i in 0..count {
        let body = json!({ "name": format!("{owner} {i}"), "owner": world.id(owner), "sector": "Energy" });
        ids.push(id_of(&world.create("ada", "companies", body).await));
    }
    ids
}

async fn done(world: &World, who: &str, body: Value) -> Value {
    let answer = world.post(who, BULK, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let world = World::new().await;
    let ids = companies(&world, "rita", 2).await;
    let body = json!({ "ids": ids, "set": { "sector": "Health", "owner": world.id("tom") }, "dry_run": true });
    let shown = done(&world, "max", body).await;
    assert_eq!((&shown["matched"], &shown["changed"], &shown["change_set"]), (&json!(2), &json!(2), &Value::Null));
    let fields = &shown["differences"][0]["fields"];
    assert_eq!(fields["sector"], json!(["Energy", "Health"]));
    assert_eq!((&fields["owner"][0]["label"], &fields["owner"][1]["label"]), (&json!("rita"), &json!("tom")));
    assert_eq!(world.get("ada", "/api/v1/companies/?sector=Energy").await.json()["count"], 2);
}

#[tokio::test]
async fn what_was_done_together_is_taken_back_together() {
    let world = World::new().await;
    let ids = companies(&world, "rita", 3).await;
    let path = format!("/api/v1/companies/{}/", ids[0]);
    world.patch("ada", &path, "*", json!({ "sector": "Health" })).await;
    let set = done(&world, "ada", json!({ "ids": ids, "set": { "sector": "Health" } })).await;
    assert_eq!((&set["changed"], &set["skipped"], &set["errors"]), (&json!(2), &json!(1), &json!([])));
    let path = format!("/api/v1/change-sets/{}/", set["change_set"].as_str().unwrap());
    let shown = world.get("ada", &path).await.json();
    assert_eq!((&shown["title"], &shown["records"]), (&json!("Edited 2 companies"), &json!(2)));
    refuses(&world.get("rita", &path).await, 404);
    refuses(&world.post("rita", &format!("{path}undo/"), json!({})).await, 404);

    let company = format!("/api/v1/companies/{}/", ids[1]);
    world.patch("ada", &company, "*", json!({ "sector": "Mining" })).await;
    let undone = world.post("ada", &format!("{path}undo/"), json!({})).await.json();
    assert_eq!((&undone["records"], &undone["conflict_count"]), (&json!(1), &json!(1)));
    assert_eq!(undone["conflicts"][0]["id"], json!(ids[1]));
    refuses(&world.post("ada", &format!("{path}undo/"), json!({})).await, 409);
    assert_eq!(world.get("ada", &path).await.json()["status"], "undone");
    refuses(&world.get("ada", &format!("/api/v1/change-sets/{}/", Uuid::nil())).await, 404);
}

#[tokio::test]
async fn a_filter_reaches_everything_that_matches_and_one_may_change() {
    let world = World::new().await;
    companies(&world, "rita", 2).await;
    companies(&world, "tom", 1).await;
    companies(&world, "sam", 1).await;
    let filter = json!({ "field": "sector", "op": "eq", "value": "energy" });
    let body = json!({ "filter": filter, "set": { "sector": "Health" } });
    let answer = done(&world, "rita", body.clone()).await;
    // Tom's is a colleague's: seen, not changed. Sam's is not even seen.
    let counts = ["matched", "changed", "skipped", "error_count"].map(|k| answer[k].as_u64().unwrap());
    assert_eq!(counts, [3, 2, 1, 1], "{answer}");
    assert_eq!(done(&world, "ada", body).await["changed"], 2);
    let assigned = done(&world, "ada", json!({ "search": "rita", "assign": world.id("sam") })).await;
    assert_eq!(assigned["changed"], 2);
    assert_eq!(world.get("sam", "/api/v1/companies/").await.json()["count"], 3);
    let deleted = done(&world, "ada", json!({ "filter": { "and": [] }, "delete": true })).await;
    assert_eq!(
        (&deleted["changed"], world.get("ada", "/api/v1/companies/").await.json()["count"].as_u64()),
        (&json!(4), Some(0))
    );
}

#[tokio::test]
async fn more_than_one_batch_is_one_change_set() {
    let world = World::new().await;
    let ctx = world.service.state.identity.system();
    let permit = ctx.permit_any("companies", records::server::Action::Create).unwrap();
    let name = |i: usize| vec![(0, records::Value::Text(format!("Company {i}")))];
    let edits = (0..2_100).map(|i| records::server::Edit::Create { id: None, set: name(i) }).collect();
    records::server::write(&ctx, &permit, edits, "edit", "Many").await.unwrap();
    let answer = done(&world, "ada", json!({ "filter": { "and": [] }, "set": { "sector": "Health" } })).await;
    assert_eq!((&answer["matched"], &answer["changed"]), (&json!(2_100), &json!(2_100)));
    let path = format!("/api/v1/change-sets/{}/undo/", answer["change_set"].as_str().unwrap());
    assert_eq!(world.post("ada", &path, json!({})).await.json()["records"], 2_100);
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused_with_its_field() {
    let world = World::new().await;
    let one = companies(&world, "rita", 1).await;
    for (body, field) in [
        (json!({ "set": {} }), "ids"),
        (json!({ "ids": one, "filter": { "and": [] }, "set": {} }), "ids"),
        (json!({ "ids": ["x"], "delete": true }), "ids"),
        (json!({ "ids": 7, "delete": true }), "ids"),
        (json!({ "ids": one }), "set"),
        (json!({ "ids": one, "set": {}, "delete": true }), "set"),
        (json!({ "ids": one, "set": [] }), "set"),
        (json!({ "ids": one, "delete": false }), "delete"),
        (json!({ "ids": one, "set": { "colour": "red" } }), "colour"),
        (json!({ "ids": one, "delete": true, "force": true }), "force"),
        (json!({ "ids": one, "delete": true, "dry_run": "no" }), "dry_run"),
        (json!({ "ids": one, "assign": "nobody" }), "owner"),
    ] {
        let problem = refuses(&world.post("ada", BULK, body.clone()).await, 422);
        assert!(problem["errors"][field].is_array(), "{body}: {problem}");
    }
    let body = json!({ "filter": { "field": "colour", "value": 1 }, "delete": true });
    refuses(&world.post("ada", BULK, body).await, 400);
    let body = json!({ "filter": { "and": [] }, "delete": true });
    for who in ["vera", "gus"] {
        refuses(&world.post(who, BULK, body.clone()).await, 403);
    }
    refuses(&world.post("ada", "/api/v1/teams/bulk/", json!({ "ids": [], "assign": world.id("sam") })).await, 422);
    assert_eq!(world.get("ada", "/api/v1/companies/").await.json()["count"], 1);
}
