//! When a key belongs to somebody else.

use wasm_bindgen::JsCast;

use crate::session::Session;

/// Whether a key was handled, has a modifier, or belongs to what is being typed or to an open dialog or menu.
pub fn is_taken(event: &web_sys::KeyboardEvent) -> bool {
    has_modifier(event) || event.default_prevented() || is_typing(event) || ui::dom::is_layer_open()
}

pub fn has_modifier(event: &web_sys::KeyboardEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.alt_key()
}

/// Whether a key is a single character, and such keys are no shortcuts to the viewer: speech input types them.
pub fn is_off(event: &web_sys::KeyboardEvent, session: Session) -> bool {
    let key = event.key();
    key != " " && key.chars().count() == 1 && !session.with(|b| b.preferences.single_keys)
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
