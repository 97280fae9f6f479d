//! The keys of a list: `j` `k` move, Enter opens, Space peeks, `x` selects, `e` edits, `/` searches, Esc closes.

use leptos::{ev, prelude::*};

use super::{List, goer};
use crate::{frame::Frame, keyboard};

pub fn listen(list: List, frame: Frame) {
    let go = goer();
    Effect::new(move |_| {
        let go = go.clone();
        let handle = window_event_listener(ev::keydown, move |event| {
            if keyboard::is_taken(&event) || frame.palette.get_untracked() {
                return;
            }
            if act(list, &go, &event.key()) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
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
