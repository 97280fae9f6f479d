//! The server's half of identity.

pub mod first_run;
pub mod http;
mod identity;
mod jobs;
mod notifications;
mod passwords;
mod policy;
pub mod roles;
mod rules;
pub mod sessions;
mod sign_in;
mod store;
mod throttle;
mod tokens;
pub mod users;

pub use http::{authenticate, routes, session_of};
pub use identity::{Identity, Settings, current};
pub use jobs::add_jobs;
pub use notifications::{NEW_DEVICE, add_notifications};
pub use passwords::{Strength, check as check_password};
pub use sign_in::{Attempt, SignInError, SignedIn, sign_in, sign_out};
pub use store::STATEMENTS;
pub use tokens::{init, redeem};

use records::server::Module;

use crate::{Team, User};

/// What identity adds to the program.
pub fn module() -> Module {
    Module::new("identity").record_with::<User>(rules::Users).record_with::<Team>(rules::Teams)
}

#[cfg(test)]
mod tests;
