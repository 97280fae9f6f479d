//! What the outbox asks the server. All of it is for administrators.

use kernel::{AppError, FieldErrors, codec::Json};
use leptos::prelude::*;
use uuid::Uuid;

use super::{MessageAction, MessageDetail, MessageFilter, MessagePage};
#[cfg(feature = "ssr")]
use crate::server as serve;
#[cfg(feature = "ssr")]
use request::ctx;

/// Fifty messages, the newest first, from before one, with how many there are in each state.
#[server(endpoint = "outbox/watch", input = Json, output = Json)]
pub async fn watch_outbox(filter: MessageFilter, before: Option<Uuid>) -> Result<MessagePage, AppError> {
    serve::list(&ctx().await?, &filter, before).await
}

/// Everything about a message.
#[server(endpoint = "outbox/open", input = Json, output = Json)]
pub async fn open_message(id: Uuid) -> Result<MessageDetail, AppError> {
    serve::detail(&ctx().await?, id).await
}

/// Sends or discards messages, and says how many that made a difference to.
#[server(endpoint = "outbox/act", input = Json, output = Json)]
pub async fn act_on_messages(ids: Vec<Uuid>, action: MessageAction) -> Result<u64, AppError> {
    serve::act(&ctx().await?, &ids, action).await
}

/// The same for all messages that match, shown or not.
#[server(endpoint = "outbox/act-on-all", input = Json, output = Json)]
pub async fn act_on_all_messages(filter: MessageFilter, action: MessageAction) -> Result<u64, AppError> {
    serve::act_on_all(&ctx().await?, &filter, action).await
}

/// Sends a message to try the settings, and gives its id. What is wrong with the address comes back.
#[server(endpoint = "outbox/try", input = Json, output = Json)]
pub async fn try_mail(to: String) -> Result<Result<Uuid, FieldErrors>, AppError> {
    serve::try_settings(&ctx().await?, &to).await
}
