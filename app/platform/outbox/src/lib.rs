//! Mail on its way out, as administrators see it.

pub mod api;
pub mod settings;

#[cfg(feature = "ssr")]
pub mod server;

use std::collections::BTreeMap;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// There is no way to send mail yet.
    Held,
    /// In line, or to be tried again.
    Queued,
    /// Being handed over.
    Sending,
    /// Handed over, to one recipient at least.
    Sent,
    /// Refused for good.
    Failed,
    /// Handed over, and no answer came: it may have arrived.
    Uncertain,
    Discarded,
}

impl State {
    pub const ALL: [Self; 7] =
        [Self::Held, Self::Queued, Self::Sending, Self::Uncertain, Self::Failed, Self::Sent, Self::Discarded];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Discarded => "discarded",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The word staff read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Held => "Held",
            Self::Queued => "Queued",
            Self::Sending => "Sending",
            Self::Sent => "Sent",
            Self::Failed => "Failed",
            Self::Uncertain => "Uncertain",
            Self::Discarded => "Discarded",
        }
    }

    /// Whether a person may have it sent, now or again.
    pub const fn can_be_sent(self) -> bool {
        matches!(self, Self::Held | Self::Failed | Self::Uncertain | Self::Discarded)
    }

    /// Whether a person may decide that it goes nowhere.
    pub const fn can_be_discarded(self) -> bool {
        matches!(self, Self::Held | Self::Queued | Self::Failed | Self::Uncertain)
    }
}

/// What became of a message for one of its recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    Waiting,
    Accepted,
    Refused,
    Uncertain,
}

impl Delivery {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Accepted, Self::Refused, Self::Uncertain];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Uncertain => "uncertain",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Accepted => "Accepted",
            Self::Refused => "Refused",
            Self::Uncertain => "Uncertain",
        }
    }
}

/// A message in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageInfo {
    pub id: Uuid,
    pub kind: String,
    pub subject: String,
    /// The first recipient.
    pub to: String,
    pub recipients: i64,
    pub accepted: i64,
    pub refused: i64,
    pub state: State,
    /// How often it was handed over.
    pub attempt: i64,
    pub trouble: Option<String>,
    pub retry_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// A recipient, and what became of the message there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientInfo {
    pub address: String,
    pub name: String,
    pub state: Delivery,
    pub answer: Option<String>,
}

/// Everything about a message but its HTML, which has a page of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageDetail {
    pub message: MessageInfo,
    pub message_id: String,
    /// Who it was sent as, once it was.
    pub sender: Option<String>,
    pub headers: Vec<(String, String)>,
    pub recipients: Vec<RecipientInfo>,
    pub plain: String,
    pub handed_over_at: Option<Timestamp>,
    /// Who had it sent again or discarded it.
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
}

/// Which messages are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFilter {
    pub state: Option<State>,
    /// A part of the subject or of an address.
    pub search: Option<String>,
}

/// A page of messages, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MessagePage {
    pub messages: Vec<MessageInfo>,
    /// Where the next page starts.
    pub next: Option<Uuid>,
    /// How many there are in each state, whatever is wanted.
    pub counts: BTreeMap<State, i64>,
    /// Why nothing can be sent; `None` where it can.
    pub hindrance: Option<String>,
}

/// What can be done to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageAction {
    /// Sends what is held, failed, is uncertain or was discarded.
    Send,
    Discard,
}
