//! What a transaction tells the rest of the program once it is committed.
//!
//! Within a process signals go round by themselves, between processes on PostgreSQL by NOTIFY, which that database
//! sends with the commit. A signal says that there is something to look at and never what it is, so that who misses
//! one loses nothing but time: everybody looks from time to time anyway.

use std::sync::Arc;

use tokio::sync::broadcast;

/// Told after a connection to the others was lost: anything may have happened.
pub const EVERYTHING: &str = "*";
/// The channel of NOTIFY.
pub(super) const CHANNEL: &str = "mainstay";
/// So many signals may wait for a listener before it is told that it missed some.
const WAITING: usize = 1024;

#[derive(Clone)]
pub(super) struct Signals(broadcast::Sender<Arc<str>>);

impl Signals {
    pub fn new() -> Self {
        Self(broadcast::Sender::new(WAITING))
    }

    pub fn send(&self, signal: &str) {
        // Without a listener there is nobody to tell.
        let _ = self.0.send(signal.into());
    }

    pub fn subscribe(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// Hears every signal sent after it was made.
pub struct Listener(broadcast::Receiver<Arc<str>>);

impl Listener {
    /// The next signal; [`EVERYTHING`] where some were missed. `None` when the database was closed and forgotten.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        match self.0.recv().await {
            Ok(signal) => Some(signal),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(EVERYTHING.into()),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
