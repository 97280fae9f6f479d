//! What people are told, as they and their administrators see it.

pub mod api;
pub mod push;

#[cfg(feature = "ssr")]
pub mod server;

use std::collections::BTreeMap;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! names {
    ($type:ident: $($variant:ident = $name:literal),* $(,)?) => {
        impl $type {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

/// A way to reach somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    InApp,
    Email,
    Push,
    Sms,
}
names!(Channel: InApp = "in_app", Email = "email", Push = "push", Sms = "sms");

impl Channel {
    pub const fn label(self) -> &'static str {
        match self {
            Self::InApp => "In Mainstay",
            Self::Email => "E-mail",
            Self::Push => "Push",
            Self::Sms => "Text message",
        }
    }

    /// The ways of using the channel there are. Only letters are worth collecting.
    pub const fn modes(self) -> &'static [Mode] {
        match self {
            Self::Email => &[Mode::AtOnce, Mode::Daily, Mode::Weekly, Mode::Off],
            Self::InApp | Self::Push | Self::Sms => &[Mode::AtOnce, Mode::Off],
        }
    }
}

/// When somebody wants to be told on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    Off,
    AtOnce,
    /// With the others of the day.
    Daily,
    /// With the others of the week.
    Weekly,
}
names!(Mode: Off = "off", AtOnce = "at_once", Daily = "daily", Weekly = "weekly");

impl Mode {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::AtOnce => "At once",
            Self::Daily => "Daily digest",
            Self::Weekly => "Weekly digest",
        }
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Priority {
    #[default]
    Normal,
    /// Goes through quiet hours, where its reader allows that.
    High,
}
names!(Priority: Normal = "normal", High = "high");

/// A notification, as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationInfo {
    pub id: Uuid,
    pub kind: String,
    pub icon: String,
    pub title: String,
    pub message: String,
    pub link: Option<String>,
    pub priority: Priority,
    /// The record it is about, by type and id.
    pub about: Option<(String, Uuid)>,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
    pub snoozed_until: Option<Timestamp>,
    /// Why its reader gets it.
    pub reason: String,
}

/// Which of one's notifications are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationFilter {
    pub unread: bool,
    /// Those put off until later, instead of the others.
    pub snoozed: bool,
    pub kind: Option<String>,
}

/// A page of one's notifications, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationPage {
    pub notifications: Vec<NotificationInfo>,
    /// Where the next page starts.
    pub next: Option<Uuid>,
    /// How many are unread, up to [`MOST_UNREAD`].
    pub unread: i64,
    /// Name and title of each kind there is.
    pub kinds: Vec<(String, String)>,
}

/// Counting what is unread stops here: nobody reads a larger number.
pub const MOST_UNREAD: i64 = 100;

/// How long something is put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Snooze {
    Hour,
    /// Until eight o'clock of the next day, by the reader's clocks.
    Tomorrow,
    /// Until eight o'clock of next Monday.
    NextWeek,
}
names!(Snooze: Hour = "hour", Tomorrow = "tomorrow", NextWeek = "next_week");

impl Snooze {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hour => "For an hour",
            Self::Tomorrow => "Until tomorrow",
            Self::NextWeek => "Until next week",
        }
    }
}

/// How somebody stands to a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Hears of it as an owner does, or not at all.
    #[default]
    None,
    Following,
    /// Wants to hear nothing of it.
    Muted,
}
names!(Standing: None = "none", Following = "following", Muted = "muted");

/// A kind of notification with how somebody wants to be told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub kind: String,
    pub title: String,
    pub reason: String,
    pub modes: BTreeMap<Channel, Mode>,
}

/// How somebody wants to be told of each kind there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    pub kinds: Vec<Choice>,
    /// Whether text messages can be sent at all.
    pub can_text: bool,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeliveryState {
    Waiting,
    Sent,
    Failed,
    Skipped,
}
names!(DeliveryState: Waiting = "waiting", Sent = "sent", Failed = "failed", Skipped = "skipped");

impl DeliveryState {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Sent => "Sent",
            Self::Failed => "Failed",
            Self::Skipped => "Not sent",
        }
    }
}

/// A notification on one way out of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryInfo {
    pub id: Uuid,
    /// Whom it is for.
    pub user: String,
    pub kind: String,
    pub channel: Channel,
    pub mode: Mode,
    pub state: DeliveryState,
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub detail: Option<String>,
    pub attempts: Vec<AttemptInfo>,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptInfo {
    pub attempt: i64,
    pub at: Timestamp,
    pub is_sent: bool,
    pub message: String,
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryFilter {
    pub state: Option<DeliveryState>,
    pub channel: Option<Channel>,
}

/// A page of deliveries, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPage {
    pub deliveries: Vec<DeliveryInfo>,
    pub next: Option<Uuid>,
}
