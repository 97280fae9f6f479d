//! Which backups stay.

use std::{collections::BTreeSet, str::FromStr};

use chrono::Datelike;
use kernel::Date;

/// How many backups stay: the last of each of so many days, weeks and months that have any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub days: usize,
    pub weeks: usize,
    pub months: usize,
}

impl Keep {
    /// Of backups by the day they were made, the latest first, those that stay.
    pub fn chosen(&self, days: &[Date]) -> Vec<bool> {
        let (mut by_day, mut by_week, mut by_month) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut is_last = |date: &Date| {
            let (day, week) = (date.0, date.0.iso_week());
            let is_day = by_day.len() < self.days && by_day.insert(day);
            let is_week = by_week.len() < self.weeks && by_week.insert((week.year(), week.week()));
            let is_month = by_month.len() < self.months && by_month.insert((day.year(), day.month()));
            is_day || is_week || is_month
        };
        days.iter().map(&mut is_last).collect()
    }

    pub fn sentence(&self) -> String {
        let part = |count: usize, unit: &str| match count {
            0 => None,
            1 => Some(format!("1 {unit}")),
            _ => Some(format!("{count} {unit}s")),
        };
        let parts = [part(self.days, "day"), part(self.weeks, "week"), part(self.months, "month")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.split_last() {
            Some((last, [])) => format!("The last backup of each of {last} is kept."),
            Some((last, before)) => format!("The last backup of each of {} and {last} is kept.", before.join(", ")),
            None => "Only the last backup is kept.".to_owned(),
        }
    }
}

/// Reads `7 days, 4 weeks, 6 months`, or some of it.
impl FromStr for Keep {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut keep = Self { days: 0, weeks: 0, months: 0 };
        for part in text.split(',') {
            let (number, unit) = part.trim().split_once(' ').ok_or(())?;
            let number: usize = number.parse().map_err(|_| ())?;
            let place = match unit.trim() {
                "day" | "days" => &mut keep.days,
                "week" | "weeks" => &mut keep.weeks,
                "month" | "months" => &mut keep.months,
                _ => return Err(()),
            };
            if *place != 0 || number == 0 || number > 10_000 {
                return Err(());
            }
            *place = number;
        }
        Ok(keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(texts: &[&str]) -> Vec<Date> {
        texts.iter().map(|text| Date::parse(text).unwrap()).collect()
    }

    #[test]
    fn the_last_of_each_day_week_and_month_stays() {
        let keep: Keep = "2 days, 2 weeks, 2 months".parse().unwrap();
        let made = days(&[
            "2026-11-20", // day, week, month
            "2026-11-20", // the same day
            "2026-11-19", // the second day
            "2026-11-18",
            "2026-11-15", // the week before
            "2026-11-08",
            "2026-10-30", // the month before
            "2026-09-30",
        ]);
        assert_eq!(keep.chosen(&made), [true, false, true, false, true, false, true, false]);
    }

    #[test]
    fn days_without_a_backup_do_not_count() {
        let keep: Keep = "3 days".parse().unwrap();
        let made = days(&["2026-11-20", "2026-06-01", "2024-02-29", "2024-02-28"]);
        assert_eq!(keep.chosen(&made), [true, true, true, false]);
    }

    #[test]
    fn weeks_are_those_of_the_calendar_across_years() {
        let keep: Keep = "2 weeks".parse().unwrap();
        let made = days(&["2027-01-03", "2026-12-31", "2026-12-28", "2026-12-27"]);
        assert_eq!(keep.chosen(&made), [true, false, false, true]);
    }

    #[test]
    fn it_is_read_and_said_in_words() {
        let keep: Keep = "7 days, 4 weeks, 1 month".parse().unwrap();
        assert_eq!(keep.sentence(), "The last backup of each of 7 days, 4 weeks and 1 month is kept.");
        assert_eq!("30 days".parse::<Keep>().unwrap().sentence(), "The last backup of each of 30 days is kept.");
        for bad in ["", "7", "seven days", "0 days", "7 days, 8 days", "1 year", "-1 days", "99999 days"] {
            assert!(bad.parse::<Keep>().is_err(), "{bad}");
        }
    }
}
