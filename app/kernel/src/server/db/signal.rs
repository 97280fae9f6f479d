//! What a transaction tells the rest of the program once it is committed.
//!
//! Within a process signals go round by themselves, between processes on PostgreSQL by NOTIFY, which that database
//! sends with the commit, or by Redis, after it. A signal says that there is something to look at and never what it is,
//! so that who misses one loses nothing but time: everybody looks from time to time anyway. The exceptions carry their
//! own text, such as who is looking at a record now; missing one of those is no loss.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::{Arg, Args};
use crate::server::Rng;

/// Told after a connection to the others was lost: anything may have happened.
pub const EVERYTHING: &str = "*";
/// The channel of NOTIFY.
pub(super) const CHANNEL: &str = "mainstay";
/// So many signals may wait for a listener before it is told that it missed some.
const WAITING: usize = 1024;

/// The statement that notifies of some signals, as they go to the other processes.
pub(super) fn notify(marked: impl IntoIterator<Item = String>) -> (String, Args) {
    let mut args: Args = vec![CHANNEL.into()];
    args.extend(marked.into_iter().map(Arg::from));
    let rows: Vec<_> = (2..=args.len()).map(|n| format!("(${n})")).collect();
    (format!("select pg_notify($1, told.signal) from (values {}) as told (signal)", rows.join(", ")), args)
}

#[derive(Clone)]
pub(super) struct Signals {
    listeners: broadcast::Sender<Arc<str>>,
    /// Marks what this process sends to the others, so that it does not take its own words for theirs.
    mark: Arc<str>,
}

impl Signals {
    pub fn new() -> Self {
        let mark = u64::from_ne_bytes(Rng::system().bytes());
        Self { listeners: broadcast::Sender::new(WAITING), mark: format!("{mark:016x}").into() }
    }

    /// Tells the listeners of this process.
    pub fn send(&self, signal: &str) {
        // Without a listener there is nobody to tell.
        let _ = self.listeners.send(signal.into());
    }

    /// What goes to the other processes for a signal.
    pub fn marked(&self, signal: &str) -> String {
        format!("{} {signal}", self.mark)
    }

    /// Passes on what another process sent.
    pub fn receive(&self, marked: &str) {
        match marked.split_once(' ') {
            Some((mark, _)) if *mark == *self.mark => {}
            Some((_, signal)) => self.send(signal),
            None => tracing::debug!("a notification came from something else than this program"),
        }
    }

    pub fn subscribe(&self) -> Listener {
        Listener(self.listeners.subscribe())
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

    /// Forgets what was sent up to now: whoever is about to look sees all of it anyway.
    pub fn skip(&mut self) {
        self.0 = self.0.resubscribe();
    }
}
