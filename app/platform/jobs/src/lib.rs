//! Work that happens by itself, as staff see it: queues, jobs, schedules and the processes that do the work.

pub mod api;

#[cfg(feature = "ssr")]
pub mod server;

use std::collections::BTreeMap;

use kernel::{Date, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// For later.
    Scheduled,
    /// Next in line.
    Available,
    Running,
    /// Failed, and to be tried again.
    Retryable,
    Completed,
    Cancelled,
    /// Failed for good.
    Discarded,
}

impl State {
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::Available,
        Self::Scheduled,
        Self::Retryable,
        Self::Discarded,
        Self::Cancelled,
        Self::Completed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Available => "available",
            Self::Running => "running",
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The word staff read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Scheduled => "For later",
            Self::Available => "Waiting",
            Self::Running => "Running",
            Self::Retryable => "To be retried",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
            Self::Discarded => "Failed",
        }
    }

    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Discarded)
    }
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub done: i64,
    /// 0 where nobody knows.
    pub total: i64,
    pub message: Option<String>,
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobInfo {
    pub id: Uuid,
    pub kind: String,
    /// What the kind is called.
    pub title: String,
    pub queue: String,
    pub state: State,
    /// Which attempt this is, of how many.
    pub attempt: i64,
    pub attempts: i64,
    pub progress: Progress,
    pub run_at: Timestamp,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// The last thing that went wrong.
    pub error: Option<String>,
    pub cancel_asked: bool,
}

/// Everything about a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobDetail {
    pub job: JobInfo,
    /// What it is about, as JSON; secrets are masked.
    pub args: String,
    /// What came out of it, as JSON.
    pub result: Option<String>,
    pub errors: Vec<JobError>,
    /// Who started it; the program itself has no name.
    pub actor: Option<String>,
}

/// What went wrong in an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    pub attempt: i64,
    pub at: Timestamp,
    pub message: String,
}

/// Which jobs are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFilter {
    pub state: Option<State>,
    pub queue: Option<String>,
    pub kind: Option<String>,
}

/// A page of jobs, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobPage {
    pub jobs: Vec<JobInfo>,
    /// Where the next page starts.
    pub next: Option<Uuid>,
}

/// A queue at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueInfo {
    pub name: String,
    pub is_paused: bool,
    pub counts: BTreeMap<State, i64>,
    /// When the longest waiting job could have started.
    pub oldest: Option<Timestamp>,
    /// Jobs finished in the last hour, and attempts that failed.
    pub finished: i64,
    pub failed: i64,
    /// Half and 95 of 100 jobs of the last hour waited and ran shorter than this, in milliseconds.
    pub wait: Option<(i64, i64)>,
    pub run: Option<(i64, i64)>,
}

/// A process that does the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerInfo {
    pub id: Uuid,
    pub name: String,
    pub queues: Vec<String>,
    pub running: i64,
    pub started_at: Timestamp,
    pub beat_at: Timestamp,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleInfo {
    pub name: String,
    pub title: String,
    /// Five fields: minute, hour, day of month, month, day of week.
    pub cron: String,
    /// What the program comes with.
    pub usual: String,
    pub is_paused: bool,
    pub last_tick: Option<Timestamp>,
    pub next_tick: Timestamp,
}

/// A minute's work, for the plots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minute {
    pub at: Timestamp,
    pub finished: i64,
    pub failed: i64,
    /// 95 of 100 jobs waited shorter than this, in milliseconds.
    pub wait: i64,
}

/// How the jobs of a day ended, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub day: Date,
    pub completed: i64,
    pub failed: i64,
}

/// What the monitor shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub now: Timestamp,
    pub queues: Vec<QueueInfo>,
    pub workers: Vec<WorkerInfo>,
    pub schedules: Vec<ScheduleInfo>,
    /// The last hour, oldest first.
    pub minutes: Vec<Minute>,
    /// The last days of the company's calendar, oldest first.
    pub days: Vec<Day>,
    /// Name and title of each kind there is.
    pub kinds: Vec<(String, String)>,
}

/// What can be done to jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobAction {
    Retry,
    Cancel,
}

/// Why a job is not retried.
pub const HELD: &str = "another job for the same thing is under way";

/// What came of an action on jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// Jobs it made a difference to.
    pub changed: u64,
    /// Jobs left alone because another for the same thing is under way.
    pub held: u64,
}

impl Acted {
    /// What is to be said of those left alone, with their number as `count` writes it; of none, nothing.
    pub fn held_back(self, count: impl Fn(u64) -> String) -> String {
        match self.held {
            0 => String::new(),
            held => format!(" {} left alone: {HELD}.", count(held)),
        }
    }
}
