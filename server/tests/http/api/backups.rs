//! `/api/v1/backups/`, and what the health page says of them.

use backups::{Cause, server::Backups};
use jobs::Progress;
use kernel::server::testing::{until, wait_for};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::World;

const BACKUPS: &str = "/api/v1/backups/";

async fn proven(world: &World, id: &str) -> Value {
    wait_for("the end of the backup", async || {
        let backup = world.get("ada", &format!("{BACKUPS}{id}/")).await.json();
        if ["waiting", "running", "made"].contains(&backup["status"].as_str().unwrap()) {
            return Err((backup, world.get("ada", &format!("/api/v1/jobs/{id}/")).await.json()));
        }
        Ok(backup)
    })
    .await
}

#[tokio::test]
async fn an_administrator_has_a_backup_made_proven_and_fetches_it() {
    let world = World::new().await;
    let _working = world.service.work();
    world.create("ada", "companies", json!({ "name": "Secretive Ltd" })).await;
    let health = world.get("ada", "/health/").await.json();
    assert_eq!(health["checks"]["backups"], json!({ "last_proven_at": null, "age_seconds": null }));

    let begun = world.post("ada", BACKUPS, json!({})).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(begun.header("location"), format!("{BACKUPS}{id}/"));
    let done = proven(&world, &id).await;
    assert_eq!(done["status"], "proven", "{done}");
    assert_eq!(world.get("ada", &format!("/api/v1/jobs/{id}/")).await.status, 200);

    let list = world.get("ada", BACKUPS).await.json();
    assert_eq!((&list["results"][0]["id"], &list["last_proven_at"]), (&json!(id), &done["proven_at"]));
    let health = world.get("ada", "/health/").await.json();
    assert_eq!(health["checks"]["backups"]["last_proven_at"], done["proven_at"]);

    let archive = world.get("ada", done["download_url"].as_str().unwrap()).await;
    assert_eq!((archive.status.as_u16(), Some(archive.body.len() as u64)), (200, done["bytes"].as_u64()));
    assert!(archive.header("content-disposition").contains(done["name"].as_str().unwrap()));
    assert!(!archive.body.windows(9).any(|w| w == b"Secretive"));
    let clicked = world.get("ada", &format!("/admin/backups/{id}/download")).await;
    assert_eq!((clicked.status.as_u16(), clicked.body.len()), (200, archive.body.len()));

    // Nobody else learns that there is one.
    for path in [BACKUPS.to_owned(), format!("{BACKUPS}{id}/"), format!("{BACKUPS}{id}/download/")] {
        assert_eq!(world.get("gus", &path).await.status, 403, "{path}");
    }
    assert_eq!(world.get("gus", &format!("/admin/backups/{id}/download")).await.status, 403);
    assert_eq!(world.post("gus", BACKUPS, json!({})).await.status, 403);
}

#[tokio::test]
async fn administrators_hear_of_a_backup_that_failed_and_not_of_one_that_was_proven() {
    let world = World::new().await;
    let state = &world.service.state;
    let _working = world.service.work();
    let pause = async |is_paused| {
        jobs::server::pause(&state.identity.system(), &state.jobs(), "backups", is_paused).await.unwrap();
    };
    for (is_proven, status, heard) in [(true, "proven", 0), (false, "failed", 1)] {
        pause(true).await;
        let id: Uuid = world.post("ada", BACKUPS, json!({})).await.json()["id"].as_str().unwrap().parse().unwrap();
        let backups = state.app.service::<Backups>().unwrap();
        let (progress, _) = tokio::sync::watch::channel(Progress::default());
        let made = backups.back_up(&state.app, id, Cause::Manual, None, &progress).await.unwrap();
        // Whoever proves it another time finds it damaged.
        std::fs::write(std::path::Path::new(backups.shown()).join(&made.name), "x".repeat(1_000)).unwrap();
        if !is_proven {
            let mut tx = state.db().begin().await.unwrap();
            let sql = "update backups set status = 'made', proven_at = null where id = $1";
            tx.execute(sql, vec![id.into()]).await.unwrap();
            tx.commit().await.unwrap();
        }
        pause(false).await;
        let job = format!("/api/v1/jobs/{id}/");
        until("the job is given up", async || world.get("ada", &job).await.json()["state"] == "discarded").await;
        assert_eq!(world.get("ada", &format!("{BACKUPS}{id}/")).await.json()["status"], status);
        let sql = "select id from jobs where kind = 'notifications.tell'";
        assert_eq!(state.db().fetch_all(sql, vec![]).await.unwrap().len(), heard, "{status}");
    }
}
