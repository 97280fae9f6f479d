//! What every module stands on besides records: the organisation's settings, the queue of jobs, and imports.
//!
//! [`server::ctx`] is the one door from a request to a context: who signed in, the program's state, the time.

pub mod import;
pub mod jobs;
mod organisation;

pub use organisation::{Month, Organisation, Weekday};

#[cfg(feature = "ssr")]
pub mod server;
