//! Pages at one process hear what happens in another.

use kernel::server::testing::{TestRedis, wait_for};
use realtime::server::{Event, tell_user};
use serde_json::json;

use super::listener::{listen, mark, people};
use crate::http::api::world::{World, id_of};

#[tokio::test]
async fn another_process_passes_on_what_happened_in_this_one() {
    passes_on(World::new().await).await;
}

#[tokio::test]
async fn another_process_passes_it_on_by_redis_too() {
    let redis = TestRedis::start(Some("secret"));
    passes_on(World::with(&[("REDIS_URL", &redis.url())]).await).await;
}

#[tokio::test]
async fn pages_read_again_what_they_may_have_missed_while_redis_was_away() {
    let mut redis = TestRedis::start(None);
    let world = World::with(&[("REDIS_URL", &redis.url())]).await;
    let Some(second) = world.service.beside().await else { return };
    world.service.listen().await;
    let mut max = listen(&world, second.listen().await, "max").await;
    let health = async || world.get("ada", "/health/").await.json();
    assert_eq!(health().await["checks"]["signals"], json!({ "carrier": "redis", "ok": true, "trouble": null }));
    redis.kill();
    let made = world.create("rita", "companies", json!({ "name": "Acme" })).await;
    assert!(made["id"].is_string(), "writing goes on");
    let told = wait_for("the trouble", async || {
        let told = health().await;
        if told["status"] == "degraded" { Ok(told["checks"]["signals"].clone()) } else { Err(told) }
    })
    .await;
    assert!(told["ok"] == false && told["trouble"].as_str().unwrap().starts_with("Redis cannot be"), "{told}");
    redis.start_again();
    // Each process says so when it has Redis back: who is told to read again may not be told of a record besides.
    loop {
        let heard = max.next().await.unwrap();
        match heard.event.as_str() {
            "resync" => drop(world.create("rita", "companies", json!({ "name": "Later" })).await),
            "records" => break assert_eq!(heard.data["records"].as_array().unwrap().len(), 1),
            _ => {}
        }
    }
}

async fn passes_on(world: World) {
    let Some(second) = world.service.beside().await else { return };
    let (here, there) = (world.service.listen().await, second.listen().await);
    let mut max = listen(&world, there, "max").await;
    let mut ada = listen(&world, here, "ada").await;
    // That the other one has started may be told only now.
    mark(&world, "max", "ready").await;
    let mut tx = second.state.db().begin().await.unwrap();
    tell_user(&mut tx, world.id("ada"), &Event::Mention(json!("ready")));
    tx.commit().await.unwrap();
    for listener in [&mut max, &mut ada] {
        while !["mention", "resync"].contains(&&*listener.next().await.unwrap().event) {}
    }
    let company = id_of(&world.create("rita", "companies", json!({ "name": "Acme" })).await);
    assert_eq!(max.hear("records").await.data["records"], json!([[company, 1]]));
    mark(&world, "max", "once").await;
    mark(&world, "max", "end").await;
    assert_eq!(max.heard_before("end").await.iter().filter(|m| m.event == "mention").count(), 1);

    max.look("companies", company).await;
    max.hear("presence").await;
    ada.look("companies", company).await;
    let names = loop {
        let names = ada.hear("presence").await;
        if people(&names).len() == 2 {
            break names;
        }
    };
    assert!(people(&names).contains(&"max"));
    assert_eq!(world.post("max", "/api/v1/auth/logout/", json!({})).await.status, 204);
    assert_eq!(max.hear_end().await, 4401);
}
