//! The hub without a network: what time brings, and what it tells others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::FutureExt;
use kernel::server::{
    Clock, Db, EVERYTHING, Engine, Listener,
    testing::{TestDb, options, until},
};
use records::{
    Record, Value,
    server::{self as rows, Action, Actor, Ctx, Edit, Grants, Module, testing},
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{hub::Check, looks::read_told, seat::Taken, *};
use crate::{Message, Person};

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Record)]
#[record(table = "teams", title = "name", shared)]
struct Team {
    #[field(required, unique)]
    name: String,
}

struct World {
    db: TestDb,
    ctx: Ctx,
    hub: Hub,
    told: Listener,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let modules = vec![Module::new("test").record::<Team>(), organisation::server::module()];
        let app = testing::app((*db).clone(), Clock::System, modules);
        let told = db.listen();
        Self { hub: Hub::new(app.clone()), ctx: app.ctx(Actor::system().into()), db, told }
    }

    /// A page of somebody, and how often it was asked whose it is.
    fn enter(&self, user: u128) -> (Taken, Arc<AtomicUsize>) {
        let actor = testing::actor(Uuid::from_u128(user), None, Grants::everything());
        let (asked, same) = (Arc::<AtomicUsize>::default(), actor.clone());
        let count = asked.clone();
        let check: Check = Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            let same = same.clone();
            Box::pin(async move { Ok(Some(same)) })
        });
        let mut taken = self.hub.enter(actor, check, None);
        assert_eq!(heard(&mut taken)[0].event, "hello");
        (taken, asked)
    }

    /// Writes teams under a change-set that goes on.
    async fn write(&self, change_set: Uuid, count: usize) {
        let permit = self.ctx.permit_any("teams", Action::Create).unwrap();
        let name = permit.entry().ty.field("name").unwrap().0;
        let edits = (0..count).map(|_| {
            let id = self.ctx.new_id();
            Edit::Create { id: Some(id), set: vec![(name, Value::Text(format!("Team {id}")))] }
        });
        let mut work = self.ctx.begin().await.unwrap();
        rows::write_in(&self.ctx, &mut work, change_set, &permit, edits.collect()).await.unwrap();
        work.commit().await.unwrap();
    }

    async fn open(&self) -> Uuid {
        let mut work = self.ctx.begin().await.unwrap();
        let change_set = rows::open(&self.ctx, &mut work, "test", "Teams", None).await.unwrap();
        work.commit().await.unwrap();
        change_set
    }

    /// Lets the hub hear what was told so far.
    async fn hear(&mut self) {
        while let Some(Some(signal)) = self.told.next().now_or_never() {
            self.hub.hear(&signal).await;
        }
    }
}

/// What waits to be sent to a page.
fn heard(taken: &mut Taken) -> Vec<Message> {
    std::iter::from_fn(|| taken.queue.try_recv().ok()).map(|text| serde_json::from_str(&text).unwrap()).collect()
}

#[tokio::test]
async fn what_is_broken_off_is_told_of_once_it_has_been_silent_for_a_minute() {
    let mut world = World::new().await;
    let (mut page, _) = world.enter(1);
    let (few, many) = (world.open().await, world.open().await);
    for count in [1, 2] {
        world.write(few, count).await;
        world.write(many, 300).await;
    }
    world.hear().await;
    let now = Instant::now();
    world.hub.pulse(now).await;
    assert_eq!(heard(&mut page), []);
    world.hub.pulse(now + Duration::from_secs(61)).await;
    let told = heard(&mut page);
    let count = |message: &Message| message.data["records"].as_array().map(Vec::len);
    let mut told: Vec<_> = told.iter().map(|message| (message.event.as_str(), count(message))).collect();
    told.sort_unstable();
    assert_eq!(told, [("records", Some(3)), ("refetch", None)]);
    world.hub.pulse(now + Duration::from_mins(10)).await;
    assert_eq!(heard(&mut page), [], "once");
}

#[tokio::test]
async fn the_sockets_of_others_are_left_alone_when_somebody_signs_out() {
    let mut world = World::new().await;
    let ((_ana, anas), (_ben, bens)) = (world.enter(1), world.enter(2));
    let hub = world.hub.clone();
    tokio::spawn(async move { hub.settle_doubts().await });
    let mut tx = world.db.begin().await.unwrap();
    tell_access(&mut tx, Some(Uuid::from_u128(1)));
    tx.commit().await.unwrap();
    world.hear().await;
    until("it is asked twice", async || anas.load(Ordering::SeqCst) >= 2).await;
    assert_eq!(bens.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn telling_others_who_looks_where_keeps_no_page_from_hearing() {
    const LOOKED_AT: u128 = 1_500;
    let mut world = World::new().await;
    let other = Db::open_with(world.db.url(), &options()).await.unwrap();
    let (mut hears, hearing) = (other.listen(), other.clone());
    if other.engine() == Engine::Postgres {
        tokio::spawn(async move { hearing.hear_others().await });
        assert_eq!(&*timeout(PATIENCE, hears.next()).await.unwrap().unwrap(), EVERYTHING);
    }
    for n in 0..LOOKED_AT {
        let (id, name) = (Uuid::from_u128(n), format!("Person {n}"));
        let place = ("companies".to_owned(), id);
        world.hub.state().looks.look(u64::try_from(n).unwrap(), Some((place, Person { id, name })));
    }
    let hub = world.hub.clone();
    tokio::spawn(async move { hub.tell_who_looks().await });
    world.hub.pulse(Instant::now()).await;
    if other.engine() == Engine::Postgres {
        let (mut signals, mut places) = (0, 0);
        while places < usize::try_from(LOOKED_AT).unwrap() {
            let signal = timeout(PATIENCE, hears.next()).await.unwrap().unwrap();
            let told = read_told(signal.splitn(3, ' ').nth(2).unwrap()).unwrap();
            (signals, places) = (signals + 1, places + told.len());
        }
        assert!(signals < 100, "{signals}");
    } else {
        let all_told = async {
            while !world.hub.state().untold.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, all_told).await.unwrap();
    }
    assert!(world.told.next().now_or_never().is_none(), "it does not hear itself");
}
