//! When a key belongs to somebody else.

use leptos::prelude::document;
use wasm_bindgen::JsCast;

/// Whether a key was handled, has a modifier, or belongs to what is being typed or to an open dialog or menu.
pub fn is_taken(event: &web_sys::KeyboardEvent) -> bool {
    let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
    has_modifier || event.default_prevented() || is_typing(event) || is_layer_open()
}

/// Whether a key belongs to what is being typed, or to an open dialog or menu. Enter and Space also belong to the
/// link or button that has the focus.
pub fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    const TYPED: &str =
        "input:not([type=checkbox]), textarea, select, dialog[open], [contenteditable], [role=menu], [role=separator]";
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    let within = |selector: &str| target.as_ref().is_some_and(|e| e.closest(selector).ok().flatten().is_some());
    within(TYPED) || matches!(event.key().as_str(), "Enter" | " ") && within("a, button, input, summary")
}

/// Whether a dialog or a popover lies over the page; Esc closes that first.
fn is_layer_open() -> bool {
    document().query_selector("dialog[open], :popover-open").ok().flatten().is_some()
}
