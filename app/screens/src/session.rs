//! Who is here and what there is: sent once with the page, at hand for every screen.

use std::time::Duration;

use kernel::{Currency, Formats, Timestamp};
use leptos::prelude::*;
use records::{TypeInfo, text::Reading};

use crate::api::{Bootstrap, Me, TypeName};

/// What the page started from.
#[derive(Clone, Copy)]
pub struct Session {
    start: StoredValue<Bootstrap>,
    /// What the browser's clock said when that was painted.
    since: StoredValue<f64>,
    /// Read from the start's text when the first screen asks.
    types: StoredValue<Vec<TypeInfo>>,
    /// The organisation's name and logo, which stand around every screen.
    pub brand: RwSignal<(String, Option<String>)>,
}

impl Session {
    /// Makes [`Session::get`] work below this point.
    pub fn provide(bootstrap: Bootstrap) -> Self {
        let brand = RwSignal::new((bootstrap.organisation.clone(), bootstrap.logo.clone()));
        let (start, since) = (StoredValue::new(bootstrap), StoredValue::new(clock()));
        let session = Self { start, since, types: StoredValue::new(vec![]), brand };
        provide_context(session);
        session
    }

    /// The session of the page. Only below the shell, which provides it.
    #[expect(clippy::expect_used, reason = "a screen outside the shell is a mistake of the program")]
    pub fn get() -> Self {
        use_context().expect("a screen is inside the shell")
    }

    pub fn with<T>(self, read: impl FnOnce(&Bootstrap) -> T) -> T {
        self.start.with_value(read)
    }

    /// Starts anew from what the server says now; screens painted after it follow the new settings.
    pub fn renew(self, bootstrap: Bootstrap) {
        self.brand.set((bootstrap.organisation.clone(), bootstrap.logo.clone()));
        self.types.set_value(vec![]);
        self.start.set_value(bootstrap);
        self.since.set_value(clock());
    }

    pub fn user(self) -> Option<Me> {
        self.with(|b| b.user.clone())
    }

    /// The types the viewer may see, by name.
    pub fn types(self) -> Vec<TypeName> {
        self.with(|b| b.types.clone())
    }

    /// A type the viewer may see.
    pub fn type_info(self, name: &str) -> Option<TypeInfo> {
        if self.types.with_value(Vec::is_empty) {
            // What the server wrote the server's own types can read; anything else describes no type.
            self.types.set_value(self.with(|b| serde_json::from_str(&b.descriptions)).unwrap_or_default());
        }
        self.types.with_value(|types| types.iter().find(|t| t.name == name).cloned())
    }

    /// How the viewer reads dates and numbers.
    pub fn formats(self) -> Formats {
        self.with(|b| b.formats.clone())
    }

    /// An instant as the viewer reads it.
    pub fn when(self, at: Timestamp) -> String {
        self.with(|b| b.formats.at(at))
    }

    /// How long ago an instant was.
    pub fn ago(self, at: Timestamp) -> String {
        self.with(|b| b.formats.ago(at, self.now()))
    }

    /// A whole number as the viewer reads it.
    pub fn count(self, n: impl Into<i128>) -> String {
        self.with(|b| b.formats.count(n))
    }

    /// The size of a file as the viewer reads it.
    pub fn size(self, bytes: i64) -> String {
        self.with(|b| b.formats.size(bytes))
    }

    /// How often a screen looks again that would do so every `usual`: as the viewer prefers, or never.
    pub fn refresh(self, usual: Duration) -> Option<Duration> {
        match self.with(|b| b.preferences.refresh) {
            None => Some(usual),
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds.into())),
        }
    }

    /// The server's time: what it said when the page was painted, and what has passed since.
    pub fn now(self) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "the seconds that a page is open")]
        let passed = ((clock() - self.since.get_value()) / 1_000.0) as i64;
        self.with(|b| b.now.plus_seconds(passed.max(0)))
    }

    /// How text that a person enters is read.
    pub fn reading(self) -> Reading {
        self.with(|b| Reading {
            currency: Currency::parse(&b.currency).unwrap_or(Currency::USD),
            number: b.preferences.number,
        })
    }
}

/// The browser's clock in milliseconds; on the server, which paints in no time, it stands still. Unlike the time a page
/// was at work, it goes on while the machine sleeps.
fn clock() -> f64 {
    if cfg!(feature = "ssr") { 0.0 } else { js_sys::Date::now() }
}
