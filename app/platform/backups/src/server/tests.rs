mod restore;

use std::{collections::BTreeSet, sync::Arc};

use ::jobs::{
    Progress,
    server::{Jobs, Kinds, Services, is_over},
};
use files::server::testing::bucket;
use kernel::server::{Clock, Db, Engine, Rng, testing::TestDb};
use records::server::{Actor, App, Ctx, Grants, testing};
use tokio::sync::watch;
use uuid::Uuid;

use super::*;
use crate::{BackupInfo, Cause, Status};

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
const DAY: i64 = 86_400;

struct World {
    db: TestDb,
    ctx: Ctx,
    files: Files,
    backups: Backups,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn none() -> Bucket {
    let empty = String::new;
    Bucket {
        name: empty(),
        prefix: empty(),
        endpoint: empty(),
        region: empty(),
        key_id: empty(),
        secret: empty(),
        path_style: false,
        allow_http: false,
        patience: std::time::Duration::from_secs(30),
    }
}

fn secrets(bytes: &[u8]) -> Vec<Secret> {
    bytes.iter().map(|byte| Secret::new(&[*byte; 32])).collect()
}

impl World {
    async fn new() -> Self {
        Self::with(TestDb::new().await, None)
    }

    /// With files and backups in a bucket.
    fn with(db: TestDb, bucket: Option<&Bucket>) -> Self {
        let app = testing::app((*db).clone(), Clock::fixed(NOW), vec![organisation::server::module()]);
        let folder = std::env::temp_dir().join(format!("mainstay_backups_{}", Clock::System.new_id(&Rng::system())));
        let files = Files::new(&folder, bucket, b"secret").unwrap();
        let target = match bucket {
            Some(bucket) => Target::Bucket { bucket: bucket.name.clone(), prefix: "crm/".into() },
            None => Target::Folder(folder.join("backups")),
        };
        let access = bucket.cloned().unwrap_or_else(none);
        let keep = "2 days".parse().unwrap();
        let backups = Backups::new(files.clone(), &folder, &target, &access, secrets(&[1]), keep).unwrap();
        app.provide(backups.clone());
        Self { ctx: app.ctx(Arc::new(Actor::system())), db, files, backups, folder }
    }

    fn app(&self) -> &App {
        &self.ctx.app
    }

    async fn keep(&self, name: &str, content: &[u8]) -> files::server::Kept {
        let spooled = self.files.spool(&self.ctx).await.unwrap();
        std::fs::write(spooled.path(), content).unwrap();
        self.files.put(&self.ctx, spooled, name).await.unwrap()
    }

    async fn add_file(&self, name: &str, content: &[u8]) -> Uuid {
        let kept = self.keep(name, content).await;
        let mut tx = self.db.begin().await.unwrap();
        let id = files::server::add(&self.ctx, &mut tx, &kept).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn back_up(&self) -> Result<BackupInfo, BackupError> {
        let id = self.app().clock().new_id(self.app().rng());
        let (stage, _) = watch::channel(Progress::default());
        self.backups.back_up(self.app(), id, Cause::Scheduled, None, &stage).await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join("backups").join(name)
    }

    fn names(&self) -> BTreeSet<String> {
        let files = std::fs::read_dir(self.folder.join("backups")).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).filter(|n| n.ends_with(ENDING)).collect()
    }

    /// Where the content of the only file lies.
    fn stored(&self) -> PathBuf {
        let folder = std::fs::read_dir(self.folder.join("files")).unwrap().next().unwrap().unwrap().path();
        std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
    }

    /// What is left of work.
    fn left(&self) -> usize {
        let count = |folder: PathBuf| std::fs::read_dir(folder).map_or(0, Iterator::count);
        count(self.folder.join("spool")) + count(self.folder.join("backups").join(".making"))
    }
}

/// The rows of a table that tests fill.
async fn names(db: &Db) -> Vec<String> {
    let rows = db.fetch_all("select name from files order by name", vec![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

/// An empty database, and where files go that belong to it.
async fn elsewhere(world: &World, bytes: &[u8]) -> (TestDb, Files, Backups) {
    let db = TestDb::empty().await;
    let folder = world.folder.join("elsewhere");
    let files = Files::new(&folder, None, b"secret").unwrap();
    let target = Target::Folder(world.folder.join("backups"));
    let keep = "1 day".parse().unwrap();
    let backups = Backups::new(files.clone(), &folder, &target, &none(), secrets(bytes), keep).unwrap();
    (db, files, backups)
}

#[tokio::test]
async fn a_backup_is_made_while_others_write_proven_and_put_back_elsewhere() {
    let world = World::new().await;
    let kept = world.add_file("a.csv", b"name\nA\n").await;
    world.add_file("b.txt", &vec![b'x'; 300_000]).await;
    // Others write two rows at a time of which the copy is to have both or neither.
    let pair = world.keep("pair.csv", b"name\nP\n").await;
    let write = async || {
        let mut tx = world.db.begin().await.unwrap();
        for _ in 0..2 {
            files::server::add(&world.ctx, &mut tx, &pair).await.unwrap();
        }
        tx.commit().await.unwrap();
    };
    // The first is there before the copy, which otherwise may or may not know the file.
    write().await;
    let mut pairs = 1;
    let writing = async {
        loop {
            write().await;
            pairs += 1;
        }
    };
    let made = tokio::select! {
        made = world.back_up() => made.unwrap(),
        () = writing => unreachable!("it goes on"),
    };
    assert_eq!((made.status, made.files), (Status::Proven, 3));
    assert!(made.bytes > 0 && made.rows > 6 && pairs > 1, "{made:?} {pairs}");
    assert_eq!(last_proven(&world.db).await.unwrap(), Some(NOW));
    assert_eq!(world.left(), 0);
    world.add_file("late.csv", b"name\nB\n").await;

    // Nothing of it can be read without the key.
    let bytes = std::fs::read(world.path(&made.name)).unwrap();
    assert!(!bytes.windows(5).any(|w| w == b"a.csv"));

    let (db, files, backups) = elsewhere(&world, &[1]).await;
    db.close().await;
    let restored = restore(&backups, "latest", db.url(), Uuid::from_u128(5)).await.unwrap();
    assert_eq!((restored.rows, restored.files, restored.is_whole), (made.rows, 3, true));
    let db = Db::open(db.url()).await.unwrap();
    let mut names = names(&db).await;
    let copied = names.extract_if(.., |name| name == "pair.csv").count();
    assert!(copied % 2 == 0 && (2..=2 * pairs).contains(&copied), "{copied} of {pairs}");
    assert_eq!(names, ["a.csv", "b.txt"]);
    let app = testing::app(db.clone(), Clock::fixed(NOW), vec![organisation::server::module()]);
    let ctx = app.ctx(Arc::new(Actor::system()));
    let local = files.local(&ctx, kept).await.unwrap();
    assert_eq!(std::fs::read(local.path()).unwrap(), b"name\nA\n");
    // It is a database like any other: a migration finds nothing to do, and rows can be added.
    assert!(kernel::server::migrate::run(&db, kernel::server::migrate::MIGRATIONS).await.unwrap().is_empty());
    let mut tx = db.begin().await.unwrap();
    store::insert(&mut tx, Uuid::from_u128(9), Cause::Manual, "x", None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
}

#[tokio::test]
async fn a_backup_whose_program_was_killed_is_not_in_the_making_for_ever() {
    let world = World::new().await;
    let id = Uuid::from_u128(5);
    let mut tx = world.db.begin().await.unwrap();
    store::insert(&mut tx, id, Cause::Manual, "mainstay-broken.backup", None, NOW).await.unwrap();
    store::begin(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    let status = async || store::find(&world.db, id).await.unwrap().unwrap().status;
    world.back_up().await.unwrap();
    assert_eq!(status().await, Status::Running, "it may go on");
    world.app().clock().advance_seconds(DAY);
    world.back_up().await.unwrap();
    assert_eq!(status().await, Status::Failed);
}

#[tokio::test]
async fn content_that_is_not_what_was_stored_fails_the_backup() {
    let world = World::new().await;
    world.add_file("b.txt", b"as it was").await;
    let stored = world.stored();
    std::fs::write(&stored, b"as it is!").unwrap();
    let error = world.back_up().await.unwrap_err().to_string();
    assert!(error.contains("not what was stored"), "{error}");
    std::fs::remove_file(&stored).unwrap();
    let error = world.back_up().await.unwrap_err().to_string();
    assert!(error.contains("not where files lie"), "{error}");
    assert_eq!((world.names().len(), world.left()), (0, 0));
}

#[tokio::test]
async fn backups_and_files_in_buckets_are_made_and_proven_too() {
    let bucket = bucket().await;
    let world = World::with(TestDb::new().await, Some(&bucket));
    world.add_file("a.csv", b"name\nA\n").await;
    let made = world.back_up().await.unwrap();
    assert_eq!((made.status, made.files), (Status::Proven, 1));
    let found = world.backups.find().await.unwrap();
    assert_eq!(found.len(), 1, "the file of the company's is no backup");
    assert_eq!((found[0].name.as_str(), found[0].bytes), (made.name.as_str(), made.bytes.unsigned_abs()));
    assert_eq!(world.left(), 0);
}

#[tokio::test]
async fn older_backups_make_room_and_the_last_stays() {
    let world = World::new().await;
    let mut made = vec![];
    for seconds in [0, 3_600, DAY, DAY, DAY] {
        world.app().clock().advance_seconds(seconds);
        made.push(world.back_up().await.unwrap().name);
    }
    let wanted: BTreeSet<String> = made[3..].iter().cloned().collect();
    assert_eq!(world.names(), wanted);
    let all = store::list(&world.db, 10).await.unwrap();
    assert_eq!(all.iter().filter(|b| b.removed_at.is_some()).count(), 3);
    world.app().clock().advance_seconds(1_000 * DAY);
    let last = world.back_up().await.unwrap().name;
    assert_eq!(world.names(), [made[4].clone(), last].into());
    assert_eq!(store::list(&world.db, 10).await.unwrap().len(), 3, "what went long ago is forgotten");
}

#[tokio::test]
async fn an_attempt_goes_on_where_the_last_one_came_to() {
    let world = World::new().await;
    let id = Uuid::from_u128(77);
    let (stage, _) = watch::channel(Progress::default());
    let first = world.backups.back_up(world.app(), id, Cause::Manual, None, &stage).await.unwrap();
    // As if the program had been killed before the proof was written down.
    let mut tx = world.db.begin().await.unwrap();
    tx.execute("update backups set status = 'made', proven_at = null", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let written = std::fs::metadata(world.path(&first.name)).unwrap().modified().unwrap();
    let second = world.backups.back_up(world.app(), id, Cause::Manual, None, &stage).await.unwrap();
    assert_eq!((second.name, second.status), (first.name.clone(), Status::Proven));
    assert_eq!(std::fs::metadata(world.path(&first.name)).unwrap().modified().unwrap(), written);
}

#[tokio::test]
async fn a_copy_before_a_migration_is_of_the_database_alone_and_known_afterwards() {
    let world = World::new().await;
    world.add_file("a.csv", b"name\nA\n").await;
    let whole = world.back_up().await.unwrap();
    let early = world.backups.before_migration(world.app()).await.unwrap();
    world.backups.note(&world.ctx, early).await.unwrap();
    let all = store::list(&world.db, 10).await.unwrap();
    let noted = all.iter().find(|b| b.cause == Cause::Migration).unwrap();
    assert_eq!((noted.status, noted.files), (Status::Made, 0));
    let (name, proof) = world.backups.prove_by_name(world.app(), "latest").await.unwrap();
    assert_eq!((name.as_str(), proof.is_whole), (whole.name.as_str(), true), "the latest of everything");
    let (_, proof) = world.backups.prove_by_name(world.app(), &noted.name).await.unwrap();
    assert!(!proof.is_whole);
}

#[tokio::test]
async fn a_copy_before_a_migration_and_the_nights_backup_are_each_made_and_proven() {
    let world = World::new().await;
    for early_first in [false, true] {
        let early = world.backups.before_migration(world.app()).await.unwrap();
        let night = if early_first {
            world.backups.note(&world.ctx, early).await.unwrap();
            start(&world.ctx).await.unwrap()
        } else {
            let night = start(&world.ctx).await.unwrap();
            world.backups.note(&world.ctx, early).await.unwrap();
            night
        };
        let all = store::list(&world.db, 10).await.unwrap();
        let noted = all.iter().find(|b| b.cause == Cause::Migration && b.status == Status::Made).unwrap();
        assert_ne!(noted.id, night);
        let (stage, _) = watch::channel(Progress::default());
        for (id, cause) in [(noted.id, Cause::Migration), (night, Cause::Manual)] {
            let made = world.backups.back_up(world.app(), id, Cause::Scheduled, None, &stage).await.unwrap();
            assert_eq!((made.cause, made.status), (cause, Status::Proven));
        }
        let jobs = world.db.fetch_all("select id from jobs where kind = 'backups.run'", vec![]).await.unwrap();
        let mut jobs: Vec<Uuid> = jobs.iter().map(|row| row.get(0).unwrap()).collect();
        jobs.sort();
        let mut wanted = vec![noted.id, night];
        wanted.sort();
        assert_eq!(jobs, wanted);
        let mut tx = world.db.begin().await.unwrap();
        tx.execute("delete from jobs", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        world.app().clock().advance_seconds(60);
    }
}

#[tokio::test]
async fn a_backup_that_was_proven_stays_so_when_an_older_one_cannot_be_removed() {
    let world = World::new().await;
    let first = world.back_up().await.unwrap();
    // A folder with something in it cannot be deleted like a file.
    std::fs::remove_file(world.path(&first.name)).unwrap();
    std::fs::create_dir(world.path(&first.name)).unwrap();
    std::fs::write(world.path(&first.name).join("x"), "").unwrap();
    world.app().clock().advance_seconds(3_600);
    let second = world.back_up().await.unwrap();
    assert_eq!(second.status, Status::Proven);
    let first = store::find(&world.db, first.id).await.unwrap().unwrap();
    assert_eq!((first.status, first.removed_at), (Status::Proven, None), "it was to be removed, and is there still");
    world.backups.fail(world.app(), second.id, "Too late.").await.unwrap();
    let second = store::find(&world.db, second.id).await.unwrap().unwrap();
    assert_eq!((second.status, second.error), (Status::Proven, None));
}

#[tokio::test]
async fn only_administrators_know_of_backups() {
    let world = World::new().await;
    let made = world.back_up().await.unwrap();
    let stranger = world.app().ctx(testing::actor(Uuid::from_u128(3), None, Grants::default()));
    assert_eq!(overview(&stranger).await.unwrap_err(), AppError::Forbidden);
    assert_eq!(start(&stranger).await.unwrap_err(), AppError::Forbidden);
    assert_eq!(find(&stranger, made.id).await.unwrap_err(), AppError::Forbidden);
    let shown = overview(&world.ctx).await.unwrap();
    assert_eq!((shown.backups.len(), shown.is_beside, shown.key.len()), (1, true, 16));
    // Asked for twice, it is made once.
    let first = start(&world.ctx).await.unwrap();
    assert_eq!(start(&world.ctx).await.unwrap(), first);
    assert_eq!(overview(&world.ctx).await.unwrap().backups[0].status, Status::Waiting);
}
