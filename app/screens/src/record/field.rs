//! A field of a record: its value, and its control when one edits it in place.

use leptos::prelude::*;
use records::{FieldInfo, TypeInfo};
use ui::{Detail, IconButton, Size};

use super::editor::editor;
use crate::{api::Opened, cell, frame::Frame, session::Session};

pub fn row(session: Session, info: &TypeInfo, record: StoredValue<Opened>, at: usize, field: &FieldInfo) -> AnyView {
    let (value, labels, may_edit) = record.with_value(|o| {
        let value = o.record.cells.get(at).cloned().unwrap_or_default();
        (value, o.labels.clone(), o.record.may_edit && o.record.deleted_at.is_none())
    });
    let is_editable = may_edit && field.is_writable();
    if value.is_null() && !is_editable {
        return ().into_any();
    }
    // An editor that was open when the record was read again stays open, with what stood in it.
    let place = (record.with_value(|o| o.record.id), field.name().to_owned());
    let editing = RwSignal::new(is_editable && Frame::get().open_editors.with_value(|open| open.contains_key(&place)));
    let (name, label) = (info.name.clone(), field.label().to_owned());
    let info = StoredValue::new(field.clone());
    let shown = StoredValue::new((value, labels));
    let pencil_id = format!("pencil-{}", field.name());
    // The row is made anew when the record was read again; its pencil keeps the focus.
    let had_focus = cfg!(feature = "hydrate") && ui::dom::has_focus(&pencil_id);
    focus_after(editing, had_focus, pencil_id.clone());
    let view = move || {
        if editing.get() {
            return editor(session, name.clone(), record, info.get_value(), editing);
        }
        let value = shown.with_value(|(value, labels)| {
            if value.is_null() {
                view! { <span class="quiet">"—"</span> }.into_any()
            } else {
                info.with_value(|f| cell::show(f.kind(), value, labels, session))
            }
        });
        let pencil = is_editable.then(|| {
            let label = info.with_value(|f| format!("Edit {}", f.label().to_lowercase()));
            view! { <IconButton id=pencil_id.clone() label=label icon="edit" size=Size::Small class="detail-edit" on_click=move |_| editing.set(true) /> }
        });
        view! {
            <div class="detail-value" on:dblclick=move |_| editing.set(is_editable)>
                {value} {pencil}
            </div>
        }
        .into_any()
    };
    view! { <Detail label=label>{view}</Detail> }.into_any()
}

/// Gives the focus that an editor or the former pencil had to the pencil, once it is there again.
fn focus_after(editing: RwSignal<bool>, had_focus: bool, pencil: String) {
    Effect::new(move |was: Option<bool>| {
        let is = editing.get();
        if was.unwrap_or(had_focus) && !is {
            let pencil = pencil.clone();
            request_animation_frame(move || {
                if ui::dom::is_focus_lost() {
                    ui::dom::focus(&pencil);
                }
            });
        }
        is
    });
}
