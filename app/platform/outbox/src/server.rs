//! Outgoing mail: every message passes the outbox, and is sent from there once the transaction that posted it is
//! committed.
//!
//! * [`post`] writes the message in the caller's transaction with the job that sends it. Where there is no way to send
//!   mail yet, the job holds it: administrators see it in the outbox and send it once there is one.
//! * A message is marked as being sent, in a transaction of its own, before its text is handed over, and what became
//!   of it after. Who dies or loses the connection in between leaves it *uncertain*: it may have arrived, so nobody
//!   but a person sends it again. What was not handed over yet is tried again by itself.
//! * Each recipient has an answer of their own; one who is refused does not stop the others.
//! * The Message-ID is given when a message is posted and stays, whatever happens to it.

mod address;
mod letter;
mod mailer;
mod message;
mod monitor;
mod post;
mod preview;
mod send;
mod ses;
mod smtp;
mod store;
mod sweep;
pub mod testing;

pub use letter::{Button, LetterData, letter};
pub use mailer::{Endpoints, Mailer, Patience, amazon};
pub use monitor::{act, act_on_all, as_json, detail, detail_as_json, list};
pub use post::{Letter, Recipient, post, try_settings};
pub use preview::routes;
pub use send::SendMail;
pub use store::STATEMENTS;
pub use sweep::SweepOutbox;

/// What a message to try the settings is kept as. It is sent at once or not at all.
const TRIAL: &str = "trial";

/// Adds the jobs and schedules of outgoing mail.
pub fn add_jobs(kinds: jobs::server::Kinds) -> jobs::server::Kinds {
    kinds.with::<SendMail>().with::<SweepOutbox>().every(SweepOutbox::schedule())
}

#[cfg(test)]
mod tests;
