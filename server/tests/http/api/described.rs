//! What is seldom asked for, so that it too is held against the description.

use serde_json::json;

use super::world::{World, id_of};

#[tokio::test]
async fn records_of_every_type_are_answered_as_they_are_described() {
    let world = World::new().await;
    world.create("ada", "companies", json!({ "name": "Acme" })).await;
    world.create("ada", "contacts", json!({ "last_name": "Lima" })).await;
    world.create("ada", "organisations", json!({ "name": "Ours" })).await;
    let types: Vec<&str> = world.service.state.app.registry().entries().map(|entry| entry.ty.name).collect();
    for name in types {
        let list = world.get("ada", &format!("/api/v1/{name}/?page_size=1")).await.json();
        let id = id_of(&list["results"][0]);
        let path = format!("/api/v1/{name}/{id}/");
        for rest in ["", "history/", "standing/"] {
            assert_eq!(world.get("ada", &format!("{path}{rest}")).await.status, 200, "{path}{rest}");
        }
        let follow = json!({ "standing": "following" });
        let stood = world.ask("ada", "PUT", &format!("{path}standing/"), &[], Some(follow)).await;
        assert_eq!(stood.status, 200, "{path}: {}", stood.text());
        let delete = json!({ "ids": [id], "delete": true, "dry_run": true });
        let bulk = world.post("ada", &format!("/api/v1/{name}/bulk/"), delete).await;
        assert!([200, 403].contains(&bulk.status.as_u16()), "{name}: {}", bulk.text());
    }
}

#[tokio::test]
async fn tokens_are_answered_as_they_are_described() {
    let world = World::new().await;
    let body = json!({ "email": "ada@example.com", "password": "correct horse battery" });
    let session = world.post("nobody", "/api/v1/auth/login/", body).await.json();
    let refresh = json!({ "refresh": session["tokens"]["refresh"] });
    assert_eq!(world.post("nobody", "/api/v1/auth/refresh/", refresh).await.status, 200);
}
