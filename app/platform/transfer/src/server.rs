//! The server's half: files to records and back.

pub mod export;
mod formula;
pub mod import;

use jobs::server::Kinds;

/// Adds the jobs and schedules of imports and exports.
pub fn add_jobs(kinds: Kinds) -> Kinds {
    kinds
        .with::<import::CheckImport>()
        .with::<import::RunImport>()
        .with::<import::UndoImport>()
        .with::<import::SweepImports>()
        .every(import::SweepImports::schedule())
        .with::<export::RunExport>()
        .with::<export::SweepExports>()
        .every(export::SweepExports::schedule())
}
