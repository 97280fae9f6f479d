//! The REST interface, as scripts of people in each role meet it.

mod backups;
mod bulk;
mod collection;
mod described;
mod docs;
mod exports;
mod files;
mod idempotency;
mod imports;
mod limits;
mod mail;
mod notifications;
mod preferences;
mod push;
mod record;
mod refusals;
mod roles;
mod round_trip;
pub mod world;
