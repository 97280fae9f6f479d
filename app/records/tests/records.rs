//! The record machinery through its public door, on a type that has a field of every kind.
#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "records/fixture.rs"]
mod fixture;
#[path = "records/lists.rs"]
mod lists;
#[path = "records/permits.rs"]
mod permits;
#[path = "records/tidy.rs"]
mod tidy;
#[path = "records/undo.rs"]
mod undo;
#[path = "records/writes.rs"]
mod writes;
