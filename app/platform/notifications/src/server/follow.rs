//! Following records, and wanting to hear nothing of them.

use kernel::AppError;
use records::server::{Action, Ctx, find_any};
use uuid::Uuid;

use super::store;
use crate::Standing;

/// How whoever acts stands to a record they may see.
pub async fn standing(ctx: &Ctx, record_type: &str, id: Uuid) -> Result<Standing, AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    ensure_seen(ctx, record_type, id).await?;
    Ok(store::find_standing(ctx.db(), user, id).await?)
}

/// Changes that.
pub async fn stand(ctx: &Ctx, record_type: &str, id: Uuid, standing: Standing) -> Result<(), AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    ensure_seen(ctx, record_type, id).await?;
    let mut tx = ctx.db().begin().await?;
    store::stand(&mut tx, user, (record_type, id), standing, ctx.now()).await?;
    Ok(tx.commit().await?)
}

async fn ensure_seen(ctx: &Ctx, record_type: &str, id: Uuid) -> Result<(), AppError> {
    let permit = ctx.permit_any(record_type, Action::View)?;
    find_any(ctx, &permit, id).await?.map(drop).ok_or(AppError::NotFound)
}
