//! The modules the program is made of. A new one is added here, and nowhere else in this crate.

use platform::server::{jobs::Kinds, notifications};
use records::server::{Module, Registry};

/// Every module's record types and rules.
pub fn modules() -> Vec<Module> {
    vec![identity::server::module(), platform::server::module(), crm::server::module()]
}

/// The registry of all record types. A contradiction between modules is a fault of the program.
pub fn registry() -> Result<Registry, String> {
    Registry::build(modules())
}

/// Every module's kinds of jobs and schedules.
pub fn jobs() -> Kinds {
    platform::server::add_jobs(identity::server::add_jobs(Kinds::default()))
}

/// Every module's kinds of notifications.
pub fn notifications() -> notifications::Kinds {
    notifications::add(identity::server::add_notifications(notifications::Kinds::default()))
}
