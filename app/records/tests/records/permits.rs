//! List and by-id agree for every action and reach.

use records::{
    Filter, ListQuery, Op, Record,
    server::{self, Action, Edit, Grants, Reach, Refusal},
};
use uuid::Uuid;

use crate::fixture::*;

#[tokio::test]
async fn whoever_lists_a_record_can_open_it_and_nobody_else() {
    let world = World::new().await;
    let (team, other_team) = (Uuid::from_u128(10), Uuid::from_u128(11));
    let me = world.user("Me", Some(team)).await;
    let mate = world.user("Mate", Some(team)).await;
    let stranger = world.user("Stranger", Some(other_team)).await;
    let ctx = world.ctx();
    let mut all = vec![];
    for owner in [Some(me), Some(mate), Some(stranger), None] {
        let row = Specimen { owner: owner.map(kernel::Id::new), ..specimen("Acme") };
        let mut set = cells(&row);
        if owner.is_none() {
            set.push((at("owner"), records::Value::Null));
        }
        all.push(write(&ctx, vec![Edit::Create { id: None, set }]).await.one().unwrap().id);
    }
    for (reach, seen) in [(Reach::Own, 1), (Reach::Team, 2), (Reach::All, 4)] {
        let ctx = world.limited(me, Some(team), reach);
        for action in [Action::View, Action::Edit, Action::Delete, Action::Export] {
            let permit = ctx.permit::<Specimen>(action).unwrap();
            let page = server::list(&ctx, &permit, &ListQuery::default()).await.unwrap();
            let listed: Vec<Uuid> = page.rows.iter().map(|r| r.id).collect();
            assert_eq!(listed.len(), seen, "{reach:?} {action:?}");
            for id in &all {
                let found = server::find_any(&ctx, &permit, *id).await.unwrap();
                assert_eq!(found.is_some(), listed.contains(id), "{reach:?} {action:?}");
                if let Some(row) = found {
                    assert!(permit.allows(row.meta.owner, row.meta.team));
                }
            }
            let count = server::count(&ctx, &permit, &ListQuery::default()).await.unwrap();
            assert_eq!(count.rows, seen as u64);
        }
        for id in &all {
            let can_see =
                server::find_any(&ctx, &ctx.permit::<Specimen>(Action::Edit).unwrap(), *id).await.unwrap().is_some();
            let edited = write(&ctx, vec![set(*id, "count", records::Value::Int(i64::from(reach as u8)))]).await;
            let refused = edited.steps[0].refusal == Some(Refusal::NotFound);
            assert_eq!(refused, !can_see, "what one may not see is not there to edit");
        }
    }
    let none = world.limited(me, Some(team), Reach::None);
    assert!(Action::ALL.into_iter().all(|a| none.permit::<Specimen>(a).is_err()));
}

#[tokio::test]
async fn one_creates_within_ones_own_reach() {
    let world = World::new().await;
    let (me, other) = (world.user("Me", None).await, world.user("Other", None).await);
    let ctx = world.limited(me, None, Reach::Own);
    let mine = write(&ctx, vec![Edit::Create { id: None, set: cells(&specimen("Mine")) }]).await.one().unwrap();
    assert_eq!(mine.after.unwrap().meta.owner, Some(me));
    let row = Specimen { owner: Some(kernel::Id::new(other)), ..specimen("Not mine") };
    let not = write(&ctx, vec![Edit::Create { id: None, set: cells(&row) }]).await;
    assert_eq!(not.steps[0].errors.first("owner"), Some("You may create records of your own only."));
}

#[tokio::test]
async fn a_record_belongs_to_the_team_of_its_owner() {
    let world = World::new().await;
    let (here, there) = (Uuid::from_u128(10), Uuid::from_u128(11));
    let (a, b) = (world.user("A", Some(here)).await, world.user("B", Some(there)).await);
    let ctx = world.ctx();
    let id = create(&ctx, &Specimen { owner: Some(kernel::Id::new(a)), ..specimen("Acme") }).await;
    let view = ctx.permit::<Specimen>(Action::View).unwrap();
    assert_eq!(server::find_any(&ctx, &view, id).await.unwrap().unwrap().meta.team, Some(here));
    write(&ctx, vec![set(id, "owner", records::Value::Id(b))]).await.one().unwrap();
    assert_eq!(server::find_any(&ctx, &view, id).await.unwrap().unwrap().meta.team, Some(there));
}

#[tokio::test]
async fn a_hidden_field_exists_nowhere() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &Specimen { count: Some(42), ..specimen("Acme") }).await;
    write(&ctx, vec![set(id, "count", records::Value::Int(43))]).await;
    let grants = Grants::everything().hide("specimens", "count");
    let blind = world.app.ctx(server::testing::actor(Uuid::from_u128(5), None, grants));
    let permit = blind.permit::<Specimen>(Action::View).unwrap();
    assert!(server::describe(&blind, &permit).field("count").is_none());
    let (record, _) = server::get(&blind, &permit, id).await.unwrap();
    assert!(!record.cells.contains(&records::Value::Int(43)));
    let query = ListQuery { filter: Some(Filter::leaf("count", Op::Eq, 43)), ..ListQuery::default() };
    assert_eq!(server::list(&blind, &permit, &query).await.unwrap_err().status(), 400);
    assert_eq!(server::list(&blind, &permit, &by("count")).await.unwrap_err().status(), 400);
    assert!(server::totals(&blind, &permit, &ListQuery::default()).await.unwrap().is_empty());
    let (changes, _) = server::history(&blind, &permit, id, 10).await.unwrap();
    assert!(changes.iter().all(|c| c.fields.is_empty()));
    let edited = write(&blind, vec![set(id, "count", records::Value::Int(1))]).await;
    assert!(edited.steps[0].errors.first("count").is_some());
}

#[tokio::test]
async fn a_hidden_title_shows_in_no_roundabout_way() {
    let world = World::new().await;
    let ctx = world.ctx();
    let parent = create(&ctx, &specimen("Secret")).await;
    let row = Specimen { parent: Some(kernel::Id::new(parent)), ..specimen("Child") };
    create(&ctx, &Specimen { mails: vec![kernel::EmailAddress::parse("ann@example.com").unwrap()], ..row }).await;
    let grants = Grants::everything().hide("specimens", "name");
    let blind = world.app.ctx(server::testing::actor(Uuid::from_u128(5), None, grants));
    let permit = blind.permit::<Specimen>(Action::View).unwrap();
    let filter = Some(Filter::leaf("parent", Op::Starts, "Sec"));
    let query = ListQuery { filter, ..ListQuery::default() };
    assert_eq!(server::list(&blind, &permit, &query).await.unwrap_err().status(), 403);
    let found = async |search: &str| {
        let query = ListQuery { search: search.to_owned(), ..ListQuery::default() };
        server::list(&blind, &permit, &query).await.unwrap().rows.len()
    };
    assert_eq!((found("secret").await, found("ann").await), (0, 1));
    assert!(server::lookup(&blind, &permit, "sec", 10).await.unwrap().is_empty());
    // By what the records refer to, not by what that is called.
    assert_eq!(server::list(&blind, &permit, &by("parent")).await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn what_another_process_wrote_is_read_anew() {
    let world = World::new().await;
    let entry = world.app.registry().get("specimens").unwrap();
    let app = world.app.clone();
    let following = tokio::spawn(async move { app.follow().await });
    for signal in [format!("written specimens {}", Uuid::from_u128(9)), kernel::server::EVERYTHING.to_owned()] {
        let before = entry.changes();
        while entry.changes() == before {
            // Said again for as long as nobody listens yet.
            let mut tx = world.app.db().begin().await.unwrap();
            tx.tell(&signal);
            tx.commit().await.unwrap();
            tokio::task::yield_now().await;
        }
    }
    following.abort();
}

#[tokio::test]
async fn a_reference_to_what_one_may_not_see_has_no_name() {
    let world = World::new().await;
    let (me, other) = (world.user("Me", None).await, world.user("Other", None).await);
    let ctx = world.ctx();
    let secret = create(&ctx, &Specimen { owner: Some(kernel::Id::new(other)), ..specimen("Secret") }).await;
    let row = Specimen { owner: Some(kernel::Id::new(me)), parent: Some(kernel::Id::new(secret)), ..specimen("Mine") };
    let id = create(&ctx, &row).await;
    let limited = world.limited(me, None, Reach::Own);
    let permit = limited.permit::<Specimen>(Action::View).unwrap();
    let (_, labels) = server::get(&limited, &permit, id).await.unwrap();
    assert_eq!(labels.get(&secret), None);
    // Nor does filtering by it tell anything.
    let query = ListQuery { filter: Some(Filter::leaf("parent.name", Op::Starts, "Sec")), ..ListQuery::default() };
    assert!(server::list(&limited, &permit, &query).await.unwrap().rows.is_empty());
    let lookup = server::lookup(&limited, &permit, "sec", 10).await.unwrap();
    assert!(lookup.is_empty());
}

#[test]
fn the_fixture_has_every_kind_but_decimal() {
    use std::collections::BTreeSet;
    let kinds: BTreeSet<&str> = Specimen::TYPE.fields.iter().map(|f| records::text::expected(&f.kind)).collect();
    assert_eq!(kinds.len(), 15);
}

#[tokio::test]
async fn what_one_may_not_see_is_not_told_because_others_asked_for_it_before() {
    let world = World::new().await;
    let ctx = world.ctx();
    let parent = create(&ctx, &specimen("Parent")).await;
    create(&ctx, &Specimen { parent: Some(kernel::Id::new(parent)), ..specimen("Child") }).await;
    let labels = async |ctx: &server::Ctx| {
        let permit = ctx.permit::<Specimen>(Action::View).unwrap();
        let page = server::list(ctx, &permit, &by("created_at")).await.unwrap();
        page.labels.get(&parent).cloned()
    };
    assert_eq!(labels(&ctx).await.as_deref(), Some("Parent"));
    let grants = Grants::everything().hide("specimens", "name");
    let blind = world.app.ctx(server::testing::actor(world.me, None, grants));
    assert_eq!(labels(&blind).await, None);
}
