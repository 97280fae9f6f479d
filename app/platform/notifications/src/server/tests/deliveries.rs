//! What becomes of deliveries: tried again, given up, put off, and what a text message says.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use tokio::net::TcpListener;

use super::*;

/// Takes connections, reads nothing and never answers.
struct Silent {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Silent {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        tokio::spawn(async move {
            let mut kept = vec![];
            while let Ok((stream, _)) = listener.accept().await {
                kept.push(stream);
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Amazon's place for text messages: keeps what it is asked, and answers what it is told to.
#[derive(Clone)]
struct Sns {
    address: String,
    answer: (StatusCode, &'static str),
    asked: Arc<Mutex<Vec<String>>>,
}

impl Sns {
    async fn start(status: u16, text: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let sns = Self { address, answer: (StatusCode::from_u16(status).unwrap(), text), asked: Arc::default() };
        let routes = Router::new().route("/", post(answered)).with_state(sns.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        sns
    }

    /// The texts it was asked to send.
    fn texts(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let fields = asked.iter().flat_map(|body| url::form_urlencoded::parse(body.as_bytes()));
        fields.filter(|(key, _)| key == "Message").map(|(_, text)| text.into_owned()).collect()
    }
}

async fn answered(State(sns): State<Sns>, body: String) -> (StatusCode, &'static str) {
    sns.asked.lock().unwrap().push(body);
    sns.answer
}

impl World {
    /// Does to the jobs of deliveries what an administrator may.
    async fn act(&self, action: jobs::JobAction) {
        let kinds = testing::kinds_of_jobs();
        let nobody: Actors = Arc::new(|_| Box::pin(async { Ok(None) }));
        let sql = "select id from jobs where kind in ('notifications.deliver', 'notifications.ring')";
        let rows = self.db.fetch_all(sql, Args::new()).await.unwrap();
        let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        jobs::server::act(&self.now(), &jobs::server::Jobs { kinds, services: Services::new(nobody) }, &ids, action)
            .await
            .unwrap();
    }

    /// They are not to be disturbed now.
    async fn rest_until_noon(&self, who: &str) {
        let quiet = json!({ "time_zone": "Europe/London", "quiet_hours": { "from": "09:00", "until": "12:00" } });
        self.prefer(who, quiet).await;
    }

    /// Nothing but text messages for Ann, by an Amazon at this address, and a worker.
    async fn only_texting(endpoint: &str) -> Self {
        let world = Self::new().await;
        world.texting(endpoint).await;
        world.choose("ann", Channel::Email, Mode::Off).await;
        world.work();
        world
    }

    /// The only delivery.
    async fn delivery(&self) -> Uuid {
        let row = self.db.fetch_optional("select id from deliveries", Args::new()).await.unwrap().unwrap();
        row.get(0).unwrap()
    }

    async fn attempts(&self) -> Vec<String> {
        self.rows("select state, message from delivery_attempts order by attempt", 2).await
    }

    /// As if it had been tried so often already.
    async fn tried(&self, attempts: i64) {
        let mut tx = self.db.begin().await.unwrap();
        let sql = "update deliveries set failures = failures + $1 - attempt, attempt = $1";
        tx.execute(sql, vec![attempts.into()]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Goes on until the delivery was tried so often, and its job is put off or it has failed.
    async fn until_tried(&self, attempts: i64) {
        self.until("it is tried", async || {
            let tried = self.db.fetch_all("select attempt from deliveries", Args::new()).await.unwrap();
            let is_tried = tried.first().is_some_and(|row| row.get::<i64>(0).unwrap() == attempts);
            is_tried && (self.runs_at().await.len() == 1 || self.deliveries().await[0].ends_with("failed"))
        })
        .await;
    }
}

#[tokio::test]
async fn a_text_message_is_marked_before_it_is_sent_and_never_sent_again_by_itself() {
    let silent = Silent::start().await;
    let world = World::only_texting(&silent.address).await;
    world.tell("ann", "Done", None).await;
    world.until("it is being sent", async || silent.asked() == 1).await;
    assert_eq!(world.attempts().await, ["sending It is being sent."]);
    // Its job is given to a worker again, as after one died in the middle of it.
    let mut tx = world.db.begin().await.unwrap();
    let sql = "update jobs set state = 'available', token = null, worker = null where kind = 'notifications.ring'";
    tx.execute(sql, Args::new()).await.unwrap();
    tx.commit().await.unwrap();
    let delivery = world.delivery().await;
    world.until("it is over", async || world.deliveries().await == ["sms at_once failed"]).await;
    let lost = ["uncertain The program stopped while this was sent: it may have arrived."];
    assert_eq!((world.attempts().await.as_slice(), silent.asked()), (lost.map(str::to_owned).as_slice(), 1));
    // A person may decide otherwise, but not for all there are at once.
    assert_eq!(retry_all(&world.now(), None).await.unwrap(), 0);
    assert_eq!(retry(&world.now(), &[delivery]).await.unwrap(), 1);
    world.until("it is sent once more", async || silent.asked() == 2).await;
    assert_eq!(world.attempts().await[1], "sending It is being sent.");
}

#[tokio::test]
async fn a_way_that_is_out_of_order_holds_up_no_other() {
    let world = World::new().await;
    // Nobody listens there.
    world.texting("http://127.0.0.1:9").await;
    world.work();
    world.tell("ann", "Done", None).await;
    world
        .until("the letter is posted and the text message put off", async || {
            let states = world.rows("select channel, state from deliveries order by channel", 2).await;
            let attempts = world.rows("select state from delivery_attempts order by state", 1).await;
            states == ["email sent", "sms waiting"] && attempts == ["failed", "sent"]
        })
        .await;
    assert_eq!(count_unread(&world.as_("ann")).await.unwrap(), 1);
}

#[tokio::test]
async fn what_fails_is_tried_twelve_times_and_as_often_again_when_an_administrator_says_so() {
    let world = World::only_texting("http://127.0.0.1:9").await;
    world.tell("ann", "Done", None).await;
    world.until_tried(1).await;
    assert_eq!(world.due_at().await, world.runs_at().await, "the log says when it is tried again");
    for round in 0..2 {
        world.tried(12 * round + 10).await;
        for attempt in [11, 12] {
            world.ctx.app.clock().advance_seconds(3 * 3_600);
            world.until_tried(12 * round + attempt).await;
            let state = if attempt == 12 { "sms at_once failed" } else { "sms at_once waiting" };
            assert_eq!(world.deliveries().await, [state], "after {attempt} of round {round}");
        }
        assert_eq!(retry_all(&world.now(), Some(Channel::Push)).await.unwrap(), 0);
        assert_eq!(retry_all(&world.now(), Some(Channel::Sms)).await.unwrap(), 1);
        world.until_tried(12 * (round + 1) + 1).await;
        assert_eq!(world.deliveries().await, ["sms at_once waiting"], "one attempt is not all it has");
    }
    let page = deliveries(&world.now(), &add(Kinds::default()), &DeliveryFilter::default(), None).await.unwrap();
    assert_eq!(page.deliveries[0].attempts[0].attempt, 25);
}

#[tokio::test]
async fn a_delivery_whose_job_is_cancelled_has_failed_and_can_be_tried_again() {
    let world = World::new().await;
    world.work();
    world.rest_until_noon("ann").await;
    world.tell("ann", "Done", None).await;
    world.settle().await;
    world.act(jobs::JobAction::Cancel).await;
    let outcomes = async || world.rows("select state, detail from deliveries", 2).await;
    assert_eq!(outcomes().await, ["failed Cancelled."]);
    assert_eq!(retry(&world.now(), &[world.delivery().await]).await.unwrap(), 1);
    world.ctx.app.clock().set(Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
    world.until("it is delivered", async || outcomes().await == ["sent It went to the outbox."]).await;
}

#[tokio::test]
async fn a_delivery_whose_job_is_over_has_failed_and_the_others_go_on_waiting() {
    let world = World::new().await;
    world.work();
    world.rest_until_noon("ann").await;
    for title in ["First", "Second"] {
        world.tell("ann", title, None).await;
        world.settle().await;
    }
    let first = world.rows("select args from jobs where kind = 'notifications.deliver' order by id limit 1", 1).await;
    // Somebody cancelled it, and the program was stopped before it could say so.
    let mut tx = world.db.begin().await.unwrap();
    let sql = "update jobs set state = 'cancelled', finished_at = created_at where args = $1";
    tx.execute(sql, vec![first[0].as_str().into()]).await.unwrap();
    tx.commit().await.unwrap();
    world.run(&SweepDeliveries {}).await;
    world.settle().await;
    let outcomes = async || world.rows("select state, detail from deliveries order by id", 2).await;
    assert_eq!(outcomes().await, ["failed Nobody delivers it any more.", "waiting "]);
    let Deliver { delivery, .. } = serde_json::from_str(&first[0]).unwrap();
    assert_eq!(retry(&world.now(), &[delivery]).await.unwrap(), 1);
    world.ctx.app.clock().set(Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
    world.until("both are delivered", async || outcomes().await == ["sent It went to the outbox."; 2]).await;
}

#[tokio::test]
async fn one_that_was_being_sent_when_its_job_ended_may_have_arrived() {
    let world = World::only_texting("http://127.0.0.1:9").await;
    world.tell("ann", "Done", None).await;
    world.until_tried(1).await;
    // The worker that began the second attempt died.
    let mut tx = world.db.begin().await.unwrap();
    assert!(
        store::mark_attempt(&mut tx, world.delivery().await, 2, "It is being sent.", world.ctx.now()).await.unwrap()
    );
    tx.commit().await.unwrap();
    world.act(jobs::JobAction::Cancel).await;
    assert_eq!(world.deliveries().await, ["sms at_once failed"]);
    let attempts = world.attempts().await;
    assert_eq!(attempts[1], "uncertain The program stopped while this was sent: it may have arrived.");
}

#[tokio::test]
async fn a_text_message_goes_whatever_sends_mail_and_says_how_to_stop_it() {
    let sns = Sns::start(200, "<PublishResponse><MessageId>number-1</MessageId></PublishResponse>").await;
    let world = World::only_texting(&sns.address).await;
    world.tell("ann", "The export is done", None).await;
    world.settle().await;
    assert_eq!(world.rows("select state, detail from deliveries", 2).await, ["sent Amazon SNS took it as number-1."]);
    let text = "The export is done https://crm.example/companies\n\
                Why, and how to stop: https://crm.example/settings/preferences#export_done";
    assert_eq!(sns.texts(), [text]);
}

#[tokio::test]
async fn what_amazon_refuses_has_failed_and_what_it_says_nothing_of_may_have_arrived() {
    let refusal =
        "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>No phone.</Message></Error></ErrorResponse>";
    for (status, answer, detail, again) in
        [(400, refusal, "failed InvalidParameter: No phone.", 1), (500, "", "failed no answer came from Amazon", 0)]
    {
        let sns = Sns::start(status, answer).await;
        let world = World::only_texting(&sns.address).await;
        world.tell("ann", "Done", None).await;
        world.settle().await;
        let outcome = world.rows("select state, detail from deliveries", 2).await;
        assert!(outcome[0].starts_with(detail), "{outcome:?}");
        assert_eq!((sns.texts().len(), world.attempts().await.len()), (1, 1), "{status}");
        assert_eq!(retry_all(&world.now(), None).await.unwrap(), again, "{status}");
    }
}

#[tokio::test]
async fn a_service_that_never_answers_holds_up_nobodys_list_and_letters() {
    let silent = Silent::start().await;
    let world = World::only_texting(&silent.address).await;
    let most = <Ring as jobs::server::Job>::QUEUE.concurrency;
    for _ in 0..=most {
        world.tell("ann", "Done", None).await;
    }
    world.until("as many ask as may, and wait", async || silent.asked() == most).await;
    world.tell("bob", "Bob's is done", None).await;
    world.until("bob has his letter", async || world.letters().await.len() == 1).await;
    assert_eq!(count_unread(&world.as_("bob")).await.unwrap(), 1);
}
