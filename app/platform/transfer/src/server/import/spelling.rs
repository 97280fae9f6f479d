//! What a person says of how a file is written; what they do not say is found out.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use kernel::{AppError, FieldErrors};

use crate::import::DELIMITERS;

/// Names of the fields of a form.
pub const FIELDS: [&str; 2] = ["encoding", "delimiter"];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    pub encoding: Option<&'static Encoding>,
    pub delimiter: Option<u8>,
}

impl Spelling {
    /// From the texts of a form; empty ones say nothing.
    pub fn read(texts: &BTreeMap<String, String>) -> Result<Self, AppError> {
        let [encoding, delimiter] =
            FIELDS.map(|name| texts.get(name).map(String::as_str).filter(|text| !text.is_empty()));
        let mut errors = FieldErrors::default();
        let encoding = encoding.and_then(|name| {
            let found = Encoding::for_label_no_replacement(name.as_bytes());
            if found.is_none() {
                errors.add("encoding", "This is no encoding that is known here, such as UTF-8 or windows-1252.");
            }
            found
        });
        let delimiter = delimiter.and_then(|name| {
            let found = DELIMITERS.iter().find(|(own, words)| *own == name || *words == name);
            if found.is_none() {
                errors.add("delimiter", "This must be a comma, a semicolon, a tab or a vertical bar.");
            }
            found.and_then(|(own, _)| own.bytes().next())
        });
        if errors.is_empty() { Ok(Self { encoding, delimiter }) } else { Err(AppError::Invalid(errors)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ENCODINGS;

    fn read(encoding: &str, delimiter: &str) -> Result<Spelling, AppError> {
        let texts = FIELDS.into_iter().zip([encoding, delimiter]);
        Spelling::read(&texts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
    }

    #[test]
    fn what_can_be_chosen_is_understood() {
        for (name, _) in ENCODINGS {
            assert_eq!(read(name, "").unwrap().encoding.map(Encoding::name), Some(name));
        }
        for (own, words) in DELIMITERS {
            assert_eq!(read("", own).unwrap().delimiter, own.bytes().next());
            assert_eq!(read("", words), read("", own));
        }
        assert_eq!(read("latin1", "").unwrap().encoding.map(Encoding::name), Some("windows-1252"));
        assert_eq!(read("", "").unwrap(), Spelling::default());
    }

    #[test]
    fn what_is_none_is_refused_by_its_field() {
        let Err(AppError::Invalid(errors)) = read("ebcdic", "x") else { panic!("it was taken") };
        assert_eq!(errors.0.keys().collect::<Vec<_>>(), ["delimiter", "encoding"]);
    }
}
