use kernel::{AppError, server::Clock};
use records::{
    ListQuery,
    server::{self, Action, Boxed, Ctx, Draft, Edit, Module, PlanCx, Rules, Upgrade},
};

use crate::fixture::*;

/// More than two steps.
const ROWS: usize = 1_200;

async fn fill(ctx: &Ctx) {
    let rows = (0..ROWS).map(|n| Edit::Create { id: None, set: cells(&specimen(&format!("Specimen {n} AG"))) });
    write(ctx, rows.collect()).await;
}

async fn set_aside(ctx: &Ctx, sql: &str) {
    let mut tx = ctx.db().begin().await.unwrap();
    tx.execute(sql, vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn found(ctx: &Ctx, search: &str) -> u64 {
    let permit = ctx.permit_any("specimens", Action::View).unwrap();
    let query = ListQuery { search: search.to_owned(), ..ListQuery::default() };
    server::count(ctx, &permit, &query).await.unwrap().rows
}

/// The upgrades that are not done, as a process that begins now finds them.
async fn outdated(ctx: &Ctx, name: &str) -> Option<Upgrade> {
    server::upgrades(ctx).await.unwrap().into_iter().find(|upgrade| upgrade.name() == name)
}

/// Takes as many steps as there are, up to so many, and says how many rows they did.
async fn go_on(ctx: &Ctx, name: &str, steps: usize) -> usize {
    let Some(upgrade) = outdated(ctx, name).await else { return 0 };
    let mut rows = 0;
    for _ in 0..steps {
        let Some(done) = upgrade.step(ctx).await.unwrap() else { break };
        rows += done;
    }
    rows
}

#[tokio::test]
async fn keys_are_worked_out_again_from_where_the_last_process_was_killed() {
    let world = World::new().await;
    let ctx = world.ctx();
    fill(&ctx).await;
    set_aside(&ctx, "update specimens set search_key = 'old', name_key = 'old'").await;
    assert_eq!((found(&ctx, "ag").await, found(&ctx, "specimen 777").await), (0, 0));
    assert_eq!(go_on(&ctx, "specimens.keys", 1).await, 500);
    assert_eq!(go_on(&ctx, "specimens.keys", 100).await, ROWS - 500);
    assert_eq!((found(&ctx, "ag").await, found(&ctx, "specimen 777").await), (ROWS as u64, 1));
    assert_eq!(go_on(&ctx, "specimens.keys", 1).await, 0, "all is up to date");
    assert_eq!(names(&ctx, &by("name")).await[0], "Specimen 0 AG", "it is sorted by its key");
}

#[tokio::test]
async fn a_step_that_is_broken_off_is_done_again_whole() {
    let world = World::new().await;
    let ctx = world.ctx();
    fill(&ctx).await;
    set_aside(&ctx, "update specimens set search_key = 'old'").await;
    go_on(&ctx, "specimens.keys", 1).await;
    let upgrade = outdated(&ctx, "specimens.keys").await.unwrap();
    let mut step = Box::pin(upgrade.step(&ctx));
    let _ = std::future::poll_fn(|cx| std::task::Poll::Ready(step.as_mut().poll(cx))).await;
    drop(step);
    assert_eq!(go_on(&ctx, "specimens.keys", 100).await, ROWS - 500);
    assert_eq!(found(&ctx, "ag").await, ROWS as u64);
}

/// A release that has learnt to say where a specimen stands.
struct Learnt;

impl Rules<Specimen> for Learnt {
    fn prepare<'a>(
        &'a self,
        _: &'a mut PlanCx<'_>,
        batch: &'a mut [Draft<Specimen>],
    ) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            for Draft { after, .. } in batch {
                after.state = after.count.map(|count| if count > 9 { "many" } else { "few" }.to_owned());
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn computed_fields_are_worked_out_again_with_history_and_undo() {
    let world = World::new().await;
    let ctx = world.ctx();
    let many = create(&ctx, &Specimen { count: Some(10), ..specimen("Many") }).await;
    let none = create(&ctx, &specimen("None")).await;
    let bin = create(&ctx, &Specimen { count: Some(1), ..specimen("Bin") }).await;
    write(&ctx, vec![Edit::Delete { id: bin, version: None }]).await;
    set_aside(&ctx, "insert into upgrades (name, revision, at) values ('specimens.computed', 0, null)").await;

    let module = Module::new("test").record_with::<Specimen>(Learnt).record::<User>().record::<Team>();
    let later = Clock::fixed(ctx.now().plus_seconds(60));
    let app = server::testing::app(ctx.db().clone(), later, vec![module]);
    let ctx = app.ctx(ctx.actor.clone());
    assert_eq!(go_on(&ctx, "specimens.computed", 100).await, 3);
    assert_eq!(get(&ctx, many).await.unwrap().state.as_deref(), Some("many"));
    assert_eq!(get(&ctx, none).await.unwrap().state, None);
    let (recent, _) = server::recent(&ctx, 1).await.unwrap();
    assert_eq!((recent[0].title.as_str(), recent[0].records), ("Worked out Specimens again", 1));
    let permit = ctx.permit_any("specimens", Action::View).unwrap();
    let version = async |id| server::get(&ctx, &permit, id).await.unwrap().0.version;
    assert_eq!((version(many).await, version(none).await), (2, 1), "what did not change was not written");
    assert!(outdated(&ctx, "specimens.computed").await.is_none());
    server::undo(&ctx, recent[0].id).await.unwrap();
}
