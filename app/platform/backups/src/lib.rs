//! Backups: what the browser and the server tell each other about them.

pub mod api;

#[cfg(feature = "ssr")]
pub mod server;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a backup was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Manual,
    Scheduled,
    /// Before the database's schema changed. Of the database alone.
    Migration,
}

impl Cause {
    pub const ALL: [Self; 3] = [Self::Manual, Self::Scheduled, Self::Migration];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Scheduled => "scheduled",
            Self::Migration => "migration",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// The words staff read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Manual => "By hand",
            Self::Scheduled => "By schedule",
            Self::Migration => "Before a new version",
        }
    }
}

/// How far a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Waiting,
    Running,
    /// It lies where backups go; nobody has put it back yet.
    Made,
    /// It was restored aside and found the same.
    Proven,
    Failed,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Made, Self::Proven, Self::Failed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Made => "made",
            Self::Proven => "proven",
            Self::Failed => "failed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The word staff read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Running => "Being made",
            Self::Made => "Being proven",
            Self::Proven => "Proven",
            Self::Failed => "Failed",
        }
    }

    /// Whether there is more to come.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Made)
    }
}

/// A backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupInfo {
    /// Also its job's.
    pub id: Uuid,
    pub cause: Cause,
    pub status: Status,
    /// The archive's name where backups go.
    pub name: String,
    /// Of the archive.
    pub bytes: i64,
    /// Rows of all tables.
    pub rows: i64,
    /// Files of the company's in it.
    pub files: i64,
    pub error: Option<String>,
    pub started_at: Timestamp,
    pub made_at: Option<Timestamp>,
    pub proven_at: Option<Timestamp>,
    /// When its archive made room for later ones.
    pub removed_at: Option<Timestamp>,
}

/// What the screen shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub now: Timestamp,
    /// Where backups go, in words.
    pub place: String,
    /// Whether they lie beside what they are a copy of.
    pub is_beside: bool,
    /// Which stay, as a sentence.
    pub keep: String,
    /// The id of the key that seals them.
    pub key: String,
    pub last_proven: Option<Timestamp>,
    /// The latest first.
    pub backups: Vec<BackupInfo>,
    /// What the one that is under way does.
    pub stage: Option<String>,
}
