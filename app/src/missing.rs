//! The page for addresses that lead nowhere, and the gallery for who builds screens.

use leptos::prelude::*;
use leptos_meta::Title;
pub use screens::nowhere;
use ui::Gallery;

/// Every component in all its states; in development builds only.
pub fn gallery() -> AnyView {
    if cfg!(debug_assertions) { view! { <Title text="Gallery" /> <Gallery /> }.into_any() } else { nowhere() }
}
