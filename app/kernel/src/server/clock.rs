//! Time and chance, handed to those who need them so that tests can decide both.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use rand::{Rng as _, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use crate::Timestamp;

/// What time it is: the machine's time, or one that stands still until it is moved.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.micros())))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else asks")]
            Self::System => Timestamp::from_utc(chrono::Utc::now()),
            Self::Fixed(at) => Timestamp::from_micros(at.load(Ordering::Relaxed)),
        }
    }

    /// Moves a fixed clock, and all its clones; the machine's own cannot be moved.
    pub fn set(&self, to: Timestamp) {
        if let Self::Fixed(at) = self {
            at.store(to.micros(), Ordering::Relaxed);
        }
    }

    /// Moves a fixed clock on.
    pub fn advance_seconds(&self, seconds: i64) {
        self.set(self.now().plus_seconds(seconds));
    }

    /// A fresh identifier of this moment; see [`Rng::id`].
    pub fn new_id(&self, rng: &Rng) -> Uuid {
        rng.id(self.now())
    }
}

/// Randomness fit for secrets, or a sequence that a test can repeat.
#[derive(Clone, Debug, Default)]
pub struct Rng {
    /// `None` is the operating system's generator.
    seeded: Option<Arc<Mutex<StdRng>>>,
    /// The time part of the last identifier.
    last: Arc<AtomicU64>,
}

impl Rng {
    pub fn system() -> Self {
        Self::default()
    }

    /// Always the same sequence for the same seed; for tests.
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))), last: Arc::default() }
    }

    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.seeded {
            None => rand::rng().fill_bytes(bytes),
            Some(seeded) => seeded.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes),
        }
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A UUID of version 7 (RFC 9562): milliseconds, then 12 bits of their fraction (method 3 of section 6.2), then 62
    /// random bits. Identifiers made through the same generator strictly ascend, even within one microsecond.
    pub fn id(&self, now: Timestamp) -> Uuid {
        let micros = u64::try_from(now.micros()).unwrap_or(0);
        let wanted = ((micros / 1000) << 12) | (micros % 1000 * 4096 / 1000);
        let next = |last: u64| Some(wanted.max(last + 1));
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(0);
        let time = wanted.max(before + 1);
        let mut random: [u8; 10] = self.bytes();
        let [.., high, low] = (time & 0xfff).to_be_bytes();
        random[0] = high;
        random[1] = low;
        uuid::Builder::from_unix_timestamp_millis(time >> 12, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_ascend_and_tell_their_time() {
        let (clock, rng) = (Clock::fixed(Timestamp::from_micros(1_795_000_000_123_456)), Rng::system());
        let ids: Vec<Uuid> = (0..5000).map(|_| clock.new_id(&rng)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert_eq!(ids[0].get_version_num(), 7);
        assert_eq!(ids[0].get_variant(), uuid::Variant::RFC4122);
        assert_eq!(u64::from_be_bytes(ids[0].as_bytes()[..8].try_into().unwrap()) >> 16, 1_795_000_000_123);
        clock.advance_seconds(1);
        assert!(clock.new_id(&rng) > ids[4999]);
    }

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        assert_eq!(Rng::seeded(7).bytes::<16>(), Rng::seeded(7).bytes::<16>());
        assert_ne!(Rng::system().bytes::<16>(), Rng::system().bytes::<16>());
    }
}
