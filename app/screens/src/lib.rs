//! The generic screens: one list, one record page, one form for every record type.
//!
//! They work on cells and on the description of a type that the server sends for each viewer, so the program in the
//! browser knows no type and does not grow with them. [`api`] is their door to the server, [`session`] what they know
//! of the viewer, [`frame`] what they share with the shell around them.

mod address;
pub mod api;
pub mod cell;
pub mod cookie;
mod draft;
mod form;
pub mod frame;
mod import;
mod jobs;
pub mod keyboard;
mod later;
mod list;
mod missing;
mod organisation;
mod peek;
mod record;
mod reference;
pub mod session;

pub use address::{address, encode};
pub use form::{create, edit};
pub use import::{import, import_progress};
pub use jobs::jobs;
pub use list::list;
pub use missing::{failed, lead_to, missing, trouble};
pub use organisation::organisation;
pub use record::record;
pub use reference::ReferenceInput;

#[cfg(feature = "ssr")]
mod server;
