//! What is overdue is told of once, to who has to do it and may know of it.

use kernel::{
    Date, Id,
    marks::User,
    server::migrate::{self, MIGRATIONS, Migration},
};
use records::{Choice, Record};

use super::*;

/// Something to be done by a day.
#[derive(Clone, Debug, Record)]
#[record(table = "chores", title = "name")]
struct Chore {
    name: String,
    due: Option<Date>,
    state: State,
    owner: Option<Id<User>>,
    assignee: Option<Id<User>>,
}

/// As much of a user as chores need.
#[derive(Clone, Debug, Record)]
#[record(table = "users", title = "full_name", shared)]
struct Person {
    full_name: Option<String>,
}

#[derive(Clone, Copy, Debug, Choice)]
enum State {
    Open,
    Waiting,
    Done,
}

const OVERDUE: Kind = Kind {
    name: "chore_overdue",
    title: "A chore of mine is overdue",
    reason: "You get this because the chore is yours.",
    icon: "clock",
    button: "Open the chore",
    priority: Priority::Normal,
    channels: &[(Channel::InApp, Mode::AtOnce)],
};

impl Due for Chore {
    const JOB: &'static str = "test.tell_overdue";
    const SCHEDULE: &'static str = "overdue_chores";
    const BY: &'static str = "due";
    const OPEN: (&'static str, &'static [&'static str]) = ("state", &["open", "waiting"]);
    const WHO: &'static [&'static str] = &["assignee", "owner"];
    const OVERDUE: &'static Kind = &OVERDUE;
}

const TABLE: &str = "
create table chores (
    {{sqlite}}n integer primary key, id blob not null unique,{{end}}
    {{postgres}}id uuid primary key,{{end}}
    version bigint not null, created_at {{ts}} not null, created_by {{uuid}}, updated_at {{ts}} not null,
    updated_by {{uuid}}, deleted_at {{ts}}, deleted_by {{uuid}}, owner {{uuid}}, team {{uuid}},
    name text not null, name_key {{key}} not null, due {{date}}, state {{key}}, assignee {{uuid}},
    search_key {{key}} not null
);";

async fn world() -> World {
    let db = TestDb::new().await;
    let mut migrations: Vec<Migration> = MIGRATIONS.to_vec();
    migrations.push(Migration { version: 9_000, name: "chores", sql: TABLE });
    migrate::run(&db, &migrations).await.unwrap();
    let world = World::of(db, vec![Module::new("test").record::<Chore>().record::<Person>()]).await;
    testing::provide(&world.ctx.app, &[], Patience::default());
    let kinds = testing::kinds_of_jobs().with::<TellOverdue<Chore>>();
    world.work_on(kinds, add(Kinds::default()).with(&OVERDUE));
    world
}

impl World {
    async fn chore(&self, name: &str, due: &str, state: &str, owner: &str, assignee: Option<&str>) -> Uuid {
        let id = self.ctx.new_id();
        let sql = "insert into chores (id, version, created_at, updated_at, owner, name, name_key, due, state, \
                   assignee, search_key) values ($1, 1, $2, $2, $3, $4, $4, $5, $6, $7, '')";
        let args = vec![
            id.into(),
            self.ctx.now().into(),
            self.id(owner).into(),
            name.into(),
            Date::parse(due).unwrap().into(),
            state.into(),
            assignee.map(|who| self.id(who)).into(),
        ];
        let mut tx = self.db.begin().await.unwrap();
        tx.execute(sql, args).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn look(&self) {
        self.run(&TellOverdue::<Chore>::default()).await;
        self.settle().await;
    }

    async fn told(&self) -> Vec<String> {
        self.rows("select title, message from notifications order by title, message", 2).await
    }
}

#[tokio::test]
async fn what_is_overdue_is_told_once_to_who_has_to_do_it() {
    let world = world().await;
    world.chore("Yesterday's", "2026-11-19", "open", "ann", None).await;
    world.chore("Waiting", "2026-11-01", "waiting", "ann", Some("ann")).await;
    world.chore("Today's", "2026-11-20", "open", "ann", None).await;
    world.chore("Done", "2026-11-19", "done", "ann", None).await;
    world.chore("Of old", "2026-01-01", "open", "ann", None).await;
    // Bob may see what he owns alone.
    world.chore("Not to be seen", "2026-11-19", "open", "ann", Some("bob")).await;
    let first = [
        "Waiting is overdue It was to be done by 1 Nov 2026.",
        "Yesterday's is overdue It was to be done by 19 Nov 2026.",
    ];
    for _ in 0..2 {
        world.look().await;
        assert_eq!(world.told().await, first);
    }
    assert_eq!(count_unread(&world.as_("ann")).await.unwrap(), 2);
    assert_eq!(count_unread(&world.as_("bob")).await.unwrap(), 0);
    // Midnight by the company's clocks.
    world.ctx.app.clock().set(Timestamp::parse("2026-11-21T00:00:00Z").unwrap());
    world.look().await;
    assert_eq!(world.told().await.len(), 3);
    assert!(world.told().await[0].starts_with("Today's is overdue"));
}

#[tokio::test]
async fn a_later_time_that_passes_is_told_of_again() {
    let world = world().await;
    let id = world.chore("Put off", "2026-11-18", "open", "ann", None).await;
    world.look().await;
    let mut tx = world.db.begin().await.unwrap();
    let due: kernel::server::Arg = Date::parse("2026-11-19").unwrap().into();
    tx.execute("update chores set due = $2 where id = $1", vec![id.into(), due]).await.unwrap();
    tx.commit().await.unwrap();
    world.look().await;
    world.look().await;
    let told = [
        "Put off is overdue It was to be done by 18 Nov 2026.",
        "Put off is overdue It was to be done by 19 Nov 2026.",
    ];
    assert_eq!(world.told().await, told);
}
