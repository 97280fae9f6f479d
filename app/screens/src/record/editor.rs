//! Editing one field in its place.

use leptos::{prelude::*, task::spawn_local};
use records::{FieldInfo, Value};
use ui::{Button, ButtonKind, Size, Toast};
use uuid::Uuid;

use crate::{
    api::{self, Opened, Saved},
    cell,
    draft::{Draft, control},
    frame::Frame,
    session::Session,
};

/// An editor and what it edits.
#[derive(Clone, Copy)]
struct Editor {
    session: Session,
    frame: Frame,
    record_type: StoredValue<String>,
    id: Uuid,
    field: StoredValue<FieldInfo>,
    /// The place of the field in the type.
    at: usize,
    /// What was read, and at which version of the record.
    before: StoredValue<(Value, i64)>,
    draft: RwSignal<Draft>,
    error: RwSignal<Option<String>>,
    saving: RwSignal<bool>,
    editing: RwSignal<bool>,
}

/// The control with its buttons; `editing` becomes false when it is done.
pub fn editor(
    session: Session,
    record_type: String,
    record: StoredValue<Opened>,
    field: FieldInfo,
    editing: RwSignal<bool>,
) -> AnyView {
    let frame = Frame::get();
    let at = session.type_info(&record_type).and_then(|t| t.field(field.name()).map(|(i, _)| i)).unwrap_or_default();
    let (id, version, value, labels) = record.with_value(|o| {
        (o.record.id, o.record.version, o.record.cells.get(at).cloned().unwrap_or_default(), o.labels.clone())
    });
    let initial = Draft::of(field.kind(), &value, &labels, session.reading());
    let place = (id, field.name().to_owned());
    let open = frame.open_editors.with_value(|open| open.get(&place).cloned());
    // Where nothing was typed, what was read since is edited.
    let typed = open.and_then(|(before, draft)| Some((before, draft?)));
    let was_typed = typed.is_some();
    let (before, draft) = typed.unwrap_or_else(|| ((value, version), initial.clone()));
    let editor = Editor {
        session,
        frame,
        record_type: StoredValue::new(record_type),
        id,
        field: StoredValue::new(field.clone()),
        at,
        before: StoredValue::new(before),
        draft: RwSignal::new(draft),
        error: RwSignal::new(None),
        saving: RwSignal::new(false),
        editing,
    };
    Effect::new(move |_| {
        let draft = editor.draft.get();
        let typed = (was_typed || draft != initial).then_some(draft);
        let kept = (editor.before.get_value(), typed);
        frame.open_editors.update_value(|open| _ = open.insert(place.clone(), kept));
    });
    let control_id = format!("inline-{}", field.name());
    let focus = control_id.clone();
    Effect::new(move |_| ui::dom::focus(&focus));
    let control = control(control_id, &field, editor.draft, editor.error.into());
    view! {
        <form
            class="inline-edit"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                editor.save();
            }
            on:keydown=move |event| {
                if event.key() == "Escape" && !event.default_prevented() {
                    event.prevent_default();
                    event.stop_propagation();
                    editor.cancel();
                } else if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    editor.save();
                }
            }
        >
            {control}
            <div class="row" data-align="end">
                <Button kind=ButtonKind::Ghost size=Size::Small on_click=move |_| editor.cancel()>
                    "Cancel"
                </Button>
                <Button kind=ButtonKind::Primary size=Size::Small submit=true loading=editor.saving>
                    "Save"
                </Button>
            </div>
        </form>
    }
    .into_any()
}

impl Editor {
    fn name(self) -> String {
        self.field.with_value(|f| f.name().to_owned())
    }

    fn close(self) {
        self.close_at(&(self.id, self.name()));
    }

    /// The same where the editor itself may be gone.
    fn close_at(self, place: &(Uuid, String)) {
        self.frame.open_editors.update_value(|open| _ = open.remove(place));
        self.editing.set(false);
    }

    fn cancel(self) {
        let failed = self.error.with_untracked(Option::is_some);
        self.close();
        if failed {
            // What stood in the way is shown now.
            self.frame.changes.update(|n| *n = n.wrapping_add(1));
        }
    }

    fn save(self) {
        if self.saving.get_untracked() {
            return;
        }
        let read = self.field.with_value(|field| {
            let read = self.draft.get_untracked().read(field.kind(), self.session.reading());
            read.and_then(|value| records::text::check_field(&field.field, value))
        });
        match read {
            Ok(value) => self.store(value),
            Err(why) => self.error.set(Some(format!("This {why}."))),
        }
    }

    fn store(self, value: Value) {
        self.saving.set(true);
        let (record_type, version) = (self.record_type.get_value(), self.before.with_value(|(_, version)| *version));
        let (name, label) = self.field.with_value(|f| (f.name().to_owned(), f.label().to_owned()));
        let set = vec![(name.clone(), value.clone())];
        spawn_local(async move {
            let saved = api::save_record(record_type, Some(self.id), Some(version), set).await;
            let is_left = self.saving.try_set(false).is_some();
            match saved {
                Ok(Saved::Done { change_set, .. }) => {
                    self.close_at(&(self.id, name));
                    if change_set.is_some() {
                        self.frame.changed(format!("{label} saved."), change_set);
                    }
                }
                // The editor is open again, with what was typed, when one comes back to the record.
                Ok(_) if is_left => self.frame.say(Toast::bad(format!("{label} is not saved yet."))),
                Ok(Saved::Invalid(errors)) => {
                    let own = errors.first(&name);
                    let message = own.or_else(|| errors.0.values().flatten().next().map(String::as_str));
                    self.error.set(message.map(str::to_owned));
                }
                Ok(Saved::Stale(theirs)) => self.stale(value, &theirs),
                Err(failure) => {
                    self.error.set(Some(failure.sentence()));
                    self.frame.failed(&failure);
                }
            }
        });
    }

    /// Somebody changed the record meanwhile. Only a change of this very field is in the way.
    fn stale(self, mine: Value, theirs: &Opened) {
        let now = theirs.record.cells.get(self.at).cloned().unwrap_or_default();
        let is_same = self.before.with_value(|(before, _)| *before == now);
        self.before.set_value((now.clone(), theirs.record.version));
        if is_same {
            return self.store(mine);
        }
        let who = theirs.record.updated_by.and_then(|id| theirs.labels.get(&id).cloned());
        let who = who.unwrap_or_else(|| "Somebody else".to_owned());
        let label = |id: Uuid| theirs.labels.get(&id).cloned();
        let shown = self.field.with_value(|f| cell::words(f.kind(), &now, self.session, label));
        let what = if shown.is_empty() { "emptied it".to_owned() } else { format!("made it “{shown}”") };
        let note = "Save again to keep yours, or cancel to keep theirs.";
        self.error.set(Some(format!("{who} {what} meanwhile. {note}")));
    }
}
