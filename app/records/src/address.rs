//! The addresses of lists: what one sees stands in them, so that back works and links can be shared.

use crate::ListQuery;

/// The address of a list that asks a query.
pub fn address(collection: &str, query: &ListQuery) -> String {
    let params: Vec<String> =
        query.to_params().into_iter().map(|(name, value)| format!("{name}={}", encode(&value))).collect();
    if params.is_empty() { format!("/{collection}") } else { format!("/{collection}?{}", params.join("&")) }
}

/// A text as part of a query string (RFC 3986, percent-encoding).
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            let digit = |n: u8| char::from(DIGITS[usize::from(n)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_what_people_search_for() {
        let query = ListQuery { search: "a&b=ü #1".into(), ..ListQuery::default() };
        assert_eq!(address("companies", &query), "/companies?search=a%26b%3D%C3%BC%20%231");
        assert_eq!(address("companies", &ListQuery::default()), "/companies");
    }
}
