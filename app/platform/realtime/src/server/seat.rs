//! A socket's place in the hub: what waits to be sent to it.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use records::server::Actor;
use tokio::sync::{Notify, mpsc};

use super::hub::{Check, Hub, message};

/// Messages that may wait for a slow client before it is told to read everything again instead.
const WAITING: usize = 64;

/// The hub's end.
pub(super) struct Seat {
    pub number: u64,
    queue: mpsc::Sender<Arc<str>>,
    /// Something could not wait: the client has missed it.
    missed: AtomicBool,
    actor: RwLock<Arc<Actor>>,
    pub check: Check,
    over: Notify,
}

/// The socket's end. Leaving it gives the place up.
pub(super) struct Taken {
    pub hub: Hub,
    pub seat: Arc<Seat>,
    pub queue: mpsc::Receiver<Arc<str>>,
}

impl Seat {
    pub fn new(number: u64, actor: Arc<Actor>, check: Check) -> (Arc<Self>, mpsc::Receiver<Arc<str>>) {
        let (queue, receiver) = mpsc::channel(WAITING);
        let (missed, over) = (AtomicBool::new(false), Notify::new());
        (Arc::new(Self { number, queue, missed, actor: RwLock::new(actor), check, over }), receiver)
    }

    pub fn actor(&self) -> Arc<Actor> {
        self.actor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn send(&self, message: &Arc<str>) {
        if self.queue.try_send(message.clone()).is_err() {
            self.miss();
        }
    }

    /// Notes that the client does not know what happened; it is told so when it is sent something.
    pub fn miss(&self) {
        self.missed.store(true, Ordering::Release);
    }

    /// Has the client read everything again.
    pub fn resync(&self) {
        self.miss();
        self.send(&message(crate::BEAT, None, &()));
    }

    pub fn has_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }

    /// Asks again who this is and what they may do, and says whether that is something else than before. Who may not be
    /// here any more is shown out.
    pub async fn look_again(&self) -> bool {
        match (self.check)().await {
            Ok(Some(actor)) => {
                let mut known = self.actor.write().unwrap_or_else(PoisonError::into_inner);
                let before = std::mem::replace(&mut *known, actor);
                before != *known
            }
            Ok(None) => {
                self.end();
                false
            }
            // The database does not answer: the next look will tell.
            Err(_) => false,
        }
    }

    pub fn end(&self) {
        self.over.notify_one();
    }

    pub async fn ended(&self) {
        self.over.notified().await;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.hub.leave(self.seat.number);
    }
}
