//! The record machinery through its public door, on a type that has a field of every kind.
#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "records/drafts.rs"]
mod drafts;
#[path = "records/fixture.rs"]
mod fixture;
#[path = "records/lists.rs"]
mod lists;
#[path = "records/permits.rs"]
mod permits;
#[path = "records/quantity.rs"]
mod quantity;
#[path = "records/schema.rs"]
mod schema;
#[path = "records/tidy.rs"]
mod tidy;
#[path = "records/undo.rs"]
mod undo;
#[path = "records/upgrades.rs"]
mod upgrades;
#[path = "records/writes.rs"]
mod writes;
