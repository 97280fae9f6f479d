//! The outbox and its settings, as a script sees them.

use outbox::server::{Letter, Recipient, post};
use serde_json::json;

use super::world::World;

/// A message in the outbox, with HTML that means harm.
async fn posted(world: &World) -> String {
    let app = &world.service.state.app;
    let ctx = app.ctx(std::sync::Arc::new(records::server::Actor::system()));
    let letter = Letter {
        to: vec![Recipient { address: "ann@example.com".to_owned(), name: "Ann".to_owned() }],
        subject: "Hello".to_owned(),
        html: "<p>Hello</p><script>fetch('/api/v1/companies/')</script>".to_owned(),
        text: "Hello".to_owned(),
        kind: "test",
        ..Letter::default()
    };
    let mut tx = app.db().begin().await.unwrap();
    let id = post(&mut tx, &ctx, letter).await.unwrap();
    tx.commit().await.unwrap();
    id.to_string()
}

#[tokio::test]
async fn the_outbox_is_listed_read_and_decided_about() {
    let world = World::new().await;
    let id = posted(&world).await;
    let list = world.get("ada", "/api/v1/mail/outbox/?state=queued&search=ann").await.json();
    assert_eq!((&list["results"][0]["id"], &list["counts"]["queued"]), (&json!(id), &json!(1)));
    let path = format!("/api/v1/mail/outbox/{id}/");
    let shown = world.get("ada", &path).await.json();
    assert_eq!(
        shown["deliveries"][0],
        json!({ "address": "ann@example.com", "name": "Ann", "state": "waiting", "answer": null })
    );
    assert!(shown["message_id"].as_str().unwrap().starts_with(&format!("<{id}@")));
    let discarded = world.post("ada", &format!("{path}discard/"), json!({})).await;
    assert_eq!((discarded.status.as_u16(), &discarded.json()["state"]), (202, &json!("discarded")));
    let twice = world.post("ada", &format!("{path}discard/"), json!({})).await;
    assert_eq!(twice.status, 409);
    // There is no way to send mail.
    assert_eq!(world.post("ada", &format!("{path}send/"), json!({})).await.status, 409);
    for wrong in ["?state=lost", "?cursor=x", "?color=red"] {
        assert_eq!(world.get("ada", &format!("/api/v1/mail/outbox/{wrong}")).await.status, 400, "{wrong}");
    }
    assert_eq!(world.get("ada", "/api/v1/mail/outbox/01a1fa23-e33d-79f3-b1e1-577117dbe834/").await.status, 404);
}

#[tokio::test]
async fn settings_are_set_and_refused_by_field_and_secrets_stay_inside() {
    let world = World::new().await;
    let path = "/api/v1/mail/settings/";
    let refused = world.patch("ada", path, "*", json!({ "mail.transport": "smtp" })).await;
    assert_eq!(refused.status, 422);
    assert!(refused.json()["errors"]["smtp.host"].is_array(), "{}", refused.text());
    let change = json!({
        "mail.transport": "smtp", "mail.sender": "crm@example.com", "smtp.host": "mail.example.com",
        "smtp.user": "crm", "smtp.password": "hunter2",
    });
    let saved = world.patch("ada", path, "*", change).await;
    assert_eq!((saved.status.as_u16(), &saved.json()["smtp.password"]["is_set"]), (200, &json!(true)));
    assert_eq!(saved.json()["smtp.port"]["value"], "587");
    assert!(!world.get("ada", path).await.text().contains("hunter2"));
    let tried = world.post("ada", "/api/v1/mail/test/", json!({ "to": "ann@example.com" })).await;
    assert_eq!((tried.status.as_u16(), &tried.json()["state"]), (202, &json!("queued")));
    assert_eq!(world.post("ada", "/api/v1/mail/test/", json!({ "to": "ann" })).await.status, 422);
}

#[tokio::test]
async fn what_was_discarded_is_sent_once_there_is_a_way() {
    let world = World::new().await;
    let change = json!({ "mail.transport": "smtp", "mail.sender": "crm@example.com", "smtp.host": "mail.example.com" });
    assert_eq!(world.patch("ada", "/api/v1/mail/settings/", "*", change).await.status, 200);
    let path = format!("/api/v1/mail/outbox/{}/", posted(&world).await);
    let discarded = world.post("ada", &format!("{path}discard/"), json!({})).await.json();
    assert!(discarded["finished_at"].as_str().unwrap().ends_with('Z'), "{discarded}");
    let sent = world.post("ada", &format!("{path}send/"), json!({})).await;
    assert_eq!((sent.status.as_u16(), &sent.json()["state"]), (202, &json!("queued")), "{}", sent.text());
}

#[tokio::test]
async fn the_html_of_a_message_can_do_nothing() {
    let world = World::new().await;
    let path = format!("/admin/mail-outbox/{}/html", posted(&world).await);
    let answer = world.get("ada", &path).await;
    let policy = answer.header("content-security-policy");
    assert_eq!(answer.status, 200);
    for part in ["default-src 'none'", "frame-ancestors 'self'", "sandbox"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("allow-scripts") && !policy.contains("script-src"), "{policy}");
    assert_eq!(world.get("rita", &path).await.status, 403);
}
