//! Proof that a backup can be put back: it is put back, aside, and compared with what it says it holds.

use kernel::server::{
    Db, Engine, Snapshot,
    migrate::{self, MIGRATIONS},
};
use records::server::App;
use uuid::Uuid;

use super::{
    BackupError, Backups, Restored,
    contents::{Contents, engine_name},
    unpack::{self, Goal, Taken},
};

impl Backups {
    /// Proves a backup, or the latest, and tells its name.
    pub async fn prove_by_name(&self, app: &App, name: &str) -> Result<(String, Restored), BackupError> {
        let name = self.named(name).await?;
        let Taken { contents: Contents { taken_at, is_whole, .. }, manifest, files, .. } =
            self.prove(app, &name).await?;
        Ok((name, Restored { taken_at, rows: manifest.rows(), files: files.len(), is_whole }))
    }

    /// Reads the archive of that name again from where it lies, restores its database aside and compares every table
    /// and every file with the list at its end.
    pub(super) async fn prove(&self, app: &App, name: &str) -> Result<Taken, BackupError> {
        let new_id = || app.clock().new_id(app.rng());
        let archive = self.fetch(name, new_id()).await?;
        let scratch = self.scratch(new_id()).await?;
        let taken = match app.db().engine() {
            Engine::Sqlite => {
                let path = scratch.path().join("proof.sqlite");
                let goal = Goal { database: Some(path.clone()), ..Goal::default() };
                let home = async |contents: &Contents| fits(contents, Engine::Sqlite).map(|()| None);
                let taken = unpack::take(archive.path(), &self.0.secrets, goal, home, None).await?;
                compare(Snapshot::open(path).await?, &taken).await?;
                taken
            }
            Engine::Postgres => {
                let aside = Aside::make(app.db(), new_id()).await?;
                let goal = Goal { rows: true, ..Goal::default() };
                let home = async |contents: &Contents| {
                    fits(contents, Engine::Postgres)?;
                    prepare(&aside.db, contents).await?;
                    Ok(Some(aside.db.clone()))
                };
                let taken = unpack::take(archive.path(), &self.0.secrets, goal, home, None).await;
                let compared = match &taken {
                    Ok(taken) => match Snapshot::take(&aside.db, scratch.path()).await {
                        Ok(snapshot) => compare(snapshot, taken).await,
                        Err(error) => Err(error.into()),
                    },
                    Err(_) => Ok(()),
                };
                aside.remove(app.db()).await?;
                compared?;
                taken?
            }
        };
        Ok(taken)
    }
}

/// Whether what an archive is of can be put back here.
pub fn fits(contents: &Contents, engine: Engine) -> Result<(), BackupError> {
    if contents.engine != engine_name(engine) {
        let name = |engine: &str| if engine == "sqlite" { "SQLite" } else { "PostgreSQL" };
        return Err(BackupError::told(format!(
            "this is a backup of {}, and the database here is {}",
            name(&contents.engine),
            name(engine_name(engine)),
        )));
    }
    if contents.migrations(MIGRATIONS).is_none() {
        return Err(BackupError::told(format!(
            "this backup was made by Mainstay {}, whose database this program does not know: use that version or a \
             later one",
            contents.version
        )));
    }
    Ok(())
}

/// Gives an empty database of PostgreSQL's the tables that the copied one had.
pub async fn prepare(db: &Db, contents: &Contents) -> Result<(), BackupError> {
    let seen = contents.migrations(MIGRATIONS).unwrap_or_default();
    migrate::run(db, seen).await.map_err(|e| BackupError::told(format!("the tables cannot be made: {e}")))?;
    Ok(())
}

/// Compares what was put back with what the archive says it holds.
pub async fn compare(mut restored: Snapshot, taken: &Taken) -> Result<(), BackupError> {
    if let Some(difference) = taken.differences() {
        return Err(BackupError::Told(difference));
    }
    if let Some(fault) = restored.faults().await?.first() {
        return Err(BackupError::told(format!("the restored database is broken: {fault}")));
    }
    let sums = restored.sums(&taken.contents.tables).await?;
    let other = sums.iter().zip(&taken.manifest.tables).find(|(restored, copied)| restored != copied);
    match other {
        Some((restored, _)) => {
            Err(BackupError::told(format!("the rows of {} are not the same after they were restored", restored.name)))
        }
        None if sums.len() != taken.manifest.tables.len() => {
            Err(BackupError::told("the restored database has not the same tables"))
        }
        None => Ok(()),
    }
}

const PREFIX: &str = "mainstay_proof_";
/// In milliseconds, as the first 48 bits of an id count.
const DAY: u128 = 24 * 3_600 * 1_000;

/// A schema beside the one in use, gone when the proof is over.
struct Aside {
    db: Db,
    name: String,
}

impl Aside {
    async fn make(db: &Db, id: Uuid) -> Result<Self, BackupError> {
        let name = format!("{PREFIX}{}", id.simple());
        // Ids sort by time: what a program left that was killed in the middle, more than a day before.
        let long_ago = Uuid::from_u128(id.as_u128().saturating_sub(DAY << 80));
        db.remove_asides(PREFIX, &format!("{PREFIX}{}", long_ago.simple())).await?;
        let aside = db.aside(&name).await.map_err(|error| match error {
            error if error.is_refusal() => BackupError::told(
                "the backup was made and cannot be proven: the database's user may not create a schema to restore it \
                 in (grant create on database … to …)",
            ),
            error => error.into(),
        })?;
        Ok(Self { db: aside, name })
    }

    async fn remove(self, db: &Db) -> Result<(), BackupError> {
        self.db.close().await;
        Ok(db.remove_aside(&self.name).await?)
    }
}
