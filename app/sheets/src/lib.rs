//! Tables as files that other programs read: workbooks, and archives of several files.
//!
//! A leaf of its own, for what it stands on takes long to compile. It knows no record and waits for the disk: whoever
//! calls it does so on a thread that may. Both are written from the first row to the last without keeping any.

mod archive;
mod workbook;

pub use archive::Archive;
pub use workbook::{Cell, MOST_ROWS, Workbook};
