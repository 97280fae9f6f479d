//! Who looks at the same record, and who learns of it.

use identity::{Role, server::users};
use serde_json::json;

use super::listener::{listen, mark, people};
use crate::http::api::world::{World, id_of};

#[tokio::test]
async fn people_at_one_record_know_of_each_other() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let company = id_of(&world.create("rita", "companies", json!({ "name": "Acme" })).await);
    let (mut ada, mut rita, mut gus) =
        (listen(&world, at, "ada").await, listen(&world, at, "rita").await, listen(&world, at, "gus").await);
    ada.look("companies", company).await;
    assert_eq!(people(&ada.hear("presence").await), ["ada"]);
    // Who may not see it is not there.
    gus.look("companies", company).await;
    rita.look("companies", company).await;
    let both = ada.hear("presence").await;
    let mut names = people(&both);
    names.sort_unstable();
    assert_eq!((names, both.data["id"].clone()), (vec!["ada", "rita"], json!(company)));
    rita.hear("presence").await;
    // Who says it again, having missed something, is told again.
    rita.look("companies", company).await;
    assert_eq!(people(&rita.hear("presence").await).len(), 2);
    drop(rita);
    assert_eq!(people(&ada.hear("presence").await), ["ada"]);
    mark(&world, "gus", "end").await;
    assert_eq!(gus.heard_before("end").await, []);
}

#[tokio::test]
async fn who_may_not_see_a_record_any_more_is_not_there_and_hears_nothing() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let company = id_of(&world.create("rita", "companies", json!({ "name": "Acme" })).await);
    let (mut rita, mut max, mut sam) =
        (listen(&world, at, "rita").await, listen(&world, at, "max").await, listen(&world, at, "sam").await);
    rita.look("companies", company).await;
    rita.hear("presence").await;
    max.look("companies", company).await;
    assert_eq!(people(&max.hear("presence").await).len(), 2);
    rita.hear("presence").await;
    let path = format!("/api/v1/companies/{company}/");
    let moved = world.patch("ada", &path, "\"1\"", json!({ "owner": world.id("sam") })).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    sam.hear("records").await;
    sam.look("companies", company).await;
    assert_eq!(people(&sam.hear("presence").await), ["sam"]);
    for (who, listener) in [("rita", &mut rita), ("max", &mut max)] {
        mark(&world, who, "end").await;
        assert!(listener.heard_before("end").await.iter().all(|m| !people_of(m).contains(&"sam")), "{who}");
    }
}

fn people_of(message: &realtime::Message) -> Vec<&str> {
    if message.event == "presence" { people(message) } else { vec![] }
}

#[tokio::test]
async fn who_loses_a_right_leaves_what_it_let_them_see() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let company = id_of(&world.create("rita", "companies", json!({ "name": "Acme" })).await);
    let (mut rita, mut max) = (listen(&world, at, "rita").await, listen(&world, at, "max").await);
    rita.look("companies", company).await;
    rita.hear("presence").await;
    max.look("companies", company).await;
    assert_eq!(people(&rita.hear("presence").await).len(), 2);
    let identity = &world.service.state.identity;
    users::set_role(identity, &identity.system(), world.id("max"), Role::Guest).await.unwrap();
    assert_eq!(people(&rita.hear("presence").await), ["rita"]);
    max.hear("resync").await;
}

#[tokio::test]
async fn who_may_not_know_the_people_of_the_company_is_told_of_none() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let company = world.create("ada", "companies", json!({ "name": "Acme", "owner": world.id("gus") })).await;
    let (mut ada, mut gus) = (listen(&world, at, "ada").await, listen(&world, at, "gus").await);
    gus.look("companies", id_of(&company)).await;
    assert_eq!(people(&gus.hear("presence").await), ["gus"]);
    ada.look("companies", id_of(&company)).await;
    assert_eq!(people(&ada.hear("presence").await), ["ada", "gus"]);
    assert_eq!(people(&gus.hear("presence").await), ["gus"]);
}
