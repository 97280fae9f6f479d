//! What is counted of the work: how many, how long they waited and ran, by minute and by day.

use std::{collections::BTreeMap, time::Duration};

use kernel::{
    Date, Timestamp,
    server::{DbError, Tx},
};

use super::store::{self, Figure};
use crate::{Day, Minute, State};

/// What came to an end since it was last written down.
#[derive(Default)]
pub struct Tally {
    figures: BTreeMap<(&'static str, &'static str, i64), i64>,
    days: BTreeMap<(&'static str, State), i64>,
}

impl Tally {
    pub fn waited(&mut self, queue: &'static str, wait: Duration) {
        *self.figures.entry((queue, "wait", bucket(wait))).or_default() += 1;
    }

    pub fn finished(&mut self, queue: &'static str, kind: &'static str, state: State, took: Duration) {
        *self.figures.entry((queue, "run", bucket(took))).or_default() += 1;
        *self.days.entry((kind, state)).or_default() += 1;
    }

    pub fn failed(&mut self, queue: &'static str) {
        *self.figures.entry((queue, "failed", 0)).or_default() += 1;
    }

    /// Adds it to what was counted in this minute, and on this day of the company's calendar.
    pub async fn write(&self, tx: &mut Tx, now: Timestamp, today: Option<Date>) -> Result<(), DbError> {
        store::add_figures(tx, minute_of(now), &self.figures).await?;
        let Some(today) = today else { return Ok(()) };
        store::add_days(tx, today, &self.days).await
    }
}

/// The minute an instant is in.
pub fn minute_of(at: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000_000;
    Timestamp::from_micros(at.micros().div_euclid(MINUTE) * MINUTE)
}

/// The power of two above a time in milliseconds.
fn bucket(time: Duration) -> i64 {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    i64::from(u64::BITS - milliseconds.leading_zeros())
}

/// Below which time, in milliseconds, so many of 100 stayed. `None` without any.
pub fn percentile(buckets: &BTreeMap<i64, i64>, percent: i64) -> Option<i64> {
    let all: i64 = buckets.values().sum();
    let wanted = (all * percent + 99) / 100;
    let mut sum = 0;
    for (bucket, n) in buckets {
        sum += n;
        if sum >= wanted && all > 0 {
            return Some(1 << (*bucket).clamp(0, 40));
        }
    }
    None
}

/// Of a queue, or of all: counts by figure.
#[derive(Default)]
pub struct Sums {
    pub wait: BTreeMap<i64, i64>,
    pub run: BTreeMap<i64, i64>,
    pub failed: i64,
}

impl Sums {
    pub fn add(&mut self, figure: &Figure) {
        match figure.name.as_str() {
            "wait" => *self.wait.entry(figure.bucket).or_default() += figure.n,
            "run" => *self.run.entry(figure.bucket).or_default() += figure.n,
            _ => self.failed += figure.n,
        }
    }

    pub fn finished(&self) -> i64 {
        self.run.values().sum()
    }
}

/// The `n` minutes up to now, those without work too.
pub fn minutes(figures: &[Figure], now: Timestamp, n: i64) -> Vec<Minute> {
    let last = minute_of(now);
    let all = (0..n).rev().map(|back| {
        let at = last.plus_seconds(-60 * back);
        let mut sums = Sums::default();
        figures.iter().filter(|figure| figure.minute == at).for_each(|figure| sums.add(figure));
        let wait = percentile(&sums.wait, 95).unwrap_or(0);
        Minute { at, finished: sums.finished(), failed: sums.failed, wait }
    });
    all.collect()
}

/// The days up to today, those without work too.
pub fn days(counts: &BTreeMap<(Date, State), i64>, since: Date, today: Date) -> Vec<Day> {
    let of = |day, state| counts.get(&(day, state)).copied().unwrap_or(0);
    let all = since.0.iter_days().map(Date).take_while(|day| *day <= today);
    all.map(|day| Day { day, completed: of(day, State::Completed), failed: of(day, State::Discarded) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_powers_of_two() {
        let bucket = |ms| bucket(Duration::from_millis(ms));
        assert_eq!([0, 1, 2, 3, 4, 1000].map(bucket), [0, 1, 2, 2, 3, 10]);
    }

    #[test]
    fn percentiles_are_the_bound_of_the_bucket_they_fall_in() {
        let buckets = BTreeMap::from([(0, 50), (3, 45), (10, 5)]);
        assert_eq!([50, 51, 95, 96].map(|p| percentile(&buckets, p)), [Some(1), Some(8), Some(8), Some(1024)]);
        assert_eq!(percentile(&BTreeMap::new(), 50), None);
    }

    #[test]
    fn every_minute_is_there_once() {
        let now = Timestamp::from_micros(600_000_000 + 5);
        let figure = |name: &str, bucket, n| Figure {
            minute: Timestamp::from_micros(540_000_000),
            queue: "default".into(),
            name: name.into(),
            bucket,
            n,
        };
        let minutes = minutes(&[figure("wait", 4, 2), figure("run", 1, 2), figure("failed", 0, 1)], now, 3);
        let seen: Vec<_> = minutes.iter().map(|m| (m.at.micros(), m.finished, m.failed, m.wait)).collect();
        assert_eq!(seen, [(480_000_000, 0, 0, 0), (540_000_000, 2, 1, 16), (600_000_000, 0, 0, 0)]);
    }

    #[test]
    fn every_day_is_there_once() {
        let [first, second, third] = ["2026-02-27", "2026-02-28", "2026-03-01"].map(|day| Date::parse(day).unwrap());
        let counts = BTreeMap::from([
            ((first, State::Discarded), 2),
            ((third, State::Completed), 5),
            ((third, State::Cancelled), 9),
        ]);
        let seen: Vec<_> = days(&counts, first, third).iter().map(|d| (d.day, d.completed, d.failed)).collect();
        assert_eq!(seen, [(first, 0, 2), (second, 0, 0), (third, 5, 0)]);
    }
}
