//! What every module stands on besides records: the organisation's settings, the queue of jobs, files,
//! imports and exports.
//!
//! [`server::ctx`] is the one door from a request to a context: who signed in, the program's state, the time.

pub mod backups;
pub mod export;
pub mod import;
pub mod jobs;
pub mod notifications;
mod organisation;
pub mod outbox;
pub mod preferences;
pub mod realtime;
pub mod settings;

pub use organisation::{Month, Organisation, Weekday};

#[cfg(feature = "ssr")]
pub mod server;
