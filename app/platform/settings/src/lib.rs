//! What administrators set in screens: sections of fields, each declared once.
//!
//! A field has the name it has in `mainstay.toml`. What that file or the environment says goes before what is set in
//! the screen, which then shows it as fixed.

pub mod api;

#[cfg(feature = "ssr")]
pub mod server;

use std::collections::BTreeMap;

use kernel::{EmailAddress, FieldErrors};
use serde::{Deserialize, Serialize};

/// How the value of a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Email,
    /// A port of a server.
    Port,
    /// Sealed in the database and never shown.
    Secret,
    /// One of these, each with what it is called.
    Choice(&'static [(&'static str, &'static str)]),
}

/// One thing that can be set.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub kind: Kind,
    /// What holds where nothing is set.
    pub usual: &'static str,
    /// The field and the value of it for which this one matters.
    pub only: Option<(&'static str, &'static str)>,
}

impl Field {
    pub const fn new(key: &'static str, label: &'static str, kind: Kind) -> Self {
        Self { key, label, help: "", kind, usual: "", only: None }
    }

    /// What is wrong with a value, as a sentence.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let (good, expected) = match self.kind {
            _ if value.chars().any(char::is_control) => (false, "This must be one line.".to_owned()),
            Kind::Text | Kind::Secret => (true, String::new()),
            Kind::Email => {
                (value.is_empty() || EmailAddress::parse(value).is_some(), "This is no e-mail address.".to_owned())
            }
            Kind::Port => (value.parse::<u16>().is_ok_and(|p| p > 0), "This must be a port, 1 to 65535.".to_owned()),
            Kind::Choice(options) => {
                let names: Vec<&str> = options.iter().map(|(name, _)| *name).collect();
                (names.contains(&value), format!("This must be one of {}.", names.join(", ")))
            }
        };
        if good { Ok(()) } else { Err(expected) }
    }
}

/// Fields that are set together.
#[derive(Debug)]
pub struct Section {
    pub name: &'static str,
    pub fields: &'static [Field],
    /// What is wrong with all of them together.
    pub check: fn(&Texts) -> FieldErrors,
}

/// The value of each field of a section, by its key.
pub type Texts = BTreeMap<String, String>;

/// A field as the screen shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Empty for a secret.
    pub value: String,
    pub is_set: bool,
    /// What it is set by that goes before the screen.
    pub fixed_by: Option<String>,
    /// Why a secret cannot be used.
    pub trouble: Option<String>,
}
