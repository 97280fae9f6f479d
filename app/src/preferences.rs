//! How one wants to see things: theme and density. Kept in cookies, so that the server paints it so.

use leptos::prelude::*;
use screens::cookie;

/// What the viewer chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `light` or `dark`; `None` follows the system.
    pub theme: Option<&'static str>,
    /// `compact` or `comfortable`; `None` is between.
    pub density: Option<&'static str>,
}

const THEMES: [&str; 2] = ["light", "dark"];
const DENSITIES: [&str; 2] = ["compact", "comfortable"];

/// As the cookies say; what they should not say is left out.
pub fn chosen() -> Preferences {
    let known = |name: &str, options: [&'static str; 2]| {
        let value = cookie::read(name)?;
        options.into_iter().find(|option| *option == value)
    };
    Preferences { theme: known("theme", THEMES), density: known("density", DENSITIES) }
}

/// Chooses `theme` or `density`, from now on and on this browser. No value goes back to the default.
pub fn choose(name: &'static str, value: Option<&'static str>) {
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
