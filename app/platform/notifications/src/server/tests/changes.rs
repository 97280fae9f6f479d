//! Of what others write, nobody is told more than they may see.

use kernel::{
    Id,
    marks::User,
    server::migrate::{self, MIGRATIONS, Migration},
};
use records::{
    Record, Value,
    server::{Edit, write},
};

use super::*;
use crate::Standing;

/// Something that is somebody's.
#[derive(Clone, Debug, Record)]
#[record(table = "errands", title = "name")]
struct Errand {
    name: String,
    place: Option<String>,
    owner: Option<Id<User>>,
}

/// Whose it can be.
#[derive(Clone, Debug, Record)]
#[record(table = "users", title = "email")]
struct Person {
    email: String,
}

const TABLE: &str = "
create table errands (
    {{sqlite}}n integer primary key, id blob not null unique,{{end}}
    {{postgres}}id uuid primary key,{{end}}
    version bigint not null, created_at {{ts}} not null, created_by {{uuid}}, updated_at {{ts}} not null,
    updated_by {{uuid}}, deleted_at {{ts}}, deleted_by {{uuid}}, owner {{uuid}}, team {{uuid}},
    name text not null, name_key {{key}} not null, place text, place_key {{key}}, search_key {{key}} not null
);";

#[tokio::test]
async fn a_title_that_is_hidden_from_somebody_is_not_told_to_them() {
    let db = TestDb::new().await;
    let mut migrations: Vec<Migration> = MIGRATIONS.to_vec();
    migrations.push(Migration { version: 9_000, name: "errands", sql: TABLE });
    migrate::run(&db, &migrations).await.unwrap();
    let mut world = World::of(db, vec![Module::new("test").record::<Errand>().record::<Person>()]).await;
    testing::provide(&world.ctx.app, &[], Patience::default());
    for who in ["ann", "bob"] {
        let grants = Grants::default().allow("errands", Action::View, Reach::All);
        let grants = if who == "bob" { grants.hide("errands", "name") } else { grants };
        let actor = Actor { grants: Arc::new(grants), ..(*world.people[who]).clone() };
        world.people.insert(who, Arc::new(actor));
    }
    world.work();
    let permit = |action| world.ctx.permit::<Errand>(action).unwrap();
    let field = |name: &str| Errand::TYPE.field(name).unwrap().0;
    let save = async |edit: Edit, action| write(&world.ctx, &permit(action), vec![edit], "edit", "Made").await.unwrap();
    for who in ["ann", "bob"] {
        let set = vec![
            (field("name"), Value::Text("The secret errand".to_owned())),
            (field("owner"), Value::Id(world.id(who))),
        ];
        let made = save(Edit::Create { id: None, set }, Action::Create).await;
        let id = made.steps[0].id;
        let mut tx = world.db.begin().await.unwrap();
        store::stand(&mut tx, world.id(who), ("errands", id), Standing::Following, world.ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
        let set = vec![(field("place"), Value::Text("Basel".to_owned()))];
        save(Edit::Set { id, version: None, set }, Action::Edit).await;
    }
    let people = world.people.clone();
    let actors: Actors = Arc::new(move |id| {
        let found = people.values().find(|actor| actor.user == Some(id)).cloned();
        Box::pin(async move { Ok(found) })
    });
    read_changes(&world.ctx, &actors).await.unwrap();
    world.settle().await;
    let told = async |who: &str| {
        let page =
            list(&world.as_(who), &add(Kinds::default()), &NotificationFilter::default(), None, PAGE).await.unwrap();
        let mut told: Vec<_> =
            page.notifications.into_iter().map(|one| format!("{} {}", one.title, one.message)).collect();
        told.sort();
        told
    };
    let (ann, bob) = (told("ann").await, told("bob").await);
    assert_eq!((ann.len(), bob.len()), (2, 2), "{ann:?} {bob:?}");
    assert!(ann.iter().all(|told| told.contains("The secret errand")), "{ann:?}");
    assert!(bob.iter().all(|told| told.contains("Errand") && !told.contains("secret")), "{bob:?}");
}
