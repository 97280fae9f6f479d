//! Amounts of money and other decimals, as whole numbers of their smallest unit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::format::NumberFormat;

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// ISO 4217, list one of January 2026, and what went out of use in the years before.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP \
    BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP \
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD \
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR \
    NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC \
    SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF \
    XPF YER ZAR ZMW ZWG ZWL";

impl Currency {
    pub const USD: Self = Self(*b"USD");
    pub const EUR: Self = Self(*b"EUR");
    pub const GBP: Self = Self(*b"GBP");
    pub const JPY: Self = Self(*b"JPY");

    /// Reads a code of three letters in either case.
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// Reads a code that stands for a currency: three letters of an amount may be anything, `Mio` or `pcs`.
    pub fn known(code: &str) -> Option<Self> {
        Self::parse(code).filter(|currency| CODES.split_ascii_whitespace().any(|code| code == currency.code()))
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point (ISO 4217, minor unit).
    pub fn digits(self) -> u8 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The sign people write before an amount, where one is understood everywhere.
    pub fn symbol(&self) -> Option<&'static str> {
        Some(match &self.0 {
            b"USD" => "$",
            b"EUR" => "€",
            b"GBP" => "£",
            b"JPY" => "¥",
            _ => return None,
        })
    }
}

impl TryFrom<String> for Currency {
    type Error = &'static str;
    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code).ok_or("a currency is three letters")
    }
}
impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An amount in the currency's minor unit (cents): exact, never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// Reads an amount like `1054`, `-3.50` or `1,054.00`. Too many decimals are an error, not a rounding.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, DecimalError> {
        Ok(Self { minor: parse_decimal(amount, currency.digits())?, currency })
    }

    /// The plain amount, as the API writes it: `1054.00`.
    pub fn amount(&self) -> String {
        decimal_to_text(self.minor, self.currency.digits())
    }

    /// `$1,054.00`, or `CHF 1,054.00` where the currency has no sign of its own.
    pub fn show(&self, format: NumberFormat) -> String {
        let amount = self.amount();
        let (sign, digits) = amount.strip_prefix('-').map_or(("", amount.as_str()), |d| ("−", d));
        let number = format.show(digits);
        match self.currency.symbol() {
            Some(symbol) => format!("{sign}{symbol}{number}"),
            None => format!("{sign}{} {number}", self.currency.code()),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(NumberFormat::Commas))
    }
}

/// Why a text is not a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("is not a number")]
    NotANumber,
    #[error("has more than {0} decimals")]
    TooManyDecimals(u8),
    #[error("is too large")]
    TooLarge,
}

/// Reads a decimal as a whole number of units of `10^-scale`. A comma may group thousands; trailing zeros beyond the
/// scale are fine, other digits there are refused.
pub fn parse_decimal(text: &str, scale: u8) -> Result<i64, DecimalError> {
    let text = text.trim().replace('−', "-");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = ungroup(whole).ok_or(DecimalError::NotANumber)?;
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(&whole) || !all_digits(fraction) {
        return Err(DecimalError::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::from(scale).checked_sub(fraction.len()).ok_or(DecimalError::TooManyDecimals(scale))?;
    let all = format!("{}{whole}{fraction}{}", if negative { "-" } else { "" }, "0".repeat(missing));
    let all = if whole.is_empty() && fraction.is_empty() { "0".to_owned() } else { all };
    all.parse().map_err(|_| DecimalError::TooLarge)
}

/// Removes thousands separators where they stand in their places; `None` where they do not.
fn ungroup(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let in_place = (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3);
    in_place.then(|| whole.replace(',', ""))
}

/// Writes units of `10^-scale` with all their decimals: `(105_400, 2)` is `1054.00`.
pub fn decimal_to_text(units: i64, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if units < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Groups the digits before the decimal point in threes.
pub fn group_digits(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut grouped = String::with_capacity(digits.len() + whole.len() / 3);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 && c.is_ascii_digit() && !grouped.ends_with(['-', '−']) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    match fraction {
        Some(fraction) => format!("{grouped}.{fraction}"),
        None => grouped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        let usd = |text| Money::parse(text, Currency::USD).map(|m| m.minor);
        assert_eq!(usd("1,100.04"), Ok(110_004));
        assert_eq!(usd("-.5"), Ok(-50));
        assert_eq!(usd("7.100"), Ok(710));
        assert_eq!(usd("7.001"), Err(DecimalError::TooManyDecimals(2)));
        assert_eq!(usd("1,10"), Err(DecimalError::NotANumber));
        assert_eq!(usd("12e3"), Err(DecimalError::NotANumber));
        assert_eq!(usd("99999999999999999999"), Err(DecimalError::TooLarge));
        assert_eq!(Money { minor: -123_456_789, currency: Currency::USD }.to_string(), "−$1,234,567.89");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(units in proptest::prelude::any::<i64>(), scale in 0u8..9) {
            proptest::prop_assert_eq!(parse_decimal(&decimal_to_text(units, scale), scale), Ok(units));
        }
    }
}
