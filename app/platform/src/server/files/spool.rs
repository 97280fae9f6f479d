//! Files in the making, on this machine.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use kernel::{AppError, server::unexpected};
use tokio::fs;
use uuid::Uuid;

/// What was left by a program that was killed is older than anything takes.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// A file in the making; gone with this unless it is brought to its place.
#[derive(Debug)]
pub struct Spooled(Option<PathBuf>);

impl Spooled {
    pub(in crate::server) async fn begin(folder: &Path, id: Uuid) -> Result<Self, AppError> {
        make_folder(folder).await.map_err(|e| failed(&e))?;
        let path = folder.join(id.simple().to_string());
        fs::File::create_new(&path).await.map_err(|e| failed(&e))?;
        Ok(Self(Some(path)))
    }

    /// The same on a thread that may wait.
    pub(in crate::server) fn begin_now(folder: &Path, id: Uuid) -> io::Result<Self> {
        let path = folder.join(id.simple().to_string());
        std::fs::File::create_new(&path)?;
        Ok(Self(Some(path)))
    }

    pub fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or_else(|| Path::new(""))
    }

    /// Moves the file; nothing is left to be removed.
    pub(super) async fn move_to(mut self, place: &Path) -> io::Result<()> {
        fs::rename(self.path(), place).await?;
        self.0 = None;
        Ok(())
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What does not go now is found by the sweep.
            std::fs::remove_file(path).ok();
        }
    }
}

/// A full disk is told as such, everything else is ours to find out about.
pub fn failed(error: &io::Error) -> AppError {
    if error.kind() == io::ErrorKind::StorageFull { AppError::StorageFull } else { unexpected(error.kind()) }
}

/// Makes a folder that its owner alone can look into.
pub async fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

/// Removes what was never finished.
pub async fn sweep(folder: &Path) -> io::Result<()> {
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    while let Some(entry) = entries.next_entry().await? {
        let entry_is = entry.metadata().await?;
        if entry_is.modified()?.elapsed().unwrap_or_default() <= FORGOTTEN {
            continue;
        }
        if entry_is.is_dir() {
            fs::remove_dir_all(entry.path()).await?;
        } else {
            fs::remove_file(entry.path()).await?;
        }
    }
    Ok(())
}
