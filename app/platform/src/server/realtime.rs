//! What happens, as it happens, to whoever may know of it.
//!
//! A [`Hub`] hears what transactions tell once they are committed, here or in other processes, and passes it on to the
//! sockets of this one. It says which records were written, never what they hold: a page reads again what it shows,
//! through the same permits as ever. What one may not see is not mentioned.
//!
//! Nothing rests on it. A page that misses a message is told to read everything again, and one without a socket shows
//! what it read.

mod event;
mod hub;
mod looks;
mod seat;
mod socket;

pub use event::{ACCESS, Event, tell_user};
pub use hub::{Check, Hub};
pub use socket::{Resume, talk};
