use records::{
    Value,
    server::{self, Edit, Reach},
};

use crate::fixture::*;

#[tokio::test]
async fn an_edit_taken_back_restores_what_nobody_changed_since() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &Specimen { count: Some(1), ..specimen("Acme") }).await;
    let both = Edit::Set { id, version: None, set: vec![(at("count"), Value::Int(2)), (at("name"), text("Acme Ltd"))] };
    let edit = write(&ctx, vec![both]).await.change_set.unwrap();
    write(&ctx, vec![set(id, "count", Value::Int(3))]).await;

    let undone = server::undo(&ctx, edit).await.unwrap();
    assert_eq!((undone.records, undone.conflict_count), (1, 1));
    assert_eq!(undone.conflicts[0].field, "Count");
    let now = get(&ctx, id).await.unwrap();
    assert_eq!((now.name.as_str(), now.count), ("Acme", Some(3)));
    // Once is enough.
    assert_eq!(server::undo(&ctx, edit).await.unwrap_err().status(), 409);
    // And taking the taking back back is doing it again.
    server::undo(&ctx, undone.change_set.unwrap()).await.unwrap();
    assert_eq!(get(&ctx, id).await.unwrap().name, "Acme Ltd");
}

#[tokio::test]
async fn a_creation_taken_back_is_a_deletion_unless_others_refer_to_it() {
    let world = World::new().await;
    let ctx = world.ctx();
    let made = write(&ctx, vec![Edit::Create { id: None, set: cells(&specimen("Parent")) }]).await;
    let (set_id, parent) = (made.change_set.unwrap(), made.steps[0].id);
    let child = create(&ctx, &Specimen { parent: Some(kernel::Id::new(parent)), ..specimen("Child") }).await;

    let refused = server::undo(&ctx, set_id).await.unwrap();
    assert_eq!((refused.records, refused.change_set), (0, None));
    assert!(refused.conflicts[0].why.contains("refer to it"));

    write(&ctx, vec![Edit::Delete { id: child, version: None }]).await;
    assert_eq!(server::undo(&ctx, set_id).await.unwrap().records, 1);
    assert!(get(&ctx, parent).await.is_none());
}

#[tokio::test]
async fn records_of_one_set_may_refer_to_each_other() {
    let world = World::new().await;
    let ctx = world.ctx();
    let (a, b) = (ctx.new_id(), ctx.new_id());
    let mut work = ctx.begin().await.unwrap();
    let one = server::open(&ctx, &mut work, "import", "two", None).await.unwrap();
    let permit = ctx.permit_any("specimens", server::Action::Create).unwrap();
    let edits = vec![
        Edit::Create { id: Some(a), set: cells(&specimen("A")) },
        Edit::Create { id: Some(b), set: cells(&specimen("B")) },
    ];
    server::write_in(&ctx, &mut work, one, &permit, edits).await.unwrap();
    let permit = ctx.permit_any("specimens", server::Action::Edit).unwrap();
    server::write_in(&ctx, &mut work, one, &permit, vec![set(a, "parent", Value::Id(b))]).await.unwrap();
    server::close(&ctx, &mut work, one, 2).await.unwrap();
    work.commit().await.unwrap();
    let undone = server::undo(&ctx, one).await.unwrap();
    assert_eq!((undone.records, undone.conflict_count), (2, 0));
    assert!(names(&ctx, &by("name")).await.is_empty());
}

#[tokio::test]
async fn a_deletion_taken_back_needs_its_unique_value_free() {
    let world = World::new().await;
    let ctx = world.ctx();
    let coded = |name: &str| Specimen { code: Some("one".into()), ..specimen(name) };
    let id = create(&ctx, &coded("First")).await;
    let deleted = write(&ctx, vec![Edit::Delete { id, version: None }]).await.change_set.unwrap();
    let other = create(&ctx, &coded("Second")).await;
    let undone = server::undo(&ctx, deleted).await.unwrap();
    assert_eq!((undone.records, undone.conflicts[0].title.as_str()), (0, "First"));
    write(&ctx, vec![Edit::Delete { id: other, version: None }]).await;
    assert_eq!(server::undo(&ctx, deleted).await.unwrap().records, 1);
    assert_eq!(get(&ctx, id).await.unwrap().name, "First");
}

#[tokio::test]
async fn what_was_created_gives_up_what_older_records_get_back() {
    let world = World::new().await;
    let ctx = world.ctx();
    let coded = |name: &str, code: &str| Specimen { code: Some(code.into()), ..specimen(name) };
    let old = create(&ctx, &coded("Old", "one")).await;
    let mut work = ctx.begin().await.unwrap();
    let one = server::open(&ctx, &mut work, "import", "two", None).await.unwrap();
    let edit = ctx.permit_any("specimens", server::Action::Edit).unwrap();
    server::write_in(&ctx, &mut work, one, &edit, vec![set(old, "code", text("two"))]).await.unwrap();
    let new = vec![Edit::Create { id: None, set: cells(&coded("New", "one")) }];
    let permit = ctx.permit_any("specimens", server::Action::Create).unwrap();
    server::write_in(&ctx, &mut work, one, &permit, new).await.unwrap();
    server::close(&ctx, &mut work, one, 2).await.unwrap();
    work.commit().await.unwrap();
    let undone = server::undo(&ctx, one).await.unwrap();
    assert_eq!((undone.records, undone.conflict_count), (2, 0));
    assert_eq!(get(&ctx, old).await.unwrap().code.as_deref(), Some("one"));
}

#[tokio::test]
async fn an_undo_never_writes_over_a_save_made_meanwhile() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &Specimen { count: Some(0), ..specimen("Acme") }).await;
    for round in 0..10 {
        let edited = write(&ctx, vec![set(id, "count", Value::Int(100 + round))]).await.change_set.unwrap();
        let (ctx, other) = (&ctx, Edit::Set { id, version: None, set: vec![(at("count"), Value::Int(-1 - round))] });
        let (undone, _) = tokio::join!(server::undo(ctx, edited), write(ctx, vec![other]));
        let now = get(ctx, id).await.unwrap().count;
        // Whichever came first: what the other person saved is there.
        assert_eq!(now, Some(-1 - round), "{undone:?}");
    }
}

#[tokio::test]
async fn three_thousand_records_are_taken_back_as_one() {
    let world = World::new().await;
    let ctx = world.ctx();
    let permit = ctx.permit_any("specimens", server::Action::Create).unwrap();
    let mut work = ctx.begin().await.unwrap();
    let one = server::open(&ctx, &mut work, "import", "many", None).await.unwrap();
    for batch in 0..3 {
        let edits = (0..1_000).map(|n| Edit::Create { id: None, set: cells(&specimen(&format!("S{batch}-{n}"))) });
        server::write_in(&ctx, &mut work, one, &permit, edits.collect()).await.unwrap();
    }
    server::close(&ctx, &mut work, one, 3_000).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(server::undo(&ctx, one).await.unwrap().records, 3_000);
    assert!(names(&ctx, &by("name")).await.is_empty());
}

#[tokio::test]
async fn nobody_takes_back_what_is_not_theirs() {
    let world = World::new().await;
    let ctx = world.ctx();
    let made = write(&ctx, vec![Edit::Create { id: None, set: cells(&specimen("Acme")) }]).await;
    let other = world.limited(uuid::Uuid::from_u128(77), None, Reach::Own);
    assert_eq!(server::undo(&other, made.change_set.unwrap()).await.unwrap_err().status(), 404);
}

#[tokio::test]
async fn an_undo_that_was_broken_off_goes_on_without_taking_what_it_did_for_a_conflict() {
    let world = World::new().await;
    let ctx = world.ctx();
    let creates = (0..3).map(|n| Edit::Create { id: None, set: cells(&specimen(&n.to_string())) }).collect();
    let made = write(&ctx, creates).await;
    // Two of the three are in the bin already when it begins anew.
    for step in &made.steps[..2] {
        write(&ctx, vec![Edit::Delete { id: step.id, version: None }]).await;
    }
    let undone = server::undo(&ctx, made.change_set.unwrap()).await.unwrap();
    assert_eq!((undone.records, undone.conflict_count), (1, 0), "{undone:?}");

    // All is done, but nobody noted it.
    let made = write(&ctx, vec![Edit::Create { id: None, set: cells(&specimen("Last")) }]).await;
    write(&ctx, vec![Edit::Delete { id: made.steps[0].id, version: None }]).await;
    let undone = server::undo(&ctx, made.change_set.unwrap()).await.unwrap();
    assert_eq!((undone.records, undone.conflict_count), (0, 0));
    assert_eq!(server::undo(&ctx, made.change_set.unwrap()).await.unwrap_err().status(), 409, "it is undone");
}
