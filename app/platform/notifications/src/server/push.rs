//! Push messages: what a browser shows while no page of the program is open (Push API, RFC 8030).
//!
//! A browser that subscribes names an address at its maker's push service and a key. Messages are encrypted with that
//! key (RFC 8291), so that the service reads none, signed with the program's own (RFC 8292), so that nobody else sends
//! any, and go through the guard over what is asked outside, as the address comes from whoever subscribes.
//!
//! A subscription belongs to the session it was made in and ends with it: who is signed out hears nothing more there.
//! That a session rests does not end it, since messages are for who is away. A browser whose person signs in again
//! subscribes anew by itself.

mod deliver;
mod seal;
mod send;
mod vapid;

use kernel::{
    AppError, FieldErrors,
    server::{DbError, Tx},
};
use outside::Client;
use records::server::Ctx;
use request::{SessionOf, device};
use url::Url;
use uuid::Uuid;

use self::send::{Answer, Message};
pub(super) use self::{deliver::deliver, seal::Reader, send::Target};
use super::store::{self, NewSubscription};
use crate::push::{Browser, Browsers, Subscription};

/// The browsers of one person.
const MOST: usize = 20;
/// The longest address of a push service.
const LONGEST: usize = 2_000;
/// What anybody signed in is told of an address that is not asked. It is the same whatever the name means here, so that
/// nobody learns from it which names the network knows and where they lead.
const UNREACHED: &str = "No push service can be reached at this address.";

/// What asks push services. Anybody signed in may name one, so where an operator opens a network for servers that
/// administrators name, this does not lead there.
#[derive(Clone)]
pub struct PushServices(pub Client);

/// What a browser needs to subscribe, and one's own that did.
pub async fn browsers(ctx: &Ctx, session: Option<SessionOf>) -> Result<Browsers, AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    // Without it the rest is to be seen nonetheless.
    let key = vapid::own(&ctx.app).await?.ok().map(|vapid| vapid.public());
    let found = store::list_subscriptions(ctx.db(), user, ctx.now()).await?;
    let browsers = found.into_iter().map(|known| Browser {
        id: known.id,
        name: device(&known.agent),
        created_at: known.created_at,
        used_at: known.used_at,
        is_this: session.is_some_and(|session| session.id == known.session),
    });
    Ok(Browsers { key, browsers: browsers.collect() })
}

/// Lets a browser show one's notifications, for as long as one is signed in there. Says its id, and whether it is new.
pub async fn subscribe(
    ctx: &Ctx,
    session: SessionOf,
    agent: &str,
    given: &Subscription,
    replaces: Option<&str>,
) -> Result<Result<(Uuid, bool), FieldErrors>, AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let mut errors = FieldErrors::default();
    if let Err(why) = check(ctx, &given.endpoint).await? {
        errors.add("endpoint", why);
    }
    let reader = Reader::parse(&given.keys);
    if let Err(why) = &reader {
        errors.add("keys", *why);
    }
    let (Ok(reader), true) = (reader, errors.is_empty()) else { return Ok(Err(errors)) };
    let new = NewSubscription {
        id: ctx.new_id(),
        user,
        session,
        endpoint: &given.endpoint,
        reader: &reader,
        agent,
        now: ctx.now(),
    };
    let mut tx = ctx.db().begin().await?;
    if let Some(known) = store::find_same_subscription(&mut tx, &new).await? {
        tx.rollback().await?;
        return Ok(Ok((known, false)));
    }
    if let Some(replaced) = replaces {
        store::delete_subscription_at(&mut tx, user, replaced).await?;
    }
    // The browser is in other hands now.
    store::delete_subscription_of_others(&mut tx, user, &given.endpoint).await?;
    let (id, is_new) = store::put_subscription(&mut tx, &new).await?;
    if is_new && store::count_subscriptions(&mut tx, user).await? > MOST {
        let why = format!("{MOST} browsers show your notifications already. Remove one of them first.");
        return Err(AppError::Conflict(why));
    }
    tx.commit().await?;
    Ok(Ok((id, is_new)))
}

/// Why messages cannot go to an address.
async fn check(ctx: &Ctx, endpoint: &str) -> Result<Result<(), String>, AppError> {
    let client = &ctx.app.service::<PushServices>()?.0;
    let url = match Url::parse(endpoint) {
        Ok(url) if url.host().is_some() && endpoint.len() <= LONGEST => url,
        _ => return Ok(Err("This is no address of a push service.".to_owned())),
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && client.is_allowed_by_number(&url)) {
        return Ok(Err("The address of a push service begins with https://.".to_owned()));
    }
    Ok(client.check(&url).await.map_err(|_| UNREACHED.to_owned()))
}

/// Removes one of one's own browsers.
pub async fn remove(ctx: &Ctx, id: Uuid) -> Result<(), AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let mut tx = ctx.db().begin().await?;
    let is_there = store::delete_subscription(&mut tx, id, Some(user)).await?;
    tx.commit().await?;
    if is_there { Ok(()) } else { Err(AppError::NotFound) }
}

/// Sends one of one's own browsers a message to try it, and says in a sentence what became of it: `Err` where its push
/// service did not take it.
pub async fn try_out(ctx: &Ctx, id: Uuid) -> Result<Result<String, String>, AppError> {
    let user = ctx.actor.user.ok_or(AppError::Unauthenticated)?;
    let mine = store::subscriptions_of(ctx.db(), user, ctx.now()).await?;
    let target = mine.into_iter().find(|target| target.id == id).ok_or(AppError::NotFound)?;
    let vapid = match vapid::own(&ctx.app).await? {
        Ok(vapid) => vapid,
        Err(error) => return Ok(Err(vapid::unusable(error))),
    };
    let message = Message::trial(&ctx.organisation().name, &ctx.new_id());
    let answer = send::send(ctx, &vapid, &target, &message).await?;
    let mut tx = ctx.db().begin().await?;
    let told = match answer {
        Answer::Taken => {
            store::touch_subscription(&mut tx, id, ctx.now()).await?;
            Ok("Sent. It should appear within seconds.".to_owned())
        }
        Answer::Gone => {
            store::delete_subscription(&mut tx, id, None).await?;
            Err("That browser takes no messages any more, so it was removed.".to_owned())
        }
        Answer::Unreached(..) => Err(UNREACHED.to_owned()),
        Answer::Later(why, _) | Answer::Refused(why) => Err(why),
    };
    tx.commit().await?;
    Ok(told)
}

/// Forgets the browser of a session that was ended.
pub async fn signed_out(tx: &mut Tx, session: Uuid) -> Result<(), DbError> {
    store::delete_subscriptions_of_session(tx, session).await
}

/// Forgets the browsers of some people, but for the one of a session that goes on.
pub async fn all_signed_out(tx: &mut Tx, users: &[Uuid], but: Option<Uuid>) -> Result<(), DbError> {
    store::delete_subscriptions_of(tx, users, but).await
}
