mod amazon;
mod faults;
mod peers;
mod screens;
mod server;

use std::{sync::Arc, time::Duration};

use jobs::server::{Actors, Kinds, Services, Worker};
use kernel::{
    AppError, Timestamp,
    server::{
        Clock,
        testing::{TestDb, until, wait_for},
    },
};
use records::server::{Actor, App, Ctx};
use server::{Fault, Server};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

use super::*;
use crate::{Delivery, MessageAction, MessageDetail, MessageFilter, State, server::testing};

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

/// So long a server of a test may take; one that answers does so at once.
const PATIENCE: Patience = Patience {
    connecting: Duration::from_secs(5),
    answering: Duration::from_millis(700),
    taking: Duration::from_secs(5),
};

struct World {
    db: TestDb,
    ctx: Ctx,
    stop: watch::Sender<bool>,
}

impl World {
    /// With nothing set.
    async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With these settings.
    async fn with(fixed: &[(&'static str, &str)]) -> Self {
        Self::with_patience(fixed, PATIENCE).await
    }

    async fn with_patience(fixed: &[(&'static str, &str)], patience: Patience) -> Self {
        let world = Self::bare().await;
        testing::provide(world.app(), fixed, patience);
        world
    }

    async fn bare() -> Self {
        Self::of(TestDb::new().await)
    }

    fn of(db: TestDb) -> Self {
        let app = records::server::testing::app((*db).clone(), Clock::fixed(NOW), vec![organisation::server::module()]);
        Self { ctx: app.ctx(Arc::new(Actor::system())), db, stop: watch::Sender::new(false) }
    }

    /// With a mail server that does as told.
    async fn beside(server: &Server) -> Self {
        let port = server.port.to_string();
        Self::with(&smtp(&port)).await
    }

    fn app(&self) -> &App {
        &self.ctx.app
    }

    fn work(&self) -> JoinHandle<()> {
        let actors: Actors = Arc::new(|_| Box::pin(async { Ok(None) }));
        let kinds = settings::server::add_jobs(crate::server::add_jobs(Kinds::default()));
        let worker = Worker::new(self.app().clone(), kinds, Services::new(actors))
            .scheduling(false)
            .lease(Duration::from_millis(300))
            .drain(Duration::from_millis(200));
        tokio::spawn(worker.run(self.stop.subscribe()))
    }

    async fn post(&self, to: &[&str]) -> Uuid {
        self.post_letter(letter_to(to)).await
    }

    async fn post_letter(&self, letter: Letter) -> Uuid {
        let mut tx = self.db.begin().await.unwrap();
        let id = post(&mut tx, &self.ctx, letter).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn find(&self, id: Uuid) -> MessageDetail {
        detail(&self.ctx, id).await.unwrap()
    }

    /// Waits until a message stands somewhere. The clock moves on, so that what is to be tried again is.
    async fn until(&self, id: Uuid, state: State) -> MessageDetail {
        self.wait(id, |found| found.message.state == state, true).await
    }

    /// Waits until sending came to nothing once.
    async fn until_put_off(&self, id: Uuid) -> MessageDetail {
        self.wait(id, |found| found.message.retry_at.is_some(), false).await
    }

    async fn wait(&self, id: Uuid, is_there: impl Fn(&MessageDetail) -> bool, moves: bool) -> MessageDetail {
        wait_for("the message", async || {
            let found = self.find(id).await;
            if is_there(&found) {
                return Ok(found);
            }
            if moves && found.message.retry_at.is_some() {
                self.app().clock().advance_seconds(86_400);
            }
            Err(found)
        })
        .await
    }

    async fn act(&self, id: Uuid, action: MessageAction) -> u64 {
        act(&self.ctx, &[id], action).await.unwrap()
    }
}

fn smtp(port: &str) -> [(&'static str, &str); 5] {
    [
        ("mail.transport", "smtp"),
        ("mail.sender", "crm@example.com"),
        ("smtp.host", "127.0.0.1"),
        ("smtp.encryption", "none"),
        ("smtp.port", port),
    ]
}

fn letter_to(to: &[&str]) -> Letter {
    let to = to.iter().map(|address| Recipient { address: (*address).to_owned(), name: String::new() });
    Letter {
        to: to.collect(),
        subject: "Hello".to_owned(),
        html: "<p>Hello</p>".to_owned(),
        text: "Hello".to_owned(),
        kind: "test",
        ..Letter::default()
    }
}

fn deliveries(detail: &MessageDetail) -> Vec<(&str, Delivery, &str)> {
    let each = detail.recipients.iter();
    each.map(|to| (to.address.as_str(), to.state, to.answer.as_deref().unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_message_is_there_once_its_transaction_is() {
    let world = World::new().await;
    let mut tx = world.db.begin().await.unwrap();
    let lost = post(&mut tx, &world.ctx, letter_to(&["ann@example.com"])).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(detail(&world.ctx, lost).await, Err(AppError::NotFound));
    let kept = world.post(&["ann@example.com"]).await;
    assert_eq!(world.find(kept).await.message.state, State::Queued);
}

#[tokio::test]
async fn without_a_way_to_send_mail_it_is_held_and_sent_once_there_is_one() {
    let server = Server::start(Fault::None).await;
    let world = World::new().await;
    world.work();
    let id = world.post(&["ann@example.com"]).await;
    let held = world.until(id, State::Held).await;
    assert!(act(&world.ctx, &[id], MessageAction::Send).await.is_err(), "there is no way yet");
    assert_eq!(held.message.trouble.as_deref(), Some("There is no way to send mail yet."));

    testing::provide(world.app(), &smtp(&server.port.to_string()), PATIENCE);
    let all = MessageFilter { state: Some(State::Held), search: None };
    assert_eq!(act_on_all(&world.ctx, &all, MessageAction::Send).await, Ok(1));
    let sent = world.until(id, State::Sent).await;
    assert_eq!(deliveries(&sent), [("ann@example.com", Delivery::Accepted, "250 taken")]);
    assert_eq!(sent.message_id, held.message_id);
    assert!(server.seen(|s| s.messages[0].1.contains(&held.message_id)));
}

#[tokio::test]
async fn discarded_mail_is_not_sent() {
    let world = World::new().await;
    let id = world.post(&["ann@example.com"]).await;
    assert_eq!(world.act(id, MessageAction::Discard).await, 1);
    assert_eq!(world.act(id, MessageAction::Discard).await, 0);
    let server = Server::start(Fault::None).await;
    testing::provide(world.app(), &smtp(&server.port.to_string()), PATIENCE);
    world.work();
    let other = world.post(&["bob@example.com"]).await;
    world.until(other, State::Sent).await;
    assert_eq!(world.find(id).await.message.state, State::Discarded);
    assert_eq!(server.seen(|s| s.messages.len()), 1);
}

#[tokio::test]
async fn a_message_whose_job_is_over_has_failed_and_the_others_go_on_waiting() {
    // Nobody listens there.
    let world = World::with(&smtp("1")).await;
    let id = world.post(&["ann@example.com"]).await;
    // Somebody cancelled it, and the program was stopped before it could say so.
    let mut tx = world.db.begin().await.unwrap();
    tx.execute("update jobs set state = 'cancelled', finished_at = created_at", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    world.work();
    let other = world.post(&["bob@example.com"]).await;
    world.until_put_off(other).await;
    assert_eq!(world.find(id).await.message.state, State::Queued);
    let mut tx = world.db.begin().await.unwrap();
    jobs::server::enqueue(&world.ctx, &mut tx, &SweepOutbox {}).await.unwrap();
    tx.commit().await.unwrap();
    let failed = world.wait(id, |found| found.message.state == State::Failed, false).await;
    assert_eq!(deliveries(&failed), [("ann@example.com", Delivery::Refused, "Nobody sends it any more.")]);
    assert_eq!(world.find(other).await.message.state, State::Queued);
    assert_eq!(world.act(id, MessageAction::Send).await, 1);
}
