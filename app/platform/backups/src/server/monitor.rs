//! What administrators see of backups, and starting one.

use jobs::{Progress, server::ensure_administrator};
use kernel::{AppError, Timestamp, server::Db};
use records::server::Ctx;
use uuid::Uuid;

use super::{BackUp, Backups, make, store};
use crate::{BackupInfo, Cause, Overview};

/// Backups on the screen.
const SHOWN: i64 = 100;

/// When the last backup was proven that is still there.
pub async fn last_proven(db: &Db) -> Result<Option<Timestamp>, AppError> {
    Ok(store::last_proven(db).await?)
}

/// The latest first.
pub async fn list(ctx: &Ctx) -> Result<Vec<BackupInfo>, AppError> {
    ensure_administrator(ctx)?;
    Ok(store::list(ctx.db(), SHOWN).await?)
}

/// Where backups go, and those there are.
pub async fn overview(ctx: &Ctx) -> Result<Overview, AppError> {
    let backups = ctx.app.service::<Backups>()?;
    let all = list(ctx).await?;
    let stage = match all.iter().find(|backup| backup.status.is_busy()) {
        Some(busy) => jobs::server::own(ctx, busy.id).await.ok().and_then(|(job, _)| {
            let Progress { done, total, message } = job.progress;
            let counted = if total > 0 { format!(" ({done} of {total})") } else { String::new() };
            Some(message? + &counted)
        }),
        None => None,
    };
    Ok(Overview {
        now: ctx.now(),
        place: backups.0.shown.clone(),
        is_beside: backups.0.is_beside,
        keep: backups.0.keep.sentence(),
        key: backups.0.secrets.first().map(super::Secret::id).unwrap_or_default(),
        last_proven: last_proven(ctx.db()).await?,
        backups: all,
        stage,
    })
}

/// Has a backup made, and gives its id, which is its job's too. Where one is under way, that one's.
pub async fn start(ctx: &Ctx) -> Result<Uuid, AppError> {
    ensure_administrator(ctx)?;
    let mut tx = ctx.db().begin().await?;
    let id = jobs::server::enqueue(ctx, &mut tx, &BackUp::default()).await?;
    if store::find(ctx.db(), id).await?.is_none() {
        let now = ctx.app.clock().now();
        store::insert(&mut tx, id, Cause::Manual, &make::name(make::WHOLE, now, id), ctx.actor.user, now).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// An archive of a backup that is there.
pub async fn find(ctx: &Ctx, id: Uuid) -> Result<BackupInfo, AppError> {
    ensure_administrator(ctx)?;
    store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)
}
