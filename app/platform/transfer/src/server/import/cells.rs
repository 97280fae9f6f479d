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
        Kind::Int | Kind::Year => Value::Int(scaled(cell, 0, how)?),
        Kind::Decimal(scale) => Value::Int(scaled(cell, *scale, how)?),
        Kind::Percent => Value::Int(scaled(cell.trim().trim_end_matches('%'), 2, how)?),
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
    if !cell.contains(|c: char| c.is_ascii_digit()) {
        return Err("must be an amount like 1054.00".into());
    }
    // Before the spaces are gone that part the digits.
    let (amount, currency) = text::amount(&tidy(cell), reading.currency)?;
    let minor = scaled(&amount, currency.digits(), how)?;
    Ok(Value::Money(Money { minor, currency }))
}

/// A number in units of `10^-scale`, as the column writes it. Where nobody has said how, one that could be two is
/// refused.
fn scaled(text: &str, scale: u8, how: &Match) -> Result<i64, String> {
    let text = tidy(text);
    let (point, comma) = (|| multiplied(&text, scale, how), || multiplied(&swap(&text), scale, how));
    let read = match how.decimal_comma {
        Some(false) => point(),
        Some(true) => comma(),
        // As many decimals as the field has, as an export writes them.
        None if text.rsplit_once('.').is_none_or(|(_, decimals)| decimals.len() == usize::from(scale))
            && !text.contains(',') =>
        {
            point()
        }
        None => match (point(), comma()) {
            (Ok(one), Ok(other)) if one != other => {
                let [one, other] = [one, other].map(|units| kernel::decimal_to_text(units, scale));
                return Err(format!("could be {one} or {other}: say how the column writes decimals"));
            }
            (one, _) => one,
        },
    };
    read.map_err(|e| match e {
        DecimalError::TooManyDecimals(0) => "must be a whole number".to_owned(),
        DecimalError::NotANumber => "must be a number".to_owned(),
        other => other.to_string(),
    })
}

/// Brings the ways to write a number that say the same to one: digits parted by spaces or apostrophes, and what is less
/// than nothing in brackets or with the sign behind it.
fn tidy(text: &str) -> String {
    let text = text.trim();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let chars: Vec<char> = text.chars().collect();
    let is_gap = |at: usize| {
        " \u{a0}\u{2009}\u{202f}'’".contains(chars[at])
            && at > 0
            && is_digit(chars.get(at - 1).copied())
            && (1..=3).all(|n| is_digit(chars.get(at + n).copied()))
            && !is_digit(chars.get(at + 4).copied())
    };
    let joined: String = chars.iter().enumerate().filter(|(at, _)| !is_gap(*at)).map(|(_, c)| *c).collect();
    let behind = joined.strip_suffix('-').or_else(|| joined.strip_suffix('−')).map(str::trim_end);
    let inside = joined.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).map(str::trim);
    match behind.or(inside).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))) {
        Some(rest) => format!("-{rest}"),
        None => joined,
    }
}

/// A decimal times the column's factor, exactly: digits that do not fit are an error.
fn multiplied(text: &str, scale: u8, how: &Match) -> Result<i64, DecimalError> {
    if how.multiply == 1 {
        return kernel::parse_decimal(text, scale);
    }
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
    let decimals = u8::try_from(decimals).map_err(|_| DecimalError::TooManyDecimals(scale))?;
    let units = i128::from(kernel::parse_decimal(text, decimals)?) * i128::from(how.multiply);
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
        let field = Field {
            name: empty(),
            label: empty(),
            help: empty(),
            kind,
            flags,
            default: empty(),
            also: empty(),
            was: empty(),
        };
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
        let comma = Match { decimal_comma: Some(true), ..Match::to("x") };
        assert_eq!(cell(Kind::Money, comma.clone(), "1.234,50"), Ok(Some(dollars(123_450))));
        assert_eq!(cell(Kind::Money, comma.clone(), "1 234,50 $"), Ok(Some(dollars(123_450))));
        assert_eq!(cell(Kind::Int, comma.clone(), "2.000"), Ok(Some(Value::Int(2_000))));
        // Grouping that is out of place is a point meant as one.
        assert!(cell(Kind::Money, comma, "1.5").is_err());
    }

    #[test]
    fn a_number_that_could_be_two_is_refused_until_somebody_says_which() {
        let unsaid = Match::to("x");
        for (kind, text, why) in [
            (Kind::Int, "2.000", "could be 2 or 2000"),
            (Kind::Int, "1,230,0", "must be a number"),
            (Kind::Money, "12.500", "could be 12.50 or 12500.00"),
            (Kind::Money, "$1,500", "could be 1500.00 or 1.50"),
            (Kind::Int, "1.234", "must be a whole number"),
        ] {
            let read = cell(kind, unsaid.clone(), text);
            assert!(read.as_ref().is_err_and(|e| e.starts_with(why)), "{text}: {read:?}");
        }
        assert_eq!(cell(Kind::Money, unsaid.clone(), "1,234.50"), Ok(Some(dollars(123_450))));
        assert_eq!(cell(Kind::Int, unsaid.clone(), "1,234"), Ok(Some(Value::Int(1_234))));
        assert_eq!(cell(Kind::Int, unsaid, "1,234,000"), Ok(Some(Value::Int(1_234_000))));
        let point = Match { decimal_comma: Some(false), ..Match::to("x") };
        assert_eq!(cell(Kind::Money, point, "$1,500"), Ok(Some(dollars(150_000))));
    }

    #[test]
    fn the_same_number_is_written_in_many_ways() {
        let point = || Match { decimal_comma: Some(false), ..Match::to("x") };
        for text in ["-1234.50", "(1,234.50)", "1,234.50-", "-1'234.50", "-1 234.50", "−1\u{a0}234.50", "($1,234.50)"]
        {
            assert_eq!(cell(Kind::Money, point(), text), Ok(Some(dollars(-123_450))), "{text}");
        }
        for wrong in ["(1,234.50", "12 34.50", "--5", "(-5)", "1 2345", "()"] {
            assert!(cell(Kind::Money, point(), wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_currency_is_one_that_is_known() {
        let canadian = Match { currency: Some("CAD".into()), decimal_comma: Some(false), ..Match::to("x") };
        let in_cad = cell(Kind::Money, canadian.clone(), "$1,000.00");
        assert!(matches!(in_cad, Ok(Some(Value::Money(m))) if m.currency.code() == "CAD"), "{in_cad:?}");
        for wrong in ["2 Mio", "500 pcs", "$5 mln", "€5 USD"] {
            assert!(cell(Kind::Money, canadian.clone(), wrong).is_err(), "{wrong}");
        }
        let in_euros = cell(Kind::Money, canadian, "EUR 5");
        assert!(matches!(in_euros, Ok(Some(Value::Money(m))) if m.currency == Currency::EUR), "{in_euros:?}");
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
