//! Backups: everything the company has, sealed in one archive, and proof that it can be put back.
//!
//! * A backup is a copy of the database as it was at one instant, taken while people go on working, and the content of
//!   every file that it names ([`archive`] says how it is sealed). What it holds is listed at its end: the rows of each
//!   table, and a hash of all there is.
//! * A backup counts once it was *proven*: read again from where it was put, restored aside and compared with that
//!   list, down to the last row. The health page tells when that last happened.
//! * The secret key is not in it. Whoever has the archive and the key file can put everything back on an empty machine
//!   ([`restore`]); one without the other is worth nothing.
//! * Older backups are thinned out ([`Keep`]); the last that was proven stays whatever its age.

mod contents;
mod jobs;
mod keep;
mod make;
mod monitor;
mod prove;
mod restore;
mod routes;
mod store;
mod unpack;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::archive::Error as ArchiveError;
pub use ::archive::Secret;
pub use contents::Contents;
use futures::TryStreamExt;
pub use jobs::{BackUp, Early};
pub use keep::Keep;
use kernel::{
    AppError, Timestamp,
    server::{DbError, unexpected},
};
pub use monitor::{find, last_proven, list, overview, start};
pub use restore::{Restored, restore, settle};
pub use routes::{fetch, routes};
pub use store::STATEMENTS;

use files::server::{Bucket, Files, Place, Scratch, Spooled, Stored};

/// Where backups go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Folder(PathBuf),
    /// A bucket, and what each name in it begins with.
    Bucket {
        bucket: String,
        prefix: String,
    },
}

/// Makes backups, finds them and puts them back. Cheap to clone.
#[derive(Clone)]
pub struct Backups(Arc<Inner>);

struct Inner {
    place: Place,
    /// Where they go, in words.
    shown: String,
    /// Whether they lie beside what they are a copy of.
    is_beside: bool,
    /// Where archives are made, such that they only need to be moved.
    making: PathBuf,
    /// Where copies lie while they are made and compared.
    scratch: PathBuf,
    secrets: Vec<Secret>,
    keep: Keep,
    files: Files,
}

/// What went wrong with a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A sentence for whoever looks after the program.
    #[error("{0}")]
    Told(String),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl BackupError {
    fn told(what: impl Into<String>) -> Self {
        Self::Told(what.into())
    }

    fn io(error: &io::Error) -> Self {
        Self::App(io_failed(error))
    }
}

fn io_failed(error: &io::Error) -> AppError {
    if error.kind() == io::ErrorKind::StorageFull { AppError::StorageFull } else { unexpected(error.kind()) }
}

impl From<BackupError> for AppError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::App(error) => error,
            BackupError::Db(error) => error.into(),
            BackupError::Archive(ArchiveError::Io(error)) => io_failed(&error),
            told => Self::Conflict(told.to_string()),
        }
    }
}

/// The ending of an archive's name.
const ENDING: &str = ".backup";

/// An archive where backups go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: String,
    pub bytes: u64,
    pub since: Timestamp,
}

impl Backups {
    /// The message says what is wrong with the settings. The first secret seals, the others open.
    pub fn new(
        files: Files,
        data: &Path,
        target: &Target,
        access: &Bucket,
        secrets: Vec<Secret>,
        keep: Keep,
    ) -> Result<Self, String> {
        let scratch = files.spool_folder().to_owned();
        let (place, shown, making) = match target {
            Target::Folder(folder) => {
                let place = Place::folder(folder.clone())?;
                (place, folder.display().to_string(), folder.join(".making"))
            }
            Target::Bucket { bucket, prefix } => {
                let bucket = Bucket { name: bucket.clone(), prefix: prefix.clone(), ..access.clone() };
                let shown = format!("s3://{}/{prefix}", bucket.name);
                (Place::bucket(&bucket)?, shown, scratch.clone())
            }
        };
        let is_beside = matches!(target, Target::Folder(folder) if folder.starts_with(data));
        let inner = Inner { place, shown, is_beside, making, scratch, secrets, keep, files };
        Ok(Self(Arc::new(inner)))
    }

    /// What lies where backups go, the latest first. Names say when each was begun.
    pub async fn find(&self) -> Result<Vec<Found>, AppError> {
        let all: Vec<_> = self.0.place.list().try_collect().await?;
        let ours = |Stored { place: name, bytes, since }| {
            let is_ours = name.ends_with(ENDING) && !name.contains('/');
            is_ours.then_some(Found { name, bytes, since })
        };
        let mut found: Vec<Found> = all.into_iter().filter_map(ours).collect();
        found.sort_by(|a, b| b.name.cmp(&a.name));
        Ok(found)
    }

    /// Where backups go, in words.
    pub fn shown(&self) -> &str {
        &self.0.shown
    }

    /// The name of an archive that is there; `latest` is the last of everything.
    async fn named(&self, name: &str) -> Result<String, BackupError> {
        let mut names = self.find().await?.into_iter().map(|found| found.name);
        let found = if name == "latest" {
            names.find(|name| name.starts_with(make::WHOLE))
        } else {
            names.find(|found| found == name)
        };
        found.ok_or_else(|| BackupError::told(format!("there is no backup '{name}' in {}", self.0.shown)))
    }

    /// An archive as a file that can be read: where it lies, or a copy.
    async fn fetch(&self, name: &str, id: uuid::Uuid) -> Result<Fetched, AppError> {
        if let Some(path) = self.0.place.path(name) {
            return Ok(Fetched::InPlace(path));
        }
        let mut copy = Spooled::begin(&self.0.scratch, id).await?;
        self.0.place.copy(name, &mut copy).await?;
        Ok(Fetched::Copy(copy))
    }

    /// A folder for what is in the making, gone again with what is given.
    async fn scratch(&self, id: uuid::Uuid) -> Result<Scratch, AppError> {
        Scratch::begin(&self.0.scratch, id).await
    }
}

enum Fetched {
    InPlace(PathBuf),
    Copy(Spooled),
}

impl Fetched {
    fn path(&self) -> &Path {
        match self {
            Self::InPlace(path) => path,
            Self::Copy(copy) => copy.path(),
        }
    }
}

/// Adds the jobs and schedules of backups.
pub fn add_jobs(kinds: ::jobs::server::Kinds) -> ::jobs::server::Kinds {
    kinds.with::<BackUp>().every(BackUp::schedule())
}

#[cfg(test)]
mod tests;
