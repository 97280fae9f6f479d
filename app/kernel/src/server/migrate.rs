//! Schema changes: numbered files, one text for both databases.
//!
//! A file of `migrations/` is called `NNNN_name.sql` and never changes once it has left the house; its checksum is kept
//! in `schema_migrations`. It is written with tokens where the engines' types differ, see [`expand`], and runs in one
//! transaction, unless its first line is `-- no_tx`: then each statement runs by itself and must bear being repeated,
//! since a process killed half-way starts the file again.

pub mod catalog;
mod split;
mod tokens;

use std::{fs::File, time::Duration};

use sha2::{Digest, Sha256};
use split::statements;
pub use tokens::expand;

use super::{Clock, Db, DbError, Engine, Tx};

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub version: u16,
    pub name: &'static str,
    pub sql: &'static str,
}

/// The files this program was built with, in order.
pub const MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

impl Migration {
    /// SHA-256 of the text before its tokens are replaced, in hexadecimal; line ends do not count.
    pub fn checksum(&self) -> String {
        use std::fmt::Write as _;
        Sha256::digest(self.sql.replace("\r\n", "\n")).iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn runs_in_transaction(&self) -> bool {
        self.sql.lines().next().is_none_or(|line| line.trim() != "-- no_tx")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("migration {version:04}_{name} was changed after it had been applied")]
    Changed { version: u16, name: &'static str },
    #[error("the database was migrated to version {version:04}_{name} by a newer program")]
    Newer { version: i64, name: String },
    #[error("migration {version:04}_{name} comes before others that were applied already")]
    Late { version: u16, name: &'static str },
    #[error("migration numbers must ascend, and {version:04} does not")]
    Order { version: u16 },
    #[error("migration {version:04}_{name}: {reason}")]
    Text { version: u16, name: &'static str, reason: String },
    #[error("migration {version:04}_{name}, statement {statement}: {error}")]
    Failed { version: u16, name: &'static str, statement: usize, error: DbError },
    /// What had to be done before failed.
    #[error("{0}")]
    First(String),
    #[error("another process holds the migration lock")]
    Locked,
    #[error("the migration lock: {0}")]
    Lock(std::io::Error),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// How long to wait for another process that migrates the same database.
const PATIENCE: Duration = Duration::from_mins(10);

/// Applies what has not been applied yet and returns it. Several processes may call this at once: one migrates, the
/// others wait.
pub async fn run(db: &Db, migrations: &[Migration]) -> Result<Vec<Migration>, MigrateError> {
    run_after(db, migrations, async |_| Ok(())).await
}

/// The same; what was migrated before is seen to by `first`, before anything changes. Nothing changes where that
/// fails.
pub async fn run_after(
    db: &Db,
    migrations: &[Migration],
    first: impl AsyncFnOnce(&[Migration]) -> Result<(), String>,
) -> Result<Vec<Migration>, MigrateError> {
    let lock = Lock::take(db).await?;
    create_table(db).await?;
    let pending = pending(db, migrations).await?;
    if !pending.is_empty() && pending.len() < migrations.len() {
        first(&pending).await.map_err(MigrateError::First)?;
    }
    if !pending.is_empty() {
        set_aside(db, "file").await?;
    }
    for migration in &pending {
        tracing::info!(version = migration.version, name = migration.name, "migrating");
        apply(db, migration).await?;
    }
    if !pending.is_empty() {
        set_aside(db, "memory").await?;
    }
    lock.release().await?;
    Ok(pending)
}

/// Where SQLite's writer keeps what a statement changes until it is done: that of a whole table is too much for memory.
async fn set_aside(db: &Db, place: &str) -> Result<(), DbError> {
    match db.engine() {
        Engine::Sqlite => db.execute_alone(&format!("pragma temp_store = {place}")).await,
        Engine::Postgres => Ok(()),
    }
}

/// What has not been applied yet; an error where the database and the program do not go together.
pub async fn pending(db: &Db, migrations: &[Migration]) -> Result<Vec<Migration>, MigrateError> {
    if let Some(pair) = migrations.windows(2).find(|pair| pair[0].version >= pair[1].version) {
        return Err(MigrateError::Order { version: pair[1].version });
    }
    let mut applied = applied(db).await?;
    let newest = applied.last().map_or(-1, |(version, ..)| *version);
    let mut pending = Vec::new();
    for migration in migrations {
        let &Migration { version, name, .. } = migration;
        match applied.iter().position(|(v, ..)| *v == i64::from(version)) {
            Some(i) if applied[i].2 != migration.checksum() => return Err(MigrateError::Changed { version, name }),
            Some(i) => drop(applied.remove(i)),
            None if i64::from(version) < newest => return Err(MigrateError::Late { version, name }),
            None => pending.push(*migration),
        }
    }
    match applied.pop() {
        Some((version, name, _)) => Err(MigrateError::Newer { version, name }),
        None => Ok(pending),
    }
}

async fn create_table(db: &Db) -> Result<(), MigrateError> {
    let sql = "create table if not exists schema_migrations (version integer primary key, name text not null, \
               checksum text not null, applied_at {{ts}} not null)";
    let sql = expand(sql, db.engine()).unwrap_or_default();
    let mut tx = db.begin().await?;
    tx.execute(&sql, vec![]).await?;
    Ok(tx.commit().await?)
}

/// Version, name and checksum of each, in order; none where the table does not exist.
async fn applied(db: &Db) -> Result<Vec<(i64, String, String)>, DbError> {
    let exists = match db.engine() {
        Engine::Sqlite => "select count(*) from sqlite_master where name = 'schema_migrations'",
        Engine::Postgres => "select count(*) from pg_class where oid = to_regclass('schema_migrations')",
    };
    let exists = db.fetch_optional(exists, vec![]).await?;
    if exists.map(|row| row.get::<i64>(0)).transpose()? != Some(1) {
        return Ok(Vec::new());
    }
    let rows = db.fetch_all("select version, name, checksum from schema_migrations order by version", vec![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

async fn apply(db: &Db, migration: &Migration) -> Result<(), MigrateError> {
    let &Migration { version, name, sql } = migration;
    let sql = expand(sql, db.engine()).map_err(|reason| MigrateError::Text { version, name, reason })?;
    let failed = |i: usize| move |error| MigrateError::Failed { version, name, statement: i + 1, error };
    if migration.runs_in_transaction() {
        let mut tx = db.begin().await?;
        lift_limits(&mut tx).await?;
        for (i, statement) in statements(&sql).into_iter().enumerate() {
            tx.execute_bulk(statement, vec![]).await.map_err(failed(i))?;
        }
        record(&mut tx, migration).await?;
        tx.commit().await?;
    } else {
        for (i, statement) in statements(&sql).into_iter().enumerate() {
            db.execute_alone(statement).await.map_err(failed(i))?;
        }
        let mut tx = db.begin().await?;
        record(&mut tx, migration).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn record(tx: &mut Tx, migration: &Migration) -> Result<(), DbError> {
    let sql = "insert into schema_migrations (version, name, checksum, applied_at) values ($1, $2, $3, $4)";
    let version = i64::from(migration.version).into();
    let args = vec![version, migration.name.into(), migration.checksum().into(), Clock::System.now().into()];
    tx.execute(sql, args).await.map(drop)
}

/// A migration may take as long as it takes.
async fn lift_limits(tx: &mut Tx) -> Result<(), DbError> {
    if tx.engine() == Engine::Postgres {
        let limits = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
        for limit in limits {
            tx.fetch_all("select set_config($1, '0', true)", vec![limit.into()]).await?;
        }
    }
    Ok(())
}

/// Keeps other processes from migrating: a locked file beside a SQLite database, an advisory lock on PostgreSQL.
enum Lock {
    File(File),
    Advisory(Tx),
}

impl Lock {
    async fn take(db: &Db) -> Result<Self, MigrateError> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lock) = Self::try_take(db).await? {
                return Ok(lock);
            }
            if waited >= PATIENCE {
                return Err(MigrateError::Locked);
            }
            // Asking again rather than waiting inside PostgreSQL: a session that waits there holds up the other's
            // `create index concurrently`.
            let pause = Duration::from_millis(100);
            tokio::time::sleep(pause).await;
            waited += pause;
        }
    }

    async fn try_take(db: &Db) -> Result<Option<Self>, MigrateError> {
        if let Some(path) = db.path() {
            let mut name = path.as_os_str().to_owned();
            name.push(".lock");
            let file = File::options().append(true).create(true).open(name).map_err(MigrateError::Lock)?;
            return match file.try_lock() {
                Ok(()) => Ok(Some(Self::File(file))),
                Err(std::fs::TryLockError::WouldBlock) => Ok(None),
                Err(std::fs::TryLockError::Error(error)) => Err(MigrateError::Lock(error)),
            };
        }
        let mut tx = db.begin().await?;
        lift_limits(&mut tx).await?;
        // The number spells "mainstay".
        let sql = "select pg_try_advisory_xact_lock(7881696745979404665)";
        let row = tx.fetch_optional(sql, vec![]).await?;
        let is_taken = row.map(|row| row.get::<bool>(0)).transpose()?.unwrap_or(false);
        Ok(is_taken.then_some(Self::Advisory(tx)))
    }

    async fn release(self) -> Result<(), MigrateError> {
        match self {
            Self::File(file) => file.unlock().map_err(MigrateError::Lock),
            Self::Advisory(tx) => Ok(tx.rollback().await?),
        }
    }
}

#[cfg(test)]
mod tests;
