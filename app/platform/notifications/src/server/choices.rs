//! How each person wants to be told of each kind.

use std::collections::{BTreeMap, HashMap};

use kernel::{
    AppError,
    server::{DbError, Tx},
};
use records::server::Ctx;
use uuid::Uuid;

use super::{Kind, Kinds, store};
use crate::{Channel, Choice, Mode};

/// The mode on each channel, in the order of [`Channel::ALL`].
pub type Modes = BTreeMap<Channel, Mode>;

fn usual(kind: &Kind) -> Modes {
    Channel::ALL.iter().map(|channel| (*channel, kind.usual(*channel))).collect()
}

/// How some people want to be told of a kind.
pub async fn modes(ctx: &Ctx, kind: &Kind, users: &[Uuid]) -> Result<HashMap<Uuid, Modes>, DbError> {
    let mut modes: HashMap<Uuid, Modes> = users.iter().map(|user| (*user, usual(kind))).collect();
    for (user, channel, mode) in store::channels_of(ctx.db(), kind.name, users).await? {
        if let Some(modes) = modes.get_mut(&user) {
            modes.insert(channel, mode);
        }
    }
    Ok(modes)
}

/// Each kind there is, and how whoever acts wants to be told of it.
pub async fn choices(ctx: &Ctx, kinds: &Kinds) -> Result<Vec<Choice>, AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let own = store::channels_chosen(ctx.db(), user).await?;
    let choice = |kind: &'static Kind| {
        let mut modes = usual(kind);
        modes.extend(own.iter().filter(|(name, ..)| name == kind.name).map(|(_, channel, mode)| (*channel, *mode)));
        Choice { kind: kind.name.to_owned(), title: kind.title.to_owned(), reason: kind.reason.to_owned(), modes }
    };
    Ok(kinds.all().map(choice).collect())
}

/// Chooses how whoever acts wants to be told of a kind on a channel.
pub async fn choose(ctx: &Ctx, kinds: &Kinds, kind: &str, channel: Channel, mode: Mode) -> Result<(), AppError> {
    let mut tx = ctx.db().begin().await?;
    choose_in(&mut tx, ctx, kinds, kind, (channel, mode)).await?;
    Ok(tx.commit().await?)
}

/// The same in the caller's transaction.
pub async fn choose_in(
    tx: &mut Tx,
    ctx: &Ctx,
    kinds: &Kinds,
    kind: &str,
    (channel, mode): (Channel, Mode),
) -> Result<(), AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let kind = kinds.get(kind).ok_or(AppError::NotFound)?;
    if !channel.modes().contains(&mode) {
        return Err(AppError::BadRequest(format!("{} cannot be `{}`", channel.name(), mode.name())));
    }
    Ok(store::choose_channel(tx, user, kind.name, channel, mode).await?)
}
