//! `GET` and `POST /api/v1/{collection}/`

use serde_json::{Value, json};

use super::world::{HARMFUL, World, refuses};

async fn world() -> World {
    let world = World::new().await;
    for (name, sector, employees) in
        [("Acme", "Energy", 10), ("Bolt", "Energy", 20), ("Core", "Health", 30), ("Dune", "Health", 40)]
    {
        let body = json!({ "name": name, "sector": sector, "employees": employees });
        world.create("ada", "companies", body).await;
    }
    world
}

fn names(list: &Value) -> Vec<&str> {
    list["results"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_record_is_made_with_an_address_and_a_version() {
    let world = World::new().await;
    let body = json!({
        "name": HARMFUL,
        "annual_revenue": { "amount": "1054.00", "currency": "USD" },
        "employees": 12,
        "listed_since": "2019-03-01",
        "tags": ["a", HARMFUL],
        "notes": format!("{HARMFUL}\n{HARMFUL}"),
        "owner": world.id("rita"),
    });
    let answer = world.post("ada", "/api/v1/companies/", body).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (201, "\"1\""));
    let (made, location) = (answer.json(), answer.header("location"));
    assert_eq!(location, format!("/api/v1/companies/{}/", made["id"].as_str().unwrap()));
    let read = world.get("ada", location).await;
    assert_eq!((read.status.as_u16(), read.header("etag")), (200, "\"1\""));
    assert_eq!(read.json(), made);
    assert_eq!(made["name"], HARMFUL);
    assert_eq!(made["notes"], format!("{HARMFUL}\n{HARMFUL}"));
    assert_eq!(made["tags"][1], HARMFUL);
    assert_eq!(made["annual_revenue"], json!({ "amount": "1054.00", "currency": "USD" }));
    assert_eq!(made["owner"], json!({ "id": world.id("rita"), "label": "rita" }));
    assert_eq!(made["listed_since"], "2019-03-01");
    assert_eq!(made["created_by"]["id"], json!(world.id("ada")));
    assert_eq!(made["created_at"].as_str().unwrap().len(), 27);
}

#[tokio::test]
async fn wrong_fields_are_named_together() {
    let world = World::new().await;
    let body = json!({ "employees": "many", "shoe_size": 44, "id": "x", "status": "rich" });
    let answer = world.post("ada", "/api/v1/companies/", body).await;
    let errors = refuses(&answer, 422)["errors"].clone();
    assert_eq!(errors["employees"], json!(["This must be a number."]));
    assert_eq!(errors["shoe_size"], json!(["There is no such field."]));
    assert_eq!(errors["id"], json!(["This cannot be set."]));
    let answer = world.post("ada", "/api/v1/companies/", json!({ "status": "rich" })).await;
    let errors = refuses(&answer, 422)["errors"].clone();
    assert_eq!(errors["name"], json!(["This is needed."]));
    assert!(errors["status"][0].as_str().unwrap().contains("Prospect"), "{errors}");
    assert_eq!(world.rows("companies").await, 0);
}

#[tokio::test]
async fn a_list_is_searched_sorted_filtered_and_turned() {
    let world = world().await;
    let list = async |query: &str| {
        let answer = world.get("ada", &format!("/api/v1/companies/?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let all = list("sort=-employees").await;
    assert_eq!((all["count"].as_u64(), names(&all)), (Some(4), vec!["Dune", "Core", "Bolt", "Acme"]));
    assert_eq!((&all["next"], &all["previous"], all.get("count_is_exact")), (&Value::Null, &Value::Null, None));
    assert_eq!(names(&list("search=bo").await), ["Bolt"]);
    assert_eq!(names(&list("sector=energy&sort=name").await), ["Acme", "Bolt"]);
    assert_eq!(names(&list("headquarters=&sort=name").await).len(), 4);
    let filter = "filter=%7B%22or%22:%5B%7B%22field%22:%22employees%22,%22op%22:%22gt%22,%22value%22:30%7D,\
                  %7B%22field%22:%22name%22,%22value%22:%22acme%22%7D%5D%7D";
    assert_eq!(names(&list(&format!("sort=name&{filter}")).await), ["Acme", "Dune"]);
    assert_eq!(names(&list(&format!("sector=Health&{filter}")).await), ["Dune"]);

    let page = list("sort=name&page=2&page_size=1").await;
    assert_eq!((page["count"].as_u64(), names(&page)), (Some(4), vec!["Bolt"]));
    let at = |number: u32| format!("http://localhost:3000/api/v1/companies/?sort=name&page_size=1&page={number}");
    assert_eq!((&page["next"], &page["previous"]), (&json!(at(3)), &json!(at(1))));
    let fields = list("sort=name&fields=name,created_at&page_size=1").await["results"][0].clone();
    let keys: Vec<_> = fields.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["created_at", "id", "name", "version"]);
}

#[tokio::test]
async fn following_next_meets_every_record_once() {
    let world = world().await;
    for start in ["page_size=1", "page_size=1&page=1", "page_size=3&sort=sector", "page_size=1&sort=sector,-name"] {
        let (mut path, mut met) = (format!("/api/v1/companies/?{start}"), vec![]);
        loop {
            let list = world.get("ada", &path).await.json();
            met.extend(names(&list).into_iter().map(str::to_owned));
            let Some(next) = list["next"].as_str() else { break };
            path = next.strip_prefix("http://localhost:3000").unwrap().to_owned();
        }
        met.sort();
        assert_eq!(met, ["Acme", "Bolt", "Core", "Dune"], "{start}");
    }
}

#[tokio::test]
async fn what_a_list_does_not_know_is_refused_by_name() {
    let world = world().await;
    for (query, named) in [
        ("colour=red", "`colour`"),
        ("fields=name,colour", "`colour`"),
        ("sort=colour", "`colour`"),
        ("filter=%7B%22field%22:%22colour%22,%22value%22:1%7D", "`colour`"),
        ("filter=%7B", "not JSON"),
        ("owner.colour=red", "`owner.colour`"),
        ("page=0", "`page`"),
        ("page=x", "`page`"),
        ("page=1000000000", "row 1000000"),
        ("page_size=201", "`page_size`"),
        ("page_size=-1", "`page_size`"),
        ("cursor=zz", "cursor"),
        ("cursor=5b5d&page=1", "`cursor`"),
        ("page=1&page=2", "twice"),
        ("employees=many", "`employees`"),
        ("deleted=perhaps", "`deleted`"),
    ] {
        let problem = refuses(&world.get("ada", &format!("/api/v1/companies/?{query}")).await, 400);
        assert!(problem["detail"].as_str().unwrap().contains(named), "{query}: {problem}");
    }
}

#[tokio::test]
async fn what_is_not_a_json_object_is_refused() {
    let world = World::new().await;
    let send = async |kind: &str, body: &str| {
        let token = format!("Bearer {}", world.token("ada"));
        let headers = [("authorization", token.as_str()), ("content-type", kind)];
        world.service.ask("POST", "/api/v1/companies/", &headers, body).await
    };
    for body in ["", "{", "[]", "\"x\"", "null", "{\"name\": \"x\"} x", "{name: 1}"] {
        refuses(&send("application/json", body).await, 400);
    }
    let deep = format!("{{\"name\": {}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    refuses(&send("application/json", &deep).await, 400);
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
    refuses(&send("application/json", &large).await, 413);
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        refuses(&send(kind, "{\"name\": \"x\"}").await, 415);
    }
    refuses(&send("application/json", "{\"name\": \"a\\u0000b\"}").await, 422);
    assert_eq!(send("application/json; charset=utf-8", "{\"name\": \"x\"}").await.status, 201);
    assert_eq!(world.rows("companies").await, 1);
}

#[tokio::test]
async fn an_address_without_its_slash_leads_nowhere() {
    let world = World::new().await;
    refuses(&world.get("ada", "/api/v1/companies").await, 404);
    refuses(&world.get("ada", "/api/v1/nothing/").await, 404);
    let answer = world.ask("ada", "PUT", "/api/v1/companies/", &[], Some(json!({}))).await;
    refuses(&answer, 405);
    assert!(answer.header("allow").contains("POST"));
}
