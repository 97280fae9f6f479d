//! Nothing typed is lost: a form that is left before it was saved is kept until its address is opened again, and the
//! browser asks before it leaves the page altogether.

use std::collections::BTreeMap;

use leptos::{ev, prelude::*};
use records::Value;
use serde::{Serialize, de::DeserializeOwned};
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

/// Says that what was left can be gone on with.
pub(crate) fn waits() -> Toast {
    Toast::new(Tone::Info, "Not saved yet: what you entered waits there for you.")
}

/// Has the browser ask before it leaves the page altogether, as long as something is open.
fn ask_before_leaving(is_open: impl Fn() -> bool + Copy + 'static) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::beforeunload, move |event| {
            if is_open() {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// What was put under a name, which is empty from then on.
pub(crate) fn take<T: DeserializeOwned>(frame: Frame, name: &str) -> Option<T> {
    let text = frame.entered.try_update_value(|all| all.remove(name)).flatten()?;
    serde_json::from_str(&text).ok()
}

/// Keeps what was entered elsewhere than in the form of a record.
pub(crate) fn put<T: Serialize>(frame: Frame, name: String, entered: &T) {
    if let Ok(text) = serde_json::to_string(entered) {
        frame.entered.update_value(|all| _ = all.insert(name, text));
        frame.say(waits());
    }
}

/// Does so when it is left. `entered` says what would be lost, if anything is; it is asked while things go away.
pub(crate) fn keep_entered<T: Serialize>(
    frame: Frame,
    name: String,
    entered: impl Fn() -> Option<T> + Copy + Send + Sync + 'static,
) {
    ask_before_leaving(move || entered().is_some());
    on_cleanup(move || {
        if let Some(entered) = entered() {
            put(frame, name, &entered);
        }
    });
}

/// Puts back what was kept of this form, and keeps it when it is left. Says whether something was put back, and gives
/// the way to throw that away.
pub fn keep(frame: Frame, form: Form) -> (RwSignal<bool>, Callback<()>) {
    let address = form.address.get_value();
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
    ask_before_leaving(is_open);
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
            // What is being saved right now is kept in case it is refused.
            if form.saving.try_get_untracked() != Some(true) {
                frame.say(waits());
            }
        }
    });
    (restored, discard)
}
