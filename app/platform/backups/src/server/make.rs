//! Making an archive: the database is read on one side, packed and sealed on a thread of its own.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use ::archive::Writer;
use files::server::{Local, Spooled};
use jobs::Progress;
use kernel::{
    Timestamp,
    server::{Part, Snapshot, TableSum, unexpected},
};
use records::server::App;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::{
    BackupError, Backups, ENDING, Secret,
    contents::{CONTENTS, Contents, DATABASE, FILES, FileSum, MANIFEST, Manifest, ROWS},
    store,
};

/// Pieces read ahead of the thread that writes.
const AHEAD: usize = 2;

/// An archive that lies where backups go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub bytes: i64,
    pub rows: i64,
    pub files: i64,
}

/// Something for the archive.
enum Item {
    Contents(Vec<u8>),
    Part(Part),
    Content { sum: FileSum, file: Local },
    End { tables: Vec<TableSum>, last_event: Option<Uuid> },
}

/// What archives of everything are called, and those of the database alone.
pub const WHOLE: &str = "mainstay";
pub const DATABASE_ALONE: &str = "database";

/// What an archive is called: names sort as the times they were begun at.
pub fn name(of: &str, at: Timestamp, id: Uuid) -> String {
    let at: String = at.to_string().chars().take(19).filter(char::is_ascii_alphanumeric).collect();
    format!("{of}-{at}Z-{}{ENDING}", &id.simple().to_string()[24..])
}

fn say(stage: &watch::Sender<Progress>, message: &str, done: usize, total: usize) {
    let [done, total] = [done, total].map(|n| i64::try_from(n).unwrap_or(0));
    stage.send_replace(Progress { done, total, message: Some(message.to_owned()) });
}

impl Backups {
    /// Makes the archive of that name and puts it where backups go. Without files it is of the database alone.
    pub(super) async fn make(
        &self,
        app: &App,
        name: &str,
        is_whole: bool,
        stage: &watch::Sender<Progress>,
    ) -> Result<Made, BackupError> {
        let new_id = || app.clock().new_id(app.rng());
        say(stage, "Copying the database", 0, 0);
        let scratch = self.scratch(new_id()).await?;
        let spooled = Spooled::begin(&self.0.making, new_id()).await?;
        let taken_at = app.clock().now();
        let mut snapshot = Snapshot::take(app.db(), scratch.path()).await?;
        let contents = Contents::of(&mut snapshot, app.db().engine(), taken_at, is_whole).await?;
        let (items, taken) = mpsc::channel(AHEAD);
        let (path, secret) = (spooled.path().to_owned(), self.0.secrets[0].clone());
        let salt = app.rng().bytes();
        let writer = tokio::task::spawn_blocking(move || write(taken, &path, &secret, salt));
        let fed = self.feed(app, snapshot, contents, items, stage).await;
        let written = writer.await.map_err(unexpected)??;
        fed?;
        let made = written.ok_or_else(|| unexpected("a backup has no end"))?;
        drop(scratch);
        say(stage, "Putting the archive where backups go", 0, 0);
        self.0.place.put(spooled, name).await?;
        Ok(made)
    }

    /// Reads everything for the thread that writes. Where that one ended, it knows why.
    async fn feed(
        &self,
        app: &App,
        mut snapshot: Snapshot,
        contents: Contents,
        items: mpsc::Sender<Item>,
        stage: &watch::Sender<Progress>,
    ) -> Result<(), BackupError> {
        let put =
            async |item| items.send(item).await.map_err(|_| BackupError::told("the archive could not be written"));
        put(Item::Contents(serde_json::to_vec(&contents).map_err(unexpected)?)).await?;
        let (parts, mut taken) = mpsc::channel(1);
        let reading = async {
            let parts = parts;
            snapshot.write(&contents.tables, &parts).await
        };
        let passing = async {
            while let Some(part) = taken.recv().await {
                put(Item::Part(part)).await?;
            }
            // Who reads is told by the channel's end that nobody takes any more.
            taken.close();
            Ok::<(), BackupError>(())
        };
        let (tables, passed) = tokio::join!(reading, passing);
        passed?;
        let tables = tables?;
        let wanted = contents.is_whole && contents.has_table("files");
        let files = if wanted { store::contents(&mut snapshot).await? } else { vec![] };
        let last_event = if contents.has_table("events") { store::last_event(&mut snapshot).await? } else { None };
        // On PostgreSQL a transaction ends here.
        drop(snapshot);
        let total = files.len();
        for (i, sum) in files.into_iter().enumerate() {
            say(stage, "Copying files", i, total);
            match self.0.files.content(&sum.name, app.clock().new_id(app.rng())).await? {
                Some(file) => put(Item::Content { sum, file }).await?,
                // Somebody removed it since the database was copied.
                None if !store::is_content(app.db(), &sum.name).await? => {}
                None => return Err(BackupError::told("content that the database names is not where files lie")),
            }
        }
        put(Item::End { tables, last_event }).await
    }
}

/// Writes what comes until the end is told. `None` where it never was: who reads gave up.
fn write(
    mut items: mpsc::Receiver<Item>,
    path: &Path,
    secret: &Secret,
    salt: [u8; 32],
) -> Result<Option<Made>, BackupError> {
    let failed = |error: io::Error| BackupError::io(&error);
    let to = BufWriter::with_capacity(1 << 20, File::create(path).map_err(failed)?);
    let mut archive = Writer::begin(to, secret, salt).map_err(failed)?;
    let (mut database, mut files, mut pieces) = (None, vec![], 0_u64);
    while let Some(item) = items.blocking_recv() {
        match item {
            Item::Contents(json) => drop(archive.add(CONTENTS, json.len() as u64, &json[..]).map_err(failed)?),
            Item::Part(Part::File(path)) => {
                let (file, bytes) = opened(&path).map_err(failed)?;
                let sha256 = archive.add(DATABASE, bytes, file).map_err(failed)?;
                database = Some(FileSum { name: DATABASE.to_owned(), bytes, sha256 });
            }
            Item::Part(Part::Rows { table, bytes }) => {
                pieces += 1;
                let name = format!("{ROWS}{table}/{pieces:08}");
                archive.add(&name, bytes.len() as u64, &bytes[..]).map_err(failed)?;
            }
            Item::Part(Part::End) => {}
            Item::Content { sum, file } => {
                let (content, bytes) = opened(file.path()).map_err(failed)?;
                let sha256 = archive.add(&format!("{FILES}{}", sum.name), bytes, content).map_err(failed)?;
                if (bytes, &sha256) != (sum.bytes, &sum.sha256) {
                    return Err(BackupError::told("the content of a file is not what was stored"));
                }
                files.push(sum);
            }
            Item::End { tables, last_event } => {
                let manifest = Manifest { tables, database, files, last_event };
                let json = serde_json::to_vec(&manifest).map_err(unexpected)?;
                archive.add(MANIFEST, json.len() as u64, &json[..]).map_err(failed)?;
                let mut to = archive.finish().map_err(failed)?;
                to.flush().map_err(failed)?;
                let bytes = to.get_ref().metadata().map_err(failed)?.len();
                to.get_ref().sync_all().map_err(failed)?;
                let [bytes, files] = [bytes, manifest.files.len() as u64].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
                return Ok(Some(Made { bytes, rows: manifest.rows(), files }));
            }
        }
    }
    Ok(None)
}

fn opened(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}
