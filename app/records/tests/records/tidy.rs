use kernel::Timestamp;
use records::{
    Value,
    server::{self, Action, Edit},
};
use uuid::Uuid;

use crate::fixture::*;

const DAY: i64 = 86_400;

async fn status(world: &World, set: Uuid) -> Option<(String, i64)> {
    let sql = "select status, records from change_sets where id = $1";
    let row = world.app.db().fetch_optional(sql, vec![set.into()]).await.unwrap()?;
    Some((row.get(0).unwrap(), row.get(1).unwrap()))
}

async fn tidy(world: &World, before: Timestamp) {
    server::close_abandoned(&world.ctx(), before).await.unwrap();
}

#[tokio::test]
async fn what_was_broken_off_can_be_taken_back_a_day_later() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &Specimen { count: Some(1), ..specimen("Acme") }).await;
    let mut sets = vec![];
    for (source, count) in [("bulk", Some(2)), ("undo", None), ("import", Some(3))] {
        let mut work = ctx.begin().await.unwrap();
        let open = server::open(&ctx, &mut work, source, "Edited", None).await.unwrap();
        if let Some(count) = count {
            let permit = ctx.permit_any("specimens", Action::Edit).unwrap();
            let edit = set(id, "count", Value::Int(count));
            server::write_in(&ctx, &mut work, open, &permit, vec![edit]).await.unwrap();
        }
        work.commit().await.unwrap();
        sets.push(open);
    }
    let open = Some(("open".to_owned(), 0));
    tidy(&world, ctx.now()).await;
    assert_eq!(status(&world, sets[0]).await, open, "it may still be going on");
    tidy(&world, ctx.now().plus_seconds(1)).await;
    assert_eq!(status(&world, sets[0]).await, Some(("done".to_owned(), 1)));
    assert_eq!(status(&world, sets[1]).await, None, "nothing was written under it");
    assert_eq!(status(&world, sets[2]).await, open, "imports look after their own");

    write(&ctx, vec![set(id, "count", Value::Int(2))]).await;
    server::undo(&ctx, sets[0]).await.unwrap();
    assert_eq!(get(&ctx, id).await.unwrap().count, Some(1));
}

#[tokio::test]
async fn events_go_once_everybody_was_told_and_changes_stay() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &specimen("Acme")).await;
    write(&ctx, vec![Edit::Delete { id, version: None }]).await;
    let later = ctx.now().plus_seconds(DAY);
    assert_eq!(server::forget_events(&ctx, later).await.unwrap(), 0, "nobody was told");
    let mut tx = ctx.db().begin().await.unwrap();
    tx.execute("update events set noticed_at = $1", vec![ctx.now().into()]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(server::forget_events(&ctx, ctx.now()).await.unwrap(), 0, "they are too young");
    assert_eq!(server::forget_events(&ctx, later).await.unwrap(), 2);
    assert_eq!(server::forget_events(&ctx, later).await.unwrap(), 0);
    let changes = ctx.db().fetch_all("select record_id from changes", vec![]).await.unwrap();
    assert_eq!(changes.len(), 2);
}
