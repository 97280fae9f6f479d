//! The rows: who may touch them, how they are read, and the one way they are written.

mod access;
mod apply;
mod bulk;
mod condition;
mod ctx;
mod directory;
pub mod events;
mod history;
pub mod json;
mod keys;
mod labels;
mod list;
mod matches;
mod plan;
mod portion;
mod read;
mod registry;
mod resolve;
mod room;
pub mod schema;
mod search;
mod sql;
mod storage;
pub mod testing;
mod tidy;
mod undo;
mod upgrade;
mod walk;
mod weight;
mod within;
mod write;

pub use access::{Action, Actor, AnyPermit, Grants, Permit, Reach, Scope};
pub use apply::{ApplyError, apply};
pub use bulk::{Bulk, bulk, preview};
pub use condition::{Check, Condition, Place, Scalar};
pub use ctx::{App, Ctx, Organisation, Work};
pub use directory::describe;
pub use history::{ChangeSetInfo, change_set, differences, history, history_json, recent};
pub use keys::{find_by_keys, is_key, keys};
pub use labels::{labels, title, titles};
pub use list::{Rows, TooLarge, count, created_per_day, group_counts, list, list_cells, list_ids, list_shape, totals};
pub use matches::{Related, compare, matches};
pub use plan::{Edit, Plan, PlanCx, Refusal, Step, plan};
pub use portion::{Portion, portions};
pub use read::{find, find_any, find_many, get, get_json, lookup};
pub use registry::{Boxed, Draft, Entry, Module, NoRules, Registry, Rules};
pub use resolve::resolve;
pub use room::{Held, Room};
pub use sql::Sql;
pub use storage::{Meta, SYSTEM_FIELDS, Stored};
pub use tidy::{close_abandoned, forget_events};
pub use undo::{Conflict, Undone, undo};
pub use upgrade::{Upgrade, upgrades};
pub use walk::{RowKey, Walk};
pub use write::{Written, close, discard, open, retitle, write, write_in};

/// The statements that are the same for every type, for the test that both databases understand them.
pub const STATEMENTS: &[&str] = &[
    write::OPEN,
    write::DONE,
    write::CLOSE,
    apply::EVENT,
    undo::TYPES,
    undo::FORGET,
    undo::MARK,
    events::STATEMENTS[0],
    tidy::STATEMENTS[0],
    tidy::STATEMENTS[1],
    upgrade::STATEMENTS[0],
    upgrade::STATEMENTS[1],
];
