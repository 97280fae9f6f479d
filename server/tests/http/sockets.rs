//! What open pages hear, and from whom it is kept.

mod coming;
mod listener;
mod presence;
mod processes;
mod told;

use futures::SinkExt;
use identity::{Role, server::users};
use listener::{listen, mark};
use records::server::{self as rows, Action, Edit};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Frame;
use uuid::Uuid;

use super::{
    api::world::{World, id_of},
    support::Service,
};

#[tokio::test]
async fn who_may_see_a_record_hears_of_it_and_nobody_else_does() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let everybody = ["ada", "max", "rita", "tom", "vera", "gus", "sam"];
    let mut listeners = vec![];
    for who in everybody {
        listeners.push((who, listen(&world, at, who).await));
    }
    let company = world.create("rita", "companies", json!({ "name": "Acme" })).await;
    for (who, listener) in &mut listeners {
        mark(&world, who, "told").await;
        let heard = listener.heard_before("told").await;
        let may_see = world.get(who, &format!("/api/v1/companies/{}/", id_of(&company))).await.status == 200;
        let told: Vec<_> = heard.iter().filter(|m| m.event == "records").map(|m| m.data.clone()).collect();
        let expected = json!({ "record_type": "companies", "records": [[id_of(&company), 1]] });
        assert_eq!(told, if may_see { vec![expected] } else { vec![] }, "{who}");
    }
}

#[tokio::test]
async fn a_record_that_moves_out_of_sight_is_told_to_be_gone() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let company = id_of(&world.create("rita", "companies", json!({ "name": "Acme" })).await);
    let path = format!("/api/v1/companies/{company}/");
    let could = world.get("rita", &path).await.status;
    let (mut rita, mut sam) = (listen(&world, at, "rita").await, listen(&world, at, "sam").await);
    let moved = world.patch("ada", &path, "\"1\"", json!({ "owner": world.id("sam") })).await;
    assert_eq!((could.as_u16(), moved.status.as_u16()), (200, 200), "{}", moved.text());
    // What each may see now is what they are told.
    for (who, listener) in [("rita", &mut rita), ("sam", &mut sam)] {
        let may_see = world.get(who, &path).await.status == 200;
        let told = listener.hear("records").await.data;
        if may_see {
            assert_eq!(told["records"], json!([[company, 2]]), "{who}");
        } else {
            assert_eq!((&told["records"], &told["gone"]), (&json!([]), &json!([company])), "{who}");
        }
    }
}

async fn create_many(service: &Service, count: usize) {
    let ctx = service.state.identity.system();
    let permit = ctx.permit_any("companies", Action::Create).unwrap();
    let name = permit.entry().ty.field("name").unwrap().0;
    let edits = (0..count).map(|n| Edit::Create {
        id: Some(ctx.new_id()),
        set: vec![(name, records::Value::Text(format!("Company {n}")))],
    });
    rows::write(&ctx, &permit, edits.collect(), "test", "Many").await.unwrap();
}

#[tokio::test]
async fn many_records_are_told_of_at_once() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let mut ada = listen(&world, at, "ada").await;
    create_many(&world.service, 501).await;
    create_many(&world.service, 500).await;
    mark(&world, "ada", "end").await;
    let heard = ada.heard_before("end").await;
    assert_eq!(heard.len(), 2);
    assert_eq!((heard[0].event.as_str(), &heard[0].data), ("refetch", &json!({ "record_type": "companies" })));
    assert_eq!((heard[1].event.as_str(), heard[1].data["records"].as_array().unwrap().len()), ("records", 500));
}

#[tokio::test]
async fn who_is_signed_out_hears_nothing_more() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let mut rita = listen(&world, at, "rita").await;
    let mut tom = listen(&world, at, "tom").await;
    assert_eq!(world.post("rita", "/api/v1/auth/logout/", json!({})).await.status, 204);
    assert_eq!(rita.next().await, Err(4401));
    let identity = &world.service.state.identity;
    users::set_active(identity, &identity.system(), world.id("tom"), false).await.unwrap();
    assert_eq!(tom.hear_end().await, 4401);
}

#[tokio::test]
async fn who_loses_a_right_hears_nothing_of_what_it_covered() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let mut max = listen(&world, at, "max").await;
    world.create("max", "companies", json!({ "name": "Acme" })).await;
    max.hear("records").await;
    let identity = &world.service.state.identity;
    users::set_role(identity, &identity.system(), world.id("max"), Role::Guest).await.unwrap();
    // What the page shows was in reach before.
    max.hear("resync").await;
    world.create("ada", "companies", json!({ "name": "Secret" })).await;
    mark(&world, "max", "end").await;
    assert_eq!(max.heard_before("end").await, []);
}

#[tokio::test]
async fn who_comes_into_another_team_reads_again_what_is_in_reach_now() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let (mut rita, mut tom) = (listen(&world, at, "rita").await, listen(&world, at, "tom").await);
    let team = world.get("sam", &format!("/api/v1/users/{}/", world.id("sam"))).await.json()["team"]["id"].clone();
    let moved = world.patch("ada", &format!("/api/v1/users/{}/", world.id("rita")), "*", json!({ "team": team })).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    rita.hear("resync").await;
    let company = id_of(&world.create("sam", "companies", json!({ "name": "Acme" })).await);
    let told = loop {
        let told = rita.hear("records").await.data;
        if told["record_type"] == "companies" {
            break told;
        }
    };
    assert_eq!(told["records"], json!([[company, 1]]));
    // Whose reach is as it was has nothing to read again.
    mark(&world, "tom", "end").await;
    loop {
        let heard = tom.next().await.unwrap();
        assert_ne!(heard.event, "resync");
        if heard.event == "mention" {
            break;
        }
    }
}

#[tokio::test]
async fn what_a_client_should_not_say_does_no_harm() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let mut ada = listen(&world, at, "ada").await;
    for text in ["", "{}", "x", "{\"look\":7}", "{\"look\":[\"nothing\",\"x\"]}", "[[[[", "{\"look\":null,\"more\":1}"]
    {
        ada.say(text).await;
    }
    ada.look("no_such_type", Uuid::nil()).await;
    mark(&world, "ada", "still here").await;
    assert_eq!(ada.heard_before("still here").await, []);
    let _ = ada.0.send(Frame::text("x".repeat(5000))).await;
    assert!(ada.next().await.is_err());
}

#[tokio::test]
async fn what_takes_several_transactions_is_told_of_once_it_is_done() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let mut ada = listen(&world, at, "ada").await;
    for (count, told) in [(30, Some(30)), (571, None)] {
        create_many(&world.service, count).await;
        ada.next().await.unwrap();
        let body = json!({ "filter": { "and": [] }, "set": { "sector": format!("Sector {count}") } });
        let done = world.post("ada", "/api/v1/companies/bulk/", body).await;
        assert_eq!(done.status, 200, "{}", done.text());
        let set = done.json()["change_set"].as_str().unwrap().to_owned();
        let undone = world.ask("ada", "POST", &format!("/api/v1/change-sets/{set}/undo/"), &[], None).await;
        assert_eq!(undone.status, 200, "{}", undone.text());
        mark(&world, "ada", "end").await;
        let heard = ada.heard_before("end").await;
        assert_eq!(heard.len(), 2, "one for the edit and one for its undoing");
        for message in heard {
            let records = message.data["records"].as_array().map(Vec::len);
            assert_eq!((message.event.as_str(), records), (if told.is_some() { "records" } else { "refetch" }, told));
        }
    }
}

#[tokio::test]
async fn what_many_are_taken_from_in_several_transactions_is_told_to_be_gone() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let company = id_of(&world.create("rita", "companies", json!({ "name": "Acme" })).await);
    let mut rita = listen(&world, at, "rita").await;
    let give = json!({ "ids": [company], "assign": world.id("sam") });
    let given = world.post("ada", "/api/v1/companies/bulk/", give).await;
    assert_eq!(given.status, 200, "{}", given.text());
    assert_eq!(rita.hear("records").await.data["gone"], json!([company]));
    let set = given.json()["change_set"].as_str().unwrap().to_owned();
    world.ask("ada", "POST", &format!("/api/v1/change-sets/{set}/undo/"), &[], None).await;
    assert_eq!(rita.hear("records").await.data["records"], json!([[company, 3]]));
}

#[tokio::test]
async fn whoever_exports_hears_how_far_it_is() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let _working = world.service.work();
    let (mut ada, mut max) = (listen(&world, at, "ada").await, listen(&world, at, "max").await);
    world.create("ada", "companies", json!({ "name": "Acme" })).await;
    let wanted = json!({ "format": "csv", "entities": ["companies"] });
    let begun = world.post("ada", "/api/v1/settings/export/", wanted).await.json();
    loop {
        let told = ada.hear("export_progress").await.data;
        assert_eq!(told["id"], begun["id"]);
        if told["status"] == "done" {
            assert_eq!((&told["done"], &told["total"]), (&json!(1), &json!(1)));
            break;
        }
        assert_eq!(told["status"], "running");
    }
    mark(&world, "max", "end").await;
    assert!(max.heard_before("end").await.iter().all(|m| m.event != "export_progress"));
}
