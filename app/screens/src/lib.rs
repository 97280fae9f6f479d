//! The generic screens: one list, one record page, one form for every record type.
//!
//! They work on cells and on the description of a type that the server sends for each viewer, so the program in the
//! browser knows no type and does not grow with them. [`api`] is their door to the server, [`session`] what they know
//! of the viewer, [`frame`] what they share with the shell around them.

pub mod api;
mod backups;
pub mod cell;
pub mod cookie;
mod deliveries;
mod draft;
mod exports;
mod form;
pub mod frame;
mod import;
mod jobs;
pub mod keyboard;
mod later;
mod list;
pub mod live;
pub mod look;
mod mail;
mod missing;
mod monitor;
pub mod notifications;
mod organisation;
mod outbox;
pub mod part;
mod peek;
mod preferences;
pub mod push;
mod record;
mod reference;
pub mod session;
mod settings;

pub use backups::backups;
pub use deliveries::deliveries;
pub use exports::exports;
pub use form::{create, edit};
pub use import::{import, import_progress};
pub use jobs::jobs;
pub use list::list;
pub use mail::mail;
pub use missing::{failed, lead_to, missing, nowhere, trouble};
pub use organisation::organisation;
pub use outbox::outbox;
pub use preferences::preferences;
pub use record::record;
pub use records::{address, encode};
pub use reference::ReferenceInput;

#[cfg(feature = "ssr")]
pub mod server;
