//! The value of a condition: as a person types it, as the address holds it, and as it is read.

use kernel::{Date, Formats, Timestamp};
use records::{
    Kind, Value,
    text::{self, Reading},
};
use serde_json::{Value as Json, json};

/// What the address holds for what was typed. Numbers stand there in plain digits, as the API takes them.
pub fn store(kind: &Kind, typed: &str, reading: Reading) -> Result<Json, &'static str> {
    if !kind.is_number() {
        return Ok(json!(typed));
    }
    let value = text::parse(kind, typed, reading).map_err(|_| "The value must be a number.")?;
    Ok(json!(digits(kind, &value, reading)))
}

/// The same as a field holds it to be changed.
pub fn edit(kind: &Kind, stored: &Json, reading: Reading) -> String {
    match number(kind, stored, reading) {
        Some(value) => reading.number.edit(digits(kind, &value, reading)),
        None => plain(stored),
    }
}

/// The same in the words and figures of its reader.
pub fn show(kind: &Kind, stored: &Json, reading: Reading, formats: &Formats) -> String {
    if let Some(value) = number(kind, stored, reading) {
        return text::show(kind, &value, formats, |_| None);
    }
    let text = plain(stored);
    if !matches!(kind, Kind::Date | Kind::DateTime) {
        return text;
    }
    let day = Date::parse(&text).map(|day| formats.date(day));
    day.or_else(|| Timestamp::parse(&text).map(|at| formats.at(at))).unwrap_or(text)
}

/// As it stands in the address.
pub fn plain(stored: &Json) -> String {
    match stored {
        Json::String(text) => text.clone(),
        Json::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}

fn number(kind: &Kind, stored: &Json, reading: Reading) -> Option<Value> {
    let value = text::parse(kind, &plain(stored), Reading::plain(reading.currency));
    value.ok().filter(|value| kind.is_number() && !value.is_null())
}

/// An amount in the company's own currency names none.
fn digits(kind: &Kind, value: &Value, reading: Reading) -> String {
    match value {
        Value::Money(money) if money.currency == reading.currency => money.amount(),
        value => text::edit(kind, value),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{
        Currency,
        format::{DateFormat, NumberFormat},
    };

    use super::*;

    #[test]
    fn a_number_comes_back_as_it_was_typed() {
        for number in NumberFormat::ALL {
            let reading = Reading { currency: Currency::USD, number: *number };
            for (kind, plain) in [
                (Kind::Int, "1000"),
                (Kind::Decimal(1), "1234.5"),
                (Kind::Percent, "12.50"),
                (Kind::Money, "1000.00"),
                (Kind::Money, "1000.00 EUR"),
            ] {
                let typed = edit(&kind, &json!(plain), reading);
                assert_eq!(store(&kind, &typed, reading), Ok(json!(plain)), "{typed}");
            }
        }
    }

    #[test]
    fn thousands_are_not_taken_for_ones() {
        let reading = Reading { currency: Currency::USD, number: NumberFormat::Dots };
        assert_eq!(store(&Kind::Int, "1.000", reading), Ok(json!("1000")));
        assert_eq!(edit(&Kind::Int, &json!(1000), reading), "1000");
        assert_eq!(store(&Kind::Decimal(2), "1,5", reading), Ok(json!("1.50")));
        assert!(store(&Kind::Int, "many", reading).is_err());
    }

    #[test]
    fn it_is_read_in_the_formats_of_its_reader() {
        let formats = Formats { date: DateFormat::Dots, number: NumberFormat::Dots, ..Formats::default() };
        let reading = Reading { currency: Currency::EUR, number: NumberFormat::Dots };
        let shown = |kind: Kind, stored: Json| show(&kind, &stored, reading, &formats);
        assert_eq!(shown(Kind::Int, json!("1000")), "1.000");
        assert_eq!(shown(Kind::Money, json!("1234.5")), "€1.234,50");
        assert_eq!(shown(Kind::Percent, json!("12.50")), "12,5 %");
        assert_eq!(shown(Kind::Date, json!("2026-11-04")), "04.11.2026");
        assert_eq!(shown(Kind::Text, json!("1000")), "1000");
    }
}
