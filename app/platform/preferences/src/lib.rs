//! How one person wants to see and to be told things.

pub mod api;

#[cfg(feature = "ssr")]
pub mod server;

use kernel::{
    Timestamp,
    format::{DateFormat, NumberFormat, TimeFormat},
};
use serde::{Deserialize, Serialize};

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// As the person's system has it.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// What stands in the cookie and at the root of the page; nothing for the system's.
    pub fn mark(self) -> Option<&'static str> {
        (self != Self::System).then_some(self.name())
    }
}

/// How high rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Density {
    Compact,
    #[default]
    Default,
    Comfortable,
}

impl Density {
    pub const ALL: [Self; 3] = [Self::Compact, Self::Default, Self::Comfortable];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Default => "default",
            Self::Comfortable => "comfortable",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|density| density.name() == name)
    }

    /// What stands in the cookie and at the root of the page; nothing between the two.
    pub fn mark(self) -> Option<&'static str> {
        (self != Self::Default).then_some(self.name())
    }
}

/// When nothing rings, in minutes after midnight of the person's clocks. Where it ends before it begins it goes over
/// midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    pub from: u16,
    pub until: u16,
}

impl Quiet {
    /// Whether a minute of the day is in it.
    pub const fn covers(self, minute: u16) -> bool {
        if self.from < self.until {
            self.from <= minute && minute < self.until
        } else {
            self.from <= minute || minute < self.until
        }
    }
}

/// `07:30` for the minutes of a day.
pub fn write_minutes(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Reads `07:30`.
pub fn read_minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    // A number may be read with a sign, a time of day has none.
    let is_plain = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let two = |part: &str| part.parse::<u16>().ok().filter(|_| is_plain(part));
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// All that one person prefers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    pub theme: Theme,
    pub density: Density,
    /// Seconds between looks at what a screen follows by itself; 0 for never. `None` for what suits each screen.
    pub refresh: Option<u32>,
    pub date: DateFormat,
    pub time: TimeFormat,
    pub number: NumberFormat,
    /// `None` for the company's.
    pub time_zone: Option<String>,
    /// Where one is after signing in.
    pub start_page: String,
    /// Whether keys without a modifier are shortcuts.
    pub single_keys: bool,
    /// Where text messages go, in E.164.
    pub phone: Option<String>,
    pub quiet: Option<Quiet>,
    /// Whether what is urgent is told all the same while it is quiet.
    pub high_through_quiet: bool,
    /// When they were last changed; never for who keeps the defaults.
    pub updated_at: Option<Timestamp>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            density: Density::default(),
            refresh: None,
            date: DateFormat::default(),
            time: TimeFormat::default(),
            number: NumberFormat::default(),
            time_zone: None,
            start_page: "/".to_owned(),
            single_keys: true,
            phone: None,
            quiet: None,
            high_through_quiet: true,
            updated_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let night = Quiet { from: 22 * 60, until: 7 * 60 };
        let quiet = [21 * 60 + 59, 22 * 60, 0, 7 * 60 - 1, 7 * 60].map(|minute| night.covers(minute));
        assert_eq!(quiet, [false, true, true, true, false]);
        let noon = Quiet { from: 12 * 60, until: 13 * 60 };
        assert_eq!([11 * 60, 12 * 60, 13 * 60].map(|minute| noon.covers(minute)), [false, true, false]);
    }

    #[test]
    fn times_of_day_are_written_as_they_are_read() {
        assert_eq!(read_minutes("07:30").map(write_minutes).as_deref(), Some("07:30"));
        for wrong in ["", "7:30", "24:00", "12:60", "12", "12:5", "-1:00", "+1:00"] {
            assert_eq!(read_minutes(wrong), None, "{wrong}");
        }
    }
}
