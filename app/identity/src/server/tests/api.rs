//! Scripts: tokens, their renewal and their end.

use kernel::server::testing::until;
use serde_json::json;

use super::*;

const LOGIN: &str = "/api/v1/auth/login/";
const REFRESH: &str = "/api/v1/auth/refresh/";
const LOGOUT: &str = "/api/v1/auth/logout/";
const ME: &str = "/api/v1/auth/me/";

#[tokio::test]
async fn the_login_answer_has_the_user_what_they_may_do_and_tokens() {
    let (world, ana) = World::with_ana().await;
    let answer = world.post(LOGIN, json!({"email": " Ana@EXAMPLE.com", "password": PASSWORD})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!(body["user"]["id"], ana.to_string());
    assert_eq!(body["user"]["email"], EMAIL);
    assert_eq!(body["user"]["full_name"], "Ana Lima");
    assert_eq!(body["user"]["role"], "admin");
    let permissions = body["permissions"].as_array().unwrap();
    for name in ["view_users", "change_users", "add_teams", "delete_teams", "export_users", "import_users"] {
        assert!(permissions.contains(&name.into()), "{name}");
    }
    let (access, _) = pair(&body["tokens"]);
    let me = world.get(ME, ("authorization", &format!("Bearer {access}"))).await;
    assert_eq!(me.status, 200);
    assert_eq!(me.json()["user"], body["user"]);
    assert!(me.json().get("tokens").is_none());
}

#[tokio::test]
async fn who_is_unknown_wrong_or_shut_out_gets_the_same_answer() {
    let (world, _) = World::with_ana().await;
    let out = world.add("out@example.com", Role::Viewer).await;
    users::set_active(&world.identity, &world.identity.system(), out, false).await.unwrap();
    let mut answers = vec![];
    for (email, password) in
        [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("out@example.com", PASSWORD), ("", "")]
    {
        let answer = world.post(LOGIN, json!({"email": email, "password": password})).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_the_reason() {
    let world = World::empty().await;
    let answer = world.post(LOGIN, json!({"email": "a", "password": "b", "remember": true})).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("remember"), "{}", answer.text);
    assert_eq!(world.post(LOGIN, json!({"email": "a"})).await.status, 400);
    assert_eq!(world.send(form(LOGIN, "*/*", "email=a&password=b")).await.status, 415);
    assert_eq!(world.get(LOGIN, ("accept", "*/*")).await.status, 405);
    assert_eq!(world.get(ME, ("accept", "*/*")).await.status, 401);
}

#[tokio::test]
async fn an_access_token_lives_ten_minutes_and_is_renewed() {
    let (world, _) = World::with_ana().await;
    let (access, refresh) = world.tokens(EMAIL).await;
    assert_eq!(world.who_bearer(&access).await, EMAIL);
    world.clock.advance_seconds(600);
    assert_eq!(world.who_bearer(&access).await, "nobody");
    let answer = world.post(REFRESH, json!({"refresh": refresh})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let (access, next) = pair(&answer.json());
    assert_eq!(world.who_bearer(&access).await, EMAIL);
    assert_ne!(next, refresh);
    for bad in ["", "x", &access] {
        assert_eq!(world.post(REFRESH, json!({"refresh": bad})).await.status, 401);
    }
}

#[tokio::test]
async fn a_refresh_repeated_at_once_gives_the_same_pair_and_later_ends_the_family() {
    let (world, _) = World::with_ana().await;
    let (_, first) = world.tokens(EMAIL).await;
    let (_, second) = pair(&world.post(REFRESH, json!({"refresh": first})).await.json());
    world.clock.advance_seconds(9);
    let (access, again) = pair(&world.post(REFRESH, json!({"refresh": first})).await.json());
    assert_eq!(again, second);
    let (_, third) = pair(&world.post(REFRESH, json!({"refresh": second})).await.json());
    assert_eq!(world.who_bearer(&access).await, EMAIL);
    world.clock.advance_seconds(2);
    assert_eq!(world.post(REFRESH, json!({"refresh": first})).await.status, 401);
    assert_eq!(world.who_bearer(&access).await, "nobody");
    assert_eq!(world.post(REFRESH, json!({"refresh": third})).await.status, 401);
}

#[tokio::test]
async fn refreshes_at_the_same_time_agree() {
    let (world, _) = World::with_ana().await;
    let (_, first) = world.tokens(EMAIL).await;
    let requests = (0..8).map(|_| world.post(REFRESH, json!({"refresh": first})));
    let mut seconds = vec![];
    for answer in all_at_once(requests).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
        seconds.push(pair(&answer.json()).1);
    }
    seconds.dedup();
    assert_eq!(seconds.len(), 1);
}

/// Polls futures together and collects what they give.
async fn all_at_once<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in running.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn logging_out_ends_both_tokens() {
    let (world, _) = World::with_ana().await;
    let (access, refresh) = world.tokens(EMAIL).await;
    let request = Request::post(LOGOUT).header("authorization", format!("Bearer {access}"));
    assert_eq!(world.send(request.body(Body::empty()).unwrap()).await.status, 204);
    assert_eq!(world.who_bearer(&access).await, "nobody");
    assert_eq!(world.post(REFRESH, json!({"refresh": refresh})).await.status, 401);

    let (access, refresh) = world.tokens(EMAIL).await;
    assert_eq!(world.post(LOGOUT, json!({"refresh": refresh})).await.status, 204);
    assert_eq!(world.who_bearer(&access).await, "nobody");
    assert_eq!(world.post(LOGOUT, json!({"refresh": "unknown"})).await.status, 204);
    assert_eq!(world.post(LOGOUT, json!({"all": true})).await.status, 400);
}

#[tokio::test]
async fn an_unused_family_ends_after_a_week_and_any_after_a_month() {
    let (world, _) = World::with_ana().await;
    let (_, mut refresh) = world.tokens(EMAIL).await;
    for _ in 0..4 {
        world.clock.advance_seconds(7 * 86_400 - 1);
        let answer = world.post(REFRESH, json!({"refresh": refresh})).await;
        assert_eq!(answer.status, 200);
        refresh = pair(&answer.json()).1;
    }
    world.clock.advance_seconds(2 * 86_400 + 4);
    assert_eq!(world.post(REFRESH, json!({"refresh": refresh})).await.status, 401);
    let (_, refresh) = world.tokens(EMAIL).await;
    world.clock.advance_seconds(7 * 86_400);
    assert_eq!(world.post(REFRESH, json!({"refresh": refresh})).await.status, 401);
}

#[tokio::test]
async fn what_another_process_revokes_is_soon_revoked_here() {
    let (world, _) = World::with_ana().await;
    let (access, _) = world.tokens(EMAIL).await;
    assert_eq!(world.who_bearer(&access).await, EMAIL);
    world.elsewhere("update sessions set revoked_at = created_at").await;
    until("it is revoked here", async || world.who_bearer(&access).await == "nobody").await;
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_alone() {
    let (world, _) = World::with_ana().await;
    let wrong = || super::json(LOGIN, json!({"email": EMAIL, "password": "guess"}));
    let right = || super::json(LOGIN, json!({"email": EMAIL, "password": PASSWORD}));
    for _ in 0..5 {
        assert_eq!(world.send(wrong()).await.status, 401);
    }
    let refused = world.send(right()).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(world.send_from("198.51.100.1", right()).await.status, 200);
    world.clock.advance_seconds(60);
    assert_eq!(world.send(right()).await.status, 200);
}

#[tokio::test]
async fn guesses_sent_at_once_do_not_slip_through() {
    let (world, _) = World::with_ana().await;
    let guesses = (0..30).map(|_| world.post(LOGIN, json!({"email": EMAIL, "password": "guess"})));
    let answers = all_at_once(guesses).await;
    assert_eq!(answers.iter().filter(|a| a.status == 401).count(), 5);
    assert_eq!(answers.iter().filter(|a| a.status == 429).count(), 25);
}
