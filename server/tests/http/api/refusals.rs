//! Nobody gets in who may not, whatever they ask for: each route the router has is asked without signing in, and by
//! somebody who may do nothing. A new route that nobody decided on here is refused to both, or fails.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::{super::support::Answer, world::World};

/// What answers without signing in: the way in, and files that are the same for everyone.
const PUBLIC: [&str; 30] = [
    "GET /_gallery",
    "GET /api/v1/healthz",
    "GET /api/v1/healthz/",
    // What is no address of the interface, or of a server function.
    "GET /api/{*rest}",
    "GET /favicon.ico",
    "GET /first-run",
    "GET /fonts",
    "GET /fonts/",
    "GET /fonts/{*__private__axum_nest_tail_param}",
    "GET /healthz",
    "GET /healthz/",
    "GET /icons",
    "GET /icons/",
    "GET /icons/{*__private__axum_nest_tail_param}",
    "GET /manifest.webmanifest",
    "GET /pkg",
    "GET /pkg/",
    "GET /pkg/{*__private__axum_nest_tail_param}",
    "GET /robots.txt",
    "GET /sign-in",
    "GET /sw.js",
    "POST /api/identity/first-run-open",
    "POST /api/identity/set-up",
    "POST /api/identity/sign-in",
    "POST /api/identity/sign-out",
    "POST /api/v1/auth/login/",
    "POST /api/v1/auth/logout/",
    "POST /api/v1/auth/refresh/",
    "POST /api/start",
    "POST /sign-out",
];

/// What anybody signed in may ask for, with what it answers: oneself, what is everybody's, and lists of what is one's
/// own.
const OPEN: [(&str, u16); 39] = [
    ("GET /", 200),
    ("GET /api/docs/", 200),
    ("GET /api/docs/{file}", 200),
    ("GET /api/redoc/", 200),
    ("GET /api/redoc/redoc.standalone.js", 200),
    ("GET /api/schema/", 200),
    ("GET /api/v1/auth/me/", 200),
    ("GET /api/v1/companies/", 200),
    ("GET /api/v1/contacts/", 200),
    // What is no socket is told so.
    ("GET /ws/notifications/", 400),
    ("GET /api/v1/settings/preferences/", 200),
    ("GET /api/v1/settings/preferences/me/", 200),
    ("PATCH /api/v1/settings/preferences/me/", 200),
    ("GET /api/v1/notifications/", 200),
    ("GET /api/v1/notifications/unread-count/", 200),
    ("GET /notifications", 200),
    ("GET /settings/preferences", 200),
    ("POST /api/notifications/choices", 200),
    ("POST /api/notifications/list", 200),
    ("POST /api/notifications/read-all", 200),
    ("POST /api/notifications/unread", 200),
    ("POST /api/v1/notifications/read-all/", 200),
    ("GET /api/v1/push-subscriptions/", 200),
    ("POST /api/v1/push-subscriptions/", 422),
    ("POST /api/push/open", 200),
    ("POST /api/push/subscribe", 200),
    ("GET /api/v1/settings/export/", 200),
    ("GET /exports", 200),
    ("POST /api/exports/list", 200),
    // What is wrong with what they want is told: there is nothing that they may know of.
    ("POST /api/exports/start", 200),
    ("POST /api/v1/settings/export/", 422),
    ("POST /api/home", 200),
    ("POST /api/identity/change-password", 422),
    ("POST /api/identity/sessions", 200),
    ("POST /api/preferences/change", 200),
    ("POST /api/preferences/open", 200),
    ("POST /api/records/search", 200),
    ("POST /api/v1/auth/socket-ticket/", 201),
    ("POST /api/zones", 200),
];

/// Asks for a route with a body that any of them can read, about records of a type that guests know nothing of.
async fn ask(world: &World, who: &str, method: &str, path: &str) -> Answer {
    let nobody = Uuid::nil().to_string();
    let path = path
        .replace("{id}", &nobody)
        .replace("{collection}", "users")
        .replace("{file}", "swagger-ui.css")
        .replace("{*__private__axum_nest_tail_param}", "x");
    let token = world.people.get(who).map(|_| format!("Bearer {}", world.token(who)));
    let send = async |kind: &str, body: &str| {
        let accept = if path.starts_with("/api/") { "application/json" } else { "text/html" };
        let mut headers = vec![("if-match", "*"), ("sec-fetch-site", "same-origin"), ("accept", accept)];
        headers.push(("content-type", kind));
        headers.extend(token.as_ref().map(|token| ("authorization", token.as_str())));
        world.service.ask(method, &path, &headers, body).await
    };
    if path.ends_with("/upload") || path == "/api/v1/imports/" {
        let part = |head: &str, body: &str| format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
        let file = part("name=\"file\"; filename=\"users.csv\"", "email\r\nx@example.com");
        let form = part("name=\"record_type\"", "users") + &file + "--b--\r\n";
        return send("multipart/form-data; boundary=b", &form).await;
    }
    if path == "/api/v1/settings/preferences/me/" {
        return send("application/json", "{}").await;
    }
    if path == "/api/v1/push-subscriptions/" {
        return send("application/json", r#"{"endpoint":"x","keys":{}}"#).await;
    }
    if path.ends_with("/snooze/") {
        return send("application/json", r#"{"until":"hour"}"#).await;
    }
    let body = json!({
        "record_type": "users", "query": {}, "id": nobody, "ids": [], "set": [], "typed": "x", "page": 1,
        "settings": {}, "version": null, "filter": { "state": null, "queue": null, "kind": null, "unread": false, "snoozed": false, "channel": null }, "before": null,
        "section": "mail", "texts": {}, "to": "x@example.com",
        "action": if path.starts_with("/api/outbox/") { "Discard" } else { "Cancel" }, "queue": "imports", "is_paused": true, "name": "sweep_imports", "cron": "",
        "changes": {}, "is_read": true, "until": "Hour", "standing": "Muted", "kind": "none", "channel": "Email",
        "mode": "Off", "subscription": { "endpoint": "x", "keys": { "p256dh": "", "auth": "" } },
        "wanted": {
            "format": "csv", "entities": ["users"], "date_range": "all", "filter": null, "search": "", "sort": [],
            "fields": [],
        },
    });
    let answer = send("application/json", &body.to_string()).await;
    if answer.status != 400 {
        return answer;
    }
    send("application/x-www-form-urlencoded", &format!("id={nobody}&current=x&new=y")).await
}

fn routes(world: &World) -> Vec<(String, String)> {
    let each = world.service.routes().into_iter().flat_map(|(path, methods)| {
        // A whole service is asked by GET.
        let methods = if methods.is_empty() { vec!["GET".to_owned()] } else { methods };
        methods.into_iter().filter(|m| m != "HEAD").map(move |method| (method, path.clone()))
    });
    each.collect()
}

#[tokio::test]
async fn the_lists_here_speak_of_routes_there_are() {
    let world = World::new().await;
    let there: BTreeSet<String> = routes(&world).into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    for route in PUBLIC.iter().chain(OPEN.iter().map(|(route, _)| route)) {
        assert!(there.contains(*route), "{route}");
    }
    assert!(there.len() > 90, "{}", there.len());
}

#[tokio::test]
async fn who_is_not_signed_in_gets_nothing() {
    let world = World::new().await;
    for (method, path) in routes(&world) {
        let route = format!("{method} {path}");
        if PUBLIC.contains(&route.as_str()) {
            continue;
        }
        let answer = ask(&world, "nobody", &method, &path).await;
        let is_led_to_sign_in = answer.status.is_redirection() && answer.header("location").starts_with("/sign-in");
        assert!(answer.status == 401 || is_led_to_sign_in, "{route}: {} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn who_may_do_nothing_gets_nothing() {
    let world = World::new().await;
    for (method, path) in routes(&world) {
        let route = format!("{method} {path}");
        if PUBLIC.contains(&route.as_str()) {
            continue;
        }
        let answer = ask(&world, "gus", &method, &path).await;
        match OPEN.iter().find(|(open, _)| *open == route) {
            Some((_, status)) => assert_eq!(answer.status, *status, "{route}: {}", answer.text()),
            None => {
                assert!([403, 404].contains(&answer.status.as_u16()), "{route}: {} {}", answer.status, answer.text());
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_token_is_nobodys() {
    let world = World::new().await;
    for token in ["Bearer x", "Bearer ", "Basic YTpi", "x"] {
        let headers = [("authorization", token)];
        let answer = world.service.ask("GET", "/api/v1/companies/", &headers, "").await;
        assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, "Bearer"), "{token}");
    }
}
