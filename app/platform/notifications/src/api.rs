//! What the bell, the list and the log of deliveries ask the server.
//!
//! What a request holds is read before anything is awaited: a page that is painted may have let go of it by then.

use kernel::{AppError, FieldErrors, codec::Json};
use leptos::prelude::*;
use uuid::Uuid;

use super::push::{Browsers, Subscription};
use super::{
    Channel, Choices, DeliveryFilter, DeliveryPage, Mode, NotificationFilter, NotificationPage, Snooze, Standing,
};
#[cfg(feature = "ssr")]
use crate::server as serve;
#[cfg(feature = "ssr")]
use request::{agent, ctx, session};

/// Thirty of one's own, the newest first, from before one.
#[server(endpoint = "notifications/list", input = Json, output = Json)]
pub async fn list_notifications(
    filter: NotificationFilter,
    before: Option<Uuid>,
) -> Result<NotificationPage, AppError> {
    let kinds = serve::kinds()?;
    serve::list(&ctx().await?, &kinds, &filter, before, serve::PAGE).await
}

/// How many of one's own are unread, up to a hundred.
#[server(endpoint = "notifications/unread", input = Json, output = Json)]
pub async fn count_unread() -> Result<i64, AppError> {
    serve::count_unread(&ctx().await?).await
}

/// Marks one as read or unread, and says how many are unread now.
#[server(endpoint = "notifications/read", input = Json, output = Json)]
pub async fn mark_read(id: Uuid, is_read: bool) -> Result<i64, AppError> {
    serve::mark_read(&ctx().await?, id, is_read).await
}

/// Marks all as read.
#[server(endpoint = "notifications/read-all", input = Json, output = Json)]
pub async fn mark_all_read() -> Result<i64, AppError> {
    serve::mark_all_read(&ctx().await?).await
}

/// Puts one off, and says how many are unread now.
#[server(endpoint = "notifications/snooze", input = Json, output = Json)]
pub async fn put_off(id: Uuid, until: Snooze) -> Result<i64, AppError> {
    serve::snooze(&ctx().await?, id, until).await
}

/// How one stands to a record.
#[server(endpoint = "notifications/standing", input = Json, output = Json)]
pub async fn open_standing(record_type: String, id: Uuid) -> Result<Standing, AppError> {
    serve::standing(&ctx().await?, &record_type, id).await
}

/// Follows a record, wants to hear nothing of it, or neither.
#[server(endpoint = "notifications/stand", input = Json, output = Json)]
pub async fn take_standing(record_type: String, id: Uuid, standing: Standing) -> Result<(), AppError> {
    serve::stand(&ctx().await?, &record_type, id, standing).await
}

/// Each kind of notification, and how one wants to be told of it.
#[server(endpoint = "notifications/choices", input = Json, output = Json)]
pub async fn list_choices() -> Result<Choices, AppError> {
    let kinds = serve::kinds()?;
    let ctx = ctx().await?;
    Ok(Choices { kinds: serve::choices(&ctx, &kinds).await?, can_text: serve::can_text(&ctx).await? })
}

/// Chooses how one wants to be told of a kind on a channel.
#[server(endpoint = "notifications/choose", input = Json, output = Json)]
pub async fn choose_channel(kind: String, channel: Channel, mode: Mode) -> Result<(), AppError> {
    let kinds = serve::kinds()?;
    serve::choose(&ctx().await?, &kinds, &kind, channel, mode).await
}

/// Fifty deliveries, the newest first, from before one. For administrators.
#[server(endpoint = "deliveries/list", input = Json, output = Json)]
pub async fn list_deliveries(filter: DeliveryFilter, before: Option<Uuid>) -> Result<DeliveryPage, AppError> {
    let kinds = serve::kinds()?;
    serve::deliveries(&ctx().await?, &kinds, &filter, before).await
}

/// Tries deliveries again that failed or were not sent. For administrators.
#[server(endpoint = "deliveries/retry", input = Json, output = Json)]
pub async fn retry_deliveries(ids: Vec<Uuid>) -> Result<u64, AppError> {
    serve::retry(&ctx().await?, &ids).await
}

/// Tries all deliveries again that failed, on one channel or on all, but for what may have arrived, and says how many.
/// For administrators.
#[server(endpoint = "deliveries/retry-all", input = Json, output = Json)]
pub async fn retry_all_deliveries(channel: Option<Channel>) -> Result<u64, AppError> {
    serve::retry_all(&ctx().await?, channel).await
}

/// What this browser needs to show one's notifications, and one's browsers that do.
#[server(endpoint = "push/open", input = Json, output = Json)]
pub async fn open_push() -> Result<Browsers, AppError> {
    let session = session();
    serve::push::browsers(&ctx().await?, session.ok()).await
}

/// Lets this browser show one's notifications, and says its id. What is wrong with what it tells comes back.
#[server(endpoint = "push/subscribe", input = Json, output = Json)]
pub async fn subscribe_push(subscription: Subscription) -> Result<Result<Uuid, FieldErrors>, AppError> {
    let (session, agent) = (session(), agent());
    let subscribed = serve::push::subscribe(&ctx().await?, session?, &agent, &subscription, None).await?;
    Ok(subscribed.map(|(id, _)| id))
}

/// Removes one of one's browsers.
#[server(endpoint = "push/remove", input = Json, output = Json)]
pub async fn remove_push(id: Uuid) -> Result<(), AppError> {
    serve::push::remove(&ctx().await?, id).await
}

/// Sends one of one's browsers a message to try it, and says what became of it.
#[server(endpoint = "push/try", input = Json, output = Json)]
pub async fn try_push(id: Uuid) -> Result<Result<String, String>, AppError> {
    serve::push::try_out(&ctx().await?, id).await
}
