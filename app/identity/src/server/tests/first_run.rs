//! The first administrator.

use kernel::AppError;

use super::*;
use crate::server::first_run::{self, Setup};

fn setup(token: &str, email: &str) -> Setup {
    Setup {
        token: token.into(),
        organisation: "Lima & Co".into(),
        first_name: "Ana".into(),
        last_name: "Lima".into(),
        email: email.into(),
        password: PASSWORD.into(),
        address: [192, 0, 2, 1].into(),
        agent: "test".into(),
    }
}

#[tokio::test]
async fn the_token_from_the_log_makes_the_first_administrator_once() {
    let world = World::empty().await;
    let stale = first_run::prepare(&world.identity).await.unwrap().unwrap();
    let token = first_run::prepare(&world.identity).await.unwrap().unwrap();
    for wrong in ["", "guess", &stale] {
        let refused = first_run::complete(&world.identity, setup(wrong, EMAIL)).await.err();
        assert!(matches!(refused, Some(AppError::Invalid(e)) if e.first("token").is_some()), "{wrong}");
    }
    assert!(first_run::is_open(&world.identity).await.unwrap());

    let body = format!(
        "token={token}&organisation=Lima+%26+Co&first_name=Ana&last_name=Lima&email=ana%40example.com&password=correct+horse+battery"
    );
    let answer = world.send(form("/api/identity/set-up", "text/html", &body)).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/"), "{}", answer.text);
    assert_eq!(world.who(("cookie", &answer.cookie())).await, EMAIL);
    assert_eq!(world.ctx(EMAIL).await.actor.role, "admin");
    let organisation = organisation::server::find(&world.identity.system()).await.unwrap();
    assert_eq!(organisation.unwrap().1.name, "Lima & Co");

    assert!(!first_run::is_open(&world.identity).await.unwrap());
    assert_eq!(first_run::prepare(&world.identity).await.unwrap(), None);
    let again = first_run::complete(&world.identity, setup(&token, "eve@example.com")).await.err();
    assert!(matches!(again, Some(AppError::Conflict(_))));
}

#[tokio::test]
async fn what_is_wrong_is_told_for_each_field_and_the_token_stays_good() {
    let world = World::empty().await;
    let token = first_run::prepare(&world.identity).await.unwrap().unwrap();
    let wrong = Setup { password: "short".into(), organisation: " ".into(), ..setup(&token, EMAIL) };
    let Some(AppError::Invalid(errors)) = first_run::complete(&world.identity, wrong).await.err() else { panic!() };
    assert!(errors.first("password").is_some() && errors.first("organisation").is_some());
    let wrong = first_run::complete(&world.identity, setup(&token, "not an address")).await.err();
    assert!(matches!(wrong, Some(AppError::Invalid(e)) if e.first("email").is_some()));
    assert!(first_run::complete(&world.identity, setup(&token, EMAIL)).await.is_ok());
}

#[tokio::test]
async fn of_two_at_once_one_becomes_administrator() {
    let world = World::empty().await;
    let token = first_run::prepare(&world.identity).await.unwrap().unwrap();
    let (a, b) = tokio::join!(
        first_run::complete(&world.identity, setup(&token, "a@example.com")),
        first_run::complete(&world.identity, setup(&token, "b@example.com")),
    );
    assert!(a.is_ok() != b.is_ok());
    assert_eq!(users::count(&world.identity.system()).await.unwrap(), 1);
}

#[tokio::test]
async fn the_token_cannot_be_guessed_quickly() {
    let world = World::empty().await;
    first_run::prepare(&world.identity).await.unwrap();
    for _ in 0..5 {
        let refused = first_run::complete(&world.identity, setup("guess", EMAIL)).await.err();
        assert!(matches!(refused, Some(AppError::Invalid(_))));
    }
    let refused = first_run::complete(&world.identity, setup("guess", EMAIL)).await.err();
    assert_eq!(refused, Some(AppError::TooMany(60)));
}
