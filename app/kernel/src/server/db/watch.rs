//! Ends a statement of SQLite that takes too long or that nobody waits for, and lets the long ones take turns.
//!
//! SQLite runs a statement on the thread of its connection, as fast as it can. Some long ones at a time would leave no
//! processor to the short ones that everybody else waits for. So whoever reads for longer than a moment goes on only
//! with a turn, hands it on after a while, and rests until it comes round again.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::available_parallelism,
    time::{Duration, Instant},
};

use sqlx::SqliteConnection;

/// SQLite asks after so many steps of its machine: some tens of microseconds.
const STEPS: i32 = 10_000;
/// How long a statement goes on without a turn, and how long with one while others wait.
const MOMENT: Duration = Duration::from_millis(50);
/// How often one that rests looks whether it is to end.
const LOOK: Duration = Duration::from_millis(20);

/// Until when the statements of one connection may run.
#[derive(Clone)]
pub(super) struct Watch(Arc<Inner>);

struct Inner {
    start: Instant,
    /// In microseconds after the start: when the statement began, or had its turn; and when it has to end.
    since: AtomicU64,
    until: AtomicU64,
    /// Those whose statements are to take turns.
    rota: Option<Arc<Rota>>,
}

impl Watch {
    /// Watches a connection. Until something else is said its statements run for as long as they like.
    pub async fn over(connection: &mut SqliteConnection, rota: Option<Arc<Rota>>) -> Result<Self, sqlx::Error> {
        let (since, until) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        let watch = Self(Arc::new(Inner { start: Instant::now(), since, until, rota }));
        let own = watch.clone();
        connection.lock_handle().await?.set_progress_handler(STEPS, move || own.goes_on());
        Ok(watch)
    }

    fn elapsed(&self) -> u64 {
        micros(self.0.start.elapsed())
    }

    /// What runs from now on may take so long.
    pub fn allow(&self, time: Duration) {
        let now = self.elapsed();
        self.0.since.store(now, Relaxed);
        self.0.until.store(now.saturating_add(micros(time)), Relaxed);
    }

    /// What runs now ends, and so does what follows.
    pub fn stop(&self) {
        self.0.until.store(0, Relaxed);
    }

    /// The statement has ended.
    pub fn end(&self) {
        if let Some(rota) = &self.0.rota {
            rota.leave(self.id());
        }
    }

    fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Asked on the thread of the connection.
    fn goes_on(&self) -> bool {
        let now = self.elapsed();
        if now >= self.0.until.load(Relaxed) {
            return false;
        }
        if let Some(rota) = &self.0.rota
            && now.saturating_sub(self.0.since.load(Relaxed)) >= micros(MOMENT)
        {
            let goes_on = rota.take_turn(self.id(), || self.elapsed() < self.0.until.load(Relaxed));
            self.0.since.store(self.elapsed(), Relaxed);
            return goes_on;
        }
        true
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Whose turn it is.
pub(super) struct Rota {
    turns: Mutex<Turns>,
    changed: Condvar,
    most: usize,
}

#[derive(Default)]
struct Turns {
    running: Vec<usize>,
    waiting: VecDeque<usize>,
}

impl Rota {
    /// So many at a time that half of the processors are left to others.
    pub fn of_half_the_processors() -> Arc<Self> {
        let most = available_parallelism().map_or(1, |n| n.get() / 2).max(1);
        Arc::new(Self { turns: Mutex::default(), changed: Condvar::new(), most })
    }

    fn locked(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands on the turn one has, where others wait, and waits for another; false when one is to end meanwhile.
    fn take_turn(&self, id: usize, may_go_on: impl Fn() -> bool) -> bool {
        let mut turns = self.locked();
        if turns.waiting.is_empty() && turns.running.contains(&id) {
            return true;
        }
        turns.running.retain(|other| *other != id);
        turns.waiting.push_back(id);
        self.changed.notify_all();
        while turns.running.len() >= self.most || turns.waiting.front() != Some(&id) {
            if !may_go_on() {
                turns.waiting.retain(|other| *other != id);
                self.changed.notify_all();
                return false;
            }
            turns = self.changed.wait_timeout(turns, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        turns.waiting.pop_front();
        turns.running.push(id);
        drop(turns);
        self.changed.notify_all();
        true
    }

    fn leave(&self, id: usize) {
        let mut turns = self.locked();
        let before = turns.running.len();
        turns.running.retain(|other| *other != id);
        if turns.running.len() < before {
            drop(turns);
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn turns_go_round_and_end_with_who_is_stopped() {
        let rota = Arc::new(Rota { turns: Mutex::default(), changed: Condvar::new(), most: 1 });
        assert!(rota.take_turn(1, || true));
        assert!(rota.take_turn(1, || true), "nobody waits");
        assert!(!rota.take_turn(2, || false), "stopped while it waited");
        let waiting = {
            let rota = rota.clone();
            thread::spawn(move || rota.take_turn(2, || true))
        };
        while rota.locked().waiting.is_empty() {
            thread::yield_now();
        }
        let again = {
            let rota = rota.clone();
            // Its turn goes to the other first.
            thread::spawn(move || rota.take_turn(1, || true))
        };
        assert!(waiting.join().unwrap());
        rota.leave(2);
        assert!(again.join().unwrap());
        rota.leave(1);
        rota.leave(7);
        let turns = rota.locked();
        assert!(turns.running.is_empty() && turns.waiting.is_empty());
    }
}
