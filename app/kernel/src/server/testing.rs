//! A database of its own for each test, on the engine the run is for, and the servers of others that tests speak to.
//!
//! `MAINSTAY_TEST_DATABASE` names a PostgreSQL server (`postgres://…`, a role that may create databases); without it
//! tests use SQLite in temporary files. Either way migrations run once: their result is kept as a template, named after
//! the checksums of the files, and copied for each test.
//!
//! `MAINSTAY_TEST_MARKS` names a file for the names of the tests that asked for a database: `bin/test` runs no others on a
//! second engine.

mod redis;

use std::{
    fmt::Debug,
    fs,
    io::{self, Write},
    ops::Deref,
    path::PathBuf,
    time::{Duration, Instant},
};

pub use redis::TestRedis;
use sha2::{Digest, Sha256};

use super::{
    Db, DbError, DbOptions, Rng,
    clock::Clock,
    migrate::{self, MIGRATIONS},
};

/// Where other companies' servers listen that `bin/test` starts (`bin/peers.py` says what they are), as `host:port`.
#[derive(Clone, Debug)]
pub struct Peers {
    /// Takes mail, with STARTTLS for who asks.
    pub smtp: String,
    /// Takes mail, with TLS from the start.
    pub smtps: String,
    /// Shows that mail to whoever signs in by its address and the password `secret`.
    pub imap: String,
    /// Plays Amazon's S3, SES and SNS; an address with `http://`.
    pub aws: String,
    /// A push service with browsers behind it; an address with `https://`.
    pub push: String,
    /// The authority behind their certificates.
    pub ca: PathBuf,
}

impl Peers {
    /// # Panics
    /// Where tests run without `bin/test`.
    #[must_use]
    pub fn find() -> Self {
        #[expect(clippy::disallowed_methods, reason = "test runs have no configuration file")]
        let told = |what: &str| {
            let name = format!("MAINSTAY_TEST_{what}");
            std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set: bin/test starts the servers this needs"))
        };
        Self {
            smtp: told("SMTP"),
            smtps: told("SMTPS"),
            imap: told("IMAP"),
            aws: told("AWS"),
            push: told("PUSH"),
            ca: told("CA").into(),
        }
    }
}

/// How long tests wait for what is to come: what has not come by then is wrong, however slow the machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Looks again and again until there is something, and gives it. What there is instead says the message otherwise.
///
/// # Panics
/// When it does not come in two minutes.
pub async fn wait_for<T, Instead: Debug>(what: &str, mut look: impl AsyncFnMut() -> Result<T, Instead>) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) => {
                assert!(began.elapsed() < PATIENCE, "waited in vain for this: {what}; what there is: {instead:?}");
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Looks again and again until something holds.
///
/// # Panics
/// When it does not in two minutes.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    wait_for(what, async || if holds().await { Ok(()) } else { Err("nothing of the kind") }).await;
}

/// A database that goes away with this value. It derefs to [`Db`].
pub struct TestDb {
    db: Db,
    url: String,
    remains: Remains,
}

enum Remains {
    Folder(PathBuf),
    Database { server: String, name: String },
}

impl Deref for TestDb {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.db
    }
}

impl TestDb {
    /// A database with the schema of the program and no rows.
    pub async fn new() -> Self {
        Self::make(true).await.expect("a test database")
    }

    /// A database with nothing in it.
    pub async fn empty() -> Self {
        Self::make(false).await.expect("a test database")
    }

    /// The address to open the same database again, as another process would.
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn make(is_migrated: bool) -> Result<Self, TestDbError> {
        leave_mark()?;
        #[expect(clippy::disallowed_methods, reason = "test runs have no configuration file")]
        let server = std::env::var("MAINSTAY_TEST_DATABASE").unwrap_or_default();
        let name = format!("mainstay_test_{}", Clock::System.new_id(&Rng::system()).simple());
        if server.is_empty() {
            let folder = std::env::temp_dir().join(&name);
            fs::create_dir(&folder)?;
            let file = folder.join("test.db");
            if is_migrated {
                fs::copy(sqlite_template().await?, &file)?;
            }
            let url = format!("sqlite://{}", file.display());
            Ok(Self { db: open(&url).await?, url, remains: Remains::Folder(folder) })
        } else {
            let template = if is_migrated { postgres_template(&server).await? } else { "template0".to_owned() };
            create_database(&server, &name, &template).await?;
            let url = with_database(&server, &name);
            Ok(Self { db: open(&url).await?, url, remains: Remains::Database { server, name } })
        }
    }
}

/// Writes down that this test asks for a database. What does not passes on one engine as it does on another.
fn leave_mark() -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "test runs have no configuration file")]
    let told = |name: &str| std::env::var(name);
    if let (Ok(file), Ok(binary), Ok(test)) =
        (told("MAINSTAY_TEST_MARKS"), told("NEXTEST_BINARY_ID"), told("NEXTEST_TEST_NAME"))
    {
        // In one piece: other tests write at the same time.
        fs::File::options().create(true).append(true).open(file)?.write_all(format!("{binary} {test}\n").as_bytes())?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum TestDbError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Migrate(#[from] migrate::MigrateError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How a database is opened of which nobody misses the data.
pub fn options() -> DbOptions {
    DbOptions { readers: 4, connections: 10, patience: Duration::from_secs(20), durable: false, redis: None }
}

async fn open(url: &str) -> Result<Db, DbError> {
    Db::open_with(url, &options()).await
}

/// Names the schema that the program's migrations make.
fn schema_name() -> String {
    let mut hash = Sha256::new();
    for migration in MIGRATIONS {
        hash.update(migration.checksum());
    }
    let hash = hash.finalize();
    format!(
        "mainstay_template_{:x}",
        u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
    )
}

/// The migrated file; made under another name first, so that of several processes the last wins and all agree.
async fn sqlite_template() -> Result<PathBuf, TestDbError> {
    let template = std::env::temp_dir().join(schema_name()).with_extension("db");
    if !template.exists() {
        let draft = template.with_extension(format!("{}.draft", Clock::System.new_id(&Rng::system()).simple()));
        let db = open(&format!("sqlite://{}", draft.display())).await?;
        migrate::run(&db, MIGRATIONS).await?;
        db.close().await;
        fs::rename(&draft, &template)?;
        fs::remove_file(format!("{}.lock", draft.display()))?;
    }
    Ok(template)
}

/// The migrated database; made under another name first and renamed, which one of several processes does.
async fn postgres_template(server: &str) -> Result<String, TestDbError> {
    let template = schema_name();
    let admin = open(server).await?;
    let sql = "select 1 from pg_database where datname = $1";
    let exists = admin.fetch_optional(sql, vec![template.as_str().into()]).await?.is_some();
    if !exists {
        let draft = format!("mainstay_draft_{}", Clock::System.new_id(&Rng::system()).simple());
        create_database(server, &draft, "template0").await?;
        let db = open(&with_database(server, &draft)).await?;
        migrate::run(&db, MIGRATIONS).await?;
        db.close().await;
        let renamed = admin.execute_alone(&format!("alter database {draft} rename to {template}")).await;
        if renamed.is_err() {
            // Another process was faster, or the next statement says what is wrong.
            admin.execute_alone(&format!("drop database {draft} with (force)")).await?;
        }
    }
    admin.close().await;
    Ok(template)
}

async fn create_database(server: &str, name: &str, template: &str) -> Result<(), TestDbError> {
    let admin = open(server).await?;
    let created = admin.execute_alone(&format!("create database {name} template {template}")).await;
    admin.close().await;
    Ok(created?)
}

/// The same server's address with another database.
fn with_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').map_or((server, None), |(a, q)| (a, Some(q)));
    let start = address.find("://").map_or(0, |i| i + 3);
    let host = address[start..].find('/').map_or(address, |i| &address[..start + i]);
    query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"))
}

impl Drop for TestDb {
    fn drop(&mut self) {
        match &self.remains {
            // On most systems open files may be removed; what cannot be is left to the next cleaning of the folder.
            Remains::Folder(folder) => drop(fs::remove_dir_all(folder)),
            Remains::Database { server, name } => {
                let (server, name) = (server.clone(), name.clone());
                // The test's own runtime may be busy ending, so this gets one to itself.
                let dropping = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                    runtime.block_on(async {
                        let admin = open(&server).await.map_err(io::Error::other)?;
                        let sql = format!("drop database if exists {name} with (force)");
                        let dropped = admin.execute_alone(&sql).await;
                        admin.close().await;
                        dropped.map_err(io::Error::other)
                    })
                });
                if let Ok(Err(error)) = dropping.join() {
                    tracing::warn!(%error, "a test database was left behind");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_an_address_is_exchanged() {
        assert_eq!(with_database("postgres://u:p@h:5432/a?x=y", "b"), "postgres://u:p@h:5432/b?x=y");
        assert_eq!(with_database("postgres://h", "b"), "postgres://h/b");
        assert_eq!(with_database("postgres:///a?host=/tmp/s", "b"), "postgres:///b?host=/tmp/s");
    }
}
