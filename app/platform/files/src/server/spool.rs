//! Files and folders in the making, on this machine.

use std::{
    fs::{DirEntry, File},
    io,
    path::{Path, PathBuf},
};

use kernel::{AppError, server::unexpected};
use tokio::fs;
use uuid::Uuid;

/// A file in the making; gone with this unless it is brought to its place.
#[derive(Debug)]
pub struct Spooled {
    path: Option<PathBuf>,
    /// Locked for as long as this is kept: what a program left that was killed is locked by nobody.
    _lock: File,
}

impl Spooled {
    pub async fn begin(folder: &Path, id: Uuid) -> Result<Self, AppError> {
        make_folder(folder).await.map_err(|e| failed(&e))?;
        let folder = folder.to_owned();
        let begun = tokio::task::spawn_blocking(move || Self::begin_now(&folder, id)).await.map_err(unexpected)?;
        begun.map_err(|e| failed(&e))
    }

    /// A file that takes no byte, for tests.
    pub(super) async fn on_full_disk(folder: &Path, id: Uuid) -> Result<Self, AppError> {
        const FULL: &str = "/dev/full";
        make_folder(folder).await.map_err(|e| failed(&e))?;
        let path = folder.join(id.simple().to_string());
        fs::symlink(FULL, &path).await.map_err(|e| failed(&e))?;
        Ok(Self { path: Some(path), _lock: File::open(FULL).map_err(|e| failed(&e))? })
    }

    /// The same on a thread that may wait.
    pub fn begin_now(folder: &Path, id: Uuid) -> io::Result<Self> {
        let path = folder.join(id.simple().to_string());
        let lock = locked(&path, || File::create_new(&path))?;
        Ok(Self { path: Some(path), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or_else(|| Path::new(""))
    }

    /// Moves the file; nothing is left to be removed.
    pub(super) async fn move_to(mut self, place: &Path) -> io::Result<()> {
        fs::rename(self.path(), place).await?;
        self.path = None;
        Ok(())
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // What does not go now is found by the sweep.
            std::fs::remove_file(path).ok();
        }
    }
}

/// A folder for what is in the making, gone with this.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    pub async fn begin(folder: &Path, id: Uuid) -> Result<Self, AppError> {
        let path = folder.join(id.simple().to_string());
        let begun = tokio::task::spawn_blocking(move || {
            let make = || loop {
                private().create(&path)?;
                match File::open(&path) {
                    // Swept away in between.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    opened => return opened,
                }
            };
            let lock = locked(&path, make)?;
            Ok(Self { path, _lock: lock })
        });
        begun.await.map_err(unexpected)?.map_err(|e| failed(&e))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What does not go now is found by the sweep.
        std::fs::remove_dir_all(&self.path).ok();
    }
}

/// Makes something and locks it, on a thread that may wait.
fn locked(path: &Path, make: impl Fn() -> io::Result<File>) -> io::Result<File> {
    loop {
        let lock = make()?;
        // Where files cannot be locked, none is taken for left either.
        lock.lock().ok();
        // A sweep that saw it before it was locked has removed it.
        if path.try_exists()? {
            return Ok(lock);
        }
    }
}

/// A full disk is told as such, everything else is ours to find out about.
pub fn failed(error: &io::Error) -> AppError {
    if error.kind() == io::ErrorKind::StorageFull { AppError::StorageFull } else { unexpected(error.kind()) }
}

/// Makes a folder that its owner alone can look into.
pub async fn make_folder(folder: &Path) -> io::Result<()> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || private().create(folder)).await.map_err(io::Error::other)?
}

/// Makes folders that their owner alone can look into.
fn private() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Removes what programs left that were killed.
pub async fn sweep(folder: &Path) -> io::Result<()> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || sweep_now(&folder)).await.map_err(io::Error::other)?
}

/// The same on a thread that may wait.
pub fn sweep_now(folder: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        match remove_if_left(&entry?) {
            // What is finished or given up meanwhile goes by itself.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
    }
    Ok(())
}

fn remove_if_left(entry: &DirEntry) -> io::Result<()> {
    let path = entry.path();
    // Locked until it is gone.
    let lock = File::open(&path)?;
    match lock.try_lock() {
        Ok(()) if entry.file_type()?.is_dir() => std::fs::remove_dir_all(path),
        Ok(()) => std::fs::remove_file(path),
        Err(_) => Ok(()),
    }
}
