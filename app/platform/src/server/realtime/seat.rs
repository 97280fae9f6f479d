//! A socket's place in the hub: what waits to be sent to it.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use records::server::Actor;
use tokio::sync::{Notify, mpsc};

use super::hub::{Check, Hub};

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

    /// Notes that the client does not know what happened.
    pub fn miss(&self) {
        self.missed.store(true, Ordering::Release);
    }

    pub fn has_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }

    /// Asks again who this is and what they may do. Who may not be here any more is shown out.
    pub async fn look_again(&self) {
        match (self.check)().await {
            Ok(Some(actor)) => *self.actor.write().unwrap_or_else(PoisonError::into_inner) = actor,
            Ok(None) => self.end(),
            // The database does not answer: the next look will tell.
            Err(_) => {}
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
