//! Nothing typed is lost: a form that is left before it was saved is kept until its address is opened again, and the
//! browser asks before it leaves the page altogether.

use std::collections::BTreeMap;

use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;
use records::Value;
use ui::{Toast, Tone};

use super::Form;
use crate::{draft::Draft, frame::Frame};

/// Forms left before they were saved, by address.
pub type Shelf = BTreeMap<String, Kept>;

#[derive(Clone, Debug)]
pub struct Kept {
    /// The version that was read: saving over what others did meanwhile is a conflict still.
    version: Option<i64>,
    /// For each field what the record held and what stood in its control.
    entries: Vec<(Value, Draft)>,
}

/// Puts back what was kept of this form, and keeps it when it is left. Says whether something was put back, and gives
/// the way to throw that away.
pub fn keep(frame: Frame, form: Form) -> (RwSignal<bool>, Callback<()>) {
    let address = use_location().pathname.get_untracked();
    let fresh = form.version.get_untracked();
    let kept = frame.kept.try_update_value(|shelf| shelf.remove(&address)).flatten();
    let restored = RwSignal::new(false);
    let befores = StoredValue::new(form.entries.with_value(|e| e.iter().map(|e| e.before.clone()).collect::<Vec<_>>()));
    if let Some(kept) = kept.filter(|kept| form.entries.with_value(|e| e.len() == kept.entries.len())) {
        form.version.set(kept.version);
        form.entries.update_value(|entries| {
            for (entry, (before, draft)) in entries.iter_mut().zip(kept.entries) {
                entry.before = before;
                entry.draft.set(draft);
            }
        });
        restored.set(true);
    }
    let discard = Callback::new(move |()| {
        form.version.set(fresh);
        form.entries.update_value(|entries| {
            for (entry, before) in entries.iter_mut().zip(befores.get_value()) {
                entry.before = before;
                entry.draft.set(entry.initial.clone());
            }
        });
        restored.set(false);
    });
    let is_open = move || form.settled.try_get_value() == Some(false) && form.is_dirty();
    Effect::new(move |_| {
        let handle = window_event_listener(ev::beforeunload, move |event| {
            if is_open() {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
    on_cleanup(move || {
        if !is_open() {
            return;
        }
        let entries = form.entries.try_with_value(|entries| {
            let each = entries
                .iter()
                .map(|e| (e.before.clone(), e.draft.try_get_untracked().unwrap_or_else(|| e.initial.clone())));
            each.collect::<Vec<_>>()
        });
        let version = form.version.try_get_untracked().flatten();
        if let Some(entries) = entries {
            frame.kept.try_update_value(|shelf| shelf.insert(address, Kept { version, entries }));
            frame.say(Toast::new(Tone::Info, "Not saved yet: what you typed waits in the form for you."));
        }
    });
    (restored, discard)
}
