//! Records as files: what the browser and the server tell each other about exports.

pub mod api;

use kernel::{AppError, Date, Timestamp};
use records::{Filter, SortKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What kind of file it becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A table of text that an import reads back; several types are an archive with a table of each.
    #[default]
    Csv,
    /// A workbook with a sheet of each type.
    Xlsx,
    /// A document with a list of each type, as the API writes records.
    Json,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Json];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "Excel",
            Self::Json => "JSON",
        }
    }
}

/// When records were created, in days of the company's zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateRange {
    #[default]
    All,
    Today,
    /// The present week, month, quarter and year of the calendar.
    Week,
    Month,
    Quarter,
    Year,
    /// Whole days, the last one too; either end may be open.
    Between {
        from: Option<Date>,
        to: Option<Date>,
    },
}

impl DateRange {
    /// Those that have a name alone.
    pub const NAMED: [Self; 6] = [Self::All, Self::Today, Self::Week, Self::Month, Self::Quarter, Self::Year];

    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Today => "today",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Between { .. } => "between",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|r| r.name() == name)
    }
}

/// What somebody asks to be exported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    pub format: Format,
    /// The types, by their collections' names.
    pub entities: Vec<String>,
    pub date_range: DateRange,
    /// As a list has them; for a single type.
    pub filter: Option<Filter>,
    pub search: String,
    pub sort: Vec<SortKey>,
    /// The columns in their order; all where none is named. For a single type.
    pub fields: Vec<String>,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Waiting,
    Running,
    Done,
    Failed,
    Cancelled,
    /// Its file is gone.
    Expired,
}

impl Status {
    pub const ALL: [Self; 6] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled, Self::Expired];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The word staff read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Running => "Running",
            Self::Done => "Ready",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Expired => "Expired",
        }
    }

    /// Whether there is more to come.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// Why an export was not started, for who asked for it with a click.
pub fn refusal(error: &AppError) -> String {
    let AppError::TooMany(seconds) = error else { return error.sentence() };
    let minutes = seconds.div_ceil(60);
    let wait = match (minutes, minutes.div_ceil(60)) {
        (0 | 1, _) => "a minute".to_owned(),
        (2..=120, _) => format!("{minutes} minutes"),
        (_, hours) => format!("{hours} hours"),
    };
    format!("You have started as many exports as you may for now. Try again in {wait}.")
}

/// An export, as who asked for it sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportInfo {
    /// Also its job's.
    pub id: Uuid,
    pub status: Status,
    pub wanted: Wanted,
    /// What the types are called.
    pub title: String,
    /// Rows written so far, of how many.
    pub rows: i64,
    pub total: i64,
    /// Of the file, once it is there.
    pub bytes: i64,
    pub file_name: Option<String>,
    /// Why it failed; while it waits, why the attempt before failed.
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Until when the file can be fetched.
    pub expires_at: Option<Timestamp>,
}

impl ExportInfo {
    /// How far it is, in per cent; nothing where nobody knows.
    pub fn percent(&self) -> Option<u8> {
        (self.total > 0).then(|| u8::try_from(self.rows.clamp(0, self.total) * 100 / self.total).unwrap_or(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_exports_too_often_is_told_in_words_when_there_can_be_another() {
        for (seconds, words) in [(1, "a minute"), (61, "2 minutes"), (3_600, "60 minutes"), (86_400, "24 hours")] {
            let told = refusal(&AppError::TooMany(seconds));
            assert!(told.ends_with(&format!("Try again in {words}.")), "{told}");
        }
        assert_eq!(refusal(&AppError::Offline), AppError::Offline.sentence());
    }
}
