//! The memory that large answers may take up together.
//!
//! A small answer is nothing to speak of. A large one waits until there is room for it, and keeps it until whoever asked
//! has read it: neither many requests at once nor readers that do not read fill the memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::AppError;
use tokio::{sync::Notify, time::timeout};
use uuid::Uuid;

/// Bytes for all together, and for one person.
const ALL: u64 = 32 << 20;
const OWN: u64 = 16 << 20;
/// What takes up less is not counted.
const SMALL: u64 = 256 << 10;
/// How long somebody waits for room.
const PATIENCE: Duration = Duration::from_secs(5);

/// Cheap to clone.
#[derive(Clone)]
pub struct Room(Arc<Inner>);

struct Inner {
    taken: Mutex<Taken>,
    freed: Notify,
    patience: Duration,
}

#[derive(Default)]
struct Taken {
    all: u64,
    by: HashMap<Option<Uuid>, u64>,
}

/// Room that somebody takes up until this is dropped.
#[derive(Default)]
pub struct Held(Option<(Room, Option<Uuid>, u64)>);

impl Default for Room {
    fn default() -> Self {
        Self::new(PATIENCE)
    }
}

impl Room {
    fn new(patience: Duration) -> Self {
        Self(Arc::new(Inner { taken: Mutex::default(), freed: Notify::new(), patience }))
    }

    /// Waits for room for so many bytes; who is alone gets any number.
    pub async fn take(&self, person: Option<Uuid>, bytes: u64) -> Result<Held, AppError> {
        if bytes < SMALL {
            return Ok(Held::default());
        }
        let taking = async {
            loop {
                let mut freed = std::pin::pin!(self.0.freed.notified());
                // From here on nothing that is freed is missed.
                freed.as_mut().enable();
                if self.taken().add(person, bytes) {
                    return Held(Some((self.clone(), person, bytes)));
                }
                freed.await;
            }
        };
        timeout(self.0.patience, taking).await.map_err(|_| AppError::TooMany(5))
    }

    /// Bytes taken up at this moment.
    pub fn taken_up(&self) -> u64 {
        self.taken().all
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn add(&mut self, person: Option<Uuid>, bytes: u64) -> bool {
        let own = self.by.get(&person).copied().unwrap_or(0);
        let fits = (self.all == 0 || self.all + bytes <= ALL) && (own == 0 || own + bytes <= OWN);
        if fits {
            self.all += bytes;
            self.by.insert(person, own + bytes);
        }
        fits
    }

    fn give_back(&mut self, person: Option<Uuid>, bytes: u64) {
        self.all = self.all.saturating_sub(bytes);
        let own = self.by.remove(&person).unwrap_or(0).saturating_sub(bytes);
        if own > 0 {
            self.by.insert(person, own);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((room, person, bytes)) = self.0.take() {
            room.taken().give_back(person, bytes);
            room.0.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_is_so_much_room_for_each_and_for_all() {
        let room = Room::new(Duration::from_millis(20));
        let (ana, ben) = (Some(Uuid::nil()), Some(Uuid::max()));
        let first = room.take(ana, OWN - SMALL).await.unwrap();
        assert!(matches!(room.take(ana, 2 * SMALL).await, Err(AppError::TooMany(_))), "that is hers");
        let small = room.take(ana, SMALL - 1).await.unwrap();
        let other = room.take(ben, OWN).await.unwrap();
        assert!(room.take(None, 2 * SMALL).await.is_err(), "that is all");
        drop((first, small));
        let again = room.take(ana, OWN).await.unwrap();
        drop(again);
        drop(other);
        let taken = room.taken();
        assert_eq!((taken.all, taken.by.len()), (0, 0));
    }

    #[tokio::test]
    async fn who_waits_gets_the_room_that_others_leave() {
        let room = Room::default();
        let held = room.take(None, OWN).await.unwrap();
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { room.take(None, OWN).await.is_ok() }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap());
    }
}
