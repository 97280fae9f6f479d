//! `/files/{id}`: who gets what somebody else may not.

use kernel::{Timestamp, server::Tx};

use uuid::Uuid;

use super::{
    imports::{KIND, form},
    world::{World, refuses},
};

/// A file of somebody's.
async fn file(world: &World, who: &str, name: &str, content: &str) -> Uuid {
    let state = &world.service.state;
    let ctx = state.app.ctx(records::server::testing::actor(world.id(who), None, records::server::Grants::default()));
    let spooled = state.files.spool(&ctx).await.unwrap();
    std::fs::write(spooled.path(), content).unwrap();
    let kept = state.files.put(&ctx, spooled, name).await.unwrap();
    let mut tx: Tx = state.db().begin().await.unwrap();
    let id = files::server::add(&ctx, &mut tx, &kept).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn a_link_is_for_one_person_and_a_short_time() {
    let world = World::new().await;
    let id = file(&world, "rita", "Zürich.csv", "name\nA\n").await;
    let now = world.service.state.app.clock().now();
    let link = |who: &str, at: Timestamp| world.service.state.files.link(id, world.id(who), at);

    let answer = world.get("rita", &link("rita", now)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "name\nA\n"));
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"Z_rich.csv\"; filename*=UTF-8''Z%C3%BCrich.csv"
    );
    assert_eq!((answer.header("x-content-type-options"), answer.header("cache-control")), ("nosniff", "no-store"));
    assert_eq!(answer.header("content-length"), "7");

    let good = link("rita", now);
    refuses(&world.get("ada", &good).await, 404);
    refuses(&world.get("nobody", &good).await, 401);
    refuses(&world.get("rita", &link("rita", now.plus_seconds(-3_600))).await, 404);
    refuses(&world.get("rita", &good.replace("until=1", "until=2")).await, 404);
    let last = good.len() - 1;
    let other = if good.ends_with('0') { "1" } else { "0" };
    refuses(&world.get("rita", &format!("{}{other}", &good[..last])).await, 404);
    refuses(&world.get("rita", &format!("/files/{id}")).await, 404);
    refuses(&world.get("rita", &good.replace(&id.to_string(), &Uuid::nil().to_string())).await, 404);
}

#[tokio::test]
async fn an_upload_is_told_that_the_storage_is_away_and_leaves_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let world = World::with(&[
        ("MAINSTAY_S3_BUCKET", "files"),
        ("MAINSTAY_S3_ENDPOINT", &endpoint),
        ("MAINSTAY_S3_ALLOW_HTTP", "yes"),
        ("MAINSTAY_S3_PATH_STYLE", "yes"),
        ("MAINSTAY_S3_KEY_ID", "key"),
        ("MAINSTAY_S3_SECRET", "secret"),
    ])
    .await;
    let authorization = format!("Bearer {}", world.token("ada"));
    let body = form(&[("record_type", "companies")], Some("name\nA\n"));
    let headers = [KIND, ("authorization", authorization.as_str())];
    let answer = world.service.ask("POST", "/api/v1/imports/", &headers, &body).await;
    let problem = refuses(&answer, 503);
    assert!(problem["detail"].as_str().unwrap().contains("file storage"), "{problem}");
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!((world.rows("imports").await, world.rows("files").await), (0, 0));
}
