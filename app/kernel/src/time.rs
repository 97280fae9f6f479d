//! Days and instants, stored and compared alike on both databases.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// An instant in UTC, to the microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// From the first of January of the year 1.
const DAYS_TO_1970: i32 = 719_163;

impl Timestamp {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    pub fn from_utc(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }

    /// `None` outside the years a calendar can show.
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// Reads RFC 3339, with any offset.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(at) = Self::read_own(text.as_bytes()) {
            return Some(at);
        }
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self::from_utc(at.to_utc()))
    }

    /// Reads the form in which instants are stored, as every row of a list holds several.
    fn read_own(text: &[u8]) -> Option<Self> {
        let text: &[u8; 27] = text.try_into().ok()?;
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
        if separators.iter().any(|(at, byte)| text[*at] != *byte) {
            return None;
        }
        let number = |from: usize, to: usize| {
            text[from..to].iter().try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
        };
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        // A leap second is left to those who know them.
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let day = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
        let days = i64::from(day.num_days_from_ce() - DAYS_TO_1970);
        let seconds = days * 86_400 + i64::from(hour * 3_600 + minute * 60 + second);
        Some(Self(seconds * 1_000_000 + i64::from(number(20, 26)?)))
    }

    /// The form in which instants are stored; `None` outside the years of four digits.
    fn write_own(self) -> Option<[u8; 27]> {
        fn put(text: &mut [u8], mut number: u32) {
            for place in text.iter_mut().rev() {
                *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
        }
        let at = self.to_utc()?;
        let year = u32::try_from(at.year()).ok().filter(|y| *y <= 9_999)?;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        put(&mut text[0..4], year);
        put(&mut text[5..7], at.month());
        put(&mut text[8..10], at.day());
        put(&mut text[11..13], at.hour());
        put(&mut text[14..16], at.minute());
        put(&mut text[17..19], at.second());
        put(&mut text[20..26], at.timestamp_subsec_micros());
        Some(text)
    }

    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Seconds from `earlier` to `self`.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 1_000_000
    }

    pub fn date_utc(self) -> Option<Date> {
        self.to_utc().map(|at| Date(at.date_naive()))
    }
}

/// RFC 3339 in UTC with six decimals, 27 characters: sorts as text the way it sorts as time.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.write_own();
        if let Some(text) = own.as_ref().and_then(|text| std::str::from_utf8(text).ok()) {
            return f.write_str(text);
        }
        match self.to_utc() {
            Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => write!(f, "{}µs", self.0),
        }
    }
}

/// A day of the Gregorian calendar, in no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(pub NaiveDate);

impl Date {
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).filter(|d| (1..=9999).contains(&d.year())).map(Self)
    }

    /// Reads `YYYY-MM-DD` and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let mut part = |digits: usize| {
            let part = parts.next()?;
            (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())).then_some(part)
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `3 Nov 2026`.
pub fn show_date(date: Date) -> String {
    format!("{} {} {}", date.0.day(), MONTHS[date.0.month0() as usize], date.0.year())
}

/// A time zone as the browser knows it: from which second of the epoch on which offset from UTC, in seconds, holds.
/// The server makes it, so that no table of zones goes into the browser and both paint the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offsets {
    pub name: String,
    pub since: Vec<(i64, i32)>,
}

impl Offsets {
    /// The offset from UTC at an instant, in seconds.
    pub fn at(&self, at: Timestamp) -> i32 {
        let second = at.micros().div_euclid(1_000_000);
        let next = self.since.partition_point(|(since, _)| *since <= second);
        self.since.get(next.saturating_sub(1)).map_or(0, |(_, offset)| *offset)
    }

    /// The day and time that clocks in the zone show. `None` outside the calendar.
    pub fn local(&self, at: Timestamp) -> Option<NaiveDateTime> {
        at.plus_seconds(self.at(at).into()).to_utc().map(|local| local.naive_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timestamp_is_written_and_read_as_rfc_3339() {
        let micros = [0, 1, -1, 1_000_000, 951_782_399_999_999, 4_102_444_800_000_000, -62_135_596_800_000_000];
        for at in micros.map(Timestamp::from_micros) {
            let theirs = at.to_utc().unwrap().to_rfc3339_opts(SecondsFormat::Micros, true);
            assert_eq!(at.to_string(), theirs);
            assert_eq!(Timestamp::parse(&theirs), Some(at));
        }
        for wrong in ["2026-02-30T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z", "2026-01-01T00:00:00.00000xZ"] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_timestamp_is_27_characters_and_reads_back() {
        let at = Timestamp::from_micros(1_795_000_000_123_456);
        assert_eq!(at.to_string().len(), 27);
        assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
        assert_eq!(Timestamp::parse("2026-03-01T01:00:00+02:00"), Timestamp::parse("2026-02-28T23:00:00Z"));
    }

    #[test]
    fn only_whole_iso_dates_are_dates() {
        assert_eq!(Date::parse("2024-02-29").map(|d| d.to_string()).as_deref(), Some("2024-02-29"));
        for text in ["2023-02-29", "2024-2-9", "24-02-29", "2024-02-29T00:00:00Z", "+024-02-29", "", "0000-01-01"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}
