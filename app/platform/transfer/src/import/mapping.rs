//! Which column of a file goes into which field, and how its values are read.

use std::collections::BTreeMap;

use records::Kind;
use serde::{Deserialize, Serialize};

/// Where a column goes, by the column's name; `None` for one that is left out. Columns that are not named at all are
/// matched by their names.
pub type Mapping = BTreeMap<String, Option<Match>>;

/// All that a person decides about an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub mapping: Mapping,
    /// The field by which rows find the records they are about.
    pub match_on: Option<String>,
    pub mode: Mode,
    pub on_error: OnError,
}

/// What is done with a row, depending on whether its record exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// New records only; rows whose record exists are skipped.
    Create,
    /// Existing records only; the other rows are skipped.
    Update,
    #[default]
    Both,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Both];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Both => "both",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }
}

/// What happens to a row with a cell that does not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    #[default]
    SkipRow,
    /// The row is imported without that cell.
    SkipCell,
}

impl OnError {
    pub const fn name(self) -> &'static str {
        match self {
            Self::SkipRow => "skip_row",
            Self::SkipCell => "skip_cell",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::SkipRow, Self::SkipCell].into_iter().find(|o| o.name() == name)
    }
}

/// The order of a date's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `2026-03-31`
    Iso,
    /// `03/31/2026`
    MonthFirst,
    /// `31/03/2026` or `31.03.2026`
    DayFirst,
}

impl DateOrder {
    pub const ALL: [Self; 3] = [Self::Iso, Self::MonthFirst, Self::DayFirst];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Iso => "iso",
            Self::MonthFirst => "month_first",
            Self::DayFirst => "day_first",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }
}

/// Where a column goes and how its cells are read. A script may write the field's name alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Match {
    pub field: String,
    /// What each number is multiplied by, exactly.
    pub multiply: u32,
    /// The currency of amounts that name none.
    pub currency: Option<String>,
    pub date: Option<DateOrder>,
    /// `1.234,50` rather than `1,234.50`. Nothing where nobody has said: a cell that could be either is reported then.
    pub decimal_comma: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    field: String,
    #[serde(default = "one")]
    multiply: u32,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    date: Option<DateOrder>,
    #[serde(default)]
    decimal_comma: Option<bool>,
}

const fn one() -> u32 {
    1
}

impl From<Written> for Match {
    fn from(written: Written) -> Self {
        match written {
            Written::Name(field) => Self::to(field),
            Written::Whole(Whole { field, multiply, currency, date, decimal_comma }) => {
                Self { field, multiply, currency, date, decimal_comma }
            }
        }
    }
}

impl Match {
    /// Values as they stand.
    pub fn to(field: impl Into<String>) -> Self {
        Self { field: field.into(), multiply: 1, currency: None, date: None, decimal_comma: None }
    }
}

/// A column of a file, and what its values look like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The first three different values.
    pub samples: Vec<String>,
    /// Cells that are not empty.
    pub filled: i64,
    /// Of those, how many are a date read in each order.
    pub iso: i64,
    pub month_first: i64,
    pub day_first: i64,
    /// Of those, numbers that only a decimal comma, or only a decimal point, explains.
    pub comma: i64,
    pub point: i64,
    /// An earlier column has the same heading; this one was given another.
    pub is_repeated: bool,
}

impl Column {
    /// The order in which most of the column's values are dates; nothing where two orders explain as many.
    pub fn date_order(&self) -> Option<DateOrder> {
        let counts = [
            (self.iso, DateOrder::Iso),
            (self.month_first, DateOrder::MonthFirst),
            (self.day_first, DateOrder::DayFirst),
        ];
        let most = counts.iter().map(|(n, _)| *n).max().filter(|n| *n > 0)?;
        let mut best = counts.into_iter().filter(|(n, _)| *n == most);
        let first = best.next().map(|(_, order)| order);
        if best.next().is_some() { None } else { first }
    }

    /// Whether a person has to say in which order the dates are.
    pub fn is_ambiguous(&self) -> bool {
        self.month_first > 0 && self.date_order().is_none()
    }

    /// The field with the way of reading that the values suggest.
    pub fn suggest(&self, field: &str, kind: &Kind) -> Match {
        let mut suggested = Match::to(field);
        match kind {
            Kind::Date => suggested.date = self.date_order(),
            kind if kind.is_number() && (self.comma > 0) != (self.point > 0) => {
                suggested.decimal_comma = Some(self.comma > 0);
            }
            _ => {}
        }
        suggested
    }
}

/// The longest line a sample shows, in characters.
const SAMPLE: usize = 80;
/// A date with a time, in bytes.
const LONGEST_DATE: usize = 30;

impl Column {
    /// Takes a cell into account.
    pub fn see(&mut self, cell: &str) {
        let cell = cell.trim();
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        if self.samples.len() < 3 {
            let sample: String = cell.chars().take(SAMPLE).collect();
            if !self.samples.contains(&sample) {
                self.samples.push(sample);
            }
        }
        let first = cell.as_bytes()[0];
        if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'$' | b'.' | b',') || first >= 0x80) {
            return;
        }
        if cell.len() <= LONGEST_DATE && first.is_ascii_digit() {
            self.iso += i64::from(date(cell, DateOrder::Iso).is_some());
            self.month_first += i64::from(date(cell, DateOrder::MonthFirst).is_some());
            self.day_first += i64::from(date(cell, DateOrder::DayFirst).is_some());
        }
        if cell.contains([',', '.']) && cell.len() <= 40 {
            let digits: String = cell.chars().filter(|c| c.is_ascii_digit() || matches!(c, ',' | '.')).collect();
            let is_point = kernel::parse_decimal(&digits, 12).is_ok();
            let is_comma = kernel::parse_decimal(&swap(&digits), 12).is_ok();
            self.comma += i64::from(is_comma && !is_point);
            self.point += i64::from(is_point && !is_comma);
        }
    }
}

/// Exchanges points and commas.
pub(crate) fn swap(text: &str) -> String {
    let exchanged = text.chars().map(|c| match c {
        ',' => '.',
        '.' => ',',
        other => other,
    });
    exchanged.collect()
}

/// Reads a date in one order; nothing else may stand beside it but a midnight, which spreadsheets add.
pub(crate) fn date(text: &str, order: DateOrder) -> Option<kernel::Date> {
    let text = match text.split_once([' ', 'T']) {
        Some((day, time)) if is_midnight(time) => day,
        Some(_) => return None,
        None => text,
    };
    if order == DateOrder::Iso {
        return kernel::Date::parse(text);
    }
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    // Nobody writes the month first before a full stop.
    let fits = match order {
        DateOrder::MonthFirst => "/-".contains(separator),
        _ => "/-.".contains(separator),
    };
    let parts: Vec<&str> = text.split(separator).collect();
    let [first, second, year] = parts.as_slice() else { return None };
    let number = |part: &str, most: usize| {
        let is_number = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if is_number { part.parse::<u32>().ok() } else { None }
    };
    let (first, second) = (number(first, 2)?, number(second, 2)?);
    let year = i32::try_from(number(year, 4).filter(|_| year.len() == 4)?).ok()?;
    let (month, day) = if order == DateOrder::MonthFirst { (first, second) } else { (second, first) };
    fits.then(|| kernel::Date::new(year, month, day)).flatten()
}

/// `00:00`, `0:00:00`, `00:00:00.000Z`, `12:00:00 AM`.
fn is_midnight(time: &str) -> bool {
    let twelve = time.strip_suffix(" AM").and_then(|time| time.strip_prefix("12"));
    let rest = twelve.or_else(|| time.trim_end_matches('Z').strip_prefix("00")).or_else(|| time.strip_prefix('0'));
    rest.is_some_and(|rest| rest.starts_with(':') && rest.chars().all(|c| matches!(c, '0' | ':' | '.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> Column {
        let mut column = Column::default();
        for cell in cells {
            column.see(cell);
        }
        column
    }

    #[test]
    fn the_order_of_dates_is_decided_by_all_values() {
        assert_eq!(column(&["10/20/2016", "3/1/2017"]).date_order(), Some(DateOrder::MonthFirst));
        assert_eq!(column(&["01/02/2016", "31/12/2017"]).date_order(), Some(DateOrder::DayFirst));
        assert_eq!(column(&["01.02.2016"]).date_order(), Some(DateOrder::DayFirst));
        assert_eq!(column(&["2016-02-01", ""]).date_order(), Some(DateOrder::Iso));
        let either = column(&["01/02/2016", "03/04/2017"]);
        assert_eq!((either.date_order(), either.is_ambiguous()), (None, true));
        assert_eq!(column(&["1.5", "12.12"]).date_order(), None);
    }

    #[test]
    fn a_decimal_comma_is_told_from_thousands() {
        let comma = |cells: &[&str]| column(cells).suggest("x", &Kind::Money).decimal_comma;
        assert_eq!(comma(&["1.234,50", "7,5"]), Some(true));
        assert_eq!(comma(&["1,234", "1,234.50"]), Some(false));
        for unclear in [&["1,234"][..], &["2.000", "15.000"], &["1.234,50", "1,234.50"], &["7"]] {
            assert_eq!(comma(unclear), None, "{unclear:?}");
        }
    }

    #[test]
    fn a_midnight_beside_a_date_says_nothing() {
        let march = kernel::Date::new(2017, 3, 1);
        for midnight in ["2017-03-01 00:00:00", "2017-03-01T00:00:00", "2017-03-01T00:00:00.000Z", "2017-03-01 0:00"] {
            assert_eq!(date(midnight, DateOrder::Iso), march, "{midnight}");
        }
        assert_eq!(date("3/1/2017 12:00:00 AM", DateOrder::MonthFirst), march);
        for other in ["2017-03-01 10:00", "2017-03-01 00:00:01", "2017-03-01 0", "2017-03-01 12:00", "2017-03-01 x"] {
            assert_eq!(date(other, DateOrder::Iso), None, "{other}");
        }
        assert_eq!(column(&["3/25/2017 0:00"]).date_order(), Some(DateOrder::MonthFirst));
    }

    #[test]
    fn a_script_may_name_the_field_alone() {
        let text =
            r#"{"Symbol": "ticker", "revenue": {"field": "annual_revenue", "multiply": 1000000}, "Ignored": null}"#;
        let mapping: Mapping = serde_json::from_str(text).unwrap();
        assert_eq!(mapping["Symbol"], Some(Match::to("ticker")));
        assert_eq!(mapping["revenue"].as_ref().map(|m| m.multiply), Some(1_000_000));
        assert_eq!(mapping["Ignored"], None);
        assert!(serde_json::from_str::<Mapping>(r#"{"a": {"field": "b", "multipy": 2}}"#).is_err());
    }
}
