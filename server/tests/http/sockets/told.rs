//! What somebody is told, as their open pages hear of it.

use notifications::server::{Notice, notify, told};

use super::*;

async fn tell_rita(world: &World, message: &str) {
    let ctx = world.service.state.identity.system();
    let notice = Notice {
        kind: &told::EXPORT_DONE,
        to: vec![world.id("rita")],
        title: "The export is done".to_owned(),
        message: message.to_owned(),
        link: Some("/exports".to_owned()),
        priority: None,
        about: None,
    };
    let mut tx = world.service.state.db().begin().await.unwrap();
    notify(&mut tx, &ctx, notice).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_open_page_hears_what_its_person_is_told_and_asks_for_what_is_too_long_to_carry() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let _working = world.service.work();
    let (mut rita, mut tom) = (listen(&world, at, "rita").await, listen(&world, at, "tom").await);
    tell_rita(&world, "All of it.").await;
    let heard = rita.hear("notification").await.data;
    let listed = world.get("rita", "/api/v1/notifications/").await.json()["results"][0].clone();
    for field in ["id", "kind", "title", "message", "link", "priority"] {
        assert_eq!(heard[field], listed[field], "{field}");
    }
    assert_eq!((&heard["message"], &heard["link"]), (&json!("All of it."), &json!("/exports")));

    tell_rita(&world, &"\u{1F600}".repeat(2_000)).await;
    assert_eq!(rita.hear("notification").await.data, Value::Null);
    mark(&world, "tom", "end").await;
    assert!(tom.heard_before("end").await.is_empty());
}
