//! What each of the five roles reaches, among records of one's own, a colleague's, a stranger's and nobody's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::{World, id_of};

const OWNERS: [&str; 5] = ["rita", "tom", "sam", "gus", ""];

/// Whose records each person sees, and whose they change and delete.
const REACH: [(&str, &[&str], &[&str]); 7] = [
    ("ada", &OWNERS, &OWNERS),
    ("max", &["rita", "tom", "gus"], &["rita", "tom", "gus"]),
    ("rita", &["rita", "tom", "gus"], &["rita"]),
    ("tom", &["rita", "tom", "gus"], &["tom"]),
    ("sam", &["sam"], &["sam"]),
    ("vera", &OWNERS, &[]),
    ("gus", &["gus"], &[]),
];

/// A record of each owner in a collection, by owner.
async fn owned(world: &World, collection: &str, name: &str) -> BTreeMap<&'static str, String> {
    let mut paths = BTreeMap::new();
    for owner in OWNERS {
        let id = if owner.is_empty() { Value::Null } else { json!(world.id(owner)) };
        let made = world.create("ada", collection, json!({ name: format!("Of {owner}"), "owner": id })).await;
        paths.insert(owner, format!("/api/v1/{collection}/{}/", id_of(&made)));
    }
    paths
}

#[tokio::test]
async fn a_list_holds_what_by_id_shows_and_the_role_reaches() {
    let world = World::new().await;
    for (collection, name) in [("companies", "name"), ("contacts", "last_name")] {
        let paths = owned(&world, collection, name).await;
        for (who, sees, _) in REACH {
            let list = world.get(who, &format!("/api/v1/{collection}/")).await.json();
            assert_eq!(list["count"], sees.len(), "{who} {collection}");
            for (owner, path) in &paths {
                let listed =
                    list["results"].as_array().unwrap().iter().find(|r| path.contains(r["id"].as_str().unwrap()));
                let shown = world.get(who, path).await;
                assert_eq!(listed.is_some(), sees.contains(owner), "{who} {path} of {owner}");
                match listed {
                    Some(listed) => assert_eq!((shown.status.as_u16(), &shown.json()), (200, listed), "{who} {owner}"),
                    None => assert_eq!(shown.status, 404, "{who} {owner}"),
                }
                let history = world.get(who, &format!("{path}history/")).await;
                assert_eq!(history.status == 200, sees.contains(owner), "{who} {owner}");
            }
        }
    }
}

#[tokio::test]
async fn each_role_changes_and_deletes_what_it_reaches() {
    let world = World::new().await;
    for (collection, name) in [("companies", "name"), ("contacts", "last_name")] {
        for (who, sees, changes) in REACH {
            let paths = owned(&world, collection, name).await;
            for (owner, path) in &paths {
                let edited = world.patch(who, path, "*", json!({ name: "New" })).await;
                let deleted = world.delete(who, path, "*").await;
                let restored = world.post(who, &format!("{path}restore/"), json!({})).await;
                let statuses = [&edited, &deleted, &restored].map(|a| a.status.as_u16());
                let expected = match (changes.contains(owner), changes.is_empty(), sees.contains(owner)) {
                    (true, ..) => [200, 204, 200],
                    // Who may do so with no record at all is told that.
                    (false, true, _) => [403, 403, 403],
                    (false, false, true) => [403, 403, 409],
                    (false, false, false) => [404, 404, 404],
                };
                assert_eq!(statuses, expected, "{who} {collection} of {owner}");
            }
        }
    }
}

#[tokio::test]
async fn each_role_makes_what_it_may() {
    let world = World::new().await;
    for (who, _, _) in REACH {
        let own = world.post(who, "/api/v1/companies/", json!({ "name": who })).await;
        let may = !["vera", "gus"].contains(&who);
        assert_eq!(own.status, if may { 201 } else { 403 }, "{who}");
        let others = world.post(who, "/api/v1/companies/", json!({ "name": who, "owner": world.id("sam") })).await;
        let expected = match who {
            "ada" | "sam" => 201,
            // To a manager what belongs to another team, to a salesperson what belongs to anybody else.
            "max" | "rita" | "tom" => 422,
            _ => 403,
        };
        assert_eq!(others.status, expected, "{who}: {}", others.text());
    }
}

#[tokio::test]
async fn only_administrators_write_users_teams_and_the_organisation() {
    let world = World::new().await;
    for (who, ..) in REACH {
        for collection in ["users", "teams", "organisations"] {
            let path = format!("/api/v1/{collection}/");
            let list = world.get(who, &path).await;
            assert_eq!(list.status, if who == "gus" { 403 } else { 200 }, "{who} {collection}");
            if who == "ada" {
                continue;
            }
            assert_eq!(world.post(who, &path, json!({ "name": "x" })).await.status, 403, "{who} {collection}");
            let one = format!("{path}{}/", world.id("ada"));
            assert_eq!(
                world.patch(who, &one, "*", json!({ "first_name": "x" })).await.status,
                403,
                "{who} {collection}"
            );
            assert_eq!(world.delete(who, &one, "*").await.status, 403, "{who} {collection}");
        }
    }
    // Nor does the plain interface make administrators.
    let rita = format!("/api/v1/users/{}/", world.id("rita"));
    let answer = world.patch("ada", &rita, "*", json!({ "role": "admin" })).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let text = world.get("ada", "/api/v1/users/").await.text().to_owned();
    assert!(!text.contains("password") && !text.contains("$argon2"), "{text}");
}

#[tokio::test]
async fn what_leads_to_a_record_out_of_sight_is_told_without_its_name() {
    let world = World::new().await;
    let hidden = world.create("ada", "companies", json!({ "name": "Hidden", "owner": world.id("sam") })).await;
    let body = json!({ "last_name": "Lima", "owner": world.id("rita"), "company": hidden["id"] });
    let contact = world.create("ada", "contacts", body).await;
    let path = format!("/api/v1/contacts/{}/", id_of(&contact));
    let shown = world.get("rita", &path).await.json();
    assert_eq!(shown["company"], json!({ "id": hidden["id"], "label": null }));
    for query in
        ["company.name=Hidden", "filter=%7B%22field%22:%22company%22,%22op%22:%22contains%22,%22value%22:%22hid%22%7D"]
    {
        let count = async |who| world.get(who, &format!("/api/v1/contacts/?{query}")).await.json()["count"].clone();
        assert_eq!((count("ada").await, count("rita").await), (json!(1), json!(0)), "{query}");
    }
    let answer = world.patch("rita", &path, "*", json!({ "company": hidden["id"], "job_title": "x" })).await;
    assert_eq!(answer.status, 200, "what was there already stays: {}", answer.text());
    let own = world.create("rita", "contacts", json!({ "last_name": "Own" })).await;
    let path = format!("/api/v1/contacts/{}/", id_of(&own));
    let answer = world.patch("rita", &path, "*", json!({ "company": hidden["id"] })).await;
    assert_eq!(answer.json()["errors"]["company"], json!(["This leads to no record you can see."]));
}
