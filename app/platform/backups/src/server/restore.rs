//! Putting a backup back on an empty machine.

use std::path::{Path, PathBuf};

use jobs::{
    JobAction, JobFilter,
    server::{Job, Jobs},
};
use kernel::{
    AppError, Timestamp,
    server::{Db, Engine, Snapshot},
};
use records::server::Ctx;
use uuid::Uuid;

use super::{
    BackUp, BackupError, Backups, Fetched,
    contents::Contents,
    prove::{compare, fits, prepare},
    store,
    unpack::{self, Goal},
};

/// What was put back.
#[derive(Clone, Debug)]
pub struct Restored {
    pub taken_at: Timestamp,
    pub rows: i64,
    pub files: usize,
    /// Whether files were in it; else it was of the database alone.
    pub is_whole: bool,
}

/// Restores an archive, named as where backups go or by its path, into the database at an address, which must be
/// empty. The whole archive is looked through before anything is written, and nothing that is there is touched.
pub async fn restore(backups: &Backups, archive: &str, database_url: &str, id: Uuid) -> Result<Restored, BackupError> {
    let archive = match Path::new(archive) {
        path if path.is_file() => Fetched::InPlace(path.to_owned()),
        _ => backups.fetch(&backups.named(archive).await?, id).await?,
    };
    let engine = if database_url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
    let secrets = &backups.0.secrets;
    let look = async |contents: &Contents| fits(contents, engine).map(|()| None);
    let seen = unpack::take(archive.path(), secrets, Goal::default(), look, None).await?;
    ensure_empty(database_url).await?;
    let scratch = backups.scratch(id).await?;
    let files = Some(scratch.path().to_owned());
    let keep = Some(&backups.0.files);
    let taken = match engine {
        Engine::Sqlite => {
            let path = Db::sqlite_path(database_url)?;
            let aside = beside(&path, ".restoring");
            let goal = Goal { database: Some(aside.clone()), rows: false, files };
            let taken = unpack::take(archive.path(), secrets, goal, async |_| Ok(None), keep).await?;
            compare(Snapshot::open(aside.clone()).await?, &taken).await?;
            for left in ["-wal", "-shm"] {
                std::fs::remove_file(beside(&path, left)).ok();
            }
            std::fs::rename(&aside, &path).map_err(|e| BackupError::io(&e))?;
            taken
        }
        Engine::Postgres => {
            let db = Db::open(database_url).await?;
            let home = async |contents: &Contents| {
                prepare(&db, contents).await?;
                Ok(Some(db.clone()))
            };
            let goal = Goal { database: None, rows: true, files };
            let put_back = async {
                let taken = unpack::take(archive.path(), secrets, goal, home, keep).await?;
                compare(Snapshot::take(&db, scratch.path()).await?, &taken).await?;
                Ok(taken)
            };
            let taken: Result<_, BackupError> = put_back.await;
            if taken.is_err() {
                // It was empty, and is to be so for the next try.
                db.drop_tables().await?;
            }
            db.close().await;
            taken?
        }
    };
    let Contents { taken_at, is_whole, .. } = seen.contents;
    Ok(Restored { taken_at, rows: taken.manifest.rows(), files: taken.files.len(), is_whole })
}

/// Has nothing that the copy caught under way go on by itself: the queues are paused, and backups that were being made,
/// that which was put back above all, are over. Made again, they would take the place of what they are copies of.
pub async fn settle(ctx: &Ctx, jobs: &Jobs) -> Result<(), AppError> {
    for queue in jobs.kinds.queues() {
        jobs::server::pause(ctx, jobs, queue.name, true).await?;
    }
    let under_way = JobFilter { kind: Some(BackUp::KIND.to_owned()), ..JobFilter::default() };
    jobs::server::act_on_all(ctx, jobs, &under_way, JobAction::Cancel).await?;
    let mut tx = ctx.db().begin().await?;
    store::fail_unfinished(&mut tx, "It was being made when the database was copied.").await?;
    Ok(tx.commit().await?)
}

/// A name that begins like that of a file.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Refuses to write over what somebody has.
async fn ensure_empty(database_url: &str) -> Result<(), BackupError> {
    if database_url.starts_with("sqlite:") && !Db::sqlite_path(database_url)?.exists() {
        return Ok(());
    }
    let db = Db::open(database_url).await?;
    let is_untouched = db.is_untouched().await;
    db.close().await;
    if is_untouched? {
        Ok(())
    } else {
        Err(BackupError::told(
            "the database is not empty, and a restore overwrites nothing: name another data folder (MAINSTAY_DATA) or \
             another database (DATABASE_URL)",
        ))
    }
}
