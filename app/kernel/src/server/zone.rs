//! Time zones: which day it is somewhere, and when that day begins.

use std::{
    collections::HashMap,
    fmt,
    sync::{LazyLock, Mutex, PoisonError},
};

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::{Date, Timestamp, time::Offsets};

/// A zone of the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    pub const UTC: Self = Self(Tz::UTC);

    /// Reads a name like `Europe/Zurich`, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        let exact = name.parse().ok();
        exact.or_else(|| chrono_tz::TZ_VARIANTS.into_iter().find(|tz| tz.name().eq_ignore_ascii_case(name))).map(Self)
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// All names, in alphabetical order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name())
    }

    /// The day that clocks here show at an instant.
    pub fn date(self, at: Timestamp) -> Option<Date> {
        self.local(at).map(|local| Date(local.date()))
    }

    /// The day and time that clocks here show at an instant.
    pub fn local(self, at: Timestamp) -> Option<NaiveDateTime> {
        at.to_utc().map(|at| at.with_timezone(&self.0).naive_local())
    }

    /// The first instant of a day here: midnight, or where clocks skip it, the moment they are put forward.
    pub fn start_of_day(self, date: Date) -> Timestamp {
        self.instant(date.0.and_time(NaiveTime::MIN))
    }

    /// The first instant after a day here; days are 23 to 25 hours long.
    pub fn end_of_day(self, date: Date) -> Timestamp {
        self.start_of_day(Date(date.0.checked_add_days(Days::new(1)).unwrap_or(date.0)))
    }

    /// When clocks here show `local`: the earlier of two such instants, and the end of the gap where there is none.
    pub fn instant(self, local: NaiveDateTime) -> Timestamp {
        let from = |at: DateTime<Tz>| Timestamp::from_utc(at.to_utc());
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) => from(at),
            LocalResult::Ambiguous(earlier, _) => from(earlier),
            LocalResult::None => from(self.0.from_utc_datetime(&self.end_of_gap(local))),
        }
    }

    /// The zone for the browser: its offsets for the years people look at. Found once for each zone.
    pub fn offsets(self) -> Offsets {
        static FOUND: LazyLock<Mutex<HashMap<&'static str, Offsets>>> = LazyLock::new(Mutex::default);
        let known = FOUND.lock().unwrap_or_else(PoisonError::into_inner).get(self.name()).cloned();
        known.unwrap_or_else(|| {
            let offsets = self.find_offsets();
            FOUND.lock().unwrap_or_else(PoisonError::into_inner).insert(self.name(), offsets.clone());
            offsets
        })
    }

    fn find_offsets(self) -> Offsets {
        let start = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN);
        let at = |utc: NaiveDateTime| self.0.offset_from_utc_datetime(&utc).fix().local_minus_utc();
        let mut since = vec![(i64::MIN, at(start))];
        for day in (0..50 * 366).map(|d| start + TimeDelta::days(d)) {
            let (mut before, mut after) = (day, day + TimeDelta::days(1));
            if at(before) == at(after) {
                continue;
            }
            while after - before > TimeDelta::seconds(1) {
                let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
                if at(middle) == at(day) { before = middle } else { after = middle }
            }
            since.push((after.and_utc().timestamp(), at(after)));
        }
        Offsets { name: self.name().to_owned(), since }
    }

    /// The UTC time at which clocks jump over `local`, to the second. No gap is longer than a day (Samoa, 2011).
    fn end_of_gap(self, local: NaiveDateTime) -> NaiveDateTime {
        let shown = |utc: NaiveDateTime| self.0.from_utc_datetime(&utc).naive_local();
        let (mut before, mut after) = (local - TimeDelta::hours(26), local + TimeDelta::hours(26));
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            if shown(middle) < local {
                before = middle;
            } else {
                after = middle;
            }
        }
        after
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(zone: &str, y: i32, m: u32, d: u32) -> String {
        Zone::parse(zone).unwrap().start_of_day(Date::new(y, m, d).unwrap()).to_string()
    }

    #[test]
    fn days_begin_at_midnight_or_after_the_gap() {
        assert_eq!(start("UTC", 2026, 3, 1), "2026-03-01T00:00:00.000000Z");
        assert_eq!(start("europe/zurich", 2026, 7, 1), "2026-06-30T22:00:00.000000Z");
        // Clocks in Beirut were put forward at midnight, in São Paulo too; in Havana midnight came twice.
        assert_eq!(start("Asia/Beirut", 2024, 3, 31), "2024-03-30T22:00:00.000000Z");
        assert_eq!(start("America/Sao_Paulo", 2018, 11, 4), "2018-11-04T03:00:00.000000Z");
        assert_eq!(start("America/Havana", 2024, 11, 3), "2024-11-03T04:00:00.000000Z");
        // Samoa had no 30 December 2011 at all.
        assert_eq!(start("Pacific/Apia", 2011, 12, 30), start("Pacific/Apia", 2011, 12, 31));
    }

    #[test]
    fn the_date_is_the_one_on_the_wall() {
        let at = Timestamp::parse("2026-12-31T23:30:00Z").unwrap();
        assert_eq!(Zone::parse("Asia/Tokyo").unwrap().date(at), Date::new(2027, 1, 1));
        assert_eq!(Zone::parse("America/New_York").unwrap().date(at), Date::new(2026, 12, 31));
        assert_eq!(Zone::parse("Mars/Olympus"), None);
    }

    #[test]
    fn the_browser_shows_the_time_on_the_wall() {
        let zone = Zone::parse("Europe/Zurich").unwrap();
        let offsets = zone.offsets();
        for at in ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-07-01T12:00:00Z", "2026-10-25T01:00:00Z"] {
            let at = Timestamp::parse(at).unwrap();
            let wall = zone.local(at).unwrap().and_utc().timestamp();
            assert_eq!(i64::from(offsets.at(at)), wall - at.micros() / 1_000_000);
        }
        assert_eq!(Zone::UTC.offsets().since.len(), 1);
    }

    #[test]
    fn a_day_may_have_23_or_25_hours() {
        let zone = Zone::parse("Europe/Zurich").unwrap();
        let hours = |d: Date| zone.end_of_day(d).seconds_since(zone.start_of_day(d)) / 3600;
        assert_eq!(hours(Date::new(2026, 3, 29).unwrap()), 23);
        assert_eq!(hours(Date::new(2026, 10, 25).unwrap()), 25);
        assert_eq!(hours(Date::new(2026, 6, 1).unwrap()), 24);
    }
}
