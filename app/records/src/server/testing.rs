//! Contexts for tests of domains, without signing anybody in.

use std::sync::Arc;

use kernel::server::{Clock, Db, Rng};
use uuid::Uuid;

use super::{Actor, App, Grants, Module, Registry};

/// A program over `modules`. Panics where they do not fit together: a test has nothing to say then.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn app(db: Db, clock: Clock, modules: Vec<Module>) -> App {
    App::new(db, Registry::build(modules).expect("the modules fit together"), clock, Rng::seeded(1))
}

/// Somebody with the given grants, in no team or in one.
pub fn actor(user: Uuid, team: Option<Uuid>, grants: Grants) -> Arc<Actor> {
    Arc::new(Actor {
        user: Some(user),
        name: "Test".to_owned(),
        email: "test@example.com".to_owned(),
        role: "test".to_owned(),
        team,
        teams: team.into_iter().collect(),
        grants: Arc::new(grants),
    })
}
