//! Importing records from a file: what the browser and the server tell each other about it.

mod api;
mod mapping;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use api::*;
pub use mapping::{Column, DateOrder, Mapping, Match, Mode, OnError, Settings};
#[cfg(feature = "ssr")]
pub(crate) use mapping::{date, swap};

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The file is here; its columns are being matched.
    Uploaded,
    Checking,
    /// What it would do is known.
    Checked,
    Running,
    Done,
    /// It ended before its time; what it had written until then is in its change-set.
    Failed,
    Undoing,
    Undone,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Uploaded,
        Self::Checking,
        Self::Checked,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Undoing,
        Self::Undone,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Whether the server is at work on it.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Checking | Self::Running | Self::Undoing)
    }
}

/// What became of the rows so far, or what would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows of the file.
    pub total: i64,
    /// Rows looked at.
    pub progress: i64,
    pub created: i64,
    pub updated: i64,
    /// Rows whose record holds all they say already.
    pub unchanged: i64,
    /// Rows left out as the mode asks, and rows without any value.
    pub skipped: i64,
    pub failed: i64,
    /// Cells and rows that do not fit.
    pub errors: i64,
}

impl Counts {
    /// How far it is, in per cent.
    pub fn percent(&self) -> Option<u8> {
        (self.total > 0).then(|| u8::try_from(self.progress.clamp(0, self.total) * 100 / self.total).unwrap_or(100))
    }
}

/// Encodings that can be said of a file, by their names in the Encoding Standard and in words.
pub const ENCODINGS: [(&str, &str); 18] = [
    ("UTF-8", "UTF-8"),
    ("UTF-16LE", "UTF-16, low byte first"),
    ("UTF-16BE", "UTF-16, high byte first"),
    ("windows-1252", "Western European (Windows)"),
    ("ISO-8859-15", "Western European (ISO)"),
    ("macintosh", "Western European (Mac)"),
    ("windows-1250", "Central European (Windows)"),
    ("ISO-8859-2", "Central European (ISO)"),
    ("windows-1257", "Baltic"),
    ("windows-1251", "Cyrillic (Windows)"),
    ("KOI8-R", "Cyrillic (KOI8-R)"),
    ("windows-1253", "Greek"),
    ("windows-1254", "Turkish"),
    ("windows-1255", "Hebrew"),
    ("windows-1256", "Arabic"),
    ("Shift_JIS", "Japanese"),
    ("gb18030", "Chinese, simplified"),
    ("Big5", "Chinese, traditional"),
];
/// What can stand between the cells of a row, and what it is called.
pub const DELIMITERS: [(&str, &str); 4] =
    [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")];

/// An import, as who brought the file sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportInfo {
    pub id: Uuid,
    pub record_type: String,
    pub file_name: String,
    pub status: Status,
    pub encoding: String,
    pub delimiter: String,
    pub columns: Vec<Column>,
    pub settings: Settings,
    /// What is unusual about the file, in sentences.
    pub warnings: Vec<String>,
    pub counts: Counts,
    /// The first of what a check found would change.
    pub differences: Vec<Difference>,
    pub change_set: Option<Uuid>,
    /// Why it failed.
    pub error: Option<String>,
    pub created_at: Timestamp,
    /// The job that is at it, or was last.
    pub job: Option<Uuid>,
}

/// What the browser asks for again and again while the server is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub status: Status,
    pub counts: Counts,
}

/// What a row would do to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub row: i64,
    pub title: String,
    /// Whether the record is new.
    pub is_new: bool,
    /// (field, before, after), as a person reads them.
    pub fields: Vec<(String, String, String)>,
}

/// Something about one row or one of its cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// As a spreadsheet counts: the heading is row 1.
    pub row: i64,
    /// Empty for the whole row.
    pub column: String,
    /// What the cell says, cut short where it is long.
    pub value: String,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The cell or row does not fit.
    Error,
    /// The row was left out on purpose.
    Skipped,
    /// The record was changed since, so undoing left it alone.
    Conflict,
}

impl ProblemKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Conflict => "conflict",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Error, Self::Skipped, Self::Conflict].into_iter().find(|k| k.name() == name)
    }
}
