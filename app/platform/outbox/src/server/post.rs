//! Putting messages in the outbox.

use jobs::server::ensure_administrator;
use kernel::{AppError, EmailAddress, FieldErrors, fold, server::Tx};
use records::server::Ctx;
use uuid::Uuid;

use super::{
    SendMail, TRIAL, address,
    letter::{LetterData, letter},
    mailer::Mailer,
    send,
    store::{self, New},
};
use crate::{Delivery, State};

/// Who a message goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    pub address: String,
    /// May be empty.
    pub name: String,
}

/// A message to send. None of several recipients sees the others.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    pub to: Vec<Recipient>,
    pub subject: String,
    pub html: String,
    pub text: String,
    /// What the message is for, such as `sign_in_alert`.
    pub kind: &'static str,
    /// The type and id of the record it is about.
    pub about: Option<(String, Uuid)>,
    /// Further headers, such as `List-Unsubscribe`.
    pub headers: Vec<(String, String)>,
}

/// Puts a message in the outbox; it is sent once the transaction is committed. A recipient whose address is none is
/// refused there, and does not stop the others.
pub async fn post(tx: &mut Tx, ctx: &Ctx, letter: Letter) -> Result<Uuid, AppError> {
    let id = ctx.new_id();
    let recipients = letter.to.iter().map(|to| {
        let name = address::one_line(&to.name);
        match address::parse(&to.address) {
            Some(address) => (address.to_string(), name, Delivery::Waiting, None),
            None => (address::one_line(&to.address), name, Delivery::Refused, Some("This is no e-mail address.")),
        }
    });
    let recipients: Vec<_> = recipients.collect();
    let is_hopeless = recipients.iter().all(|(_, _, state, _)| *state == Delivery::Refused);
    let headers: Vec<(String, String)> =
        letter.headers.iter().map(|(name, value)| (name.clone(), address::one_line(value))).collect();
    let new = New {
        id,
        message_id: format!("<{id}@{}>", ctx.app.service::<Mailer>()?.name()),
        kind: letter.kind,
        about: letter.about,
        subject: address::one_line(&letter.subject),
        html: letter.html,
        plain: letter.text,
        headers,
        state: if is_hopeless { State::Failed } else { State::Queued },
        trouble: is_hopeless.then_some("None of the recipients has an e-mail address."),
        search_key: search_key(&letter.subject, &letter.to, &recipients),
        now: ctx.now(),
    };
    store::insert(tx, &new, &recipients).await?;
    if !is_hopeless {
        send::enqueue(ctx, tx, SendMail { message: id, round: 0 }).await?;
    }
    Ok(id)
}

/// What a message is found by: its subject, and of each recipient the name and the address, as it was given and as
/// servers take it.
fn search_key(subject: &str, to: &[Recipient], taken: &[(String, String, Delivery, Option<&str>)]) -> String {
    let given = to.iter().flat_map(|to| [to.name.as_str(), to.address.as_str()]);
    let taken = taken.iter().map(|(address, ..)| address.as_str());
    let mut keys: Vec<String> = std::iter::once(subject).chain(given).chain(taken).map(fold::key).collect();
    keys.dedup();
    keys.join("\n")
}

/// Sends a message to try the settings, and gives its id.
pub async fn try_settings(ctx: &Ctx, to: &str) -> Result<Result<Uuid, FieldErrors>, AppError> {
    ensure_administrator(ctx)?;
    if EmailAddress::parse(to).is_none() {
        return Ok(Err(FieldErrors::one("to", "Enter an e-mail address.")));
    }
    let organisation = ctx.organisation();
    let data = LetterData {
        title: "Mail works".to_owned(),
        paragraphs: vec![format!("This message was sent from {} to try its settings for mail.", organisation.name)],
        why: "An administrator tried the settings with this address.".to_owned(),
        ..LetterData::default()
    };
    let (html, text) = letter(&organisation, &data)?;
    let letter = Letter {
        to: vec![Recipient { address: to.to_owned(), name: String::new() }],
        subject: format!("Mail from {} works", organisation.name),
        html,
        text,
        kind: TRIAL,
        ..Letter::default()
    };
    let mut tx = ctx.db().begin().await?;
    let id = post(&mut tx, ctx, letter).await?;
    tx.commit().await?;
    Ok(Ok(id))
}
