//! Reading an archive: opened and unpacked on a thread of its own, put to its places on the other side.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ::archive::{Hashing, Secret};
use files::server::{Files, Spooled};
use kernel::server::{Db, Part, unexpected};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    ArchiveError, BackupError,
    contents::{CONTENTS, Contents, DATABASE, FILES, FileSum, MANIFEST, Manifest, ROWS},
};

/// What an archive turned out to hold.
pub struct Taken {
    pub contents: Contents,
    pub manifest: Manifest,
    /// The database's file, as it was written.
    pub database: Option<FileSum>,
    pub files: Vec<FileSum>,
}

impl Taken {
    /// What does not agree with the list at the archive's end.
    pub fn differences(&self) -> Option<String> {
        if self.database != self.manifest.database {
            return Some("the database in the archive is not the one that was copied".to_owned());
        }
        if self.files != self.manifest.files {
            return Some("the files in the archive are not those that were copied".to_owned());
        }
        None
    }
}

/// Where what is read goes.
#[derive(Clone, Debug, Default)]
pub struct Goal {
    /// The database's file; without this it is only looked at.
    pub database: Option<PathBuf>,
    /// Whether rows are handed over.
    pub rows: bool,
    /// A folder for the content of files, one after the other; without this it is only looked at.
    pub files: Option<PathBuf>,
}

enum Heard {
    Contents(Contents),
    Database(FileSum),
    Content(FileSum, Option<Spooled>),
    Manifest(Manifest),
}

/// Reads an archive from end to end. `home` is asked, as soon as it is known what the archive is of, whether that can
/// be taken, and where rows go; content of files goes to `files`.
pub async fn take(
    archive: &Path,
    secrets: &[Secret],
    goal: Goal,
    home: impl AsyncFnOnce(&Contents) -> Result<Option<Db>, BackupError>,
    files: Option<&Files>,
) -> Result<Taken, BackupError> {
    let (rows, rows_in) = mpsc::channel(2);
    let (tell, mut heard) = mpsc::channel(1);
    let (archive, secrets) = (archive.to_owned(), secrets.to_vec());
    let reading = tokio::task::spawn_blocking(move || unpack(&archive, &secrets, &goal, rows, &tell));
    let taking = async {
        let Some(Heard::Contents(contents)) = heard.recv().await else { return Ok(None) };
        let home = home(&contents).await?;
        let loading = async {
            if let Some(db) = &home {
                db.load(&contents.tables, rows_in).await?;
            }
            Ok::<(), BackupError>(())
        };
        let hearing = async {
            // Dropped with an error, so that the thread that reads ends as well.
            let mut heard = heard;
            let (mut database, mut sums, mut manifest) = (None, vec![], None);
            while let Some(piece) = heard.recv().await {
                match piece {
                    Heard::Contents(_) => {}
                    Heard::Database(sum) => database = Some(sum),
                    Heard::Manifest(list) => manifest = Some(list),
                    Heard::Content(sum, content) => {
                        if let (Some(files), Some(content)) = (files, content) {
                            files.put_back(content, &sum.name).await?;
                        }
                        sums.push(sum);
                    }
                }
            }
            Ok::<_, BackupError>((database, sums, manifest))
        };
        let (loaded, told) = tokio::join!(loading, hearing);
        let (database, files, manifest) = told?;
        let taken = manifest.map(|manifest| Taken { contents: contents.clone(), manifest, database, files });
        loaded.map(|()| taken)
    };
    let taken = taking.await;
    // The thread knows best what was wrong with the archive; that nobody listened, it was told by the others.
    match reading.await.map_err(unexpected)? {
        Err(Interrupted::Archive(error)) => Err(error),
        Err(Interrupted::Unheard) => {
            taken?;
            Err(BackupError::told("the archive was not read to its end"))
        }
        Ok(()) => taken?.ok_or_else(|| ArchiveError::Damaged.into()),
    }
}

/// Why a thread stopped reading.
enum Interrupted {
    Archive(BackupError),
    /// Whoever listened is gone.
    Unheard,
}

impl From<ArchiveError> for Interrupted {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error.into())
    }
}

impl From<io::Error> for Interrupted {
    fn from(error: io::Error) -> Self {
        ArchiveError::from(error).into()
    }
}

impl From<serde_json::Error> for Interrupted {
    fn from(_: serde_json::Error) -> Self {
        ArchiveError::Damaged.into()
    }
}

fn unpack(
    archive: &Path,
    secrets: &[Secret],
    goal: &Goal,
    rows: mpsc::Sender<Part>,
    tell: &mpsc::Sender<Heard>,
) -> Result<(), Interrupted> {
    let say = |heard| tell.blocking_send(heard).map_err(|_| Interrupted::Unheard);
    let mut rows = Some(rows).filter(|_| goal.rows);
    let mut count = 0_u128;
    let from = io::BufReader::with_capacity(1 << 20, File::open(archive)?);
    ::archive::read(from, secrets, |name, content| {
        if name != CONTENTS
            && !name.starts_with(ROWS)
            && let Some(rows) = rows.take()
        {
            rows.blocking_send(Part::End).map_err(|_| Interrupted::Unheard)?;
        }
        if name == CONTENTS {
            say(Heard::Contents(serde_json::from_reader(content)?))
        } else if name == MANIFEST {
            say(Heard::Manifest(serde_json::from_reader(content)?))
        } else if name == DATABASE {
            say(Heard::Database(written(name, content, goal.database.as_deref())?))
        } else if let Some(piece) = name.strip_prefix(ROWS) {
            let Some(rows) = &rows else { return Ok(()) };
            let table = piece.rsplit_once('/').map_or(piece, |(table, _)| table).to_owned();
            let mut bytes = vec![];
            content.read_to_end(&mut bytes)?;
            rows.blocking_send(Part::Rows { table, bytes }).map_err(|_| Interrupted::Unheard)
        } else if let Some(place) = name.strip_prefix(FILES) {
            count += 1;
            let spooled = goal.files.as_deref().map(|folder| Spooled::begin_now(folder, Uuid::from_u128(count)));
            let spooled = spooled.transpose()?;
            let sum = written(place, content, spooled.as_ref().map(Spooled::path))?;
            say(Heard::Content(sum, spooled))
        } else {
            Ok(())
        }
    })
}

/// Writes content to a file, if to any, and sums it up.
fn written(name: &str, content: &mut dyn io::Read, path: Option<&Path>) -> io::Result<FileSum> {
    let mut content = Hashing::new(content);
    match path {
        None => drop(io::copy(&mut content, &mut io::sink())?),
        Some(path) => {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path)?;
            io::copy(&mut content, &mut file)?;
            file.sync_all()?;
        }
    }
    let (bytes, sha256) = content.sum();
    Ok(FileSum { name: name.to_owned(), bytes, sha256 })
}
