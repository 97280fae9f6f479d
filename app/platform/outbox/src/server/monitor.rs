//! What administrators see of the outbox and may do about it.

use std::collections::BTreeMap;

use jobs::server::ensure_administrator;
use kernel::{AppError, server::unexpected};
use records::server::{Ctx, titles};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{SendMail, mailer, send, store};
use crate::{MessageAction, MessageDetail, MessageFilter, MessageInfo, MessagePage};

/// Messages on a page.
const PAGE: usize = 50;
/// Messages that an action on all of them takes at a time.
const AT_ONCE: usize = 200;

/// A page of messages, the newest first.
pub async fn list(ctx: &Ctx, filter: &MessageFilter, before: Option<Uuid>) -> Result<MessagePage, AppError> {
    ensure_administrator(ctx)?;
    let mut messages = store::list(ctx.db(), filter, before, PAGE + 1).await?;
    let has_more = messages.len() > PAGE;
    messages.truncate(PAGE);
    Ok(MessagePage {
        next: messages.last().filter(|_| has_more).map(|message| message.id),
        messages,
        counts: store::counts(ctx.db()).await?,
        hindrance: mailer::hindrance(&ctx.app).await?,
    })
}

/// Everything about a message.
pub async fn detail(ctx: &Ctx, id: Uuid) -> Result<MessageDetail, AppError> {
    ensure_administrator(ctx)?;
    let message = store::find(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let detail = store::find_detail(ctx.db(), id).await?.ok_or(AppError::NotFound)?;
    let mut names = BTreeMap::new();
    titles(ctx, "users", detail.decided_by.into_iter().collect(), &mut names).await?;
    Ok(MessageDetail {
        message,
        message_id: detail.message_id,
        sender: detail.sender,
        headers: detail.headers,
        recipients: store::recipients(ctx.db(), id).await?.into_iter().map(|(_, to)| to).collect(),
        plain: detail.plain,
        handed_over_at: detail.handed_over_at,
        decided_by: detail.decided_by.and_then(|by| names.remove(&by)),
        decided_at: detail.decided_at,
    })
}

/// Sends or discards messages, and says how many that made a difference to.
pub async fn act(ctx: &Ctx, ids: &[Uuid], action: MessageAction) -> Result<u64, AppError> {
    ensure_administrator(ctx)?;
    if action == MessageAction::Send
        && let Some(why) = mailer::hindrance(&ctx.app).await?
    {
        return Err(AppError::Conflict(why));
    }
    let mut tx = ctx.db().begin().await?;
    let (by, mut changed) = (ctx.actor.user, 0);
    for id in ids {
        changed += u64::from(match action {
            MessageAction::Discard => store::discard(&mut tx, *id, by, ctx.now()).await?,
            MessageAction::Send => match store::send(&mut tx, *id, by, ctx.now()).await? {
                None => false,
                Some(round) => {
                    send::enqueue(ctx, &mut tx, SendMail { message: *id, round }).await?;
                    true
                }
            },
        });
    }
    tx.commit().await?;
    Ok(changed)
}

/// The same for all messages that a filter finds. What may have arrived, and what somebody decided against, is sent
/// again only by who names it.
pub async fn act_on_all(ctx: &Ctx, filter: &MessageFilter, action: MessageAction) -> Result<u64, AppError> {
    ensure_administrator(ctx)?;
    let (mut after, mut changed) = (None, 0);
    loop {
        let ids = store::ids(ctx.db(), filter, action == MessageAction::Send, after, AT_ONCE).await?;
        let Some(last) = ids.last() else { return Ok(changed) };
        after = Some(*last);
        changed += act(ctx, &ids, action).await?;
    }
}

/// A message as the API writes it.
pub fn as_json(message: &MessageInfo) -> Json {
    json!({
        "id": message.id,
        "kind": message.kind,
        "subject": message.subject,
        "to": message.to,
        "recipients": message.recipients,
        "accepted": message.accepted,
        "refused": message.refused,
        "state": message.state.name(),
        "attempt": message.attempt,
        "trouble": message.trouble,
        "retry_at": message.retry_at.map(|at| at.to_string()),
        "created_at": message.created_at.to_string(),
        "finished_at": message.finished_at.map(|at| at.to_string()),
    })
}

/// Everything about a message, as the API writes it.
pub fn detail_as_json(detail: &MessageDetail) -> Result<Json, AppError> {
    let mut json = as_json(&detail.message);
    let fields = json.as_object_mut().ok_or_else(|| unexpected("a message is an object"))?;
    let recipients = detail
        .recipients
        .iter()
        .map(|to| json!({ "address": to.address, "name": to.name, "state": to.state.name(), "answer": to.answer }));
    fields.insert("deliveries".to_owned(), recipients.collect());
    fields.insert("message_id".to_owned(), json!(detail.message_id));
    fields.insert("sender".to_owned(), json!(detail.sender));
    fields.insert("text".to_owned(), json!(detail.plain));
    let headers = detail.headers.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    fields.insert("headers".to_owned(), headers.collect());
    fields.insert("handed_over_at".to_owned(), json!(detail.handed_over_at.map(|at| at.to_string())));
    Ok(json)
}
