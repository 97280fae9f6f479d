//! Slowing down who guesses passwords, without locking anybody out.
//!
//! Failures count for each account as seen from each network address: who fails five times a minute waits, while the
//! account's owner, elsewhere, does not notice, and a colleague behind the same address does not either. Two wider
//! counts catch the rest: a network that fails very often waits whatever accounts it tries, and an account that many
//! networks try at once answers more slowly, but answers.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kernel::Timestamp;

/// The minute that failures count for, in seconds.
const WINDOW: i64 = 60;
/// Failures a minute for one account from one network.
const PER_ACCOUNT_AND_NETWORK: usize = 5;
/// Failures a minute for one network: a large office on Monday morning stays below.
const PER_NETWORK: usize = 100;
/// Failures a minute for one account after which its answers slow down.
const PER_ACCOUNT: usize = 20;
/// The longest an answer is slowed down.
const SLOWEST: Duration = Duration::from_secs(2);
/// How many counts of each sort are kept.
const KEPT: usize = 50_000;

/// A network as far as one customer of a provider goes: an address of version 4, a /64 of version 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(u64, bool);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u64::from(v4.to_bits()), false),
            IpAddr::V6(v6) => Self(u64::try_from(v6.to_bits() >> 64).unwrap_or(0), true),
        }
    }
}

#[derive(Default)]
pub struct Throttle(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    pairs: Counter<(String, Network)>,
    networks: Counter<Network>,
    accounts: Counter<String>,
}

impl Throttle {
    /// Counts an attempt as failed before it is made, so that many at once do not slip through. Tells how long to wait
    /// before answering it, or, where there were too many, after how many seconds to come back.
    pub fn begin(&self, account: &str, network: Network, now: Timestamp) -> Result<Duration, u32> {
        let counts = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (account.to_owned(), network);
        let wait = counts.pairs.wait(&pair, PER_ACCOUNT_AND_NETWORK, now);
        let wait = wait.max(counts.networks.wait(&network, PER_NETWORK, now));
        if let Some(seconds) = wait {
            return Err(seconds);
        }
        counts.pairs.add(pair, now);
        counts.networks.add(network, now);
        let failures = counts.accounts.add(account.to_owned(), now);
        let beyond = u32::try_from(failures.saturating_sub(PER_ACCOUNT)).unwrap_or(u32::MAX);
        Ok(Duration::from_millis(100).saturating_mul(beyond).min(SLOWEST))
    }

    /// Takes back what [`Self::begin`] counted: the attempt succeeded.
    pub fn succeed(&self, account: &str, network: Network) {
        let counts = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.pairs.0.remove(&(account.to_owned(), network));
        counts.networks.take_back(&network);
        counts.accounts.take_back(&account.to_owned());
    }
}

/// The times of recent failures, oldest first.
struct Counter<K>(HashMap<K, VecDeque<Timestamp>>);

impl<K> Default for Counter<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> Counter<K> {
    /// The seconds until there is room for another failure.
    fn wait(&mut self, key: &K, most: usize, now: Timestamp) -> Option<u32> {
        let failures = self.0.get_mut(key)?;
        expire(failures, now);
        let first = failures.get(failures.len().checked_sub(most)?)?;
        u32::try_from(WINDOW - now.seconds_since(*first)).ok().map(|s| s.max(1))
    }

    /// Adds a failure and tells how many there are.
    fn add(&mut self, key: K, now: Timestamp) -> usize {
        if self.0.len() >= KEPT && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let failures = self.0.entry(key).or_default();
        expire(failures, now);
        failures.push_back(now);
        // No limit is higher, so older ones change nothing.
        if failures.len() > PER_NETWORK {
            failures.pop_front();
        }
        failures.len()
    }

    fn take_back(&mut self, key: &K) {
        if let Some(failures) = self.0.get_mut(key) {
            failures.pop_back();
        }
    }

    /// Forgets what is over; where all is recent, the half with the fewest failures, which hold nobody back yet.
    fn make_room(&mut self, now: Timestamp) {
        self.0.retain(|_, failures| {
            expire(failures, now);
            !failures.is_empty()
        });
        if self.0.len() >= KEPT {
            let mut sizes: Vec<usize> = self.0.values().map(VecDeque::len).collect();
            sizes.sort_unstable();
            let middle = sizes[sizes.len() / 2];
            let mut left = KEPT / 2;
            self.0.retain(|_, failures| {
                let keep = failures.len() > middle && left > 0;
                left -= usize::from(keep);
                keep
            });
        }
    }
}

fn expire(failures: &mut VecDeque<Timestamp>, now: Timestamp) {
    while failures.front().is_some_and(|first| now.seconds_since(*first) >= WINDOW) {
        failures.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(seconds)
    }

    fn network(n: u32) -> Network {
        IpAddr::from(n.to_be_bytes()).into()
    }

    #[test]
    fn five_failures_a_minute_and_then_a_wait_for_that_network_alone() {
        let throttle = Throttle::default();
        for second in 0..5 {
            assert_eq!(throttle.begin("ana", network(1), at(second)), Ok(Duration::ZERO));
        }
        assert_eq!(throttle.begin("ana", network(1), at(5)), Err(55));
        // Her own network and her colleagues are not held back.
        assert!(throttle.begin("ana", network(2), at(5)).is_ok());
        assert!(throttle.begin("ben", network(1), at(5)).is_ok());
        // A minute after the first failure there is room for one more.
        assert!(throttle.begin("ana", network(1), at(60)).is_ok());
        assert_eq!(throttle.begin("ana", network(1), at(60)), Err(1));
    }

    #[test]
    fn success_takes_the_count_back() {
        let throttle = Throttle::default();
        for _ in 0..200 {
            assert_eq!(throttle.begin("ana", network(1), at(0)), Ok(Duration::ZERO));
            throttle.succeed("ana", network(1));
        }
    }

    #[test]
    fn an_office_behind_one_address_is_held_back_only_when_it_fails_very_often() {
        let throttle = Throttle::default();
        for person in 0..100 {
            assert!(throttle.begin(&format!("p{person}"), network(1), at(0)).is_ok());
        }
        assert_eq!(throttle.begin("another", network(1), at(1)), Err(59));
        assert!(throttle.begin("another", network(2), at(1)).is_ok());
    }

    #[test]
    fn an_account_tried_from_everywhere_slows_down_but_answers() {
        let throttle = Throttle::default();
        let mut slowest = Duration::ZERO;
        for n in 0..1000 {
            slowest = slowest.max(throttle.begin("ana", network(n), at(0)).unwrap());
        }
        assert_eq!(slowest, SLOWEST);
        assert_eq!(throttle.begin("ana", network(5000), at(61)), Ok(Duration::ZERO));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..120_000 {
            let _ = throttle.begin(&format!("a{n}"), network(n), at(0));
        }
        let counts = throttle.0.lock().unwrap();
        assert!(counts.pairs.0.len() <= KEPT && counts.networks.0.len() <= KEPT && counts.accounts.0.len() <= KEPT);
    }

    #[test]
    fn neighbours_in_version_6_are_one_network() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
