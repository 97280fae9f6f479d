//! What happens, as it happens, to whoever may know of it.
//!
//! A [`Hub`] hears what transactions tell once they are committed, here or in other processes, and passes it on to the
//! sockets of this one. It says which records were written, never what they hold: a page reads again what it shows,
//! through the same permits as ever. What one may not see is not mentioned.
//!
//! Nothing rests on it. A page that misses a message is told to read everything again, and one without a socket shows
//! what it read.

mod admission;
mod doubts;
mod event;
mod held;
mod hub;
mod looks;
mod pass_on;
mod presence;
mod seat;
mod socket;

use axum::http::Extensions;

pub use admission::Admission;
pub use event::{Event, tell_access, tell_user};
pub use hub::{Check, Hub};
pub use socket::{Resume, talk, turn_away};

use crate::Since;

/// Where a page that is being painted for somebody stands: taken before anything is read for it. Nothing where nobody
/// passes on what happens.
pub fn since(asked: &Extensions) -> Option<Since> {
    asked.get::<Hub>().map(Hub::since)
}

#[cfg(test)]
mod tests;
