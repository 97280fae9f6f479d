use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::TryStreamExt;
use kernel::{
    Timestamp,
    server::{Clock, Rng, testing::TestDb},
};
use records::server::{Actor, Ctx, testing};

use super::*;
use crate::server::testing::bucket;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

struct World {
    db: TestDb,
    ctx: Ctx,
    files: Files,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("mainstay_files_{}", Clock::System.new_id(&Rng::system())))
}

impl World {
    async fn new(bucket: Option<&Bucket>) -> Self {
        let db = TestDb::new().await;
        let app = testing::app((*db).clone(), Clock::fixed(NOW), vec![organisation::server::module()]);
        let folder = folder();
        let files = Files::new(&folder, bucket, b"secret").unwrap();
        Self { ctx: app.ctx(Arc::new(Actor::system())), db, files, folder }
    }

    async fn put(&self, name: &str, content: &[u8]) -> Result<Kept, AppError> {
        let spooled = self.files.spool(&self.ctx).await?;
        std::fs::write(spooled.path(), content).unwrap();
        self.files.put(&self.ctx, spooled, name).await
    }

    async fn add(&self, kept: &Kept) -> Uuid {
        let mut tx = self.db.begin().await.unwrap();
        let id = add(&self.ctx, &mut tx, kept).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn remove(&self, id: Uuid) {
        let mut tx = self.db.begin().await.unwrap();
        remove(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn read(&self, id: Uuid) -> Result<Vec<u8>, AppError> {
        Ok(std::fs::read(self.files.local(&self.ctx, id).await?.path()).unwrap())
    }

    /// How many contents lie there.
    async fn lie(&self) -> usize {
        self.files.0.place.list().try_collect::<Vec<_>>().await.unwrap().len()
    }

    async fn sweep_after(&self, seconds: i64) {
        self.ctx.app.clock().advance_seconds(seconds);
        let ctx = self.ctx.app.ctx(self.ctx.actor.clone());
        sweep::remove_unused(&ctx, &self.files).await.unwrap();
        sweep::remove_lost(&ctx, &self.files).await.unwrap();
    }

    fn spooled(&self) -> usize {
        std::fs::read_dir(self.folder.join("spool")).map_or(0, Iterator::count)
    }
}

/// All of it, wherever content lies.
async fn files_are_kept_once_and_swept(world: &World) {
    let first = world.add(&world.put("a.csv", b"name\nA\n").await.unwrap()).await;
    let second = world.add(&world.put("b.txt", b"name\nA\n").await.unwrap()).await;
    assert_eq!((world.lie().await, world.spooled()), (1, 0));
    assert_eq!(world.read(first).await.unwrap(), b"name\nA\n");
    let info = world.files.find(&world.ctx, second).await.unwrap();
    assert_eq!((info.name.as_str(), info.bytes), ("b.txt", 7));

    // What one of two lets go stays for the other; what both let go stays for an hour.
    world.remove(first).await;
    world.sweep_after(7_200).await;
    assert_eq!(world.read(second).await.unwrap(), b"name\nA\n");
    world.remove(second).await;
    let again = world.put("c.csv", b"name\nA\n").await.unwrap();
    world.sweep_after(60).await;
    let again = world.add(&again).await;
    assert_eq!(world.read(again).await.unwrap(), b"name\nA\n");
    world.remove(again).await;
    world.sweep_after(7_200).await;
    assert_eq!(world.lie().await, 0);
    assert_eq!(world.read(again).await.unwrap_err(), AppError::NotFound);
}

#[tokio::test]
async fn a_folder_keeps_content_once_and_is_swept() {
    files_are_kept_once_and_swept(&World::new(None).await).await;
}

#[tokio::test]
async fn a_bucket_keeps_content_once_and_is_swept() {
    files_are_kept_once_and_swept(&World::new(Some(&bucket().await)).await).await;
}

#[tokio::test]
async fn large_content_goes_to_a_bucket_in_pieces_and_comes_back_whole_on_another_machine() {
    let bucket = bucket().await;
    let world = World::new(Some(&bucket)).await;
    let content: Vec<u8> = b"0123456789abcdef\n".iter().copied().cycle().take(20 << 20).collect();
    let id = world.add(&world.put("large.csv", &content).await.unwrap()).await;
    assert_eq!(world.spooled(), 0);
    let elsewhere = folder();
    let other = Files::new(&elsewhere, Some(&bucket), b"secret").unwrap();
    let copy = other.local(&world.ctx, id).await.unwrap();
    assert!(std::fs::read(copy.path()).unwrap() == content);
    drop(copy);
    assert_eq!(std::fs::read_dir(elsewhere.join("spool")).unwrap().count(), 0);
    std::fs::remove_dir_all(elsewhere).unwrap();
}

#[tokio::test]
async fn content_whose_program_died_on_the_way_goes_after_a_day() {
    let world = World::new(None).await;
    // Brought, and never named by a row.
    drop(world.put("a.csv", b"name\n").await.unwrap());
    let place = world.files.0.place.list().try_next().await.unwrap().unwrap().place;
    let path = world.files.0.place.path(&place).unwrap();
    std::fs::File::open(&path)
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH + Duration::from_micros(NOW.micros().unsigned_abs()))
        .unwrap();
    world.sweep_after(7_200).await;
    assert!(path.exists());
    world.sweep_after(24 * 3_600).await;
    assert!(!path.exists());
}

fn bucket_at(at: SocketAddr) -> Bucket {
    Bucket {
        name: "company".into(),
        prefix: "files".into(),
        endpoint: format!("http://{at}"),
        region: "us-east-1".into(),
        key_id: "key".into(),
        secret: "secret".into(),
        path_style: true,
        allow_http: true,
        patience: Duration::from_secs(3),
    }
}

/// A bucket that says something every half second, so many times, and nothing more then.
async fn slow_bucket(pieces: usize, length: usize) -> Bucket {
    let answer = async move |_: axum::extract::Request| {
        let said = futures::stream::unfold(0, move |n| async move {
            if n == pieces {
                // What was promised beyond that never comes.
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            Some((Ok::<_, std::io::Error>("piece"), n + 1))
        });
        let response = axum::http::Response::builder().header("etag", "\"7\"").header("content-length", length);
        let response = response.header("last-modified", "Fri, 20 Nov 2026 12:00:00 GMT");
        response.body(axum::body::Body::from_stream(said)).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bucket = bucket_at(listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await.unwrap() });
    bucket
}

#[tokio::test]
async fn a_bucket_may_take_long_as_long_as_it_goes_on() {
    let read = async |bucket: &Bucket| {
        let stream = Place::bucket(bucket).unwrap().read("any").await.unwrap();
        stream.try_fold(0, async |bytes, piece| Ok(bytes + piece.len())).await
    };
    // Longer in all than it may say nothing.
    assert_eq!(read(&slow_bucket(8, 40).await).await.unwrap(), 40);
    let broken = Bucket { patience: Duration::from_secs(1), ..slow_bucket(2, 40).await };
    assert!(read(&broken).await.is_err());
}

#[tokio::test]
async fn what_else_lies_in_a_bucket_stays() {
    let bucket = bucket().await;
    let world = World::new(Some(&bucket)).await;
    let others = [("", "mainstay/2026-11-20.backup"), ("files", "report.pdf"), ("files", "ab/letters")];
    let place = |prefix: &str| Place::bucket(&Bucket { prefix: prefix.into(), ..bucket.clone() }).unwrap();
    for (prefix, name) in others {
        let spooled = world.files.spool(&world.ctx).await.unwrap();
        std::fs::write(spooled.path(), b"theirs").unwrap();
        place(prefix).put(spooled, name).await.unwrap();
    }
    // Ours, without a row.
    drop(world.put("a.csv", b"name\n").await.unwrap());
    assert_eq!(world.lie().await, 3);
    // Whenever this test runs: the bucket has a clock of its own.
    world.sweep_after(100 * 365 * 24 * 3_600).await;
    assert_eq!(world.lie().await, 2);
    assert_eq!(place("").list().try_collect::<Vec<_>>().await.unwrap().len(), 3);
}

/// A bucket that takes the first piece of an upload and no second one until it is mended.
async fn breaking_bucket() -> (Bucket, Arc<AtomicBool>, Arc<Mutex<Vec<String>>>) {
    let (mended, asked) = (Arc::new(AtomicBool::new(false)), Arc::<Mutex<Vec<String>>>::default());
    let (is_mended, log) = (mended.clone(), asked.clone());
    let answer = async move |request: axum::extract::Request| {
        let (what, query) = (request.method().to_string(), request.uri().query().unwrap_or_default().to_owned());
        // Who sends a piece wants it read before it is answered.
        axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
        log.lock().unwrap().push(format!("{what} {query}"));
        let (status, body) = match (what.as_str(), query.as_str()) {
            ("POST", "uploads" | "uploads=") => {
                (200, "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>")
            }
            ("POST", _) => (200, "<CompleteMultipartUploadResult><ETag>\"7\"</ETag></CompleteMultipartUploadResult>"),
            ("PUT", part) if part.contains("partNumber=2") && !is_mended.load(Ordering::SeqCst) => (503, ""),
            ("DELETE", _) => (204, ""),
            _ => (200, ""),
        };
        axum::http::Response::builder().status(status).header("etag", "\"7\"").body(body.to_owned()).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bucket = bucket_at(listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await.unwrap() });
    (bucket, mended, asked)
}

#[tokio::test]
async fn a_bucket_that_fails_in_the_middle_of_an_upload_is_told_as_such_and_keeps_no_pieces() {
    let (bucket, mended, asked) = breaking_bucket().await;
    let world = World::new(Some(&bucket)).await;
    let content = b"0123456789abcdef\n".repeat((20 << 20) / 17);
    assert_eq!(world.put("large.csv", &content).await.unwrap_err(), AppError::NoStorage);
    assert_eq!(world.spooled(), 0);
    let has_asked = |what: &str| asked.lock().unwrap().iter().any(|asked| asked.starts_with(what));
    assert!(has_asked("DELETE uploadId=7"), "what arrived is given up");
    assert!(!has_asked("POST uploadId=7"));

    mended.store(true, Ordering::SeqCst);
    let kept = world.put("large.csv", &content).await.unwrap();
    assert!(has_asked("POST uploadId=7"));
    world.add(&kept).await;
}

#[tokio::test]
async fn a_bucket_that_cannot_be_reached_is_told_as_such_and_nothing_is_left() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let world = World::new(Some(&bucket_at(at))).await;
    let error = world.put("a.csv", b"name\n").await.unwrap_err();
    assert_eq!((&error, error.status()), (&AppError::NoStorage, 503));
    assert_eq!(world.spooled(), 0);
}

#[tokio::test]
async fn what_a_file_is_not_is_refused_and_not_kept() {
    let world = World::new(None).await;
    assert_eq!(world.put("a.pdf", b"MZ").await.unwrap_err().status(), 415);
    assert_eq!(world.put("a.exe", b"MZ").await.unwrap_err().status(), 415);
    assert_eq!((world.lie().await, world.spooled()), (0, 0));
}

#[tokio::test]
async fn what_a_killed_program_left_in_the_making_goes_and_what_is_in_the_making_stays() {
    let world = World::new(None).await;
    let spooled = world.files.spool(&world.ctx).await.unwrap();
    let scratch = Scratch::begin(world.files.spool_folder(), world.ctx.new_id()).await.unwrap();
    std::fs::write(world.folder.join("spool/left"), b"half a").unwrap();
    std::fs::create_dir(world.folder.join("spool/folder")).unwrap();
    std::fs::write(world.folder.join("spool/folder/left"), b"half a").unwrap();
    // Another program on the same folder starts.
    let other = Files::new(&world.folder, None, b"secret").unwrap();
    assert_eq!((spooled.path().exists(), scratch.path().exists(), world.spooled()), (true, true, 2));
    drop(scratch);
    std::fs::write(spooled.path(), b"name\n").unwrap();
    let kept = world.files.put(&world.ctx, spooled, "a.csv").await.unwrap();
    spool::sweep(other.spool_folder()).await.unwrap();
    assert_eq!((kept.bytes(), world.lie().await, world.spooled()), (5, 1, 0));
}
