//! How often one may call.

use serde_json::json;

use super::world::{World, refuses};

const COMPANIES: &str = "/api/v1/companies/";

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_back() {
    let world = World::with(&[("MAINSTAY_LIMITS_API", "5/min, 1000/h")]).await;
    // Ada made two teams already.
    for left in ["2", "1", "0"] {
        let answer = world.get("ada", COMPANIES).await;
        assert_eq!(answer.status, 200);
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")), ("5", left));
        assert_eq!(answer.header("ratelimit-policy"), "5;w=60, 1000;w=3600");
    }
    let answer = world.post("ada", COMPANIES, json!({ "name": "Acme" })).await;
    refuses(&answer, 429);
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(
        (answer.header("ratelimit-remaining"), answer.header("ratelimit-reset")),
        ("0", answer.header("retry-after"))
    );
    assert_eq!(world.rows("companies").await, 0);
    assert_eq!(world.get("max", COMPANIES).await.status, 200);
}

#[tokio::test]
async fn strangers_have_fewer_calls_but_may_sign_in() {
    let world = World::with(&[("MAINSTAY_LIMITS_ANONYMOUS", "2/min")]).await;
    for status in [401, 401, 429] {
        refuses(&world.get("nobody", COMPANIES).await, status);
    }
    let expired = [("authorization", "Bearer nonsense")];
    assert_eq!(world.service.ask("GET", COMPANIES, &expired, "").await.status, 429);
    let body = json!({ "email": "ada@example.com", "password": "wrong" });
    refuses(&world.post("nobody", "/api/v1/auth/login/", body).await, 401);
    assert_eq!(world.get("ada", COMPANIES).await.status, 200);
    assert_eq!(world.get("nobody", "/sign-in").await.status, 200);
    // Everything else of theirs counts: what would be written or looked up for them.
    for (method, path) in [("POST", "/api/v1/auth/refresh/"), ("GET", "/ws/notifications/?ticket=x")] {
        assert_eq!(world.service.ask(method, path, &[("content-type", "application/json")], "{}").await.status, 429);
    }
}

#[tokio::test]
async fn the_web_app_does_not_meet_the_limit_of_scripts() {
    let world = World::with(&[("MAINSTAY_LIMITS_API", "3/min"), ("MAINSTAY_LIMITS_ANONYMOUS", "1/min")]).await;
    let cookie = world.sign_in("ada").await;
    let headers =
        [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    for _ in 0..50 {
        let answer = world.service.ask("POST", "/api/home", &headers, "{}").await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit-limit")), (200, ""), "{}", answer.text());
        assert_eq!(world.service.ask("GET", COMPANIES, &headers, "").await.status, 200);
    }
}
