//! The modules the program is made of. A new one is added here, and nowhere else in this crate.

use jobs::server::Kinds;
use records::server::{Module, Registry};
use settings::server::Sections;

/// Every module's record types and rules.
pub fn modules() -> Vec<Module> {
    vec![identity::server::module(), organisation::server::module(), crm::server::module()]
}

/// The registry of all record types. A contradiction between modules is a fault of the program.
pub fn registry() -> Result<Registry, String> {
    Registry::build(modules())
}

/// Every module's kinds of jobs and schedules.
pub fn jobs() -> Kinds {
    let modules = [
        identity::server::add_jobs,
        jobs::server::add_jobs,
        upkeep::add_jobs,
        files::server::add_jobs,
        settings::server::add_jobs,
        outbox::server::add_jobs,
        notifications::server::add_jobs,
        transfer::server::add_jobs,
        backups::server::add_jobs,
        crate::rest::idempotency::add_jobs,
    ];
    modules.into_iter().fold(Kinds::default(), |kinds, add| add(kinds))
}

/// Every module's settings.
pub const SETTINGS: Sections = Sections(&[&outbox::settings::SECTION]);

/// Every module's kinds of notifications.
pub fn notifications() -> notifications::server::Kinds {
    notifications::server::add(identity::server::add_notifications(notifications::server::Kinds::default()))
}
