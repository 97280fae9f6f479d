//! `/api/v1/{collection}/{id}/`, its history and its way back.

use serde_json::json;
use uuid::Uuid;

use super::world::{World, id_of, refuses};

async fn acme(world: &World) -> (Uuid, String) {
    let id = id_of(&world.create("ada", "companies", json!({ "name": "Acme", "owner": world.id("rita") })).await);
    (id, format!("/api/v1/companies/{id}/"))
}

#[tokio::test]
async fn a_record_is_changed_by_who_knows_its_version() {
    let world = World::new().await;
    let (_, path) = acme(&world).await;
    let answer = world.patch("rita", &path, "\"1\"", json!({ "name": "Acme Ltd" })).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, "\"2\""));
    assert_eq!((&answer.json()["name"], &answer.json()["version"]), (&json!("Acme Ltd"), &json!(2)));
    let same = world.patch("rita", &path, "\"2\"", json!({ "name": "Acme Ltd" })).await;
    assert_eq!((same.status.as_u16(), same.header("etag")), (200, "\"2\""));

    refuses(&world.ask("rita", "PATCH", &path, &[], Some(json!({ "name": "X" }))).await, 428);
    let stale = refuses(&world.patch("rita", &path, "\"1\"", json!({ "name": "X" })).await, 412);
    assert_eq!((&stale["current"]["name"], &stale["current"]["version"]), (&json!("Acme Ltd"), &json!(2)));
    let over = world.patch("rita", &path, "*", json!({ "name": "Override" })).await;
    assert_eq!((over.status.as_u16(), over.header("etag")), (200, "\"3\""));
    let known = world.ask("rita", "GET", &path, &[("if-none-match", "\"3\"")], None).await;
    assert_eq!((known.status.as_u16(), known.text()), (304, ""));
}

#[tokio::test]
async fn wrong_fields_leave_a_record_as_it_is() {
    let world = World::new().await;
    let (_, path) = acme(&world).await;
    let body = json!({ "name": null, "founded_year": 1999, "version": 7 });
    let errors = refuses(&world.patch("ada", &path, "\"1\"", body).await, 422)["errors"].clone();
    assert_eq!(errors["version"], json!(["This cannot be set."]));
    let body = json!({ "name": null, "founded_year": 1999 });
    let errors = refuses(&world.patch("ada", &path, "\"1\"", body).await, 422)["errors"].clone();
    assert_eq!(errors["name"], json!(["This is needed."]));
    assert_eq!(errors["founded_year"], json!(["This cannot be changed here."]));
    assert_eq!(world.get("ada", &path).await.json()["version"], 1);
}

#[tokio::test]
async fn a_unique_value_is_taken_once() {
    let world = World::new().await;
    world.create("ada", "companies", json!({ "name": "A", "domain": "https://www.a.example/" })).await;
    let answer = world.post("ada", "/api/v1/companies/", json!({ "name": "B", "domain": "A.example" })).await;
    let errors = refuses(&answer, 422)["errors"].clone();
    assert_eq!(errors["domain"], json!(["Another company already has this."]));
}

#[tokio::test]
async fn a_deleted_record_is_gone_until_it_is_restored() {
    let world = World::new().await;
    let (_, path) = acme(&world).await;
    refuses(&world.ask("ada", "DELETE", &path, &[], None).await, 428);
    refuses(&world.delete("ada", &path, "\"9\"").await, 412);
    let gone = world.delete("ada", &path, "\"1\"").await;
    assert_eq!((gone.status.as_u16(), gone.text()), (204, ""));
    refuses(&world.get("ada", &path).await, 404);
    refuses(&world.delete("ada", &path, "*").await, 404);
    refuses(&world.patch("ada", &path, "*", json!({ "name": "X" })).await, 409);
    assert_eq!(world.get("ada", "/api/v1/companies/").await.json()["count"], 0);
    let bin = world.get("ada", "/api/v1/companies/?deleted=true").await.json();
    assert!(bin["results"][0]["deleted_at"].is_string());

    let back = world.post("ada", &format!("{path}restore/"), json!({})).await;
    assert_eq!((back.status.as_u16(), back.header("etag")), (200, "\"3\""));
    assert_eq!(world.get("ada", &path).await.json()["name"], "Acme");
    refuses(&world.post("ada", &format!("{path}restore/"), json!({})).await, 409);
}

#[tokio::test]
async fn history_tells_what_was_changed_by_whom() {
    let world = World::new().await;
    let (_, path) = acme(&world).await;
    world.patch("rita", &path, "*", json!({ "owner": world.id("tom"), "employees": 5 })).await;
    let history = world.get("ada", &format!("{path}history/")).await.json();
    assert_eq!(history["count"], 2);
    let change = &history["results"][0];
    assert_eq!((&change["action"], &change["source"]), (&json!("edit"), &json!("api")));
    assert_eq!(change["actor"]["label"], "rita");
    assert_eq!(change["fields"]["employees"], json!([null, 5]));
    assert_eq!(change["fields"]["owner"][1]["label"], "tom");
    assert_eq!(history["results"][1]["action"], "create");
}

#[tokio::test]
async fn what_one_may_not_see_is_not_there_and_what_one_may_not_change_is_refused() {
    let world = World::new().await;
    let (id, path) = acme(&world).await;
    let stranger = format!("/api/v1/companies/{}/", Uuid::nil());
    for who in ["sam", "gus"] {
        for path in [&path, &stranger] {
            refuses(&world.get(who, path).await, 404);
            refuses(&world.get(who, &format!("{path}history/")).await, 404);
        }
    }
    for (method, path) in [("PATCH", path.clone()), ("DELETE", path.clone()), ("POST", format!("{path}restore/"))] {
        let ask = async |who| world.ask(who, method, &path, &[("if-match", "\"1\"")], Some(json!({}))).await;
        refuses(&ask("sam").await, 404);
        refuses(&ask("gus").await, 403);
        refuses(&ask("vera").await, 403);
        // A colleague's, to be looked at only.
        let is_restored = method == "POST";
        refuses(&ask("tom").await, if is_restored { 409 } else { 403 });
    }
    refuses(&world.get("ada", "/api/v1/companies/not-an-id/").await, 404);
    refuses(&world.get("ada", &format!("/api/v1/contacts/{id}/")).await, 404);
    assert_eq!(world.get("ada", &path).await.json()["version"], 1);
}

#[tokio::test]
async fn a_record_given_away_is_answered_with_its_version_alone() {
    let world = World::new().await;
    let (id, path) = acme(&world).await;
    let answer = world.patch("rita", &path, "*", json!({ "owner": world.id("sam") })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json(), json!({ "id": id, "version": 2 }));
    refuses(&world.get("rita", &path).await, 404);
    assert_eq!(world.get("sam", &path).await.status, 200);
}
