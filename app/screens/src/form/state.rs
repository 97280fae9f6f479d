//! A form while it is filled in, and saving it.

use std::collections::BTreeMap;

use kernel::FieldErrors;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use records::{FieldInfo, TypeInfo, Value};
use uuid::Uuid;

use super::kept::waits;
use crate::{
    api::{self, Opened, Saved},
    draft::Draft,
    frame::Frame,
    session::Session,
};

/// A field of the form.
#[derive(Clone)]
pub(crate) struct Entry {
    pub info: FieldInfo,
    /// What the record held when the form was opened.
    pub before: Value,
    pub draft: RwSignal<Draft>,
    /// What stood in the control when the form was opened.
    pub initial: Draft,
}

/// A form and what became of it.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub record_type: StoredValue<String>,
    pub id: Option<Uuid>,
    /// The version that was read; `None` for a new record.
    pub version: RwSignal<Option<i64>>,
    pub entries: StoredValue<Vec<Entry>>,
    pub errors: RwSignal<FieldErrors>,
    pub saving: RwSignal<bool>,
    /// The record as somebody else left it meanwhile.
    pub conflict: RwSignal<Option<Opened>>,
    pub labels: StoredValue<BTreeMap<Uuid, String>>,
    /// Whether it was given up, so that nothing in it has to be kept.
    pub settled: StoredValue<bool>,
    /// The address it is kept under when it is left.
    pub address: StoredValue<String>,
}

impl Form {
    pub fn new(session: Session, info: &TypeInfo, opened: Option<&Opened>) -> Self {
        let labels = opened.map(|o| o.labels.clone()).unwrap_or_default();
        let reading = session.reading();
        let entries = info.fields.iter().enumerate().filter(|(_, f)| f.is_writable()).map(|(i, field)| {
            let before = match opened {
                Some(opened) => opened.record.cells.get(i).cloned().unwrap_or_default(),
                None => records::text::parse(field.kind(), &field.field.default, reading).unwrap_or_default(),
            };
            // A new record is one's own unless one says otherwise.
            let draft = match (opened, field.name(), session.user()) {
                (None, "owner", Some(me)) => Draft::Reference(Some((me.id, me.name))),
                _ => Draft::of(field.kind(), &before, &labels, reading),
            };
            Entry { info: field.clone(), before, initial: draft.clone(), draft: RwSignal::new(draft) }
        });
        Self {
            record_type: StoredValue::new(info.name.clone()),
            id: opened.map(|o| o.record.id),
            version: RwSignal::new(opened.map(|o| o.record.version)),
            entries: StoredValue::new(entries.collect()),
            errors: RwSignal::default(),
            saving: RwSignal::new(false),
            conflict: RwSignal::new(None),
            labels: StoredValue::new(labels),
            settled: StoredValue::new(false),
            address: StoredValue::new(use_location().pathname.get_untracked()),
        }
    }

    /// The values that differ from what was read. What cannot be read is marked on its field.
    fn read(self, session: Session) -> Option<api::Set> {
        let (mut set, mut errors) = (vec![], FieldErrors::default());
        self.entries.with_value(|entries| {
            for entry in entries {
                let read = entry.draft.get_untracked().read(entry.info.kind(), session.reading());
                match read.and_then(|value| records::text::check_field(&entry.info.field, value)) {
                    Ok(value) if value == entry.before && self.id.is_some() => {}
                    Ok(value) => set.push((entry.info.name().to_owned(), value)),
                    Err(why) => errors.add(entry.info.name(), format!("This {why}.")),
                }
            }
        });
        self.reject(errors).then_some(set)
    }

    /// Shows errors, the first one focused. True when there are none.
    fn reject(self, errors: FieldErrors) -> bool {
        let first = self.entries.with_value(|entries| {
            entries.iter().map(|e| e.info.name().to_owned()).find(|name| errors.first(name).is_some())
        });
        let is_fine = errors.is_empty();
        self.errors.set(errors);
        if let Some(first) = first {
            // After the next paint, when the message stands beside the field.
            let show = move || {
                let field = format!("field-{first}");
                ui::dom::focus(&field);
                // One that has the focus already may have left the view.
                ui::dom::reveal(&field);
            };
            set_timeout(show, std::time::Duration::from_millis(20));
        }
        is_fine
    }

    /// Saves; `done` is called with the record's id and the change-set. Who leaves meanwhile is told how it went.
    pub fn save(self, session: Session, frame: Frame, done: Callback<(Uuid, Option<Uuid>)>) {
        if self.saving.get_untracked() {
            return;
        }
        let Some(set) = self.read(session) else { return };
        if let (true, Some(id)) = (set.is_empty(), self.id) {
            self.settled.set_value(true);
            return done.run((id, None));
        }
        self.saving.set(true);
        let (record_type, id, version) = (self.record_type.get_value(), self.id, self.version.get_untracked());
        let address = self.address.get_value();
        spawn_local(async move {
            let saved = api::save_record(record_type, id, version, set).await;
            let is_left = self.saving.try_set(false).is_some();
            match saved {
                Ok(Saved::Done { change_set, .. }) if is_left => {
                    frame.kept.update_value(|shelf| _ = shelf.remove(&address));
                    frame.changed("Saved.", change_set);
                }
                Ok(_) if is_left => frame.say(waits()),
                Ok(Saved::Done { id, version, change_set }) => {
                    self.saved(session, version);
                    done.run((id, change_set));
                }
                Ok(Saved::Invalid(errors)) => {
                    self.reject(errors);
                }
                Ok(Saved::Stale(theirs)) => self.conflict.set(Some(*theirs)),
                Err(error) => {
                    frame.failed(&error);
                    if is_left {
                        frame.say(waits());
                    }
                }
            }
        });
    }

    /// What stands in the form is what the record holds now.
    fn saved(self, session: Session, version: i64) {
        self.version.set(self.id.map(|_| version));
        self.entries.update_value(|entries| {
            for entry in entries {
                let draft = entry.draft.get_untracked();
                if let Ok(value) = draft.read(entry.info.kind(), session.reading()) {
                    entry.before = value;
                }
                entry.initial = draft;
            }
        });
    }

    /// Whether something in it would be lost by leaving. Safe to ask while the form goes away.
    pub fn is_dirty(self) -> bool {
        let differs = |e: &Entry| e.draft.try_get_untracked().is_some_and(|draft| draft != e.initial);
        self.entries.try_with_value(|entries| entries.iter().any(differs)) == Some(true)
    }
}
