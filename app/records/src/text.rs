//! A value from text, and a value as text. The browser checks a form with the same rules by which the server decides.

pub mod values;

use chrono::Datelike;
use kernel::{
    Currency, Date, EmailAddress, Formats, Money, PhoneNumber, Timestamp, decimal_to_text, format::NumberFormat,
    parse_decimal,
};

use crate::{Address, ChoiceOption, Field, Flags, Kind, Value};

/// The longest text of one line, in characters.
pub const MAX_LINE: usize = 500;
/// The longest text of several lines, in bytes: some forty pages.
pub const MAX_TEXT: usize = 100_000;
/// The most values a field of several holds.
pub const MAX_VALUES: usize = 50;

/// What a reader of text needs to know besides the kind.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The currency of an amount that names none.
    pub currency: Currency,
    /// How numbers are typed.
    pub number: NumberFormat,
}

impl Reading {
    /// As files and scripts write.
    pub const fn plain(currency: Currency) -> Self {
        Self { currency, number: NumberFormat::Commas }
    }
}

/// Reads what a person entered into a field. Empty text is no value. References are chosen, not read: their text is
/// an identifier. The message completes the sentence "This …".
pub fn parse(kind: &Kind, text: &str, reading: Reading) -> Result<Value, String> {
    let text = if *kind == Kind::LongText { text } else { text.trim() };
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let value = match kind {
        Kind::Text | Kind::LongText | Kind::Email | Kind::Phone | Kind::Url => Value::Text(text.to_owned()),
        Kind::Int | Kind::Year => number(&reading.number.read(text), 0)?,
        Kind::Decimal(scale) => number(&reading.number.read(text), *scale)?,
        Kind::Percent => number(&reading.number.read(text.strip_suffix('%').unwrap_or(text)), 2)?,
        Kind::Money => money(&reading.number.read(text), reading.currency)?,
        Kind::Bool => match text.to_lowercase().as_str() {
            "yes" | "true" | "1" | "y" | "t" | "on" => Value::Bool(true),
            "no" | "false" | "0" | "n" | "f" | "off" => Value::Bool(false),
            _ => return Err("must be yes or no".into()),
        },
        Kind::Date => Date::parse(text).map(Value::Date).ok_or("must be a date like 2026-03-31")?,
        Kind::DateTime => Timestamp::parse(text).map(Value::At).ok_or("must be a time like 2026-03-31T09:30:00Z")?,
        Kind::Choice(options) => Value::Text(option(options, text)?),
        Kind::Ref(_) => Value::Id(text.parse().map_err(|_| "must be chosen from the list")?),
        Kind::Choices(_) | Kind::Emails | Kind::Phones | Kind::Tags => Value::List(values::split(text)),
        Kind::Address => Value::Address(Box::new(Address { street: text.to_owned(), ..Address::default() })),
    };
    check(kind, value)
}

/// Checks a value of unknown origin and brings it into the form in which it is stored.
pub fn check(kind: &Kind, value: Value) -> Result<Value, String> {
    if !kind.holds(&value) {
        return Err(format!("must be {}", expected(kind)));
    }
    Ok(match (kind, value) {
        (Kind::LongText, Value::Text(text)) => long_text(text)?,
        (Kind::Email, Value::Text(text)) => Value::Text(
            EmailAddress::parse(&text).ok_or("must be an e-mail address like name@example.com")?.to_string(),
        ),
        (Kind::Phone, Value::Text(text)) => Value::Text(phone(&text)?),
        (Kind::Url, Value::Text(text)) => Value::Text(url(&text)?),
        (Kind::Choice(options), Value::Text(text)) => Value::Text(option(options, &text)?),
        (_, Value::Text(text)) => line(text)?,
        (Kind::Year, Value::Int(year)) if !(1..=9999).contains(&year) => {
            return Err("must be a year between 1 and 9999".into());
        }
        (Kind::DateTime, Value::At(at)) if !at.to_utc().is_some_and(|at| in_calendar(at.year())) => {
            return Err(OUTSIDE.into());
        }
        (Kind::Date, Value::Date(day)) if !in_calendar(day.0.year()) => return Err(OUTSIDE.into()),
        (kind, Value::List(list)) => many(kind, list)?,
        (_, Value::Address(address)) => self::address(*address)?,
        (_, value) => value,
    })
}

const OUTSIDE: &str = "must lie in the years 1 to 9999";

const fn in_calendar(year: i32) -> bool {
    1 <= year && year <= 9999
}

/// Checks a value against everything declared of its field.
pub fn check_field(field: &Field, value: Value) -> Result<Value, String> {
    let value = check(&field.kind, value)?;
    if value.is_null() && field.is(Flags::REQUIRED) { Err("is needed".into()) } else { Ok(value) }
}

/// What a value of the kind looks like, to complete "must be …".
pub const fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::LongText => "text",
        Kind::Email => "an e-mail address",
        Kind::Phone => "a telephone number",
        Kind::Url => "a web address",
        Kind::Int => "a whole number",
        Kind::Year => "a year",
        Kind::Decimal(_) => "a number",
        Kind::Percent => "a percentage",
        Kind::Money => "an amount",
        Kind::Bool => "yes or no",
        Kind::Date => "a date like 2026-03-31",
        Kind::DateTime => "a time like 2026-03-31T09:30:00Z",
        Kind::Choice(_) => "one of the options",
        Kind::Ref(_) => "a record's id",
        Kind::Choices(_) | Kind::Emails | Kind::Phones | Kind::Tags => "a list",
        Kind::Address => "an address",
    }
}

fn number(text: &str, scale: u8) -> Result<Value, String> {
    parse_decimal(text, scale).map(Value::Int).map_err(|e| match e {
        kernel::DecimalError::TooManyDecimals(0) => "must be a whole number".into(),
        kernel::DecimalError::NotANumber => "must be a number".into(),
        other => other.to_string(),
    })
}

/// `1,054.00`, `$1,054.00`, `CHF 1054` or `1054 CHF`.
fn money(text: &str, default: Currency) -> Result<Value, String> {
    let (amount, currency) = amount(text, default)?;
    Money::parse(&amount, currency).map(Value::Money).map_err(|e| match e {
        kernel::DecimalError::NotANumber => "must be an amount like 1054.00".into(),
        other => other.to_string(),
    })
}

/// Takes an amount of money apart into its number, still as written, and its currency.
pub fn amount(text: &str, default: Currency) -> Result<(String, Currency), String> {
    let letters = |c: char| c.is_ascii_alphabetic();
    let code: String = text.chars().filter(|c| letters(*c)).collect();
    let symbol = SYMBOLS.into_iter().find(|(sign, ..)| text.contains(*sign));
    // A dollar is one's own where one counts in dollars of some kind.
    let is_own = |shared: &[&str]| shared.contains(&default.code());
    let currency = match (code.as_str(), symbol) {
        ("", None) => default,
        ("", Some((_, _, shared))) if is_own(shared) => default,
        ("", Some((_, currency, _))) => currency,
        (code, symbol) => {
            let named = Currency::known(code).ok_or("names no currency that is known; one is named like USD")?;
            if symbol.is_some_and(|(_, usual, shared)| named != usual && !shared.contains(&named.code())) {
                return Err("has the sign of one currency and the letters of another".into());
            }
            named
        }
    };
    let bare: Vec<char> = text.chars().filter(|c| !letters(*c) && !"$€£¥".contains(*c)).collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| bare.get(at)).is_some_and(char::is_ascii_digit);
    // A space between digits that parts no thousands is a slip, and stays to be found.
    let is_kept =
        |at: usize| !" \u{a0}\u{202f}".contains(bare[at]) || is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    Ok(((0..bare.len()).filter(|at| is_kept(*at)).map(|at| bare[at]).collect(), currency))
}

/// A sign, the currency it usually stands for, and the others that write the same.
const SYMBOLS: [(char, Currency, &[&str]); 4] = [
    (
        '$',
        Currency::USD,
        &[
            "ARS", "AUD", "BBD", "BMD", "BND", "BSD", "BZD", "CAD", "CLP", "COP", "CUP", "CVE", "DOP", "FJD", "GYD",
            "HKD", "JMD", "KYD", "LRD", "MXN", "NAD", "NZD", "SBD", "SGD", "SRD", "TTD", "TWD", "UYU", "XCD",
        ],
    ),
    ('€', Currency::EUR, &[]),
    ('£', Currency::GBP, &["EGP", "FKP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP"]),
    ('¥', Currency::JPY, &["CNY"]),
];

/// By its value or by its label, in any case.
fn option(options: &[ChoiceOption], text: &str) -> Result<String, String> {
    let key = kernel::fold::key(text);
    let found =
        options.iter().find(|o| o.value == text || kernel::fold::key(&o.label) == key || o.value == key.as_str());
    found.map(|o| o.value.clone().into_owned()).ok_or_else(|| {
        let labels: Vec<_> = options.iter().map(|o| o.label.as_ref()).collect();
        format!("must be one of: {}", labels.join(", "))
    })
}

fn phone(text: &str) -> Result<String, String> {
    let number = PhoneNumber::parse(text);
    Ok(number.ok_or("must be a number with its country code, like +44 20 7946 0958")?.to_string())
}

fn no_nul(text: &str) -> Result<(), String> {
    if text.contains('\0') { Err("contains a NUL character".into()) } else { Ok(()) }
}

fn line(text: String) -> Result<Value, String> {
    no_nul(&text)?;
    if text.chars().count() > MAX_LINE {
        return Err(format!("is longer than {MAX_LINE} characters"));
    }
    // A line break pasted into a line is a space.
    let trimmed = text.trim();
    let text = if trimmed.contains(['\n', '\r', '\t']) {
        trimmed.replace(['\n', '\r', '\t'], " ")
    } else {
        trimmed.to_owned()
    };
    Ok(if text.is_empty() { Value::Null } else { Value::Text(text) })
}

fn long_text(text: String) -> Result<Value, String> {
    no_nul(&text)?;
    if text.len() > MAX_TEXT {
        return Err(format!("is longer than {MAX_TEXT} bytes, some forty pages"));
    }
    Ok(if text.trim().is_empty() { Value::Null } else { Value::Text(text.replace("\r\n", "\n").replace('\r', "\n")) })
}

/// A web address with its scheme; a bare host gets `https`. Other schemes could run code when followed.
fn url(text: &str) -> Result<String, String> {
    const WRONG: &str = "must be a web address like https://example.com";
    let text = text.trim();
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let (scheme, rest) = full.split_once("://").ok_or(WRONG)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_ok = host.contains('.') || host.starts_with("localhost");
    let ok = ["http", "https"].contains(&scheme.to_lowercase().as_str())
        && host_ok
        && full.len() <= 2000
        && !full.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"\\`{}".contains(c));
    if ok { Ok(full) } else { Err(WRONG.into()) }
}

fn many(kind: &Kind, list: Vec<String>) -> Result<Value, String> {
    let mut values: Vec<String> = Vec::with_capacity(list.len());
    for item in list {
        let value = match kind {
            Kind::Choices(options) => option(options, &item)?,
            Kind::Emails => match check(&Kind::Email, Value::Text(item.clone()))? {
                Value::Text(email) => email,
                _ => continue,
            },
            Kind::Phones => phone(&item)?,
            _ => match line(item)? {
                Value::Text(tag) => tag,
                _ => continue,
            },
        };
        let key = kernel::fold::key(&value);
        if !values.iter().any(|v| kernel::fold::key(v) == key) {
            values.push(value);
        }
    }
    if values.len() > MAX_VALUES {
        return Err(format!("has more than {MAX_VALUES} values"));
    }
    Ok(if values.is_empty() { Value::Null } else { Value::List(values) })
}

fn address(mut address: Address) -> Result<Value, String> {
    for (name, _) in Address::PARTS {
        if let Some(part) = address.part_mut(name) {
            *part = match line(std::mem::take(part))? {
                Value::Text(text) => text,
                _ => String::new(),
            };
        }
    }
    Ok(if address.is_empty() { Value::Null } else { Value::Address(Box::new(address)) })
}

/// The value as a form's control holds it, and as an export writes it: [`parse`] reads it back.
pub fn edit(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => String::new(),
        (_, Value::Bool(b)) => if *b { "true" } else { "false" }.to_owned(),
        (Kind::Decimal(scale), Value::Int(i)) => decimal_to_text(*i, *scale),
        (Kind::Percent, Value::Int(i)) => decimal_to_text(*i, 2),
        (_, Value::Int(i)) => i.to_string(),
        (_, Value::Text(text)) => text.clone(),
        (_, Value::Date(date)) => date.to_string(),
        (_, Value::At(at)) => at.to_string(),
        (_, Value::Id(id)) => id.to_string(),
        (_, Value::Money(money)) => format!("{} {}", money.amount(), money.currency.code()),
        (_, Value::List(list)) => {
            let mut line = String::new();
            values::join(list, &mut line);
            line
        }
        (_, Value::Address(address)) => address.line(),
    }
}

/// The value as a form's control holds it for somebody who types numbers their own way.
pub fn typed(kind: &Kind, value: &Value, reading: Reading) -> String {
    let text = edit(kind, value);
    if kind.is_number() && *kind != Kind::Money { reading.number.edit(text) } else { text }
}

/// The value as a person reads it. References show what `label` says of them.
pub fn show(kind: &Kind, value: &Value, formats: &Formats, label: impl Fn(uuid::Uuid) -> Option<String>) -> String {
    match (kind, value) {
        (_, Value::Null) => String::new(),
        (_, Value::Bool(b)) => if *b { "Yes" } else { "No" }.to_owned(),
        (Kind::Year, Value::Int(i)) => i.to_string(),
        (Kind::Percent, Value::Int(i)) => {
            let text = decimal_to_text(*i, 2);
            format!("{} %", formats.number(text.trim_end_matches('0').trim_end_matches('.')))
        }
        (Kind::Decimal(scale), Value::Int(i)) => formats.number(&decimal_to_text(*i, *scale)),
        (_, Value::Int(i)) => formats.count(*i),
        (Kind::Choice(_), Value::Text(text)) => {
            kind.option(text).map_or_else(|| text.clone(), |o| o.label.clone().into_owned())
        }
        (Kind::Choices(_), Value::List(list)) => {
            let labels = list.iter().map(|v| kind.option(v).map_or(v.as_str(), |o| o.label.as_ref()));
            labels.collect::<Vec<_>>().join(", ")
        }
        (_, Value::Date(date)) => formats.date(*date),
        (_, Value::At(at)) => formats.at(*at),
        (_, Value::Id(id)) => label(*id).unwrap_or_else(|| "Not yours to see".to_owned()),
        (_, Value::Money(money)) => formats.money(*money),
        (kind, value) => edit(kind, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USD: Reading = Reading::plain(Currency::USD);

    #[test]
    fn text_becomes_the_value_its_kind_asks_for() {
        let money = |minor, currency| Ok(Value::Money(Money { minor, currency }));
        assert_eq!(parse(&Kind::Money, "$1,054.00", USD), money(105_400, Currency::USD));
        assert_eq!(parse(&Kind::Money, "EUR -3.5", USD), money(-350, Currency::EUR));
        assert_eq!(parse(&Kind::Percent, "12.5 %", USD), Ok(Value::Int(1250)));
        assert_eq!(parse(&Kind::Int, "1,234", USD), Ok(Value::Int(1234)));
        assert_eq!(parse(&Kind::Bool, "Yes", USD), Ok(Value::Bool(true)));
        assert_eq!(parse(&Kind::Text, "  ", USD), Ok(Value::Null));
        assert_eq!(parse(&Kind::Tags, "a; b, A", USD), Ok(Value::List(vec!["a".into(), "b".into()])));
        assert_eq!(parse(&Kind::Url, "example.com", USD), Ok(Value::Text("https://example.com".into())));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_reason() {
        for (kind, text) in [
            (Kind::Int, "1.5"),
            (Kind::Money, "12 dollars"),
            (Kind::Date, "10/20/2016"),
            (Kind::Url, "javascript://alert(1)"),
            (Kind::Url, "https://exa mple.com"),
            (Kind::Email, "nobody"),
            (Kind::Phone, "020 7946 0958"),
            (Kind::Text, "a\0b"),
            (Kind::Year, "10000"),
        ] {
            assert!(parse(&kind, text, USD).is_err(), "{kind:?} {text}");
        }
        assert!(parse(&Kind::Text, &"x".repeat(MAX_LINE + 1), USD).is_err());
    }
}
