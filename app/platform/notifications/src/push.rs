//! Browsers that show notifications while no page is open, as their person sees them.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a browser tells of its subscription (Push API, `PushSubscription.toJSON()`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Where its push service takes messages for it.
    pub endpoint: String,
    pub keys: Keys,
}

/// The keys that messages to it are encrypted with, in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    pub p256dh: String,
    pub auth: String,
}

/// A browser that shows notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    pub id: Uuid,
    /// Like `Firefox on Windows`.
    pub name: String,
    pub created_at: Timestamp,
    /// When its push service last took a message.
    pub used_at: Option<Timestamp>,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// What a browser needs to subscribe, and those that did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browsers {
    /// The public key that says who sends the messages (VAPID, RFC 8292), in base64url. None where it cannot be used.
    pub key: Option<String>,
    pub browsers: Vec<Browser>,
}
