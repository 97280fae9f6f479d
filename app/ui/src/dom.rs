//! What components ask of the page: focus, popovers and their place. Called from event handlers and effects only.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

/// The element of that id.
pub fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// What was typed into the field of that id, or filled in by the browser, before the page awoke. Asked by a field that is
/// about to wake up; nothing for one that is made anew.
pub(crate) fn typed_early(id: Option<&str>) -> Option<String> {
    if !Owner::current_shared_context().is_some_and(|shared| shared.during_hydration()) {
        return None;
    }
    let element = element(id?)?;
    let (now, first) = if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        (input.value(), input.default_value())
    } else {
        let area = element.dyn_ref::<HtmlTextAreaElement>()?;
        (area.value(), area.default_value().ok()?)
    };
    (now != first).then_some(now)
}

/// Moves the focus to the element of that id, if it is there.
pub fn focus(id: &str) {
    if let Some(element) = element(id) {
        focus_element(&element);
    }
}

/// Whether the focus is on the element of that id, or within it.
pub fn has_focus(id: &str) -> bool {
    element(id).is_some_and(|element| element.contains(document().active_element().as_deref()))
}

/// Whether nothing has the focus, as when what had it left the page.
pub fn is_focus_lost() -> bool {
    document().active_element().is_none_or(|focused| focused.tag_name() == "BODY")
}

/// Whether a dialog or a popover lies over the page; Esc closes that first.
pub fn is_layer_open() -> bool {
    document().query_selector("dialog[open], :popover-open").ok().flatten().is_some()
}

/// Whether a side peek covers the whole page, as `peek.css` has it.
pub fn is_narrow() -> bool {
    window_size().0 <= 900.0
}

/// Opens the popover of that id at a point of the window, for context menus.
pub fn open_popover_at(id: &str, x: f64, y: f64) {
    let Some(popover) = element(id) else { return };
    let (width, height) = window_size();
    place(&popover, "--left", x.min(width - 216.0));
    if y > height * 0.6 {
        place(&popover, "--bottom", height - y);
        clear(&popover, "--top");
    } else {
        place(&popover, "--top", y);
        clear(&popover, "--bottom");
    }
    // Showing fails only when it is open already, and then it is where it should be.
    popover.show_popover().ok();
}

/// Whether the popover of that id is open.
pub fn is_popover_open(id: &str) -> bool {
    element(id).is_some_and(|popover| popover.matches(":popover-open").unwrap_or(false))
}

/// Closes the popover of that id.
pub fn close_popover(id: &str) {
    if let Some(popover) = element(id) {
        popover.hide_popover().ok();
    }
}

/// Puts the popover beside its opener: below it, or above when the lower part of the window is too small.
pub(crate) fn place_beside(opener: &Element, popover: &HtmlElement, align_end: bool) {
    let around = opener.get_bounding_client_rect();
    let (width, height) = window_size();
    let align_end = align_end || (around.left() > width * 0.6);
    if align_end {
        place(popover, "--right", (width - around.right()).max(8.0));
        place_auto(popover, "--left");
    } else {
        place(popover, "--left", around.left().max(8.0));
        clear(popover, "--right");
    }
    if around.bottom() > height * 0.6 {
        place(popover, "--bottom", height - around.top() + 4.0);
        place_auto(popover, "--top");
    } else {
        place(popover, "--top", around.bottom() + 4.0);
        clear(popover, "--bottom");
    }
}

/// Moves the focus among the matching elements inside `within`, as the arrow keys, Home and End ask. True when the key was one of them.
pub(crate) fn rove(within: &Element, selector: &str, key: &str, horizontal: bool) -> bool {
    let (back, forth) = if horizontal { ("ArrowLeft", "ArrowRight") } else { ("ArrowUp", "ArrowDown") };
    if key != back && key != forth && key != "Home" && key != "End" {
        return false;
    }
    let Ok(found) = within.query_selector_all(selector) else { return false };
    let count = found.length();
    if count == 0 {
        return true;
    }
    let focused = document().active_element();
    let current = (0..count).find(|at| found.item(*at).as_ref() == focused.as_ref().map(AsRef::as_ref));
    let next = match (key, current) {
        ("Home", _) => 0,
        ("End", _) => count - 1,
        (key, Some(at)) if key == forth => (at + 1) % count,
        (_, Some(at)) => (at + count - 1) % count,
        (key, None) if key == forth => 0,
        (_, None) => count - 1,
    };
    if let Some(element) = found.item(next).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
        focus_element(&element);
    }
    true
}

/// Focuses the first matching element inside `within`.
pub(crate) fn focus_first(within: &Element, selector: &str) {
    if let Some(element) = within.query_selector(selector).ok().flatten().and_then(|e| e.dyn_into::<HtmlElement>().ok())
    {
        focus_element(&element);
    }
}

/// The element a handler is attached to.
pub(crate) fn current(event: &Event) -> Option<HtmlElement> {
    event.current_target()?.dyn_into().ok()
}

/// The nearest ancestor of the event's target, itself included, that matches.
pub(crate) fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Scrolls an element into view, no further than it takes.
pub fn reveal(id: &str) {
    if let Some(element) = element(id) {
        let how = web_sys::ScrollIntoViewOptions::new();
        how.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&how);
    }
}

/// Whether an event came from something with a meaning of its own: a link, a control, or text being selected.
pub fn is_on_control(event: &Event) -> bool {
    let is_selecting = window().get_selection().ok().flatten().is_some_and(|s| !s.is_collapsed());
    is_selecting || closest(event, "a, button, input, label, select, textarea").is_some()
}

fn focus_element(element: &HtmlElement) {
    // Focusing a detached element fails, and nothing is lost by that.
    element.focus().ok();
}

fn window_size() -> (f64, f64) {
    let window = window();
    let side = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or(800.0);
    (side(window.inner_width()), side(window.inner_height()))
}

fn place(element: &HtmlElement, property: &str, pixels: f64) {
    let value = [pixels.round().to_string().as_str(), "px"].concat();
    element.style().set_property(property, &value).ok();
}

fn place_auto(element: &HtmlElement, property: &str) {
    element.style().set_property(property, "auto").ok();
}

fn clear(element: &HtmlElement, property: &str) {
    element.style().remove_property(property).ok();
}
