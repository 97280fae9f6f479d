mod changes;
mod deliveries;
mod overdue;
mod peers;
mod push;

use std::{collections::BTreeMap, sync::Arc};

use jobs::server::{Actors, Services, Worker, enqueue_at};
use kernel::{
    AppError, Timestamp,
    server::{
        Args, Clock,
        testing::{TestDb, wait_for},
    },
};
use outbox::server::{Endpoints, Mailer, Patience};
use outside::{Client, Guard};
use records::server::{Actor, Ctx, Grants, Module, Reach};
use serde_json::{Map, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::*;
use crate::{Channel, DeliveryFilter, Mode, NotificationFilter, Priority, server::testing};

/// Ten in the morning of a Friday, in UTC.
const NOW: &str = "2026-11-20T10:00:00Z";

struct World {
    db: TestDb,
    ctx: Ctx,
    people: BTreeMap<&'static str, Arc<Actor>>,
    stop: watch::Sender<bool>,
}

impl World {
    async fn new() -> Self {
        let world = Self::bare().await;
        testing::provide(&world.ctx.app, &[], Patience::default());
        world
    }

    /// Ann and Bob, and nothing to send mail with.
    async fn bare() -> Self {
        Self::of(TestDb::new().await, vec![]).await
    }

    /// The same with more modules, whose tables the database has.
    async fn of(db: TestDb, mut modules: Vec<Module>) -> Self {
        modules.push(organisation::server::module());
        let clock = Clock::fixed(Timestamp::parse(NOW).unwrap());
        let app = records::server::testing::app((*db).clone(), clock, modules);
        let ctx = app.ctx(Arc::new(Actor::system()));
        let mut people = BTreeMap::new();
        for name in ["ann", "bob"] {
            let id = ctx.new_id();
            let email = format!("{}@example.org", app.rng().id(Clock::System.now()).simple());
            let sql = "insert into users (id, version, created_at, updated_at, email, email_key, role, active, search_key) \
                       values ($1, 1, $2, $2, $3, $3, 'guest', $4, '')";
            let mut tx = db.begin().await.unwrap();
            tx.execute(sql, vec![id.into(), ctx.now().into(), email.as_str().into(), true.into()]).await.unwrap();
            tx.commit().await.unwrap();
            let grants = Arc::new(Grants::default().allow("chores", Action::View, Reach::Own));
            let actor = Actor { user: Some(id), name: name.to_owned(), email, grants, ..Actor::system() };
            people.insert(name, Arc::new(actor));
        }
        Self { db, ctx, people, stop: watch::Sender::new(false) }
    }

    fn id(&self, who: &str) -> Uuid {
        self.people[who].user.unwrap()
    }

    fn as_(&self, who: &str) -> Ctx {
        self.ctx.app.ctx(self.people[who].clone())
    }

    fn now(&self) -> Ctx {
        self.ctx.app.ctx(self.ctx.actor.clone())
    }

    fn work(&self) {
        self.work_on(testing::kinds_of_jobs(), add(Kinds::default()));
    }

    fn work_on(&self, kinds: jobs::server::Kinds, told: Kinds) {
        let people: Vec<Arc<Actor>> = self.people.values().cloned().collect();
        let actors: Actors = Arc::new(move |id| {
            let found = people.iter().find(|actor| actor.user == Some(id)).cloned();
            Box::pin(async move { Ok::<_, AppError>(found) })
        });
        let services = Services::new(actors).with(told);
        let worker = Worker::new(self.ctx.app.clone(), kinds, services).scheduling(false);
        tokio::spawn(worker.run(self.stop.subscribe()));
    }

    async fn tell(&self, who: &str, title: &str, priority: Option<Priority>) {
        let notice = Notice {
            kind: &told::EXPORT_DONE,
            to: vec![self.id(who)],
            title: title.to_owned(),
            message: "All of it.".to_owned(),
            link: Some("/companies".to_owned()),
            priority,
            about: None,
        };
        let ctx = self.now();
        let mut tx = self.db.begin().await.unwrap();
        notify(&mut tx, &ctx, notice).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn choose(&self, who: &str, channel: Channel, mode: Mode) {
        choose(&self.as_(who), &add(Kinds::default()), "export_done", channel, mode).await.unwrap();
    }

    async fn prefer(&self, who: &str, changes: serde_json::Value) {
        let changes: Map<_, _> = changes.as_object().unwrap().clone();
        preferences::server::change(&self.as_(who), &changes).await.unwrap().unwrap();
    }

    /// Ann gets text messages, by an Amazon at this address.
    async fn texting(&self, endpoint: &str) {
        let fixed =
            [("ses.region", "eu-central-1"), ("ses.access_key_id", "AKIDEXAMPLE"), ("ses.secret_access_key", "secret")];
        testing::provide(&self.ctx.app, &fixed, Patience::default());
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let client = Client::new(guard.clone(), &[]).unwrap();
        let endpoints = Endpoints { ses: None, sns: Some(endpoint.to_owned()) };
        self.ctx.app.provide(Mailer::new("crm.example", guard, client, vec![], endpoints));
        self.choose("ann", Channel::Sms, Mode::AtOnce).await;
        self.prefer("ann", json!({ "sms_phone": "+41446681800" })).await;
    }

    async fn run<J: jobs::server::Job>(&self, job: &J) {
        let mut tx = self.db.begin().await.unwrap();
        jobs::server::enqueue(&self.now(), &mut tx, job).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The rows of a question, each as its columns of text with spaces between.
    async fn rows(&self, sql: &str, columns: usize) -> Vec<String> {
        let rows = self.db.fetch_all(sql, Args::new()).await.unwrap();
        let text = |row: &kernel::server::Row| {
            (0..columns)
                .map(|i| row.get::<Option<String>>(i).unwrap().unwrap_or_default())
                .collect::<Vec<_>>()
                .join(" ")
        };
        rows.iter().map(text).collect()
    }

    async fn deliveries(&self) -> Vec<String> {
        self.rows("select channel, mode, state from deliveries order by id", 3).await
    }

    /// A column of times, to the minute.
    async fn times(&self, sql: &str) -> Vec<String> {
        let rows = self.db.fetch_all(sql, Args::new()).await.unwrap();
        rows.iter().map(|row| row.get::<Timestamp>(0).unwrap().to_string()[..16].to_owned()).collect()
    }

    /// When push and text messages that wait go.
    async fn runs_at(&self) -> Vec<String> {
        self.times("select run_at from jobs where kind = 'notifications.ring' and state = 'scheduled'").await
    }

    /// The same as the log of deliveries has it.
    async fn due_at(&self) -> Vec<String> {
        self.times("select due_at from deliveries where state = 'waiting' order by id").await
    }

    async fn letters(&self) -> Vec<String> {
        self.rows("select subject, plain from outbox order by id", 2).await
    }

    /// Waits until the workers have looked for what is due by now: a job that is, is done.
    async fn look_for_what_is_due(&self) {
        let ctx = self.now();
        let mut tx = self.db.begin().await.unwrap();
        enqueue_at(&ctx, &mut tx, &CleanUpNotifications {}, ctx.now()).await.unwrap();
        // As one that was put there before it was due.
        let waits = "update jobs set state = 'scheduled' where kind = 'notifications.clean_up'";
        tx.execute(waits, vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let state = "select state from jobs where kind = 'notifications.clean_up'";
        self.until("what is due is done", async || self.rows(state, 1).await == ["completed"]).await;
    }

    async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        wait_for(what, async || {
            if holds().await {
                return Ok(());
            }
            Err((self.deliveries().await, self.rows("select state, kind from jobs", 2).await))
        })
        .await;
    }

    /// Nothing that can be done is left. One question, for a job goes from one state to the next between two.
    async fn settle(&self) {
        let left = "select id from jobs where (queue in ('notifications', 'push_and_sms') or kind in ('notifications.clean_up', 'notifications.sweep')) \
                    and (state in ('available', 'running', 'retryable') or state = 'scheduled' and run_at <= $1)";
        self.until("all is done", async || {
            let now = self.ctx.app.clock().now();
            self.db.fetch_optional(left, vec![now.into()]).await.unwrap().is_none()
        })
        .await;
    }
}

#[tokio::test]
async fn a_letter_goes_to_the_outbox_once_with_its_reason_and_the_way_to_stop_it() {
    let world = World::new().await;
    world.work();
    world.tell("ann", "The export <b>is</b> done", None).await;
    world.settle().await;
    assert_eq!(world.deliveries().await, ["email at_once sent"]);
    let letters = world.letters().await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    for part in ["The export <b>is</b> done", "All of it.", "https://crm.example/companies", told::EXPORT_DONE.reason] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    assert!(letter.contains("https://crm.example/settings/preferences#export_done"), "{letter}");
    let again = world.rows("select args from jobs where kind = 'notifications.deliver'", 1).await;
    let again: Deliver = serde_json::from_str(&again[0]).unwrap();
    world.run(&again).await;
    world.settle().await;
    assert_eq!(world.letters().await.len(), 1);
    assert_eq!(world.rows("select state from delivery_attempts", 1).await, ["sent"]);
}

#[tokio::test]
async fn a_digest_tells_what_was_collected_and_never_twice() {
    let world = World::new().await;
    world.work();
    for who in ["ann", "bob"] {
        world.choose(who, Channel::Email, if who == "ann" { Mode::Daily } else { Mode::Weekly }).await;
    }
    for title in ["One is done", "Two is done", "Three is done"] {
        world.tell("ann", title, None).await;
        world.settle().await;
    }
    world.tell("bob", "Bob's is done", None).await;
    world.settle().await;
    assert!(world.letters().await.is_empty());
    // What was read in the program needs no letter.
    let page =
        list(&world.as_("ann"), &add(Kinds::default()), &NotificationFilter::default(), None, PAGE).await.unwrap();
    let two = page.notifications.iter().find(|n| n.title == "Two is done").unwrap().id;
    assert_eq!(mark_read(&world.as_("ann"), two, true).await.unwrap(), 2);
    for _ in 0..2 {
        world.run(&SendDigests { mode: Mode::Daily }).await;
        world.settle().await;
    }
    let letters = world.letters().await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.contains("2 notifications") && letter.contains("One is done") && letter.contains("Three is done"));
    assert!(!letter.contains("Two is done") && !letter.contains("Bob's"), "{letter}");
    world.tell("ann", "Four is done", None).await;
    world.settle().await;
    world.run(&SendDigests { mode: Mode::Daily }).await;
    world.run(&SendDigests { mode: Mode::Weekly }).await;
    world.settle().await;
    let letters = world.letters().await;
    assert_eq!(letters.len(), 3);
    assert!(
        letters[1..]
            .iter()
            .any(|l| l.contains("Four is done") && l.contains("1 notification") && !l.contains("One is"))
    );
    assert!(letters[1..].iter().any(|l| l.contains("Bob's is done") && l.contains("Your week")));
}

#[tokio::test]
async fn what_comes_in_quiet_hours_waits_until_they_are_over_and_what_is_important_need_not() {
    let world = World::new().await;
    world.work();
    // It is ten in London, eleven in Zurich and seven in the evening in Tokyo.
    let quiet = json!({ "time_zone": "Asia/Tokyo", "quiet_hours": { "from": "18:30", "until": "07:00" } });
    world.prefer("ann", quiet.clone()).await;
    world.prefer("bob", quiet).await;
    world.prefer("bob", json!({ "high_through_quiet_hours": false })).await;
    world.tell("ann", "Not now", None).await;
    world.tell("ann", "At once", Some(Priority::High)).await;
    world.tell("bob", "Not even this", Some(Priority::High)).await;
    world.settle().await;
    let subjects = async || world.rows("select subject from outbox order by id", 1).await;
    assert_eq!(subjects().await, ["At once"]);
    assert_eq!(count_unread(&world.as_("ann")).await.unwrap(), 2, "the list is quiet by itself");
    world.ctx.app.clock().set(Timestamp::parse("2026-11-20T21:59:59Z").unwrap());
    world.look_for_what_is_due().await;
    assert_eq!(subjects().await, ["At once"]);
    world.ctx.app.clock().set(Timestamp::parse("2026-11-20T22:00:00Z").unwrap());
    world.until("the rest is sent", async || subjects().await.len() == 3).await;
}

#[tokio::test]
async fn many_are_told_by_few_statements_and_each_once() {
    let world = World::new().await;
    world.work();
    let kinds = add(Kinds::default());
    world.tell("ann", "Done", None).await;
    world.settle().await;
    // The job runs again, as it may when its worker died after the commit.
    let args = world.rows("select args from jobs where kind = 'notifications.tell'", 1).await;
    let tell: Tell = serde_json::from_str(&args[0]).unwrap();
    world.run(&tell).await;
    world.settle().await;
    let page = list(&world.as_("ann"), &kinds, &NotificationFilter::default(), None, PAGE).await.unwrap();
    assert_eq!((page.notifications.len(), page.unread), (1, 1));
    assert_eq!(world.letters().await.len(), 1);
}

#[tokio::test]
async fn what_was_read_long_ago_is_removed_and_the_rest_stays() {
    let world = World::new().await;
    world.work();
    for title in ["Read", "Unread"] {
        world.tell("ann", title, None).await;
        world.settle().await;
    }
    let page =
        list(&world.as_("ann"), &add(Kinds::default()), &NotificationFilter::default(), None, PAGE).await.unwrap();
    let read = page.notifications.iter().find(|n| n.title == "Read").unwrap().id;
    mark_read(&world.as_("ann"), read, true).await.unwrap();
    let titles = async || world.rows("select title from notifications order by id", 1).await;
    for (days, left) in [(89, vec!["Read", "Unread"]), (2, vec!["Unread"]), (280, vec![])] {
        world.ctx.app.clock().advance_seconds(days * 86_400);
        world.run(&CleanUpNotifications {}).await;
        world.settle().await;
        assert_eq!(titles().await, left, "after {days} more days");
    }
    assert!(world.deliveries().await.is_empty());
}

#[tokio::test]
async fn marking_all_as_read_leaves_what_stands_in_a_digest_alone() {
    let world = World::new().await;
    world.work();
    world.choose("ann", Channel::Email, Mode::Daily).await;
    world.tell("ann", "Seen", None).await;
    world.settle().await;
    world.choose("ann", Channel::InApp, Mode::Off).await;
    world.tell("ann", "Not seen", None).await;
    world.settle().await;
    assert_eq!(mark_all_read(&world.as_("ann")).await.unwrap(), 0);
    world.run(&SendDigests { mode: Mode::Daily }).await;
    world.settle().await;
    let letters = world.letters().await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(
        letter.contains("Not seen") && letter.contains("1 notification") && !letter.contains("Seen is"),
        "{letter}"
    );
}

#[tokio::test]
async fn what_only_a_newer_version_knows_waits_for_it() {
    let world = World::new().await;
    world.work();
    world.choose("bob", Channel::Email, Mode::Daily).await;
    let quiet = json!({ "time_zone": "Europe/London", "quiet_hours": { "from": "09:00", "until": "12:00" } });
    world.prefer("ann", quiet).await;
    for who in ["ann", "bob"] {
        world.tell(who, "Done", None).await;
    }
    world.settle().await;
    // From here on it is as if these were of a kind that this version does not have.
    let mut tx = world.db.begin().await.unwrap();
    tx.execute("update notifications set kind = 'newer'", Args::new()).await.unwrap();
    tx.commit().await.unwrap();
    world.ctx.app.clock().set(Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
    world.run(&SendDigests { mode: Mode::Daily }).await;
    let attempts = async || world.rows("select state from delivery_attempts", 1).await;
    world.until("the letter was tried", async || attempts().await == ["failed"]).await;
    let tell = Tell {
        notice: world.ctx.new_id(),
        kind: "newer".to_owned(),
        to: vec![world.id("ann")],
        title: "Done".to_owned(),
        message: String::new(),
        link: None,
        priority: Priority::Normal,
        about: None,
    };
    world.run(&tell).await;
    let tells = async || world.rows("select state from jobs where kind = 'notifications.tell' order by id", 1).await;
    world.until("telling is tried again", async || tells().await.last().is_some_and(|s| s == "retryable")).await;
    let digests = "select id from jobs where kind like 'notifications.%digest%' and state <> 'completed'";
    world
        .until("the digest was looked at", async || world.db.fetch_all(digests, vec![]).await.unwrap().is_empty())
        .await;
    let mut waiting = world.deliveries().await;
    waiting.sort();
    assert_eq!(waiting, ["email at_once waiting", "email daily waiting"]);
    assert!(world.letters().await.is_empty());
}
