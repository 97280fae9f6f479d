//! What the whole program shares while it runs.

mod outside;

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use backups::server::{Backups, Early, Secret};
use files::server::Files;
use identity::server::{Identity, Settings, Strength, sessions};
use jobs::server::{Actors, Jobs, Services, Worker};
use kernel::server::{
    Clock, Db, DbOptions, Redis, Rng,
    migrate::{self, MIGRATIONS, Migration},
};
use leptos::config::LeptosOptions;
use realtime::server::Hub;
use records::server::App;
use sha2::{Digest, Sha256};
use transfer::server::{
    export::{Keep, Limit, Limits},
    import::Imports,
};

use crate::{
    config::{Config, SecretKey},
    modules,
};

/// Cheap to clone; every handler has it.
#[derive(Clone)]
pub struct State(Arc<Shared>);

pub struct Shared {
    pub app: App,
    pub identity: Identity,
    pub config: Config,
    pub leptos: LeptosOptions,
    pub files: Files,
    /// Tells open pages what happens.
    pub hub: Hub,
}

impl Deref for State {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Why the program cannot start, as one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

impl State {
    /// Opens the database, brings its schema up to date and puts the modules together.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let secret_key = config.secret_key().map_err(|e| StartError(e.0))?;
        let (app, early) = open(&config, &secret_key).await?;
        let state = Self::new(config, &secret_key, app, Strength::STANDARD)?;
        if let Some(early) = early {
            let noted = backups(&state.config, &secret_key)?.note(&state.identity.system(), early).await;
            noted.map_err(|e| StartError(format!("the copy made before the migration cannot be written down: {e}")))?;
        }
        Ok(state)
    }

    pub fn new(config: Config, secret_key: &SecretKey, app: App, strength: Strength) -> Result<Self, StartError> {
        outside::provide(&config, secret_key, &app)?;
        let settings =
            Settings { secret_key: *secret_key.bytes(), public_url: config.web.public_url.clone(), strength };
        let identity = Identity::new(app.clone(), settings);
        let leptos = LeptosOptions::builder()
            .output_name("mainstay")
            .site_root(config.web.site.display().to_string())
            .site_pkg_dir("pkg")
            .site_addr(config.web.addr)
            .hash_files(true)
            .build();
        let files = files(&config, secret_key)?;
        app.provide(backups(&config, secret_key)?);
        let windows = config.limits.exports.0.iter();
        app.provide(Limits(windows.map(|w| Limit { exports: w.requests, seconds: w.seconds }).collect()));
        let hub = Hub::new(app.clone());
        Ok(Self(Arc::new(Shared { app, identity, config, leptos, files, hub })))
    }

    pub fn db(&self) -> &Db {
        self.app.db()
    }

    /// Where files that are to be imported go, and how large they may be.
    pub fn imports(&self) -> Imports {
        Imports::new(self.files.clone(), self.config.web.max_upload)
    }
}

impl State {
    /// The kinds of jobs, and what they are given.
    pub fn jobs(&self) -> Jobs {
        let services = Services::new(self.actors()).with(self.files.clone()).with(modules::notifications());
        Jobs { kinds: modules::jobs(), services: services.with(Keep(self.config.exports_kept)) }
    }

    /// Finds people with the rights they have now.
    pub fn actors(&self) -> Actors {
        let identity = self.identity.clone();
        Arc::new(move |user| {
            let identity = identity.clone();
            Box::pin(async move { sessions::actor_of(&identity, user).await })
        })
    }

    /// What does the jobs, on all queues.
    pub fn worker(&self) -> Worker {
        let Jobs { kinds, services } = self.jobs();
        Worker::new(self.app.clone(), kinds, services)
    }
}

fn files(config: &Config, secret_key: &SecretKey) -> Result<Files, StartError> {
    Files::new(&config.storage.data, config.s3.as_ref(), secret_key.bytes()).map_err(StartError)
}

/// What makes backups and puts them back.
pub fn backups(config: &Config, secret_key: &SecretKey) -> Result<Backups, StartError> {
    let secrets = std::iter::once(secret_key.bytes()).chain(secret_key.former()).map(Secret::new).collect();
    let files = files(config, secret_key)?;
    let crate::config::Backups { to, access, keep, .. } = &config.backups;
    Backups::new(files, &config.storage.data, to, access, secrets, *keep)
        .map_err(|e| StartError(format!("MAINSTAY_BACKUPS_TO: {e}")))
}

/// How the database is opened, and what carries signals beside it.
pub fn database_options(config: &Config, secret_key: &SecretKey) -> DbOptions {
    let redis = config.storage.redis_url.as_ref().map(|url| {
        // Another installation may use the same Redis; all processes of this one have the same key.
        let own = Sha256::new_with_prefix(b"mainstay signals").chain_update(secret_key.bytes()).finalize();
        let name = own.iter().take(8).fold(0_u64, |name, byte| name << 8 | u64::from(*byte));
        Redis { url: url.clone(), channel: format!("mainstay:{name:016x}") }
    });
    DbOptions { redis, ..DbOptions::default() }
}

/// Opens the database, making the folder it lives in, and migrates it, with a copy of what it was before.
pub async fn open(config: &Config, secret_key: &SecretKey) -> Result<(App, Option<Early>), StartError> {
    let failed = |what: &str, e: &dyn std::fmt::Display| StartError(format!("{what}: {e}"));
    std::fs::create_dir_all(&config.storage.data)
        .map_err(|e| failed(&format!("the data folder {} cannot be made", config.storage.data.display()), &e))?;
    let options = database_options(config, secret_key);
    let db = Db::open_with(&config.storage.database_url, &options).await;
    let db = db.map_err(|e| failed("the database cannot be opened", &e))?;
    let registry = modules::registry().map_err(StartError)?;
    let app = App::new(db.clone(), registry, Clock::default(), Rng::system());
    let mut early = None;
    let copy = async |_: &[Migration]| {
        if config.backups.before_migration {
            tracing::info!("copying the database before its schema changes");
            let made = backups(config, secret_key).map_err(|e| e.0)?.before_migration(&app).await;
            early = Some(made.map_err(|e| {
                format!("no copy could be made before: {e} (MAINSTAY_BACKUPS_BEFORE_MIGRATION=no goes on without one)")
            })?);
        }
        Ok(())
    };
    let before = migrate::pending(&db, MIGRATIONS).await.map(|pending| pending.len()).ok();
    if let Err(error) = migrate::run_after(&db, MIGRATIONS, copy).await {
        let after = migrate::pending(&db, MIGRATIONS).await.map(|pending| pending.len()).ok();
        // A program that is started again and again would leave a copy of the same each time.
        if let Some(early) = early.filter(|_| before == after)
            && let Ok(backups) = backups(config, secret_key)
            && let Err(error) = backups.discard(early).await
        {
            tracing::warn!(%error, "the copy of what did not change could not be removed");
        }
        return Err(failed("the database cannot be migrated", &error));
    }
    Ok((app, early))
}

impl FromRef<State> for LeptosOptions {
    fn from_ref(state: &State) -> Self {
        state.leptos.clone()
    }
}

impl FromRef<State> for App {
    fn from_ref(state: &State) -> Self {
        state.app.clone()
    }
}

impl FromRef<State> for Db {
    fn from_ref(state: &State) -> Self {
        state.db().clone()
    }
}
