use serde_json::json;

use super::{api::world::World, support::Service};

/// With whatever else there is to refuse: another site's page, no token, a body that is no JSON.
const WRONG: [(&str, &str); 5] = [
    ("cookie", "mainstay=1"),
    ("origin", "https://evil.example"),
    ("content-type", "text/plain"),
    ("idempotency-key", ""),
    ("authorization", "Bearer nonsense"),
];

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_refused_before_all_else() {
    let service = Service::start_with(&[("MAINSTAY_LIMITS_ANONYMOUS", "1/min")]).await;
    let mut refused = 0;
    for (route, methods) in service.routes() {
        if route == "/api/{*rest}" {
            continue;
        }
        let path = route.replace("{collection}", "companies").replace("{*__private__axum_nest_tail_param}", "x");
        let path = path.replace("{id}", "01a1fa23-e33d-79f3-b1e1-577117dbe834").replace("{file}", "index.css");
        // A whole service is one of files.
        let methods = if methods.is_empty() { vec!["GET".to_owned(), "HEAD".to_owned()] } else { methods };
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE"] {
            if methods.iter().any(|there| there == method) {
                continue;
            }
            let answer = service.ask(method, &path, &WRONG, "x").await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
            let mut allowed: Vec<&str> = answer.header("allow").split(',').collect();
            allowed.sort_unstable();
            let mut there = methods.clone();
            there.sort_unstable();
            assert_eq!(allowed, there, "{method} {path}");
            assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
            refused += 1;
        }
    }
    assert!(refused > 900, "{refused}");
}

#[tokio::test]
async fn where_there_is_nothing_no_method_is_refused() {
    let service = Service::start().await;
    for method in ["GET", "POST", "OPTIONS"] {
        for path in ["/api/v1/nothing/", "/api/nothing", "/api/v1/companies"] {
            let answer = service.ask(method, path, &[], "").await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (404, ""), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_refused_for_its_method_is_not_remembered() {
    let world = World::new().await;
    let headers = [("idempotency-key", "once")];
    let answer = world.ask("ada", "POST", "/api/v1/auth/me/", &headers, Some(json!({}))).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET,HEAD"));
    assert_eq!(world.rows("idempotency_keys").await, 0);
}
