//! The rows of jobs, workers and schedules.

mod figures;
mod lifecycle;
mod monitor;
mod workers;

pub use figures::{Figure, add_days, add_figures, counts, days, figures, oldest, remove_figures};
pub use lifecycle::{
    Claimed, add_error, again, ask_cancel, cancel_asked, cancel_waiting, claim, complete, complete_all, end, hand_back,
    insert, is_claimed, is_held, make_due, remove_over, retry, set_progress, under_way,
};
pub use monitor::{errors, find, find_detail, ids, keys_under_way, list};
pub use workers::{
    Scheduled, add_schedule, beat, enlist, leave, left, move_tick, pause, pauses, pulse, resume, schedules,
    set_schedule, tick, workers,
};

/// Every statement whose text is fixed, for the test that both databases know them.
pub const STATEMENTS: [&[&str]; 4] =
    [figures::STATEMENTS, lifecycle::STATEMENTS, monitor::STATEMENTS, workers::STATEMENTS];
