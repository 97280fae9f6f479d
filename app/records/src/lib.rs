//! Records: a business object is declared once, as a struct with `#[derive(Record)]`, and everything staff do with it
//! follows from the description the derive makes — lists, forms, permissions, history, undo, import, REST.
//!
//! This half works in the browser and on the server: values and their kinds ([`Value`], [`Kind`]), descriptions
//! ([`RecordType`] of a declared type, [`TypeInfo`] of one as a certain viewer may know it), how a value is read from
//! text and shown ([`text`]), and what may be asked of a list ([`ListQuery`], [`Filter`]). It knows no SQL and no
//! screen.
//!
//! [`server`] is the only door to the rows: the registry of types, permits, list queries, the one write path
//! (`plan`, `apply`), history and undo. Its invariants:
//!
//! - nothing is read or written without a permit, and only a context makes one;
//! - every write leaves a change, a change-set and an event in the same transaction;
//! - both databases and the in-memory test of a filter agree on every query.

extern crate self as records;

mod address;
mod field_value;
mod filter;
mod info;
mod kind;
mod query;
mod record;
pub mod text;
mod value;

pub use address::{address, encode};
pub use field_value::{ChoiceValue, FieldValue, LongText, Percent, Tags, Url, Year};
pub use filter::{Filter, Leaf, Op};
pub use info::{Access, ChangeInfo, Count, FieldInfo, Page, RecordInfo, Reference, Total, TypeInfo};
pub use kind::{ChoiceOption, Field, Flags, Kind, RecordType, Scoping};
pub use query::{ListQuery, SortKey};
pub use record::{CellError, Record};
pub use records_derive::{Choice, Record};
pub use value::{Address, Cells, Value};

#[cfg(feature = "ssr")]
pub mod server;
