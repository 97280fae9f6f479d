//! What a use case tells one person.

use kernel::server::Tx;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// What PostgreSQL carries in one notification is less than 8,000 bytes.
pub(super) const LONGEST: usize = 7_000;

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
pub fn tell_user(tx: &mut Tx, user: Uuid, event: &Event) {
    let (name, data) = (event.name(), event.data());
    let whole = json!({ "event": name, "data": data }).to_string();
    let text = if whole.len() > LONGEST { json!({ "event": name }).to_string() } else { whole };
    tx.tell(&format!("{USER} {user} {text}"));
}

/// Tells that what somebody may do has changed, or whether they are signed in, once the transaction is committed: their
/// sockets are looked at again. Without a person, those of everybody.
pub fn tell_access(tx: &mut Tx, user: Option<Uuid>) {
    let whose = user.map(|user| format!(" {user}")).unwrap_or_default();
    tx.tell(&format!("{ACCESS}{whose}"));
}

const USER: &str = "user";
const ACCESS: &str = "access";

/// What a signal of this module says.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    Personal(Uuid, crate::Message),
    /// Of one person, or of everybody.
    Access(Option<Uuid>),
}

/// What a signal says, if it is one of this module.
pub(super) fn read_signal(signal: &str) -> Option<Told> {
    let (kind, rest) = signal.split_once(' ').unwrap_or((signal, ""));
    match kind {
        USER => {
            let (user, text) = rest.split_once(' ')?;
            Some(Told::Personal(user.parse().ok()?, serde_json::from_str(text).ok()?))
        }
        ACCESS => Some(Told::Access(if signal == ACCESS { None } else { Some(rest.parse().ok()?) })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_about_other_things_are_not_ours() {
        let ana = Uuid::from_u128(7);
        assert_eq!(read_signal("access"), Some(Told::Access(None)));
        assert_eq!(read_signal(&format!("access {ana}")), Some(Told::Access(Some(ana))));
        let told = read_signal(&format!("user {ana} {{\"event\":\"mention\"}}"));
        assert!(matches!(told, Some(Told::Personal(user, message)) if user == ana && message.event == "mention"));
        for other in ["", "*", "jobs", "access ana", "access ", "user", "user 7 {}", "accessible"] {
            assert_eq!(read_signal(other), None, "{other}");
        }
    }
}
