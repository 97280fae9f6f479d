//! Browsers: forms, cookies, how long one stays signed in.

use kernel::server::testing::until;

use super::*;
use crate::server::sessions;

const SIGN_IN: &str = "/api/identity/sign-in";
const HTML: &str = "text/html,application/xhtml+xml";

fn credentials(next: &str) -> String {
    format!("email=ana%40example.com&password=correct+horse+battery&next={next}")
}

async fn cookie(world: &World) -> String {
    let answer = world.send(form(SIGN_IN, HTML, &credentials("%2F"))).await;
    assert_eq!(answer.status, 302, "{}", answer.text);
    answer.cookie()
}

#[tokio::test]
async fn a_plain_form_signs_in_and_leads_on() {
    let (world, _) = World::with_ana().await;
    let answer = world.send(form(SIGN_IN, HTML, &credentials("%2Fcompanies%3Fsort%3Dname"))).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/companies?sort=name"));
    let set = answer.header("set-cookie");
    assert!(
        set.starts_with("mainstay=") && set.ends_with("; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"),
        "{set}"
    );
    assert_eq!(world.who(("cookie", &format!("theme=dark; {}; x=y", answer.cookie()))).await, EMAIL);
    assert_eq!(world.who(("cookie", &format!("{}x", answer.cookie()))).await, "nobody");
}

#[tokio::test]
async fn over_tls_the_cookie_is_kept_to_the_host() {
    let world = World::at("https://crm.example.com").await;
    world.add(EMAIL, Role::Admin).await;
    let answer = world.send(form(SIGN_IN, HTML, &credentials(""))).await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-mainstay=") && set.ends_with("HttpOnly; SameSite=Lax; Secure"), "{set}");
    assert_eq!(world.who(("cookie", &answer.cookie())).await, EMAIL);
    // A cookie without the prefix may have been planted by a neighbouring host.
    assert_eq!(world.who(("cookie", answer.cookie().trim_start_matches("__Host-"))).await, "nobody");
}

#[tokio::test]
async fn other_sites_are_never_gone_on_to() {
    let (world, _) = World::with_ana().await;
    for next in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", ""] {
        let answer = world.send(form(SIGN_IN, HTML, &credentials(next))).await;
        assert_eq!(answer.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn a_refusal_stands_at_the_field_with_and_without_script() {
    let (world, _) = World::with_ana().await;
    let wrong = "email=ana%40example.com&password=wrong&next=";
    let with = world.send(form(SIGN_IN, "application/json", wrong)).await;
    assert!(with.text.contains("The e-mail or the password is not right."), "{}", with.text);
    assert_eq!(with.header("set-cookie"), "");
    let without = world.send(form(SIGN_IN, HTML, wrong)).await;
    assert_eq!(without.status, 302);
    let back = without.header("location");
    assert!(back.starts_with("http://localhost:3000/sign-in?") && back.contains("__err="), "{back}");
}

#[tokio::test]
async fn with_script_the_answer_says_where_to_go_on() {
    let (world, _) = World::with_ana().await;
    let answer = world.send(form(SIGN_IN, "application/json", &credentials("%2Fdeals"))).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, "/deals".into()));
    assert_eq!(answer.header("location"), "");
    assert_eq!(world.who(("cookie", &answer.cookie())).await, EMAIL);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie() {
    let (world, _) = World::with_ana().await;
    let cookie = cookie(&world).await;
    let request = Request::post("/sign-out").header("cookie", &cookie).body(Body::empty()).unwrap();
    let answer = world.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/sign-in"));
    assert!(answer.header("set-cookie").starts_with("mainstay=; Path=/; Max-Age=0"));
    assert_eq!(world.who(("cookie", &cookie)).await, "nobody");
    assert_eq!(world.get("/sign-out", ("cookie", &cookie)).await.status, 405);
}

#[tokio::test]
async fn signing_in_anew_leaves_no_session_behind() {
    let (world, _) = World::with_ana().await;
    let first = cookie(&world).await;
    let mut again = form(SIGN_IN, HTML, &credentials("%2F"));
    again.headers_mut().insert("cookie", first.parse().unwrap());
    let second = world.send(again).await.cookie();
    assert_ne!(first, second);
    assert_eq!(world.who(("cookie", &first)).await, "nobody");
    assert_eq!(world.who(("cookie", &second)).await, EMAIL);
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours() {
    let (world, _) = World::with_ana().await;
    let cookie = cookie(&world).await;
    world.clock.advance_seconds(12 * 3600 - 1);
    assert_eq!(world.who(("cookie", &cookie)).await, EMAIL);
    // Being used is written down in passing.
    let noted = "select id from sessions where seen_at > created_at";
    until("the use is noted", async || world.db.fetch_optional(noted, vec![]).await.unwrap().is_some()).await;
    world.identity.forget();
    world.clock.advance_seconds(12 * 3600 - 1);
    assert_eq!(world.who(("cookie", &cookie)).await, EMAIL);
    world.clock.advance_seconds(12 * 3600);
    assert_eq!(world.who(("cookie", &cookie)).await, "nobody");
}

#[tokio::test]
async fn a_page_that_is_left_open_keeps_nobody_signed_in() {
    let (world, _) = World::with_ana().await;
    let cookie = cookie(&world).await;
    let row = world.db.fetch_optional("select id from sessions", vec![]).await.unwrap().unwrap();
    let session = row.get(0).unwrap();
    // As its socket asks every now and then.
    for _ in 0..12 {
        world.clock.advance_seconds(3_599);
        world.identity.forget();
        assert!(sessions::still(&world.identity, session).await.unwrap().is_some());
    }
    world.clock.advance_seconds(12);
    assert!(sessions::still(&world.identity, session).await.unwrap().is_none());
    assert_eq!(world.who(("cookie", &cookie)).await, "nobody");
}

#[tokio::test]
async fn a_session_ends_after_fourteen_days_however_busy() {
    let (world, _) = World::with_ana().await;
    let cookie = cookie(&world).await;
    world.elsewhere("update sessions set idle_until = ends_at").await;
    world.clock.advance_seconds(14 * 86_400 - 1);
    assert_eq!(world.who(("cookie", &cookie)).await, EMAIL);
    world.clock.advance_seconds(1);
    assert_eq!(world.who(("cookie", &cookie)).await, "nobody");
}

#[tokio::test]
async fn the_cookie_of_a_browser_is_no_token_and_the_other_way_round() {
    let (world, _) = World::with_ana().await;
    let cookie = cookie(&world).await;
    let secret = cookie.trim_start_matches("mainstay=");
    assert_eq!(world.who_bearer(secret).await, "nobody");
    let (access, refresh) = world.tokens(EMAIL).await;
    for token in [access, refresh] {
        assert_eq!(world.who(("cookie", &format!("mainstay={token}"))).await, "nobody");
    }
    // With a token in the request the cookie does not count.
    let request = Request::get("/who").header("cookie", &cookie).header("authorization", "Bearer expired");
    assert_eq!(world.send(request.body(Body::empty()).unwrap()).await.text, "nobody");
}

#[tokio::test]
async fn a_usual_request_costs_no_query() {
    let (world, _) = World::with_ana().await;
    let cookie = cookie(&world).await;
    assert_eq!(world.who(("cookie", &cookie)).await, EMAIL);
    world.db.close().await;
    assert_eq!(world.who(("cookie", &cookie)).await, EMAIL);
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_only() {
    let (world, _) = World::with_ana().await;
    world.add("ben@example.com", Role::Viewer).await;
    let cookie = cookie(&world).await;
    let ben = world.ctx("ben@example.com").await;
    let ana = world.ctx(EMAIL).await;
    let mine = sessions::list(&ana, None).await.unwrap();
    assert_eq!(mine.len(), 2);
    let browser = mine.iter().find(|s| s.kind == "browser").unwrap();
    assert_eq!(browser.address, "192.0.2.1");
    assert_eq!(sessions::list(&ben, None).await.unwrap().len(), 1);
    let stolen = sessions::revoke(&world.identity, &ben, browser.id).await;
    assert_eq!(stolen, Err(kernel::AppError::NotFound));
    assert_eq!(world.who(("cookie", &cookie)).await, EMAIL);
    sessions::revoke(&world.identity, &ana, browser.id).await.unwrap();
    assert_eq!(world.who(("cookie", &cookie)).await, "nobody");
}

#[tokio::test]
async fn changing_the_password_ends_all_other_sessions() {
    let (world, _) = World::with_ana().await;
    let (here, there) = (cookie(&world).await, cookie(&world).await);
    let change = |current: &str, new: &str| {
        let body = format!("current={}&new={}", current.replace(' ', "+"), new.replace(' ', "+"));
        let mut request = form("/api/identity/change-password", "application/json", &body);
        request.headers_mut().insert("cookie", here.parse().unwrap());
        request
    };
    assert!(world.send(change("wrong one", "another good one")).await.text.contains("present password"));
    assert!(world.send(change(PASSWORD, "short")).await.text.contains("8 characters"));
    assert_eq!(world.who(("cookie", &there)).await, EMAIL);
    let done = world.send(change(PASSWORD, "another good one")).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(world.who(("cookie", &here)).await, EMAIL);
    assert_eq!(world.who(("cookie", &there)).await, "nobody");
    assert_eq!(world.send(form(SIGN_IN, HTML, &credentials("%2F"))).await.header("set-cookie"), "");
}

#[tokio::test]
async fn functions_for_who_signed_in_refuse_others() {
    let (world, _) = World::with_ana().await;
    for function in ["sessions", "revoke-session", "change-password"] {
        let body = format!("id={}&current=a&new=b", Uuid::nil());
        let answer = world.send(form(&format!("/api/identity/{function}"), "application/json", &body)).await;
        assert!(answer.text.contains("Unauthenticated"), "{function}: {}", answer.text);
    }
}
