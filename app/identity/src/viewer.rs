//! What a person may know of themselves.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who signed in, as the screens and the API show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub id: Uuid,
    pub email: String,
    pub full_name: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// The role's stored name, such as `sales_rep`.
    pub role: String,
    pub team: Option<Uuid>,
    /// Names like `view_contacts`, in alphabetical order.
    pub permissions: Vec<String>,
}

impl Viewer {
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.binary_search_by(|p| p.as_str().cmp(permission)).is_ok()
    }
}

/// One of a person's own sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    pub id: Uuid,
    /// `browser` or `api`.
    pub kind: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub address: String,
    /// The program that signed in, as it calls itself.
    pub agent: String,
    /// The session that asks.
    pub is_current: bool,
}
