//! Who somebody is, and what they may do: users, teams, roles, passwords, sessions, tokens.
//!
//! Its doors: the record types [`User`] and [`Team`]; the server functions of [`api`]; the pages of
//! [`screens`]; and on the server `server::Identity`, with the middleware that finds out who sent a request, the
//! routes under `/api/v1/auth/`, and the use cases of `server::users` and `server::sessions`.
//!
//! Its invariants:
//!
//! - a password is known to nobody: only its Argon2id hash is kept, and no record field holds it;
//! - of a session's secret and of a refresh token only the hash is kept, so that who reads the database cannot sign in;
//! - a session that was revoked, and a user who was deactivated, deleted or given another role, is treated so within a
//!   second by every process, at once by the one that did it;
//! - there is always an administrator who can sign in;
//! - who guesses passwords is slowed down, but nobody can lock somebody else out.

pub mod api;
mod next;
pub mod screens;
mod team;
mod user;
mod viewer;

pub use next::local_path;
pub use team::Team;
pub use user::{Role, User};
pub use viewer::{SessionInfo, Viewer};

#[cfg(feature = "ssr")]
pub mod server;
