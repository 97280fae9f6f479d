//! What can go wrong on the way to Amazon SES.

use std::sync::Mutex;

use axum::{Router, extract::State as Extracted, http::StatusCode, routing::post};
use outside::{Client, Guard};

use super::*;

/// How the service answers: a status and a body, or by breaking off.
type Answer = Option<(u16, &'static str)>;

const TAKEN: Answer = Some((200, r#"{"MessageId":"number-1"}"#));

#[derive(Clone)]
struct Service {
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// A world whose mail goes to a service that answers so.
    async fn start(answer: Answer) -> (Self, World) {
        let service = Self { answer: Arc::new(Mutex::new(answer)), asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/v2/email/outbound-emails", post(answered)).with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let world = World::with(&[
            ("mail.transport", "ses"),
            ("mail.sender", "crm@example.com"),
            ("ses.region", "eu-central-1"),
            ("ses.access_key_id", "AKIDEXAMPLE"),
            ("ses.secret_access_key", "secret"),
        ])
        .await;
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let client = Client::new(guard.clone(), &[]).unwrap();
        let endpoints = Endpoints { ses: Some(endpoint), sns: None };
        world.app().provide(Mailer::new("crm.example", guard, client, vec![], endpoints));
        world.work();
        (service, world)
    }

    fn becomes(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn answered(Extracted(service): Extracted<Service>, body: String) -> (StatusCode, String) {
    service.asked.lock().unwrap().push(body);
    let answer = *service.answer.lock().unwrap();
    // A handler that panics closes the connection without an answer.
    let (status, body) = answer.expect("no answer, as the test wants it");
    (StatusCode::from_u16(status).unwrap(), body.to_owned())
}

#[tokio::test]
async fn a_service_that_wants_to_be_asked_more_slowly_is() {
    for busy in [(429, r#"{"message":"Maximum sending rate exceeded."}"#), (400, r#"{"__type":"ThrottlingException"}"#)]
    {
        let (service, world) = Service::start(Some(busy)).await;
        let id = world.post(&["ann@example.com"]).await;
        let put_off = world.until_put_off(id).await;
        assert_eq!(deliveries(&put_off)[0].1, Delivery::Waiting, "{busy:?}");
        service.becomes(TAKEN);
        let sent = world.until(id, State::Sent).await;
        assert_eq!(deliveries(&sent), [("ann@example.com", Delivery::Accepted, "Amazon SES took it as number-1")]);
        assert_eq!(service.asked(), 2);
    }
}

#[tokio::test]
async fn a_service_that_refuses_is_not_asked_again() {
    let (service, world) =
        Service::start(Some((400, r#"{"__type":"MessageRejected","message":"Not verified."}"#))).await;
    let id = world.post(&["ann@example.com"]).await;
    let failed = world.until(id, State::Failed).await;
    assert_eq!(failed.message.trouble.as_deref(), Some("MessageRejected: Not verified."));
    assert_eq!((deliveries(&failed)[0].1, service.asked()), (Delivery::Refused, 1));
}

#[tokio::test]
async fn a_request_without_an_answer_leaves_the_message_uncertain() {
    for lost in [None, Some((500, "{}"))] {
        let (service, world) = Service::start(lost).await;
        let id = world.post(&["ann@example.com"]).await;
        let uncertain = world.until(id, State::Uncertain).await;
        assert_eq!(deliveries(&uncertain)[0].1, Delivery::Uncertain, "{lost:?}");
        world.app().clock().advance_seconds(86_400);
        service.becomes(TAKEN);
        let other = world.post(&["bob@example.com"]).await;
        world.until(other, State::Sent).await;
        assert_eq!(world.find(id).await.message.state, State::Uncertain);
        assert_eq!(service.asked(), 2, "{lost:?}");
    }
}
