//! Browsers that show one's notifications, by the interface and from pages.

use identity::server::users;
use serde_json::{Value, json};

use super::world::{World, refuses};

const ALL: &str = "/api/v1/push-subscriptions/";

/// A subscription with the keys of RFC 8291, at this machine, which tests may ask; nobody listens there.
fn subscription(name: &str) -> Value {
    json!({
        "endpoint": format!("https://127.0.0.1:9/push/{name}"),
        "expirationTime": null,
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    })
}

async fn listed(world: &World, who: &str) -> Vec<Value> {
    world.get(who, ALL).await.json()["results"].as_array().unwrap().clone()
}

/// Subscribes from a page of somebody who signed in with this cookie.
async fn from_page(world: &World, cookie: &str, name: &str) {
    let headers = [
        ("cookie", cookie),
        ("content-type", "application/json"),
        ("sec-fetch-site", "same-origin"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/123.0.0.0 Safari/537.36"),
    ];
    let body = json!({ "subscription": subscription(name) }).to_string();
    let answer = world.service.ask("POST", "/api/push/subscribe", &headers, &body).await;
    assert!(answer.status == 200 && answer.text().contains("Ok"), "{} {}", answer.status, answer.text());
}

#[tokio::test]
async fn a_browser_is_subscribed_listed_tried_and_removed() {
    let world = World::new().await;
    let key = world.get("rita", ALL).await.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 87);
    assert_eq!(world.get("tom", ALL).await.json()["key"], key, "one for the whole installation");
    let made = world.post("rita", ALL, subscription("a")).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("{ALL}{id}/"));
    let again = world.post("rita", ALL, subscription("a")).await;
    assert_eq!((again.status.as_u16(), again.json()["id"].as_str()), (200, Some(id.as_str())));
    let known = listed(&world, "rita").await;
    assert_eq!((known.len(), &known[0]["is_this_session"], &known[0]["used_at"]), (1, &json!(true), &Value::Null));
    assert!(listed(&world, "tom").await.is_empty());

    let tried = world.post("rita", &format!("{ALL}{id}/test/"), json!({})).await;
    assert_eq!(tried.json(), json!({ "taken": false, "detail": "No push service can be reached at this address." }));
    for (method, path) in [("DELETE", format!("{ALL}{id}/")), ("POST", format!("{ALL}{id}/test/"))] {
        refuses(&world.ask("tom", method, &path, &[], Some(json!({}))).await, 404);
    }
    assert_eq!(world.ask("rita", "DELETE", &format!("{ALL}{id}/"), &[], None).await.status, 204);
    refuses(&world.ask("rita", "DELETE", &format!("{ALL}{id}/"), &[], None).await, 404);
    assert!(listed(&world, "rita").await.is_empty());
}

#[tokio::test]
async fn what_is_no_subscription_is_refused_by_name() {
    let world = World::new().await;
    let with = |name: &str, value: Value| {
        let mut given = subscription("a");
        given[name] = value;
        given
    };
    for (field, value) in [
        ("endpoint", json!(1)),
        ("endpoint", json!("push")),
        ("endpoint", json!("http://push.example.net/")),
        ("endpoint", json!("https://10.0.0.1/")),
        ("keys", json!("x")),
        ("keys", json!({ "p256dh": "x" })),
        ("keys", json!({ "p256dh": "x", "auth": "BTBZMqHH6r4Tts7J_aSIgg" })),
    ] {
        let problem = refuses(&world.post("rita", ALL, with(field, value.clone())).await, 422);
        assert!(problem["errors"][field].is_array(), "{field} {value}: {problem}");
    }
    let problem = refuses(&world.post("rita", ALL, with("colour", json!("red"))).await, 400);
    assert!(problem["detail"].as_str().unwrap().contains("colour"));
    assert_eq!(world.rows("push_subscriptions").await, 0);
}

#[tokio::test]
async fn a_network_that_is_opened_for_mail_is_not_open_to_whoever_subscribes() {
    let world = World::with(&[("MAINSTAY_OUTSIDE_ALLOW", "10.0.0.0/8")]).await;
    for endpoint in ["http://10.1.2.25:8080/any", "https://10.1.2.25/any"] {
        let mut given = subscription("a");
        given["endpoint"] = json!(endpoint);
        let problem = refuses(&world.post("gus", ALL, given).await, 422);
        assert!(problem["errors"]["endpoint"].is_array(), "{endpoint}: {problem}");
    }
    assert_eq!(world.rows("push_subscriptions").await, 0);
}

#[tokio::test]
async fn who_is_signed_out_however_it_came_to_be_hears_nothing_more_there() {
    let world = World::new().await;
    let headers = |cookie| [("cookie", cookie), ("sec-fetch-site", "same-origin")];

    // By themselves.
    let cookie = world.sign_in("rita").await;
    from_page(&world, &cookie, "a").await;
    let known = listed(&world, "rita").await;
    assert_eq!((&known[0]["name"], &known[0]["is_this_session"]), (&json!("Chrome on Linux"), &json!(false)));
    world.service.ask("POST", "/sign-out", &headers(cookie.as_str()), "").await;
    assert!(listed(&world, "rita").await.is_empty());

    // By a change of their password, but for where they change it.
    let (here, there) = (world.sign_in("rita").await, world.sign_in("rita").await);
    from_page(&world, &here, "here").await;
    from_page(&world, &there, "there").await;
    let change =
        [("content-type", "application/x-www-form-urlencoded"), ("cookie", &here), ("sec-fetch-site", "same-origin")];
    let body = "current=correct+horse+battery&new=another+horse+battery";
    let answer = world.service.ask("POST", "/api/identity/change-password", &change, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(world.rows("push_subscriptions").await, 1);

    // By an administrator.
    let identity = &world.service.state.identity;
    users::set_password(identity, &identity.system(), world.id("rita"), "a third horse battery").await.unwrap();
    assert_eq!(world.rows("push_subscriptions").await, 0);
    let cookie = world.sign_in("tom").await;
    from_page(&world, &cookie, "tom").await;
    let path = format!("/api/v1/users/{}/", world.id("tom"));
    let answer = world.delete("ada", &path, "*").await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(world.rows("push_subscriptions").await, 0);
}

#[tokio::test]
async fn who_signs_in_where_somebody_else_was_takes_the_browser_over() {
    let world = World::new().await;
    let cookie = world.sign_in("rita").await;
    from_page(&world, &cookie, "a").await;
    // Tom signs in over it: her session ends.
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
        ("cookie", cookie.as_str()),
    ];
    let body = "email=tom%40example.com&password=correct+horse+battery&next=";
    let answer = world.service.ask("POST", "/api/identity/sign-in", &form, body).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(world.rows("push_subscriptions").await, 0);
    from_page(&world, &cookie, "a").await;
    assert!(listed(&world, "rita").await.is_empty());
    assert_eq!(listed(&world, "tom").await.len(), 1);
}
