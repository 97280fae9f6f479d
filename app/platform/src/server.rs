//! The server's half of the platform.

pub mod backups;
mod context;
mod device;
pub mod export;
pub mod files;
mod formula;
mod history;
pub mod import;
pub mod jobs;
pub mod notifications;
pub mod organisation;
pub mod outbox;
pub mod outside;
pub mod preferences;
pub mod realtime;
pub mod settings;
pub mod testing;
pub mod vault;

pub use context::{SessionOf, agent, agent_of, ctx, session};
pub use device::device;

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
        .with::<export::RunExport>()
        .with::<export::SweepExports>()
        .every(export::SweepExports::schedule())
        .with::<files::SweepFiles>()
        .every(files::SweepFiles::schedule())
        .with::<outbox::SendMail>()
        .with::<outbox::SweepOutbox>()
        .every(outbox::SweepOutbox::schedule())
        .with::<settings::RenewSecrets>()
        .every(settings::RenewSecrets::schedule())
        .with::<notifications::Tell>()
        .with::<notifications::Deliver>()
        .with::<notifications::Ring>()
        .with::<notifications::Wake>()
        .with::<notifications::SendDigests>()
        .with::<notifications::DigestFor>()
        .every(notifications::SendDigests::daily())
        .every(notifications::SendDigests::weekly())
        .with::<notifications::SweepDeliveries>()
        .every(notifications::SweepDeliveries::schedule())
        .with::<notifications::CleanUpNotifications>()
        .every(notifications::CleanUpNotifications::schedule())
        .with::<backups::BackUp>()
        .every(backups::BackUp::schedule())
        .with::<history::TidyHistory>()
        .every(history::TidyHistory::schedule())
        .with::<jobs::CleanUp>()
        .every(jobs::CleanUp::schedule())
}
