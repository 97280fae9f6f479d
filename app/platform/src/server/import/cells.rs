//! A cell read as the value of a field. What does not fit is refused with a reason; nothing is made to fit.

use kernel::{Currency, DecimalError, Money};
use records::{Field, Kind, Value, text, text::Reading};

use crate::import::{DateOrder, Match, date, swap};

/// Reads a cell; `None` where it is empty. The message completes the sentence "This …".
pub fn read(field: &Field, how: &Match, cell: &str, reading: Reading) -> Result<Option<Value>, String> {
    if cell.trim().is_empty() {
        return Ok(None);
    }
    if cell.contains('\0') {
        return Err("contains a NUL character".into());
    }
    let reading = match how.currency.as_deref().and_then(Currency::parse) {
        Some(currency) => Reading::plain(currency),
        None => reading,
    };
    let value = match &field.kind {
        Kind::Text if cell.trim().contains(['\n', '\r', '\t']) => {
            return Err("has line breaks or tabs, and the field is of one line".into());
        }
        Kind::Int | Kind::Year => Value::Int(number(cell, 0, how)?),
        Kind::Decimal(scale) => Value::Int(number(cell, *scale, how)?),
        Kind::Percent => Value::Int(number(cell.trim().trim_end_matches('%'), 2, how)?),
        Kind::Money => money(cell, how, reading)?,
        Kind::Date => Value::Date(day(cell, how)?),
        kind => text::parse(kind, cell, reading)?,
    };
    let value = text::check(&field.kind, value)?;
    Ok((!value.is_null()).then_some(value))
}

fn day(cell: &str, how: &Match) -> Result<kernel::Date, String> {
    let order = how.date.unwrap_or(DateOrder::Iso);
    date(cell.trim(), order).ok_or_else(|| format!("must be {}", looks(order)))
}

/// What a date in an order looks like, to complete "must be …".
const fn looks(order: DateOrder) -> &'static str {
    match order {
        DateOrder::Iso => text::expected(&Kind::Date),
        DateOrder::MonthFirst => "a date like 03/31/2026",
        DateOrder::DayFirst => "a date like 31/03/2026 or 31.03.2026",
    }
}

fn money(cell: &str, how: &Match, reading: Reading) -> Result<Value, String> {
    const WRONG: &str = "must be an amount like 1054.00";
    if !cell.contains(|c: char| c.is_ascii_digit()) {
        return Err(WRONG.into());
    }
    let (amount, currency) = text::amount(cell.trim(), reading.currency)?;
    let minor = scaled(&amount, currency.digits(), how).map_err(|e| match e {
        DecimalError::NotANumber => WRONG.to_owned(),
        other => other.to_string(),
    })?;
    Ok(Value::Money(Money { minor, currency }))
}

fn number(cell: &str, scale: u8, how: &Match) -> Result<i64, String> {
    scaled(cell.trim(), scale, how).map_err(|e| match e {
        DecimalError::TooManyDecimals(0) => "must be a whole number".to_owned(),
        DecimalError::NotANumber => "must be a number".to_owned(),
        other => other.to_string(),
    })
}

/// A decimal times the column's factor, in units of `10^-scale`, exactly: digits that do not fit are an error.
fn scaled(text: &str, scale: u8, how: &Match) -> Result<i64, DecimalError> {
    let text =
        if how.decimal_comma { swap(&text.replace([' ', '\u{a0}', '\u{202f}', '\''], "")) } else { text.to_owned() };
    if how.multiply == 1 {
        return kernel::parse_decimal(&text, scale);
    }
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
    let decimals = u8::try_from(decimals).map_err(|_| DecimalError::TooManyDecimals(scale))?;
    let units = i128::from(kernel::parse_decimal(&text, decimals)?) * i128::from(how.multiply);
    let power = |n: u8| 10_i128.checked_pow(u32::from(n)).ok_or(DecimalError::TooLarge);
    let exact = if decimals > scale {
        let surplus = power(decimals - scale)?;
        if units % surplus != 0 {
            return Err(DecimalError::TooManyDecimals(scale));
        }
        units / surplus
    } else {
        units.checked_mul(power(scale - decimals)?).ok_or(DecimalError::TooLarge)?
    };
    i64::try_from(exact).map_err(|_| DecimalError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USD: Reading = Reading::plain(Currency::USD);

    fn cell(kind: Kind, how: Match, text: &str) -> Result<Option<Value>, String> {
        let empty = || std::borrow::Cow::Borrowed("");
        let flags = records::Flags(0);
        let field =
            Field { name: empty(), label: empty(), help: empty(), kind, flags, default: empty(), also: empty() };
        read(&field, &how, text, USD)
    }

    fn dollars(minor: i64) -> Value {
        Value::Money(Money { minor, currency: Currency::USD })
    }

    #[test]
    fn factors_are_exact() {
        let millions = Match { multiply: 1_000_000, ..Match::to("x") };
        assert_eq!(cell(Kind::Money, millions.clone(), "1100.04"), Ok(Some(dollars(110_004_000_000))));
        assert_eq!(cell(Kind::Money, millions.clone(), "4.5400000"), Ok(Some(dollars(454_000_000))));
        assert_eq!(cell(Kind::Int, millions.clone(), "0.5"), Ok(Some(Value::Int(500_000))));
        assert!(cell(Kind::Int, millions.clone(), "0.0000001").is_err());
        assert!(cell(Kind::Money, millions.clone(), "99999999999999").is_err());
        assert!(cell(Kind::Money, millions, "lots").is_err());
    }

    #[test]
    fn a_decimal_comma_is_read_where_it_was_chosen() {
        let comma = Match { decimal_comma: true, ..Match::to("x") };
        assert_eq!(cell(Kind::Money, comma.clone(), "1.234,50"), Ok(Some(dollars(123_450))));
        assert_eq!(cell(Kind::Money, comma.clone(), "1 234,50 $"), Ok(Some(dollars(123_450))));
        // Grouping that is out of place is a point meant as one.
        assert!(cell(Kind::Money, comma, "1.5").is_err());
    }

    #[test]
    fn dates_are_read_in_the_order_chosen() {
        let order = |date| Match { date: Some(date), ..Match::to("x") };
        let march = Ok(Some(Value::Date(kernel::Date::new(2017, 3, 1).unwrap())));
        assert_eq!(cell(Kind::Date, order(DateOrder::MonthFirst), "3/1/2017"), march);
        assert_eq!(cell(Kind::Date, order(DateOrder::DayFirst), "01.03.2017"), march);
        assert!(cell(Kind::Date, order(DateOrder::DayFirst), "3/31/2017").is_err());
        assert!(cell(Kind::Date, Match::to("x"), "3/1/2017").is_err());
    }

    #[test]
    fn text_is_taken_to_the_letter_or_refused() {
        for text in ["2013 (1888)", "=1+1", "<b>x</b>", "'; drop table companies; --", "0000066740"] {
            assert_eq!(cell(Kind::Text, Match::to("x"), text), Ok(Some(Value::Text(text.to_owned()))));
        }
        assert!(cell(Kind::Text, Match::to("x"), "two\nlines").is_err());
        assert!(cell(Kind::Text, Match::to("x"), "a\0b").is_err());
        assert!(cell(Kind::LongText, Match::to("x"), &"x".repeat(5 << 20)).is_err());
        assert_eq!(cell(Kind::Text, Match::to("x"), "  "), Ok(None));
    }
}
