//! Coming, coming back, and being turned away.

use realtime::server::{Event, tell_user};
use serde_json::{Value, json};

use super::listener::{Listener, PATIENCE, listen, mark};
use crate::http::api::world::{World, id_of};

/// What a page starts from that somebody is painted who signed in with a browser, as the rest of its socket's address.
async fn painted(world: &World, cookie: &str) -> String {
    let headers = [("cookie", cookie), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    let start = world.service.ask("POST", "/api/start", &headers, "{}").await.json();
    let since = &start["since"];
    format!("?hub={}&after={}", since["hub"].as_str().unwrap(), since["at"])
}

#[tokio::test]
async fn what_is_written_between_painting_a_page_and_opening_its_socket_is_told() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let (cookie, own) = (world.sign_in("rita").await, world.service.state.config.web.public_url.clone());
    let headers = [("cookie", cookie.as_str()), ("origin", own.as_str())];
    // Whether or not somebody else hears of it meanwhile: then what happened is kept.
    let place = painted(&world, &cookie).await;
    world.create("rita", "companies", json!({ "name": "Alone" })).await;
    let (mut rita, _) = loop {
        // The hub hears of it a moment later than whoever wrote.
        if painted(&world, &cookie).await != place {
            break Listener::open(at, &place, &headers).await.unwrap();
        }
    };
    rita.hear("resync").await;

    let mut max = listen(&world, at, "max").await;
    let place = painted(&world, &cookie).await;
    let company = id_of(&world.create("rita", "companies", json!({ "name": "Heard" })).await);
    max.hear("records").await;
    let (mut rita, _) = Listener::open(at, &place, &headers).await.unwrap();
    let told = rita.next().await.unwrap();
    assert_eq!((told.event.as_str(), &told.data["records"]), ("records", &json!([[company, 1]])));
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
    let (mut back, hello) = Listener::open(at, &format!("?hub={hub}&after={seen}"), &headers).await.unwrap();
    assert_eq!(hello.at, Some(seen));
    let missed = [back.next().await.unwrap(), back.next().await.unwrap()];
    assert_eq!((missed[0].event.as_str(), &missed[0].data), ("mention", &json!("second")));
    assert_eq!((missed[1].event.as_str(), missed[1].at), ("records", Some(seen + 2)));

    for place in [format!("?hub=another&after={seen}"), format!("?hub={hub}&after={}", u64::MAX)] {
        // It is told where it is once it knows that it missed something, and not before.
        let (mut lost, hello) = Listener::open(at, &place, &headers).await.unwrap();
        assert_eq!((hello.at, &hello.data["hub"]), (None, &json!(hub)));
        let told = [lost.next().await.unwrap(), lost.next().await.unwrap()];
        assert_eq!((told[0].event.as_str(), told[0].at), ("resync", None));
        assert_eq!((told[1].event.as_str(), told[1].at), ("hello", Some(seen + 2)));
    }
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
    let own = world.service.state.config.web.public_url.clone();
    assert!(Listener::open(at, "", &[("cookie", &cookie), ("origin", &own)]).await.is_ok());
    for foreign in ["https://evil.example", "null"] {
        assert_eq!(Listener::open(at, "", &[("cookie", &cookie), ("origin", foreign)]).await.err(), Some(403));
    }
    assert_eq!(Listener::open(at, "", &[("cookie", &cookie)]).await.err(), Some(403));
}

#[tokio::test]
async fn a_page_whose_session_is_over_is_told_so_and_a_script_is_refused() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let own = world.service.state.config.web.public_url.clone();
    for rest in ["", "?hub=x&after=1"] {
        assert_eq!(Listener::open(at, rest, &[("origin", &own)]).await.err(), Some(4401));
        let over = [("origin", own.as_str()), ("cookie", "mainstay=gone")];
        assert_eq!(Listener::open(at, rest, &over).await.err(), Some(4401));
    }
    assert_eq!(Listener::open(at, "?ticket=x", &[("origin", &own)]).await.err(), Some(401));
    assert_eq!(Listener::open(at, "", &[("origin", "https://evil.example")]).await.err(), Some(401));
    assert_eq!(Listener::open(at, "", &[]).await.err(), Some(401));
}

#[tokio::test]
async fn nobody_holds_more_sockets_than_pages_need() {
    let world = World::new().await;
    let at = world.service.listen().await;
    let token = format!("Bearer {}", world.token("ada"));
    let headers = [("authorization", token.as_str())];
    let mut held = vec![];
    for _ in 0..100 {
        held.push(Listener::open(at, "", &headers).await.unwrap());
    }
    assert_eq!(Listener::open(at, "", &headers).await.err(), Some(429));
    listen(&world, at, "max").await;
    held.pop();
    // That one has left is noticed a moment later.
    let comes_again = async {
        while let Err(refused) = Listener::open(at, "", &headers).await {
            assert_eq!(refused, 429);
        }
    };
    tokio::time::timeout(PATIENCE, comes_again).await.unwrap();
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
            tell_user(&mut tx, world.id("ada"), &event);
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
    let hello = ada.next().await.unwrap();
    assert_eq!((hello.event.as_str(), hello.at.is_some()), ("hello", true));
    mark(&world, "ada", "again").await;
    ada.heard_before("again").await;
}
