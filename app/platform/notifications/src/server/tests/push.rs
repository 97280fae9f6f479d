//! Push messages, with the push service that `bin/test` starts: its browsers read what comes to them.

mod browsers;

use kernel::{FieldErrors, server::testing::Peers};
use request::SessionOf;
use serde_json::Value as Json;

use super::*;
use crate::{
    Standing,
    push::{Keys, Subscription},
    server::push,
};

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";

const NO_MORE: &str = "skipped They want no such notifications on this way any more.";

/// A browser behind the push service.
struct Browser {
    client: Client,
    id: String,
    subscription: Subscription,
}

impl Browser {
    /// One whose service answers with these before it takes anything.
    async fn new(answers: &[u16]) -> Self {
        let peers = Peers::find();
        let guard = Guard::new(["127.0.0.0/8", "::1"].map(|network| network.parse().unwrap()).to_vec());
        let client = Client::new(guard, &[std::fs::read(&peers.ca).unwrap()]).unwrap();
        let ask = client.request(reqwest::Method::POST, &format!("{}/browsers", peers.push)).unwrap();
        let ask = ask.header("content-type", "application/json").body(json!({ "answers": answers }).to_string());
        let made: Json = serde_json::from_str(&ask.send().await.unwrap().text().await.unwrap()).unwrap();
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        let keys = Keys { p256dh: text(&made["keys"]["p256dh"]), auth: text(&made["keys"]["auth"]) };
        Self { client, id: text(&made["id"]), subscription: Subscription { endpoint: text(&made["endpoint"]), keys } }
    }

    /// What came to it and could be read.
    async fn came(&self) -> Vec<Json> {
        let address = format!("{}/browsers/{}", Peers::find().push, self.id);
        let answer = self.client.request(reqwest::Method::GET, &address).unwrap().send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn titles(&self) -> Vec<String> {
        let title = |came: &Json| text_of(came)["title"].as_str().unwrap().to_owned();
        self.came().await.iter().map(title).collect()
    }
}

fn text_of(came: &Json) -> Json {
    serde_json::from_str(came["text"].as_str().unwrap()).unwrap()
}

impl World {
    /// Nobody is told by e-mail.
    async fn pushing() -> Self {
        let world = Self::bare().await;
        testing::provide_with_peers(&world.ctx.app, &[]);
        for who in ["ann", "bob"] {
            world.choose(who, Channel::Email, Mode::Off).await;
        }
        world
    }

    async fn session(&self, who: &str) -> SessionOf {
        let (id, now) = (self.ctx.new_id(), self.ctx.now());
        let ends_at = now.plus_seconds(14 * 86_400);
        let sql = "insert into sessions (id, user_id, kind, created_at, seen_at, idle_until, ends_at, address, agent) \
                   values ($1, $2, 'browser', $3, $3, $3, $4, '', '')";
        let mut tx = self.db.begin().await.unwrap();
        tx.execute(sql, vec![id.into(), self.id(who).into(), now.into(), ends_at.into()]).await.unwrap();
        tx.commit().await.unwrap();
        SessionOf { id, ends_at }
    }

    async fn try_subscribe(&self, who: &str, given: &Subscription) -> Result<(Uuid, bool), FieldErrors> {
        let session = self.session(who).await;
        push::subscribe(&self.as_(who), session, FIREFOX, given, None).await.unwrap()
    }

    async fn subscribe(&self, who: &str, browser: &Browser) -> Uuid {
        self.try_subscribe(who, &browser.subscription).await.unwrap().0
    }

    /// What became of the deliveries, each with why.
    async fn outcomes(&self) -> Vec<String> {
        self.rows("select state, detail from deliveries order by id", 2).await
    }

    /// Has them mute the record that all they were told is about.
    async fn mute(&self, who: &str) {
        let record = self.ctx.new_id();
        let mut tx = self.db.begin().await.unwrap();
        let sql = "update notifications set record_type = 'users', record_id = $1 where user_id = $2";
        tx.execute(sql, vec![record.into(), self.id(who).into()]).await.unwrap();
        store::stand(&mut tx, self.id(who), ("users", record), Standing::Muted, self.ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn browsers(&self) -> usize {
        self.rows("select agent from push_subscriptions", 1).await.len()
    }
}

#[tokio::test]
async fn the_browser_reads_what_it_is_to_show_and_its_service_who_sends_it() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[]).await;
    let id = world.subscribe("ann", &browser).await;
    world.tell("ann", "The export \u{1F600} is done", Some(Priority::High)).await;
    world.settle().await;
    assert_eq!(world.outcomes().await, ["sent It was sent to one browser."]);
    let came = browser.came().await;
    let [message] = came.as_slice() else { panic!("{came:?}") };
    let shown = text_of(message);
    assert_eq!((&shown["title"], &shown["body"]), (&json!("The export \u{1F600} is done"), &json!("All of it.")));
    assert_eq!((&shown["link"], &shown["urgent"]), (&json!("/companies"), &json!(true)));
    let told = world.rows("select title from notifications", 1).await;
    assert_eq!(told.len(), 1);
    let headers = &message["headers"];
    assert_eq!((&headers["ttl"], &headers["urgency"]), (&json!("86400"), &json!("high")));
    assert_eq!(headers["topic"], shown["tag"]);
    let claims = &message["claims"];
    assert_eq!(claims["aud"], Peers::find().push, "for this service alone");
    assert_eq!(claims["sub"], "https://crm.example/");
    let exp = Timestamp::parse(NOW).unwrap().plus_seconds(12 * 3_600).micros() / 1_000_000;
    assert_eq!(claims["exp"], exp);
    let shown = push::browsers(&world.as_("ann"), None).await.unwrap();
    assert_eq!(claims["key"].as_str(), shown.key.as_deref());
    let [known] = shown.browsers.as_slice() else { panic!("{shown:?}") };
    assert_eq!((known.id, known.name.as_str(), known.is_this), (id, "Firefox on Windows", false));
    assert_eq!(known.used_at, Some(world.ctx.app.clock().now()));
}

#[tokio::test]
async fn who_has_no_browser_or_wants_none_of_it_has_no_delivery() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[]).await;
    world.subscribe("bob", &browser).await;
    world.choose("bob", Channel::Push, Mode::Off).await;
    for who in ["ann", "bob"] {
        world.tell(who, "Done", None).await;
    }
    world.settle().await;
    assert!(world.deliveries().await.is_empty());
    assert_eq!(count_unread(&world.as_("ann")).await.unwrap(), 1);
}

#[tokio::test]
async fn a_browser_that_is_gone_is_removed_and_the_others_are_reached() {
    let world = World::pushing().await;
    world.work();
    let (gone, unknown, there) = (Browser::new(&[410]).await, Browser::new(&[404]).await, Browser::new(&[]).await);
    for browser in [&gone, &unknown, &there] {
        world.subscribe("ann", browser).await;
    }
    world.tell("ann", "One", None).await;
    world.settle().await;
    assert_eq!(
        (world.outcomes().await, world.browsers().await),
        (vec!["sent It was sent to one browser.".to_owned()], 1)
    );
    assert_eq!(there.titles().await, ["One"]);
    // Now the last one goes too.
    let last = Browser::new(&[410]).await;
    let mut tx = world.db.begin().await.unwrap();
    push::all_signed_out(&mut tx, &[world.id("ann")], None).await.unwrap();
    tx.commit().await.unwrap();
    world.subscribe("ann", &last).await;
    world.tell("ann", "Two", None).await;
    world.settle().await;
    assert_eq!(world.outcomes().await[1], "skipped Their browsers take no messages any more, and were removed.");
    assert_eq!(world.browsers().await, 0);
}

#[tokio::test]
async fn a_busy_service_is_asked_again_when_it_wants_and_who_was_reached_hears_nothing_twice() {
    let world = World::pushing().await;
    world.work();
    let (busy, there) = (Browser::new(&[429, 503]).await, Browser::new(&[]).await);
    for browser in [&busy, &there] {
        world.subscribe("ann", browser).await;
    }
    world.tell("ann", "Done", None).await;
    let attempts = async || world.rows("select state, message from delivery_attempts order by attempt", 2).await;
    world.until("it was tried once", async || attempts().await.len() == 1).await;
    assert!(
        attempts().await[0].ends_with("one browser. Not yet to another: localhost answered 429."),
        "{:?}",
        attempts().await
    );
    // The service wants two minutes, though the first wait is shorter by itself.
    world.ctx.app.clock().advance_seconds(110);
    world.look_for_what_is_due().await;
    assert_eq!(attempts().await.len(), 1);
    world
        .until("all are reached", async || {
            world.ctx.app.clock().advance_seconds(120);
            world.deliveries().await == ["push at_once sent"]
        })
        .await;
    assert_eq!(attempts().await.len(), 3);
    assert_eq!(world.outcomes().await, ["sent It was sent to 2 browsers."]);
    assert_eq!((busy.titles().await.len(), there.titles().await.len()), (1, 1));
}

#[tokio::test]
async fn a_service_that_refuses_is_not_asked_again() {
    let world = World::pushing().await;
    world.work();
    world.subscribe("ann", &Browser::new(&[403, 403]).await).await;
    world.tell("ann", "Done", None).await;
    world.settle().await;
    assert_eq!(world.outcomes().await, ["failed localhost refused it with 403."]);
    assert_eq!(world.rows("select state from delivery_attempts", 1).await, ["failed"]);
}

#[tokio::test]
async fn what_comes_in_quiet_hours_is_pushed_when_they_are_over() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[]).await;
    world.subscribe("ann", &browser).await;
    world
        .prefer("ann", json!({ "time_zone": "Asia/Tokyo", "quiet_hours": { "from": "18:30", "until": "07:00" } }))
        .await;
    world.tell("ann", "Not now", None).await;
    world.tell("ann", "At once", Some(Priority::High)).await;
    world.settle().await;
    assert_eq!(browser.titles().await, ["At once"]);
    // What was read meanwhile needs no message.
    world.tell("ann", "Read before", None).await;
    world.settle().await;
    let kinds = add(Kinds::default());
    let page = list(&world.as_("ann"), &kinds, &NotificationFilter::default(), None, PAGE).await.unwrap();
    let read = page.notifications.iter().find(|n| n.title == "Read before").unwrap().id;
    mark_read(&world.as_("ann"), read, true).await.unwrap();
    world.ctx.app.clock().set(Timestamp::parse("2026-11-20T22:00:00Z").unwrap());
    world.until("the rest is sent", async || browser.titles().await.len() == 2).await;
    world.settle().await;
    assert_eq!(browser.titles().await, ["At once", "Not now"]);
}

#[tokio::test]
async fn what_is_tried_again_in_quiet_hours_waits_until_they_are_over() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[503]).await;
    world.subscribe("ann", &browser).await;
    world.tell("ann", "Done", None).await;
    let attempts = async || world.rows("select state from delivery_attempts", 1).await.len();
    world.until("it was tried once", async || attempts().await == 1 && world.runs_at().await.len() == 1).await;
    let quiet = json!({ "time_zone": "Europe/London", "quiet_hours": { "from": "10:30", "until": "12:00" } });
    world.prefer("ann", quiet).await;
    world.ctx.app.clock().advance_seconds(3_600);
    world.until("it is put off", async || world.runs_at().await == ["2026-11-20T12:00"]).await;
    assert_eq!(world.due_at().await, ["2026-11-20T12:00"]);
    assert_eq!((attempts().await, browser.titles().await.len()), (1, 0));
    world.ctx.app.clock().set(Timestamp::parse("2026-11-20T12:00:01Z").unwrap());
    world.until("it is sent", async || world.deliveries().await == ["push at_once sent"]).await;
    assert_eq!(browser.titles().await, ["Done"]);
}

#[tokio::test]
async fn what_an_administrator_tries_again_at_night_waits_too() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[403]).await;
    world.subscribe("ann", &browser).await;
    world.tell("ann", "Done", None).await;
    world.settle().await;
    world
        .prefer("ann", json!({ "time_zone": "Europe/London", "quiet_hours": { "from": "09:00", "until": "12:00" } }))
        .await;
    let page = deliveries(&world.now(), &add(Kinds::default()), &DeliveryFilter::default(), None).await.unwrap();
    assert_eq!(retry(&world.now(), &[page.deliveries[0].id]).await.unwrap(), 1);
    world.settle().await;
    assert_eq!((world.deliveries().await, browser.titles().await.len()), (vec!["push at_once waiting".to_owned()], 0));
    assert_eq!(
        (world.runs_at().await, world.due_at().await),
        (vec!["2026-11-20T12:00".to_owned()], vec!["2026-11-20T12:00".to_owned()])
    );
}

#[tokio::test]
async fn what_was_switched_off_or_muted_meanwhile_is_not_told() {
    let world = World::pushing().await;
    world.work();
    let (off, muted) = (Browser::new(&[503]).await, Browser::new(&[503]).await);
    world.subscribe("ann", &off).await;
    world.subscribe("bob", &muted).await;
    for who in ["ann", "bob"] {
        world.tell(who, "Done", None).await;
    }
    let attempts = async || world.rows("select state from delivery_attempts", 1).await.len();
    world.until("both were tried", async || attempts().await == 2 && world.runs_at().await.len() == 2).await;
    world.choose("ann", Channel::Push, Mode::Off).await;
    world.mute("bob").await;
    world.ctx.app.clock().advance_seconds(3_600);
    world.settle().await;
    let mut outcomes = world.outcomes().await;
    outcomes.sort();
    assert_eq!(outcomes, ["skipped They muted the record.", NO_MORE]);
    assert_eq!((off.titles().await.len(), muted.titles().await.len(), attempts().await), (0, 0, 2));
}

#[tokio::test]
async fn a_digest_leaves_out_what_was_switched_off_or_muted_meanwhile() {
    let world = World::new().await;
    world.work();
    for who in ["ann", "bob"] {
        world.choose(who, Channel::Email, Mode::Daily).await;
        world.tell(who, "Done", None).await;
    }
    world.settle().await;
    world.choose("ann", Channel::Email, Mode::Off).await;
    world.mute("bob").await;
    world.run(&SendDigests { mode: Mode::Daily }).await;
    world.settle().await;
    let mut outcomes = world.outcomes().await;
    outcomes.sort();
    assert_eq!(outcomes, ["skipped They muted the record.", NO_MORE]);
    assert!(world.letters().await.is_empty());
}
