//! How often one may call.

use serde_json::json;

use super::{
    exports::EXPORT,
    world::{World, refuses},
};

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
    let own = world.service.state.config.web.public_url.clone();
    let headers = [("content-type", "application/json"), ("origin", own.as_str())];
    for (method, path) in [
        ("POST", "/api/v1/auth/refresh/"),
        ("GET", "/ws/notifications/?ticket=x"),
        ("GET", "/ws/notifications/?t%69cket=x"),
    ] {
        assert_eq!(world.service.ask(method, path, &headers, "{}").await.status, 429);
    }
    // Pages on which nobody is signed in any more come back by themselves, and take no call from anybody.
    for path in ["/ws/notifications/", "/ws/notifications/?hub=x&after=7"] {
        assert_eq!(world.service.ask("GET", path, &headers[1..], "").await.status, 401);
        assert_eq!(world.service.ask("GET", path, &[], "").await.status, 429);
        assert_eq!(world.service.ask("GET", path, &[("origin", "https://evil.example")], "").await.status, 429);
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
        assert_eq!(world.service.ask("GET", "/companies", &headers[..1], "").await.status, 200);
    }
}

#[tokio::test]
async fn the_api_is_counted_however_one_signs_in_and_whatever_the_request_says_of_itself() {
    let world = World::with(&[("MAINSTAY_LIMITS_API", "5/min")]).await;
    // Two of five were teams.
    let cookie = world.sign_in("ada").await;
    let own = world.service.state.config.web.public_url.clone();
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin"), ("origin", own.as_str())];
    for status in [200, 200, 200, 429] {
        assert_eq!(world.service.ask("GET", COMPANIES, &headers, "").await.status, status);
    }
    assert_eq!(world.get("ada", COMPANIES).await.status, 429);
}

#[tokio::test]
async fn pages_have_a_limit_of_their_own() {
    let world = World::with(&[("MAINSTAY_LIMITS_PAGES", "3/min")]).await;
    let cookie = world.sign_in("ada").await;
    let mine = [("cookie", cookie.as_str())];
    for status in [200, 200, 200, 429] {
        assert_eq!(world.service.ask("GET", "/companies", &mine, "").await.status, status);
        // A stranger's are counted by where they come from.
        assert_eq!(world.service.ask("GET", "/sign-in", &[], "").await.status, status);
    }
    assert_eq!(world.get("ada", COMPANIES).await.status, 200);
}

#[tokio::test]
async fn only_exports_that_were_started_are_counted() {
    let world = World::with(&[("MAINSTAY_LIMITS_EXPORTS", "2/h")]).await;
    let wanted = json!({ "format": "csv", "entities": ["companies"] });
    for _ in 0..4 {
        let refused = world.post("ada", EXPORT, json!({ "format": "csv", "entities": ["wonders"] })).await;
        refuses(&refused, 422);
        assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("2", "2"));
        refuses(&world.post("vera", EXPORT, wanted.clone()).await, 403);
    }
    let id = world.export("ada", wanted.clone()).await;
    // On whichever process and however it is asked for, it is one of them.
    let beside = world.service.beside().await;
    let second = beside.as_ref().unwrap_or(&world.service);
    let (cookie, click) = (
        world.sign_in("ada").await,
        json!({ "wanted": {
        "format": "csv", "entities": ["companies"], "date_range": "all", "filter": null, "search": "", "sort": [], "fields": [],
    } }),
    );
    let headers =
        [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    let started = second.ask("POST", "/api/exports/start", &headers, &click.to_string()).await;
    assert_eq!(started.status, 200, "{}", started.text());
    for _ in 0..5 {
        assert_eq!(world.get("ada", &format!("{EXPORT}{id}/status/")).await.status, 200);
        assert_eq!(world.get("ada", &format!("{EXPORT}{id}/download/")).await.status, 409);
    }
    let third = world.post("ada", EXPORT, wanted.clone()).await;
    refuses(&third, 429);
    let wait = third.header("retry-after");
    assert!((3_000..=3_600).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    assert_eq!((third.header("ratelimit-remaining"), third.header("ratelimit-policy")), ("0", "2;w=3600"));
    assert_eq!(third.header("ratelimit-reset"), wait);
    let third = second.ask("POST", "/api/exports/start", &headers, &click.to_string()).await;
    assert_eq!((third.status.as_u16(), third.header("retry-after").is_empty()), (429, false));
    assert_eq!(world.post("max", EXPORT, wanted).await.status, 202);
    assert_eq!(world.rows("exports").await, 3);
}

#[tokio::test]
async fn what_one_person_starts_at_once_is_counted_one_after_the_other() {
    let world = World::with(&[("MAINSTAY_LIMITS_EXPORTS", "2/h")]).await;
    let wanted = || json!({ "format": "csv", "entities": ["companies"] });
    let all = futures::future::join_all((0..6).map(|_| world.post("ada", EXPORT, wanted()))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 202).count(), 2);
    assert_eq!(world.rows("exports").await, 2);
}

#[tokio::test]
async fn signing_in_again_counts_for_who_is_signed_in() {
    let world = World::with(&[("MAINSTAY_LIMITS_API", "4/min")]).await;
    let body = json!({ "email": "ada@example.com", "password": "wrong" });
    // Two of four were teams.
    for status in [401, 401, 429] {
        assert_eq!(world.post("ada", "/api/v1/auth/login/", body.clone()).await.status, status);
    }
}
