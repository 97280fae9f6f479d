//! Theme and density at the root of the page. They stand in cookies, so that the server paints them from the first byte;
//! the person's preferences bring them to the next browser.

use kernel::Timestamp;
use leptos::prelude::*;
use preferences::{Density, Preferences, Theme};

use crate::cookie;

/// When the preferences were written that this browser was told last.
const TOLD: &str = "look";

/// What the viewer chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub theme: Theme,
    pub density: Density,
}

/// As the cookies say; what they should not say is left out.
pub fn chosen() -> Look {
    let theme = cookie::read("theme").and_then(|theme| Theme::parse(&theme));
    let density = cookie::read("density").and_then(|density| Density::parse(&density));
    Look { theme: theme.unwrap_or_default(), density: density.unwrap_or_default() }
}

/// Shows a look, from now on and on this browser.
pub fn show(look: Look) {
    for (name, value) in [("theme", look.theme.mark()), ("density", look.density.mark())] {
        if let Some(root) = document().document_element() {
            let attribute = ["data-", name].concat();
            // Names of attributes that are fixed here are never refused.
            match value {
                Some(value) => root.set_attribute(&attribute, value).ok(),
                None => root.remove_attribute(&attribute).ok(),
            };
        }
        cookie::write(name, value);
    }
}

/// Shows what the person chose elsewhere since this browser was told last. A choice made here that is still on its way
/// to the server is newer than what the page knows, and stays.
pub fn follow(preferences: &Preferences) {
    let Some(written) = preferences.updated_at.map(Timestamp::micros) else { return };
    let told = cookie::read(TOLD).and_then(|told| told.parse::<i64>().ok());
    if told.is_none_or(|told| told < written) {
        show(Look { theme: preferences.theme, density: preferences.density });
        cookie::write(TOLD, Some(&written.to_string()));
    }
}

/// Notes that this browser shows what was just saved.
pub fn saved(preferences: &Preferences) {
    if let Some(written) = preferences.updated_at.map(Timestamp::micros) {
        cookie::write(TOLD, Some(&written.to_string()));
    }
}
