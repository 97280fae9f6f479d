//! What keeps the records in order by itself.

mod history;

pub use history::TidyHistory;
use jobs::server::Kinds;

/// Adds the jobs and schedules that keep records in order.
pub fn add_jobs(kinds: Kinds) -> Kinds {
    kinds.with::<TidyHistory>().every(TidyHistory::schedule())
}
