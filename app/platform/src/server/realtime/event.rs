//! What a use case tells one person.

use kernel::server::{DbError, Tx};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Told when what people may do, or who is signed in, has changed: every socket is looked at again.
pub const ACCESS: &str = "access";
/// What PostgreSQL carries in one notification is less than 8,000 bytes.
const LONGEST: usize = 7_000;

/// Something for one person. The data is what scripts read; see the description of the interface.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Notification(Json),
    DealUpdate(Json),
    Mention(Json),
    Achievement(Json),
    ExportProgress(Json),
}

impl Event {
    const fn name(&self) -> &'static str {
        match self {
            Self::Notification(_) => "notification",
            Self::DealUpdate(_) => "deal_update",
            Self::Mention(_) => "mention",
            Self::Achievement(_) => "achievement",
            Self::ExportProgress(_) => "export_progress",
        }
    }

    const fn data(&self) -> &Json {
        match self {
            Self::Notification(data)
            | Self::DealUpdate(data)
            | Self::Mention(data)
            | Self::Achievement(data)
            | Self::ExportProgress(data) => data,
        }
    }
}

/// Tells a person's open pages, once the transaction is committed. Who has none is told nothing: what must not be
/// missed is kept by who calls this. Data too large to carry is left out, and the page asks for it.
pub async fn tell_user(tx: &mut Tx, user: Uuid, event: &Event) -> Result<(), DbError> {
    let (name, data) = (event.name(), event.data());
    let whole = json!({ "event": name, "data": data }).to_string();
    let text = if whole.len() > LONGEST { json!({ "event": name }).to_string() } else { whole };
    tx.tell(&format!("{USER} {user} {text}")).await
}

const USER: &str = "user";

/// The person and the message of such a signal.
pub(super) fn read_signal(signal: &str) -> Option<(Uuid, crate::realtime::Message)> {
    let rest = signal.strip_prefix(USER)?.strip_prefix(' ')?;
    let (user, text) = rest.split_once(' ')?;
    Some((user.parse().ok()?, serde_json::from_str(text).ok()?))
}
