//! What keeps the records in order by itself.

mod history;
mod upgrade;

pub use history::TidyHistory;
use jobs::server::Kinds;
pub use upgrade::{UpgradeRecords, begin};

/// Adds the jobs and schedules that keep records in order.
pub fn add_jobs(kinds: Kinds) -> Kinds {
    kinds.with::<UpgradeRecords>().with::<TidyHistory>().every(TidyHistory::schedule())
}
