//! How a person reads days, times and numbers. No format here speaks a language of its own but the short names of
//! months, and each is named by what it looks like.

use chrono::{NaiveDateTime, Timelike};
use serde::{Deserialize, Serialize};

use crate::{Date, Money, Timestamp, group_digits, time::Offsets};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            #[default]
            $($variant),*
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name it is kept under and asked for by: what it looks like.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

// The first of each is the default.
named! {
    /// How a day is written.
    DateFormat {
        Named = "D MMM YYYY",
        Iso = "YYYY-MM-DD",
        Dots = "DD.MM.YYYY",
        DayFirst = "DD/MM/YYYY",
        MonthFirst = "MM/DD/YYYY",
    }
}

named! {
    /// How a time of day is written.
    TimeFormat {
        Hours24 = "24h",
        Hours12 = "12h",
    }
}

named! {
    /// How a number is written: what groups its thousands and what stands before its decimals.
    NumberFormat {
        Commas = "1,234.56",
        Dots = "1.234,56",
        Spaces = "1 234,56",
        Apostrophes = "1'234.56",
        Plain = "1234.56",
    }
}

impl DateFormat {
    pub fn show(self, date: Date) -> String {
        use chrono::Datelike;
        let (year, month, day) = (date.0.year(), date.0.month(), date.0.day());
        match self {
            Self::Named => crate::time::show_date(date),
            Self::Iso => date.to_string(),
            Self::Dots => format!("{day:02}.{month:02}.{year:04}"),
            Self::DayFirst => format!("{day:02}/{month:02}/{year:04}"),
            Self::MonthFirst => format!("{month:02}/{day:02}/{year:04}"),
        }
    }
}

impl TimeFormat {
    pub fn show(self, local: NaiveDateTime) -> String {
        match self {
            Self::Hours24 => format!("{:02}:{:02}", local.hour(), local.minute()),
            Self::Hours12 => {
                let (is_afternoon, hour) = local.hour12();
                format!("{hour}:{:02} {}", local.minute(), if is_afternoon { "pm" } else { "am" })
            }
        }
    }
}

impl NumberFormat {
    /// Between groups of thousands, and before the decimals.
    const fn marks(self) -> (&'static str, &'static str) {
        match self {
            Self::Commas => (",", "."),
            Self::Dots => (".", ","),
            // Does not break at the end of a line.
            Self::Spaces => ("\u{a0}", ","),
            Self::Apostrophes => ("’", "."),
            Self::Plain => ("", "."),
        }
    }

    /// A number in plain digits with a decimal point, such as `-1234.50`, as a person reads it.
    pub fn show(self, digits: &str) -> String {
        let (group, point) = self.marks();
        match self {
            Self::Commas => group_digits(digits),
            _ => group_digits(digits)
                .chars()
                .map(|c| match c {
                    ',' => group.to_owned(),
                    '.' => point.to_owned(),
                    c => c.to_string(),
                })
                .collect(),
        }
    }

    /// The same for a field in which it is typed: with the person's decimal mark and no groups.
    pub fn edit(self, digits: String) -> String {
        let (_, point) = self.marks();
        if point == "." { digits } else { digits.replace('.', point) }
    }

    /// What a person typed, with commas between thousands and a decimal point, as [`crate::parse_decimal`] reads it.
    pub fn read(self, typed: &str) -> String {
        let (_, point) = self.marks();
        let is_group = |c: char| match self {
            Self::Dots => c == '.',
            Self::Spaces => matches!(c, ' ' | '\u{a0}' | '\u{202f}'),
            Self::Apostrophes => matches!(c, '\'' | '’'),
            Self::Commas | Self::Plain => false,
        };
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let mut read = String::with_capacity(typed.len());
        let mut chars = typed.trim().chars().peekable();
        let mut before = None;
        while let Some(c) = chars.next() {
            read.push(match c {
                c if is_group(c) && is_digit(before) && is_digit(chars.peek().copied()) => ',',
                ',' if point == "," => '.',
                // What is no mark of theirs makes no number.
                '.' if point == "," => '_',
                c => c,
            });
            before = Some(c);
        }
        read
    }
}

/// How one person reads: their zone and their formats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formats {
    pub zone: Offsets,
    pub date: DateFormat,
    pub time: TimeFormat,
    pub number: NumberFormat,
}

impl Formats {
    /// The usual formats in a zone.
    pub fn of(zone: Offsets) -> Self {
        Self { zone, ..Self::default() }
    }

    pub fn date(&self, date: Date) -> String {
        self.date.show(date)
    }

    /// The day and the time that the person's clocks show: `3 Nov 2026, 14:05`.
    pub fn at(&self, at: Timestamp) -> String {
        let local = self.zone.local(at);
        local.map(|local| format!("{}, {}", self.date(Date(local.date())), self.time.show(local))).unwrap_or_default()
    }

    /// The time alone.
    pub fn time(&self, at: Timestamp) -> String {
        self.zone.local(at).map(|local| self.time.show(local)).unwrap_or_default()
    }

    /// How long ago an instant was: `just now`, `8 min ago`, `2 h ago`, `yesterday`, then the date. Clocks differ a
    /// little; what lies further ahead is named by its day and time.
    pub fn ago(&self, at: Timestamp, now: Timestamp) -> String {
        let day = |t: Timestamp| (t.micros() / 1_000_000 + i64::from(self.zone.at(t))).div_euclid(86_400);
        match (now.seconds_since(at), day(now) - day(at)) {
            (..-60, _) => self.at(at),
            (..60, _) => "just now".to_owned(),
            (seconds @ ..3_600, _) => format!("{} min ago", seconds / 60),
            (seconds, 0) => format!("{} h ago", seconds / 3_600),
            (_, 1) => "yesterday".to_owned(),
            _ => self.zone.local(at).map(|local| self.date(Date(local.date()))).unwrap_or_default(),
        }
    }

    /// A number in plain digits.
    pub fn number(&self, digits: &str) -> String {
        self.number.show(digits)
    }

    pub fn count(&self, n: impl Into<i128>) -> String {
        self.number.show(&n.into().to_string())
    }

    /// How large something is, in powers of a thousand: `3.4 MB`, `12 GB`.
    pub fn size(&self, bytes: i64) -> String {
        let (unit, name) = match bytes {
            ..1_000 => (1, "B"),
            1_000..1_000_000 => (1_000, "kB"),
            1_000_000..1_000_000_000 => (1_000_000, "MB"),
            _ => (1_000_000_000, "GB"),
        };
        let (whole, tenths) = (bytes / unit, bytes % unit * 10 / unit);
        let digits = if unit == 1 || whole >= 10 { whole.to_string() } else { format!("{whole}.{tenths}") };
        format!("{} {name}", self.number(&digits))
    }

    pub fn money(&self, money: Money) -> String {
        money.show(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn numbers_are_written_as_their_reader_writes_them_and_read_back() {
        let shown = ["1,234,567.80", "1.234.567,80", "1\u{a0}234\u{a0}567,80", "1’234’567.80", "1234567.80"];
        for (format, shown) in NumberFormat::ALL.iter().zip(shown) {
            assert_eq!(format.show("1234567.80"), shown);
            assert_eq!(crate::parse_decimal(&format.read(shown), 2), Ok(123_456_780), "{shown}");
            assert_eq!(crate::parse_decimal(&format.read(&format.edit("-0.5".to_owned())), 2), Ok(-50));
        }
    }

    #[test]
    fn the_mark_of_others_makes_no_number() {
        for (format, typed) in
            [(NumberFormat::Dots, "1.5"), (NumberFormat::Spaces, "1.5"), (NumberFormat::Commas, "1,5")]
        {
            assert!(crate::parse_decimal(&format.read(typed), 2).is_err(), "{typed}");
        }
    }

    #[test]
    fn days_times_and_amounts_follow_their_reader() {
        let at = Timestamp::parse("2026-11-03T22:05:00Z").unwrap();
        let zone = Offsets { name: "Europe/Zurich".into(), since: vec![(i64::MIN, 7_200)] };
        let mut formats = Formats::of(zone);
        assert_eq!(formats.at(at), "4 Nov 2026, 00:05");
        let dates = ["4 Nov 2026", "2026-11-04", "04.11.2026", "04/11/2026", "11/04/2026"];
        for (date, shown) in DateFormat::ALL.iter().zip(dates) {
            formats = Formats { date: *date, time: TimeFormat::Hours12, number: NumberFormat::Dots, ..formats };
            assert_eq!(formats.at(at), format!("{shown}, 12:05 am"));
        }
        assert_eq!(formats.money(Money { minor: -123_456, currency: Currency::EUR }), "−€1.234,56");
        assert_eq!(formats.ago(at, at.plus_seconds(7_200)), "2 h ago");
        assert_eq!(formats.ago(at, at.plus_seconds(-30)), "just now");
        assert_eq!(formats.ago(at, at.plus_seconds(-90)), formats.at(at));
        assert_eq!(
            [0, 999, 3_449, 12_800_000, 1_500_000_000].map(|n| formats.size(n)),
            ["0 B", "999 B", "3,4 kB", "12 MB", "1,5 GB"]
        );
    }
}
