//! What tests provide in place of the program.

use jobs::server::Kinds;
use outbox::server::{
    Patience,
    testing::{self, authorities, client},
};
use records::server::App;

use super::{Site, push::PushServices};

/// The jobs of telling people, and of what that stands on.
pub fn kinds_of_jobs() -> Kinds {
    let modules = [settings::server::add_jobs, outbox::server::add_jobs, super::add_jobs];
    modules.into_iter().fold(Kinds::default(), |kinds, add| add(kinds))
}

/// Gives a program of a test what tells people, with settings as the environment would fix them.
pub fn provide(app: &App, fixed: &[(&'static str, &str)], patience: Patience) {
    testing::provide(app, fixed, patience);
    app.provide(Site("https://crm.example".to_owned()));
    app.provide(PushServices(client(&[])));
}

/// The same, trusting and asking the servers that `bin/test` started.
pub fn provide_with_peers(app: &App, fixed: &[(&'static str, &str)]) {
    testing::provide_with_peers(app, fixed);
    app.provide(Site("https://crm.example".to_owned()));
    app.provide(PushServices(client(&authorities())));
}
