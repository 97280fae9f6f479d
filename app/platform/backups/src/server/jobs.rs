//! Backups as jobs: by the clock, by hand and before a new version.

use std::{sync::Arc, time::Duration};

use jobs::{
    Progress,
    server::{Job, JobCx, Missed, Outcome, Policy, Queue, Schedule, is_over},
};
use kernel::{AppError, server::DbError};
use notifications::server::{Notice, administrators, notify, told};
use records::server::{Actor, App, Ctx};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use super::{BackupError, Backups, make, store};
use crate::{BackupInfo, Cause, Status};

const QUEUE: Queue = Queue { name: "backups", concurrency: 1 };
/// What time heals, such as a full disk or a bucket that is away, is tried again.
const POLICY: Policy = Policy { attempts: 5, timeout: Duration::from_hours(12), ..Policy::USUAL };
/// How many copies from before a migration stay.
const EARLY: usize = 3;
/// How often it is written down how far a backup is.
const PULSE: Duration = Duration::from_millis(500);
/// Seconds after which a backup that is nobody's job was broken off: one from the command line that was killed.
const BROKEN: i64 = 12 * 3_600;
/// For how many days it stays known that there was a backup whose archive is gone.
const KNOWN_DAYS: i64 = 90;

/// Makes a backup, proves it and removes those whose time is over.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct BackUp {
    /// The copy from before a migration that only has to be proven.
    #[serde(default)]
    early: Option<String>,
}

impl BackUp {
    /// At night.
    pub fn schedule() -> Schedule {
        Schedule::new("backup", "0 2 * * *", Missed::Once, |_| Self::default())
    }
}

impl Job for BackUp {
    const KIND: &'static str = "backups.run";
    const TITLE: &'static str = "Back up";
    const QUEUE: Queue = QUEUE;
    const POLICY: Policy = POLICY;

    /// One at a time; a copy that has to be proven is nobody's backup of the night.
    fn key(&self) -> Option<String> {
        Some(self.early.clone().unwrap_or_default())
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let app = &cx.ctx.app;
        let backups = app.service::<Backups>()?;
        let cause = if cx.ctx.actor.user.is_some() { Cause::Manual } else { Cause::Scheduled };
        let (stage, mut told) = watch::channel(Progress::default());
        let work = backups.back_up(app, cx.id, cause, cx.ctx.actor.user, &stage);
        tokio::pin!(work);
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                () = tokio::time::sleep(PULSE) => {}
            }
            if cx.is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            if told.has_changed().unwrap_or(false) {
                let progress = told.borrow_and_update().clone();
                cx.progress(&progress).await?;
            }
        };
        let done = done?;
        Ok(Outcome::Done(Some(serde_json::json!({ "name": done.name, "rows": done.rows, "bytes": done.bytes }))))
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        let why = if cx.is_cancelled() { "It was cancelled." } else { why };
        let mut tx = cx.ctx.db().begin().await?;
        let has_failed = store::fail(&mut tx, cx.id, why).await?;
        if has_failed && !cx.is_cancelled() {
            let notice = Notice {
                kind: &told::BACKUP_FAILED,
                to: administrators(&cx.ctx.app.ctx(Arc::new(Actor::system()))).await?,
                title: "The backup failed".to_owned(),
                message: why.to_owned(),
                link: Some("/admin/backups".to_owned()),
                priority: None,
                about: None,
            };
            notify(&mut tx, &cx.ctx, notice).await?;
        }
        Ok(tx.commit().await?)
    }
}

impl Backups {
    /// Makes the backup of that id and proves it, going on where an earlier attempt came to.
    pub async fn back_up(
        &self,
        app: &App,
        id: Uuid,
        cause: Cause,
        actor: Option<Uuid>,
        stage: &watch::Sender<Progress>,
    ) -> Result<BackupInfo, BackupError> {
        let db = app.db();
        let missing = || BackupError::Db(DbError::Serialization);
        let mut tx = db.begin().await?;
        if store::find(db, id).await?.is_none() {
            let now = app.clock().now();
            store::insert(&mut tx, id, cause, &make::name(make::WHOLE, now, id), actor, now).await?;
        }
        store::begin(&mut tx, id).await?;
        tx.commit().await?;
        let backup = store::find(db, id).await?.ok_or_else(missing)?;
        if backup.made_at.is_none() {
            let made = self.make(app, &backup.name, true, stage).await?;
            let mut tx = db.begin().await?;
            store::made(&mut tx, id, &made, app.clock().now()).await?;
            tx.commit().await?;
        }
        stage
            .send_replace(Progress { message: Some("Restoring it aside and comparing".into()), ..Progress::default() });
        self.prove(app, &backup.name).await?;
        let mut tx = db.begin().await?;
        store::proven(&mut tx, id, app.clock().now()).await?;
        tx.commit().await?;
        // The backup is as good as it was; the next one tries again.
        if let Err(error) = self.thin_out(app).await {
            tracing::warn!(%error, "backups whose time is over could not be removed");
        }
        store::find(db, id).await?.ok_or_else(missing)
    }

    /// Writes down that a backup came to nothing, unless it was proven.
    pub async fn fail(&self, app: &App, id: Uuid, why: &str) -> Result<(), BackupError> {
        let mut tx = app.db().begin().await?;
        store::fail(&mut tx, id, why).await?;
        Ok(tx.commit().await?)
    }

    /// Removes archives whose time is over. The last that was proven stays, and so does what is under way.
    async fn thin_out(&self, app: &App) -> Result<(), BackupError> {
        let now = app.clock().now();
        for id in store::list_old_busy(app.db(), now.plus_seconds(-BROKEN)).await? {
            if is_over(&app.ctx(Arc::new(Actor::system())), id).await? {
                self.fail(app, id, "It was broken off.").await?;
            }
        }
        let present = store::list_present(app.db()).await?;
        let zone = app.organisation().zone;
        let proven = present.iter().filter(|b| b.status == Status::Proven);
        let (early, counted): (Vec<&BackupInfo>, Vec<&BackupInfo>) = proven.partition(|b| b.cause == Cause::Migration);
        let days: Vec<_> = counted.iter().filter_map(|b| zone.date(b.started_at).or(b.started_at.date_utc())).collect();
        let stays = self.0.keep.chosen(&days);
        let mut over: Vec<&BackupInfo> =
            counted.iter().zip(&stays).skip(1).filter(|(_, s)| !**s).map(|(b, _)| *b).collect();
        over.extend(early.into_iter().skip(EARLY));
        // What was never proven goes once a later one was.
        if let Some(last) = counted.first() {
            over.extend(present.iter().filter(|b| b.status == Status::Failed && b.started_at < last.started_at));
        }
        for backup in over {
            self.0.place.remove(&backup.name).await?;
            let mut tx = app.db().begin().await?;
            store::removed(&mut tx, backup.id, now).await?;
            tx.commit().await?;
        }
        let mut tx = app.db().begin().await?;
        store::forget(&mut tx, now.plus_seconds(-KNOWN_DAYS * 86_400)).await?;
        tx.commit().await?;
        files::server::sweep_folder(&self.0.making).await.map_err(|e| BackupError::io(&e))
    }

    /// Copies the database before its schema changes, and tells the archive's name. It is proven once the program runs:
    /// [`Self::note`] sees to that.
    pub async fn before_migration(&self, app: &App) -> Result<Early, BackupError> {
        let (at, id) = (app.clock().now(), app.clock().new_id(app.rng()));
        let name = make::name(make::DATABASE_ALONE, at, id);
        let (stage, _) = watch::channel(Progress::default());
        let made = self.make(app, &name, false, &stage).await?;
        Ok(Early { name, made, at })
    }

    /// Takes a copy away that was made before the schema changed, where it did not change.
    pub async fn discard(&self, early: Early) -> Result<(), BackupError> {
        Ok(self.0.place.remove(&early.name).await?)
    }

    /// Writes down a copy that was made before the schema changed, and has it proven.
    pub async fn note(&self, ctx: &Ctx, early: Early) -> Result<(), BackupError> {
        let mut tx = ctx.db().begin().await?;
        let prove = BackUp { early: Some(early.name.clone()) };
        let id = jobs::server::enqueue(ctx, &mut tx, &prove).await?;
        store::insert(&mut tx, id, Cause::Migration, &early.name, None, early.at).await?;
        store::made(&mut tx, id, &early.made, ctx.now()).await?;
        Ok(tx.commit().await?)
    }
}

/// A copy that was made before the schema changed.
#[derive(Debug)]
pub struct Early {
    name: String,
    made: make::Made,
    at: kernel::Timestamp,
}
