//! What the server says to open pages, and to scripts that listen, over `/ws/notifications/`.

#[cfg(feature = "ssr")]
pub mod server;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub event: String,
    /// The place of what happened among all that did: who comes back says the last one it saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub data: Json,
}

/// The first message of every connection: by whom and, where nothing was missed, from which place on.
pub const HELLO: &str = "hello";
/// Nothing happened, and the connection is alive.
pub const BEAT: &str = "beat";
/// Something was missed: read again what is on show.
pub const RESYNC: &str = "resync";
/// Records were written; the data is [`Written`].
pub const RECORDS: &str = "records";
/// More records of a type were written than can be named; the data is [`Refetch`].
pub const REFETCH: &str = "refetch";
/// Who looks at a record now; the data is [`Presence`].
pub const PRESENCE: &str = "presence";

/// Where a page stands among all that happens: at which hub, and the place of what happened there last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    pub hub: String,
    pub at: u64,
}

/// Data of [`HELLO`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub hub: String,
}

/// Data of [`RECORDS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub record_type: String,
    /// Records that one may see, with the version they have now.
    pub records: Vec<(Uuid, i64)>,
    /// Records that one could see before and may no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Uuid>,
}

/// Data of [`REFETCH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refetch {
    pub record_type: String,
}

/// Data of [`PRESENCE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub record_type: String,
    pub id: Uuid,
    pub people: Vec<Person>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    pub id: Uuid,
    pub name: String,
}

/// What a page says: the record that is open in it, if one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    pub look: Option<(String, Uuid)>,
}
