//! Addresses and names as they go into envelopes and headers.

use kernel::EmailAddress;
use lettre::Address;
use url::Host;

/// The address in the form mail servers take: the domain in ASCII (RFC 5891). `None` for what is no address.
pub fn parse(text: &str) -> Option<Address> {
    let address = EmailAddress::parse(text)?;
    let (local, domain) = address.as_str().rsplit_once('@')?;
    let Ok(Host::Domain(domain)) = Host::parse(domain) else { return None };
    Address::new(local, domain).ok()
}

/// One line, whatever it was: nothing in a name or a subject starts another header.
pub fn one_line(text: &str) -> String {
    let spaced = text.replace(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'), " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_servers_take_them() {
        assert_eq!(parse("Ann@Example.com").unwrap().to_string(), "Ann@example.com");
        assert_eq!(parse("ann@bücher.example").unwrap().to_string(), "ann@xn--bcher-kva.example");
        for bad in ["", "ann", "ann@example.com\r\nBcc: x@example.com", "ann@10.0.0.1", "a b@example.com"] {
            assert!(parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_line_stays_one() {
        assert_eq!(one_line(" Hello\r\nBcc: all@example.com\u{2028}there "), "Hello Bcc: all@example.com there");
    }
}
