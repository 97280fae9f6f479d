//! The company itself.

#[cfg(feature = "ssr")]
pub mod server;

use records::{Choice, LongText, Record};

/// What a company decides once and every module follows. There is one record of it.
#[derive(Clone, Debug, Record)]
#[record(table = "organisations", singular = "Organisation", icon = "settings", title = "name", shared)]
pub struct Organisation {
    #[field(required, list)]
    pub name: String,
    #[field(help = "PNG, JPEG or WebP, at most 64 KB")]
    pub logo: Option<LongText>,
    #[field(
        required,
        list,
        default = "UTC",
        help = "Where a day begins and ends for the company, such as Europe/Zurich"
    )]
    pub time_zone: String,
    #[field(required, default = "monday", label = "First day of the week")]
    pub first_day: Weekday,
    #[field(required, default = "january", label = "Fiscal year starts in")]
    pub fiscal_year: Month,
    #[field(required, default = "USD", label = "Reporting currency", help = "Three letters, such as USD")]
    pub currency: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Month {
    January,
    February,
    March,
    April,
    May,
    June,
    July,
    August,
    September,
    October,
    November,
    December,
}
