//! Files: what people bring and what the program makes for them, in the data folder or in a store that speaks S3.
//!
//! * Content is stored once, named by its SHA-256 and by a place of its own that is never used again, so that removing
//!   what nobody wants can never meet what somebody just brought.
//! * [`Files::put`] takes a file from the spool to its place; the row that names it is written by [`add`] in the
//!   caller's transaction, together with what refers to it. Nothing is lost halfway: either both are there, or the
//!   content is without a row and swept.
//! * What a file is, is decided by its first bytes together with the extension of its name ([`Media`]).
//! * Nobody reads a file by its id alone: a link ([`Files::link`]) is for one person and a short time.

mod link;
mod media;
mod place;
mod routes;
mod spool;
mod store;
mod sweep;
pub mod testing;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::response::Response;
use kernel::{
    AppError, Timestamp,
    server::{Tx, unexpected},
};
pub use media::Media;
pub use place::Bucket;
pub use place::{Place, Stored};
use records::server::Ctx;
pub use routes::attachment;
pub use routes::routes;
use sha2::{Digest, Sha256};
pub use spool::Spooled;
pub use spool::{Scratch, sweep as sweep_folder};
use store::Blob;
pub use store::STATEMENTS;
pub use sweep::SweepFiles;
use uuid::Uuid;

/// How long a link leads to its file, in seconds: long enough for a click.
const LINK: i64 = 300;

/// Where files are. Cheap to clone.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    place: Place,
    spool: PathBuf,
    key: link::Key,
    /// Tests play what cannot be had without a disk of one's own.
    is_full: AtomicBool,
}

/// Content that lies at its place and waits for a row that names it.
#[derive(Debug)]
pub struct Kept {
    blob: Blob,
    media: &'static Media,
    name: String,
}

impl Kept {
    pub const fn bytes(&self) -> i64 {
        self.blob.bytes
    }
}

/// A file as it is told of.
#[derive(Clone, Debug)]
pub struct FileInfo {
    pub id: Uuid,
    pub name: String,
    pub media_type: String,
    pub bytes: i64,
    sha256: String,
    place: String,
}

/// A file that can be read by its path, for as long as this is kept.
pub enum Local {
    InPlace(PathBuf),
    Copy(Spooled),
}

impl Local {
    pub fn path(&self) -> &Path {
        match self {
            Self::InPlace(path) => path,
            Self::Copy(copy) => copy.path(),
        }
    }
}

impl Files {
    /// Files in the data folder, or in a bucket where there is one. What is on its way lies in the data folder's
    /// `spool` either way; what a program left there that was killed goes. The message says what is wrong with the
    /// settings of the bucket.
    pub fn new(data: &Path, bucket: Option<&Bucket>, secret_key: &[u8]) -> Result<Self, String> {
        let place = match bucket {
            Some(bucket) => Place::bucket(bucket)?,
            None => Place::folder(data.join("files"))?,
        };
        let spool = data.join("spool");
        spool::sweep_now(&spool).map_err(|e| format!("the folder {} cannot be used: {e}", spool.display()))?;
        Ok(Self(Arc::new(Inner { place, spool, key: link::Key::new(secret_key), is_full: AtomicBool::new(false) })))
    }

    /// A file in the making, gone again unless it is put somewhere.
    pub async fn spool(&self, ctx: &Ctx) -> Result<Spooled, AppError> {
        if self.0.is_full.load(Ordering::Relaxed) {
            return Spooled::on_full_disk(&self.0.spool, ctx.new_id()).await;
        }
        Spooled::begin(&self.0.spool, ctx.new_id()).await
    }

    /// Whether the disk takes nothing more, for tests.
    pub fn set_full(&self, is_full: bool) {
        self.0.is_full.store(is_full, Ordering::Relaxed);
    }

    /// The folder where files are made.
    pub fn spool_folder(&self) -> &Path {
        &self.0.spool
    }

    /// Brings a finished file to its place. Its name must have an extension that its content bears out.
    pub async fn put(&self, ctx: &Ctx, spooled: Spooled, name: &str) -> Result<Kept, AppError> {
        let path = spooled.path().to_owned();
        let examined = tokio::task::spawn_blocking(move || examine(&path)).await.map_err(unexpected)?;
        let (head, sha256, bytes) = examined.map_err(|e| spool::failed(&e))?;
        let media = Media::of(name, &head)?;
        let name = name.to_owned();
        let now = ctx.app.clock().now();
        if let Some(blob) = store::touch(ctx.db(), &sha256, now).await? {
            return Ok(Kept { blob, media, name });
        }
        let id = ctx.new_id();
        let place = place_of(&sha256, id);
        self.0.place.put(spooled, &place).await?;
        Ok(Kept { blob: Blob { id, sha256, bytes, place, touched_at: now }, media, name })
    }

    pub async fn find(&self, ctx: &Ctx, id: Uuid) -> Result<FileInfo, AppError> {
        store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)
    }

    /// A file that can be read by its path: where it lies if that is in the data folder, else a copy.
    pub async fn local(&self, ctx: &Ctx, id: Uuid) -> Result<Local, AppError> {
        let file = self.find(ctx, id).await?;
        if let Some(path) = self.0.place.path(&file.place) {
            return Ok(Local::InPlace(path));
        }
        let mut copy = self.spool(ctx).await?;
        self.0.place.copy(&file.place, &mut copy).await?;
        let path = copy.path().to_owned();
        let (_, sha256, _) = tokio::task::spawn_blocking(move || examine(&path))
            .await
            .map_err(unexpected)?
            .map_err(|e| spool::failed(&e))?;
        if sha256 != file.sha256 {
            return Err(unexpected("a file is not what was stored"));
        }
        Ok(Local::Copy(copy))
    }

    /// The answer that hands a file over: as an attachment, never shown, guessed at or kept on the way.
    pub async fn serve(&self, file: &FileInfo) -> Result<Response, AppError> {
        attachment(&file.name, &file.media_type, file.bytes, self.0.place.read(&file.place).await?)
    }

    /// The content at a place, whatever files have it: where it lies, or a copy. `None` where there is nothing.
    pub async fn content(&self, place: &str, copy: Uuid) -> Result<Option<Local>, AppError> {
        if let Some(path) = self.0.place.path(place) {
            return Ok(path.is_file().then_some(Local::InPlace(path)));
        }
        let mut copy = Spooled::begin(&self.0.spool, copy).await?;
        match self.0.place.copy(place, &mut copy).await {
            Ok(()) => Ok(Some(Local::Copy(copy))),
            Err(AppError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Brings content back to the place it had.
    pub async fn put_back(&self, content: Spooled, place: &str) -> Result<(), AppError> {
        self.0.place.put(content, place).await
    }

    /// Where somebody gets a file, for a few minutes. Nobody else does by it.
    pub fn link(&self, file: Uuid, user: Uuid, now: Timestamp) -> String {
        let until = now.plus_seconds(LINK).micros() / 1_000_000;
        format!("/files/{file}?until={until}&signature={}", self.0.key.sign(file, user, until))
    }

    fn is_good(&self, file: Uuid, user: Uuid, until: i64, signature: &str, now: Timestamp) -> bool {
        now.micros() / 1_000_000 <= until && self.0.key.verify(file, user, until, signature)
    }
}

/// Names content that lies at its place. It is there once the transaction is committed.
pub async fn add(ctx: &Ctx, tx: &mut Tx, kept: &Kept) -> Result<Uuid, AppError> {
    let id = ctx.new_id();
    let blob = store::claim(tx, &kept.blob).await?;
    let now = ctx.app.clock().now();
    store::insert(tx, id, blob, &kept.name, kept.media.media_type, ctx.actor.user, now).await?;
    Ok(id)
}

/// Forgets a file; its content goes with the next sweep unless another file has the same.
pub async fn remove(tx: &mut Tx, id: Uuid) -> Result<(), AppError> {
    Ok(store::remove(tx, id).await?)
}

/// Where content lies that is brought now: by its hash, and by an id of its own.
fn place_of(sha256: &str, id: Uuid) -> String {
    format!("{}/{sha256}-{}", &sha256[..2], id.simple())
}

/// Whether a name is one that [`place_of`] gives.
fn is_place(name: &str) -> bool {
    let parts = name.split_once('/').and_then(|(start, rest)| Some((start, rest.split_once('-')?)));
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    parts.is_some_and(|(start, (hash, id))| is_hex(hash, 64) && is_hex(id, 32) && &hash[..2] == start)
}

/// The first bytes of a file, its SHA-256 in hexadecimal digits, and its length.
fn examine(path: &Path) -> std::io::Result<(Vec<u8>, String, i64)> {
    use std::{fmt::Write as _, io::Read as _};
    let mut file = std::fs::File::open(path)?;
    let (mut head, mut hash, mut bytes) = (vec![], Sha256::new(), 0_i64);
    let mut piece = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        if head.is_empty() {
            head.extend_from_slice(&piece[..read.min(media::HEAD)]);
        }
        hash.update(&piece[..read]);
        bytes += i64::try_from(read).unwrap_or(0);
    }
    let mut digits = String::with_capacity(64);
    for byte in hash.finalize() {
        let _ = write!(digits, "{byte:02x}");
    }
    Ok((head, digits, bytes))
}

/// Adds the jobs and schedules of files.
pub fn add_jobs(kinds: jobs::server::Kinds) -> jobs::server::Kinds {
    kinds.with::<SweepFiles>().every(SweepFiles::schedule())
}

#[cfg(test)]
mod tests;
