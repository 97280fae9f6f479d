//! Putting a backup back.

use super::*;

#[tokio::test]
async fn a_restore_that_failed_halfway_can_be_tried_again() {
    let world = World::new().await;
    world.add_file("a.csv", b"name\nA\n").await;
    let made = world.back_up().await.unwrap();
    let (db, _, backups) = elsewhere(&world, &[1]).await;
    db.close().await;
    // Nobody listens there: the database is filled, the content of files finds no place.
    let away = Bucket { endpoint: "http://127.0.0.1:9".into(), allow_http: true, path_style: true, ..none() };
    let away = Bucket { name: "files".into(), key_id: "key".into(), secret: "secret".into(), ..away };
    let folder = world.folder.join("away");
    let files = Files::new(&folder, Some(&away), b"secret").unwrap();
    let target = Target::Folder(world.folder.join("backups"));
    let broken = Backups::new(files, &folder, &target, &none(), secrets(&[1]), "1 day".parse().unwrap()).unwrap();
    assert!(restore(&broken, &made.name, db.url(), Uuid::from_u128(5)).await.is_err());
    let restored = restore(&backups, &made.name, db.url(), Uuid::from_u128(6)).await.unwrap();
    assert_eq!((restored.rows, restored.files), (made.rows, 1));
}

#[tokio::test]
async fn what_a_copy_caught_under_way_does_not_go_on_by_itself() {
    let world = World::new().await;
    let jobs = Jobs {
        kinds: crate::server::add_jobs(Kinds::default()),
        services: Services::new(Arc::new(|_| Box::pin(async { Ok(None) }))),
    };
    let id = start(&world.ctx).await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    store::begin(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    settle(&world.ctx, &jobs).await.unwrap();
    let caught = store::find(&world.db, id).await.unwrap().unwrap();
    assert_eq!(caught.status, Status::Failed, "{caught:?}");
    assert!(is_over(&world.ctx, id).await.unwrap());
    let paused = world.db.fetch_all("select queue from job_pauses", vec![]).await.unwrap();
    assert_eq!(paused.len(), jobs.kinds.queues().len());
}

#[tokio::test]
async fn nothing_is_overwritten_and_what_does_not_fit_is_refused_in_words() {
    let world = World::new().await;
    let made = world.back_up().await.unwrap();
    let refused = async |backups: &Backups, name: &str, url: &str| {
        restore(backups, name, url, Uuid::from_u128(5)).await.unwrap_err().to_string()
    };
    let (db, _, backups) = elsewhere(&world, &[1]).await;
    let error = refused(&backups, &made.name, world.db.url()).await;
    assert!(error.contains("not empty"), "{error}");
    let error = refused(&backups, "other.backup", db.url()).await;
    assert!(error.contains("no backup 'other.backup'"), "{error}");

    let (_, _, stranger) = elsewhere(&world, &[2]).await;
    let error = refused(&stranger, &made.name, db.url()).await;
    assert!(error.contains("another key"), "{error}");
    // A former key opens still.
    let (_, _, heir) = elsewhere(&world, &[2, 1]).await;
    assert!(heir.prove(world.app(), &made.name).await.is_ok());

    let other = match world.db.engine() {
        Engine::Sqlite => "postgres://nobody@127.0.0.1:1/none",
        Engine::Postgres => "sqlite:///nowhere/at/all.db",
    };
    let error = refused(&backups, &made.name, other).await;
    assert!(error.contains("SQLite") && error.contains("PostgreSQL"), "{error}");

    let path = world.path("foreign.backup");
    std::fs::write(&path, b"PK\x03\x04 this is something else, and long enough to have a head").unwrap();
    let error = refused(&backups, path.to_str().unwrap(), db.url()).await;
    assert!(error.contains("no archive"), "{error}");
    assert!(db.is_untouched().await.unwrap());
}

#[tokio::test]
async fn a_damaged_backup_is_not_proven_and_not_restored() {
    let world = World::new().await;
    // Letters that do not pack well.
    let noise = (0..400_000_u32).map(|n| b'a' + (n.wrapping_mul(2_654_435_761) >> 24) as u8 % 26);
    world.add_file("b.txt", &noise.collect::<Vec<_>>()).await;
    let made = world.back_up().await.unwrap();
    let path = world.path(&made.name);
    let good = std::fs::read(&path).unwrap();
    let (db, _, backups) = elsewhere(&world, &[1]).await;
    for (what, bytes) in [
        ("cut off", good[..good.len() - 1].to_vec()),
        ("cut in the middle", good[..good.len() / 2].to_vec()),
        ("changed", {
            let mut bytes = good.clone();
            bytes[good.len() / 3] ^= 1;
            bytes
        }),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = world.backups.prove(world.app(), &made.name).await.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{what}: {error}");
        let error = restore(&backups, &made.name, db.url(), Uuid::from_u128(5)).await.unwrap_err();
        assert!(error.to_string().contains("damaged"), "{what}: {error}");
        assert!(db.is_untouched().await.unwrap(), "{what}");
    }
    assert_eq!(world.left(), 0);
}
