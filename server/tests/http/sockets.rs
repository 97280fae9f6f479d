//! What open pages hear, and from whom it is kept.

mod listener;
mod processes;

use futures::SinkExt;
use identity::{Role, server::users};
use listener::{Listener, PATIENCE, listen, mark, people};
use platform::server::realtime::{Event, tell_user};
use records::server::{self as rows, Action, Edit};
use serde_json::{Value, json};
use tokio::time::timeout;
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
async fn what_takes_several_transactions_is_told_of_once_it_is_done() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let mut ada = listen(&world, at, "ada").await;
    create_many(&world.service, 30).await;
    assert_eq!(ada.next().await.unwrap().event, "records");
    let body = json!({ "filter": { "and": [] }, "set": { "status": "customer" } });
    let done = world.post("ada", "/api/v1/companies/bulk/", body).await;
    assert_eq!(done.status, 200, "{}", done.text());
    mark(&world, "ada", "end").await;
    let heard = ada.heard_before("end").await;
    assert_eq!(heard.iter().map(|m| m.event.as_str()).collect::<Vec<_>>(), ["refetch"]);
}

#[tokio::test]
async fn who_comes_back_hears_what_was_missed_or_is_told_to_read_again() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let token = format!("Bearer {}", world.token("ada"));
    let headers = [("authorization", token.as_str())];
    let (mut ada, hello) = Listener::open(at, "", &headers).await.unwrap();
    let mut other = listen(&world, at, "max").await;
    mark(&world, "ada", "first").await;
    let seen = ada.hear("mention").await.at.unwrap();
    drop(ada);
    mark(&world, "ada", "second").await;
    world.create("rita", "companies", json!({ "name": "Acme" })).await;
    other.hear("records").await;
    let hub = hello.data["hub"].as_str().unwrap();
    let (mut back, _) = Listener::open(at, &format!("?hub={hub}&after={seen}"), &headers).await.unwrap();
    let missed = [back.next().await.unwrap(), back.next().await.unwrap()];
    assert_eq!((missed[0].event.as_str(), &missed[0].data), ("mention", &json!("second")));
    assert_eq!((missed[1].event.as_str(), missed[1].at), ("records", Some(seen + 2)));

    for place in [format!("?hub=another&after={seen}"), format!("?hub={hub}&after={}", u64::MAX)] {
        let (mut lost, _) = Listener::open(at, &place, &headers).await.unwrap();
        lost.hear("resync").await;
    }
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
    // The sockets are asked again as soon as it is told; a write whose event comes later finds it done.
    let deaf = async {
        for n in 0.. {
            world.create("ada", "companies", json!({ "name": format!("Secret {n}") })).await;
            mark(&world, "max", "end").await;
            if max.heard_before("end").await.is_empty() {
                break;
            }
        }
    };
    timeout(PATIENCE, deaf).await.unwrap();
}

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
    drop(rita);
    assert_eq!(people(&ada.hear("presence").await), ["ada"]);
    mark(&world, "gus", "end").await;
    assert_eq!(gus.heard_before("end").await, []);
}

#[tokio::test]
async fn a_ticket_opens_one_socket_for_half_a_minute() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let issue = async || {
        let answer = world.post("ada", "/api/v1/auth/socket-ticket/", json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"));
        let ticket: Value = answer.json();
        assert_eq!(ticket["expires_in"], 30);
        format!("?ticket={}", ticket["ticket"].as_str().unwrap())
    };
    let ticket = issue().await;
    let (mut ada, _) = Listener::open(at, &ticket, &[]).await.unwrap();
    mark(&world, "ada", "here").await;
    ada.heard_before("here").await;
    assert_eq!(Listener::open(at, &ticket, &[]).await.err(), Some(401));

    let ticket = issue().await;
    let past = world.service.state.identity.system().now().plus_seconds(-1);
    let mut tx = world.service.state.db().begin().await.unwrap();
    tx.execute("update socket_tickets set expires_at = $1", vec![past.into()]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(Listener::open(at, &ticket, &[]).await.err(), Some(401));
    assert_eq!(Listener::open(at, "?ticket=x", &[]).await.err(), Some(401));
    assert_eq!(Listener::open(at, "", &[]).await.err(), Some(401));
    assert_eq!(Listener::open(at, "?token=x", &[]).await.err(), Some(400));
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_socket() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let cookie = world.sign_in("ada").await;
    let own = format!("http://{at}");
    assert!(Listener::open(at, "", &[("cookie", &cookie), ("origin", &own)]).await.is_ok());
    for foreign in ["https://evil.example", "null"] {
        assert_eq!(Listener::open(at, "", &[("cookie", &cookie), ("origin", foreign)]).await.err(), Some(403));
    }
    assert_eq!(Listener::open(at, "", &[("cookie", &cookie)]).await.err(), Some(403));
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
async fn a_client_that_does_not_read_is_told_to_read_everything_again() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let mut ada = listen(&world, at, "ada").await;
    let filling = "x".repeat(6000);
    // More than the machine holds for a connection by itself.
    let sent = 4000;
    for batch in 0..sent / 100 {
        let mut tx = world.service.state.db().begin().await.unwrap();
        for n in 0..100 {
            let event = Event::Notification(json!([batch * 100 + n, filling]));
            tell_user(&mut tx, world.id("ada"), &event).await.unwrap();
        }
        tx.commit().await.unwrap();
        // The hub itself keeps up.
        tokio::task::yield_now().await;
    }
    let mut heard = 0;
    loop {
        match ada.next().await.unwrap().event.as_str() {
            "notification" => heard += 1,
            "resync" => break,
            "hello" | "beat" => {}
            other => panic!("{other}"),
        }
    }
    assert!(heard < sent);
    mark(&world, "ada", "again").await;
    ada.heard_before("again").await;
}
