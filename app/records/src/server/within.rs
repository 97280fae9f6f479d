//! Relative dates: `this month`, `last 30 days`, `more_than 14 days ago`.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// Days from the first, up to but not including the second; an open end goes on for ever.
pub type Span = (Option<NaiveDate>, Option<NaiveDate>);

/// Reads a phrase. `last N days` are the N days before today, and today; `next N days` mirrors it.
pub fn parse(phrase: &str, today: NaiveDate, first_day: Weekday) -> Option<Span> {
    let words: Vec<_> = phrase.split_whitespace().collect();
    let tomorrow = today.succ_opt()?;
    let closed = |from: NaiveDate, to: NaiveDate| Some((Some(from), Some(to)));
    match words.as_slice() {
        ["today"] => closed(today, tomorrow),
        ["yesterday"] => closed(today.pred_opt()?, today),
        ["tomorrow"] => closed(tomorrow, tomorrow.succ_opt()?),
        [which @ ("this" | "last" | "next"), unit @ ("week" | "month" | "quarter" | "year")] => {
            let start = start_of(unit, today, first_day)?;
            let from = match *which {
                "last" => shift(unit, start, -1)?,
                "next" => shift(unit, start, 1)?,
                _ => start,
            };
            closed(from, shift(unit, from, 1)?)
        }
        ["last", n, unit @ ("days" | "weeks" | "months")] => closed(shift(unit, today, -number(n)?)?, tomorrow),
        ["next", n, unit @ ("days" | "weeks" | "months")] => closed(today, shift(unit, today, number(n)?)?.succ_opt()?),
        ["more_than", n, unit @ ("days" | "weeks" | "months"), "ago"] => {
            Some((None, Some(shift(unit, today, -number(n)?)?)))
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|n| (1..=100_000).contains(n))
}

fn start_of(unit: &str, day: NaiveDate, first_day: Weekday) -> Option<NaiveDate> {
    match unit {
        "week" => Some(day.week(first_day).first_day()),
        "month" => day.with_day(1),
        "quarter" => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1),
        _ => NaiveDate::from_ymd_opt(day.year(), 1, 1),
    }
}

fn shift(unit: &str, day: NaiveDate, by: i32) -> Option<NaiveDate> {
    let months = |n: i32| {
        let by_months = Months::new(n.unsigned_abs());
        if n < 0 { day.checked_sub_months(by_months) } else { day.checked_add_months(by_months) }
    };
    let days = |n: i32| {
        let by_days = Days::new(n.unsigned_abs().into());
        if n < 0 { day.checked_sub_days(by_days) } else { day.checked_add_days(by_days) }
    };
    match unit {
        "day" | "days" => days(by),
        "week" | "weeks" => days(by.checked_mul(7)?),
        "month" | "months" => months(by),
        "quarter" => months(by.checked_mul(3)?),
        _ => months(by.checked_mul(12)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_name_the_days_people_mean() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
        let today = day(2026, 11, 20).unwrap();
        for (phrase, from, to) in [
            ("today", day(2026, 11, 20), day(2026, 11, 21)),
            ("yesterday", day(2026, 11, 19), day(2026, 11, 20)),
            ("this week", day(2026, 11, 16), day(2026, 11, 23)),
            ("last month", day(2026, 10, 1), day(2026, 11, 1)),
            ("next quarter", day(2027, 1, 1), day(2027, 4, 1)),
            ("this year", day(2026, 1, 1), day(2027, 1, 1)),
            ("last 30 days", day(2026, 10, 21), day(2026, 11, 21)),
            ("next 2 weeks", day(2026, 11, 20), day(2026, 12, 5)),
            ("more_than 14 days ago", None, day(2026, 11, 6)),
        ] {
            assert_eq!(parse(phrase, today, Weekday::Mon), Some((from, to)), "{phrase}");
        }
        for wrong in
            ["", "last", "last 0 days", "last -1 days", "last 99999999999 days", "this fortnight", "more_than 3 days"]
        {
            assert_eq!(parse(wrong, today, Weekday::Mon), None, "{wrong}");
        }
    }
}
