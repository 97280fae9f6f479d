//! How much one question may ask for, and how much of records is held at a time.

use kernel::AppError;
use records::{
    Filter, ListQuery, LongText, Tags, Value,
    server::{self, Action, Edit, TooLarge, Walk, json::Shape},
};
use uuid::Uuid;

use crate::fixture::*;

const LONG: usize = 100_000;

/// Many records with texts as long as may be, by name.
async fn verbose(ctx: &server::Ctx, count: usize) -> Vec<Uuid> {
    let mut ids = vec![];
    for i in 0..count {
        let notes = Some(LongText(format!("{i:03}{}", "x".repeat(LONG - 3))));
        ids.push(create(ctx, &Specimen { notes, ..specimen(&format!("{i:03}")) }).await);
    }
    ids
}

#[tokio::test]
async fn conditions_weigh_by_what_they_cost() {
    let world = World::new().await;
    let ctx = world.ctx();
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let ask = async |leaf: &str, times: usize| {
        let query = filtered(&format!(r#"{{"or":[{}]}}"#, vec![leaf; times].join(",")));
        (server::count(&ctx, &permit, &query).await.map(drop), server::list_ids(&ctx, &permit, &query).await.map(drop))
    };
    let far = r#"{"field":"parent.parent.notes","op":"contains","value":"x"}"#;
    let (counted, listed) = ask(far, 100).await;
    let Err(AppError::BadRequest(why)) = counted else { panic!("{counted:?}") };
    assert!(why.contains("weigh 1800 together, and 200 is the most"), "{why}");
    assert_eq!(listed, Err(AppError::BadRequest(why)));
    assert_eq!(ask(far, 11).await, (Ok(()), Ok(())));
    assert_eq!(ask(r#"{"field":"count","op":"gt","value":1}"#, 100).await, (Ok(()), Ok(())));
    assert_eq!(ask(r#"{"field":"tags","op":"contains","value":"x"}"#, 41).await.0.unwrap_err().status(), 400);
    // What is looked for among many values weighs with them.
    let values = vec!["1"; 2_000].join(",");
    let many = format!(r#"{{"field":"count","op":"in","value":[{values}]}}"#);
    assert_eq!(ask(&many, 1).await, (Ok(()), Ok(())));
}

#[tokio::test]
async fn a_page_of_long_texts_ends_early_and_the_cursor_leads_through_all() {
    let world = World::new().await;
    let ctx = world.ctx();
    let ids = verbose(&ctx, 100).await;
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let mut query = ListQuery { page_size: 200, ..by("name") };
    let all = Shape::all(&permit);
    let refused = server::list_shape(&ctx, &permit, &query, &all, TooLarge::Refuse).await;
    assert!(matches!(refused.err(), Some(AppError::TooLarge(why)) if why.contains("fewer")));
    let (mut seen, mut pages) = (vec![], 0);
    loop {
        let page = server::list_shape(&ctx, &permit, &query, &all, TooLarge::EndEarly).await.unwrap();
        let bytes: usize = page.rows.iter().flat_map(|row| &row.cells.0).map(Value::bytes).sum();
        assert!((1..9 << 20).contains(&bytes), "{bytes}");
        assert_eq!(page.has_more, page.next.is_some());
        for row in page.rows {
            assert_eq!(row.cells.at(at("notes")).as_text().map(str::len), Some(LONG));
            seen.push(row.id);
        }
        pages += 1;
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!((seen, pages), (ids, 2));
    // What is not asked for counts for nothing, and what is light comes at once.
    let names = Shape::only(&permit, &["name"]).unwrap();
    let query = ListQuery { page_size: 200, ..by("name") };
    let page = server::list_shape(&ctx, &permit, &query, &names, TooLarge::Refuse).await.unwrap();
    assert_eq!(page.rows.len(), 100);
}

#[tokio::test]
async fn a_walk_through_long_texts_takes_as_many_as_may_be_held() {
    let world = World::new().await;
    let ctx = world.ctx();
    let ids = verbose(&ctx, 100).await;
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let walk = Walk::new(&ctx, &permit, &permit, &by("-name"), &Shape::all(&permit)).unwrap();
    let (mut seen, mut last) = (vec![], None);
    loop {
        let rows = walk.after(&ctx, last, 1_000).await.unwrap();
        assert!(rows.len() < 90);
        let Some(row) = rows.last() else { break };
        last = Some(row.id);
        seen.extend(rows.iter().map(|row| row.id));
    }
    assert_eq!(seen, ids);
    let mut keys = vec![];
    walk.keys(&ctx, 1_000, |some| keys.extend(some)).await.unwrap();
    let (mut seen, mut rest) = (vec![], keys.as_slice());
    while !rest.is_empty() {
        let (rows, done) = walk.rows(&ctx, rest).await.unwrap();
        assert!((1..90).contains(&done));
        assert!(rows.iter().all(|row| row.cells.at(at("notes")).bytes() == LONG));
        seen.extend(rows.iter().map(|row| row.id));
        rest = &rest[done..];
    }
    seen.reverse();
    assert_eq!(seen, ids);
}

/// How many transactions wrote a change-set, as its events tell.
async fn transactions(ctx: &server::Ctx, change_set: Uuid) -> i64 {
    let sql = "select count(*) from events where change_set = $1";
    ctx.db().fetch_optional(sql, vec![change_set.into()]).await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn an_edit_of_large_records_and_its_undo_are_written_in_portions() {
    let world = World::new().await;
    let ctx = world.ctx();
    let ids = verbose(&ctx, 50).await;
    let permit = ctx.permit::<Specimen>(Action::Edit).unwrap();
    let edit = |id| set(id, "count", Value::Int(7));
    let bulk = server::bulk(&ctx, &permit, &ids, edit, "Edited").await.unwrap();
    let change_set = bulk.change_set.unwrap();
    assert_eq!((bulk.changed, transactions(&ctx, change_set).await), (50, 3));
    // A long text that all of them get counts for each.
    let notes = text(&"y".repeat(LONG));
    let edit = |id| set(id, "notes", notes.clone());
    let (outcome, shown) = server::preview(&ctx, &permit, &ids, edit).await.unwrap();
    assert_eq!(outcome.changed, 50);
    assert!((1..10).contains(&shown.len()), "{} differences are shown", shown.len());
    let bulk = server::bulk(&ctx, &permit, &ids, edit, "Edited").await.unwrap();
    let change_set = bulk.change_set.unwrap();
    assert_eq!((bulk.changed, transactions(&ctx, change_set).await), (50, 5));
    let undone = server::undo(&ctx, change_set).await.unwrap();
    assert_eq!((undone.records, undone.conflict_count), (50, 0));
    assert!(transactions(&ctx, undone.change_set.unwrap()).await >= 8);
    for (i, id) in ids.into_iter().enumerate() {
        let now = get(&ctx, id).await.unwrap();
        assert!(now.notes.unwrap().0.starts_with(&format!("{i:03}x")) && now.count == Some(7));
    }
}

#[tokio::test]
async fn a_history_of_long_texts_shows_the_latest_changes() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &specimen("Acme")).await;
    for i in 0..12 {
        write(&ctx, vec![set(id, "notes", text(&format!("{i}{}", "x".repeat(LONG - 2))))]).await;
    }
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let (changes, _) = server::history(&ctx, &permit, id, 200).await.unwrap();
    assert!((3..9).contains(&changes.len()), "{} changes are shown", changes.len());
    assert!(changes.iter().all(|change| change.fields.len() == 1));
    assert!(changes[0].fields[0].2.as_text().unwrap().starts_with("11x"));
    let tagged = create(&ctx, &Specimen { tags: Tags(vec!["a".into()]), ..specimen("Tagged") }).await;
    for count in 0..150 {
        write(&ctx, vec![set(tagged, "count", Value::Int(count))]).await;
    }
    assert_eq!(server::history(&ctx, &permit, tagged, 200).await.unwrap().0.len(), 151);
}

#[tokio::test]
async fn deleting_and_restoring_large_records_goes_by_portions_too() {
    let world = World::new().await;
    let ctx = world.ctx();
    let ids = verbose(&ctx, 30).await;
    let permit = ctx.permit::<Specimen>(Action::Delete).unwrap();
    let bulk = server::bulk(&ctx, &permit, &ids, |id| Edit::Delete { id, version: None }, "Deleted").await.unwrap();
    assert_eq!((bulk.changed, transactions(&ctx, bulk.change_set.unwrap()).await), (30, 2));
    let undone = server::undo(&ctx, bulk.change_set.unwrap()).await.unwrap();
    assert_eq!((undone.records, transactions(&ctx, undone.change_set.unwrap()).await), (30, 2));
    let filter = Filter::parse(r#"{"field":"notes","op":"starts","value":"0"}"#).unwrap();
    let query = ListQuery { filter: Some(filter), ..by("name") };
    let view = ctx.permit::<Specimen>(Action::View).unwrap();
    assert_eq!(server::list_ids(&ctx, &view, &query).await.unwrap().len(), 30);
}
