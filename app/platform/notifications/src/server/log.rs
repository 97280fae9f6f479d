//! What became of deliveries, for administrators.

use std::collections::BTreeMap;

use jobs::server::ensure_administrator;
use kernel::AppError;
use records::server::{Ctx, titles};
use uuid::Uuid;

use super::{Deliver, Kinds, deliver, store};
use crate::{Channel, DeliveryFilter, DeliveryPage};

/// Deliveries on a page.
const PAGE: usize = 50;
/// Deliveries that are tried again in one transaction.
const AT_ONCE: usize = 200;

/// A page of deliveries with their attempts, the newest first.
pub async fn deliveries(
    ctx: &Ctx,
    kinds: &Kinds,
    filter: &DeliveryFilter,
    before: Option<Uuid>,
) -> Result<DeliveryPage, AppError> {
    ensure_administrator(ctx)?;
    let mut found = store::list_deliveries(ctx.db(), filter, before, PAGE + 1).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| has_more).map(|(_, delivery)| delivery.id);
    let mut names = BTreeMap::new();
    titles(ctx, "users", found.iter().map(|(reader, _)| *reader).collect(), &mut names).await?;
    let ids: Vec<Uuid> = found.iter().map(|(_, delivery)| delivery.id).collect();
    let mut attempts = store::attempts_of(ctx.db(), &ids).await?;
    let deliveries = found.into_iter().map(|(reader, mut delivery)| {
        delivery.user = names.get(&reader).cloned().unwrap_or_else(|| "Nobody any more".to_owned());
        delivery.attempts = attempts.remove(&delivery.id).unwrap_or_default();
        if let Some(kind) = kinds.get(&delivery.kind) {
            kind.title.clone_into(&mut delivery.kind);
        }
        delivery
    });
    Ok(DeliveryPage { deliveries: deliveries.collect(), next })
}

/// Tries deliveries again that failed or were not sent, and says how many.
pub async fn retry(ctx: &Ctx, ids: &[Uuid]) -> Result<u64, AppError> {
    ensure_administrator(ctx)?;
    let mut tx = ctx.db().begin().await?;
    let mut retried = 0;
    for id in ids {
        if let Some((channel, round)) = store::retry_delivery(&mut tx, *id, ctx.now()).await? {
            deliver::enqueue(ctx, &mut tx, Deliver { delivery: *id, round }, channel, ctx.now()).await?;
            retried += 1;
        }
    }
    tx.commit().await?;
    Ok(retried)
}

/// The same for all that failed, on one channel or on all of them. What may have arrived is sent again only by who
/// names it.
pub async fn retry_all(ctx: &Ctx, channel: Option<Channel>) -> Result<u64, AppError> {
    ensure_administrator(ctx)?;
    let (mut after, mut retried) = (None, 0);
    loop {
        let ids = store::failed_deliveries(ctx.db(), channel, after, AT_ONCE).await?;
        let Some(last) = ids.last() else { return Ok(retried) };
        after = Some(*last);
        retried += retry(ctx, &ids).await?;
    }
}
