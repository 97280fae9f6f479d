//! The server's half of the platform.

mod context;
pub mod import;
pub mod jobs;
pub mod organisation;

pub use context::ctx;

use records::server::Module;

/// What the platform adds to the program.
pub fn module() -> Module {
    Module::new("platform").record_with::<crate::Organisation>(organisation::Rules)
}

/// Adds the platform's jobs and schedules.
pub fn add_jobs(kinds: jobs::Kinds) -> jobs::Kinds {
    kinds
        .with::<import::CheckImport>()
        .with::<import::RunImport>()
        .with::<import::UndoImport>()
        .with::<import::SweepImports>()
        .every(import::SweepImports::schedule())
        .with::<jobs::CleanUp>()
        .every(jobs::CleanUp::schedule())
}
