//! Telephone numbers.

use std::fmt;

/// A number as ITU-T E.164 writes it: `+`, country code, number, 8 to 15 digits in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number in international form with the usual spaces, dots, hyphens, slashes and brackets; `00` stands
    /// for `+`, and a bracketed `(0)` after the country code is the trunk digit that is not dialled. `None` for
    /// anything else: without a country code a number cannot be called from elsewhere.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace("(0)", "");
        let digits = match text.strip_prefix('+') {
            Some(rest) => rest,
            None => text.strip_prefix("00")?,
        };
        let digits: String = digits.chars().filter(|c| !" .-/()\u{a0}".contains(*c)).collect();
        let is_number =
            (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        is_number.then(|| Self(format!("+{digits}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::PhoneNumber;

    #[test]
    fn numbers_are_kept_in_e164() {
        for text in ["+44 20 7946 0958", "0044 (20) 7946-0958", "+44 (0)20 7946 0958", "+442079460958"] {
            assert_eq!(PhoneNumber::parse(text).map(|p| p.to_string()).as_deref(), Some("+442079460958"), "{text}");
        }
        for text in ["", "020 7946 0958", "+0 123 4567", "+1 23", "+44 20 7946 0958 ext 3", "+1234567890123456"] {
            assert!(PhoneNumber::parse(text).is_none(), "{text}");
        }
    }
}
