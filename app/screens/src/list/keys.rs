//! The keys of a list: `j` `k` move, Enter opens, Space peeks, F6 goes between list and peek, `x` selects, `e` edits,
//! `/` searches, Esc closes.

use leptos::{ev, prelude::*};

use super::{List, goer};
use crate::{frame::Frame, keyboard, session::Session};

pub fn listen(list: List, frame: Frame) {
    let (go, session) = (goer(), Session::get());
    Effect::new(move |_| {
        let go = go.clone();
        let handle = window_event_listener(ev::keydown, move |event| {
            // Unlike the others it is no key that is typed.
            if event.key() == "F6" && !keyboard::has_modifier(&event) && !ui::dom::is_layer_open() && cross(list) {
                return event.prevent_default();
            }
            if keyboard::is_taken(&event) || keyboard::is_off(&event, session) || frame.palette.get_untracked() {
                return;
            }
            if act(list, &go, &event.key()) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// Goes from the list into the peek, or from there to the row it shows.
fn cross(list: List) -> bool {
    let Some(id) = list.peek.get_untracked() else { return false };
    let row = format!("row-{id}");
    // The record may be on another page of the list.
    let back = if ui::dom::element(&row).is_some() { row.as_str() } else { "main" };
    ui::dom::focus(if ui::dom::has_focus("peek") { back } else { "peek" });
    true
}

/// Does what the key means, and says whether it means anything.
fn act(list: List, go: &impl Fn(&str), key: &str) -> bool {
    let rows = list.shown.get_untracked();
    let active = list.active.get_untracked().filter(|at| *at < rows.len());
    let move_to = |at: usize| {
        list.active.set(Some(at));
        // The focus goes along, so that it is seen and heard.
        ui::dom::focus(&format!("row-{}", rows[at]));
        if list.peek.get_untracked().is_some() {
            go(&list.peek_address(Some(rows[at])));
        }
    };
    match (key, active) {
        ("/", _) => ui::dom::focus("list-search"),
        ("j" | "ArrowDown", None) if !rows.is_empty() => move_to(0),
        ("j" | "ArrowDown", Some(at)) if at + 1 < rows.len() => move_to(at + 1),
        ("k" | "ArrowUp", Some(at)) if at > 0 => move_to(at - 1),
        ("x", Some(at)) => list.selected.update(|selected| {
            let count = selected.len();
            selected.retain(|id| *id != rows[at]);
            if selected.len() == count {
                selected.push(rows[at]);
            }
        }),
        ("Enter", Some(at)) => go(&list.record_address(rows[at])),
        (" ", Some(at)) => {
            let is_open = list.peek.get_untracked() == Some(rows[at]);
            go(&list.peek_address((!is_open).then_some(rows[at])));
        }
        ("e", Some(at)) => go(&format!("{}/edit", list.record_address(rows[at]))),
        ("Escape", _) if list.peek.get_untracked().is_some() => go(&list.peek_address(None)),
        ("Escape", _) if list.selected.with_untracked(|s| !s.is_empty()) => list.selected.set(vec![]),
        _ => return false,
    }
    true
}
