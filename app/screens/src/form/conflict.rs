//! Two people edited the same record: both versions side by side, and a choice for each field.

use leptos::prelude::*;
use records::{Value, text};
use ui::{Button, ButtonKind, Dialog};
use uuid::Uuid;

use super::Form;
use crate::{api::Opened, draft::Draft, frame::Frame, session::Session};

/// A field that both changed.
#[derive(Clone)]
struct Difference {
    /// The field's place among the entries of the form.
    entry: usize,
    label: String,
    mine: String,
    theirs: String,
    theirs_value: Value,
}

/// The dialog that opens while there is a conflict.
pub fn dialog(session: Session, frame: Frame, form: Form, done: Callback<(Uuid, Option<Uuid>)>) -> AnyView {
    let open = Signal::derive(move || form.conflict.with(Option::is_some));
    // The entries for which theirs is taken.
    let taken = RwSignal::new(Vec::<usize>::new());
    let close = move || {
        form.conflict.set(None);
        taken.set(vec![]);
    };
    let settle = move |_| {
        let Some(theirs) = form.conflict.get_untracked() else { return };
        take_theirs(session, form, &theirs, &taken.get_untracked());
        form.version.set(Some(theirs.record.version));
        close();
        form.save(session, frame, done);
    };
    view! {
        <Dialog
            id="conflict"
            title="Somebody else changed this record"
            open=open
            on_close=move |()| close()
            footer=move || {
                view! {
                    <Button on_click=move |_| close()>"Go on editing"</Button>
                    <Button kind=ButtonKind::Primary on_click=settle>
                        "Save this"
                    </Button>
                }
                    .into_any()
            }
        >
            {move || form.conflict.get().map(|theirs| choices(session, form, &theirs, taken))}
        </Dialog>
    }
    .into_any()
}

fn choices(session: Session, form: Form, theirs: &Opened, taken: RwSignal<Vec<usize>>) -> AnyView {
    let who = theirs.record.updated_by.and_then(|id| theirs.labels.get(&id).cloned());
    let who = who.unwrap_or_else(|| "Somebody".to_owned());
    let when = session.when(theirs.record.updated_at);
    let differences = differences(session, form, theirs);
    let note = if differences.is_empty() {
        format!("{who} saved other fields at {when}. Saving keeps theirs and adds yours.")
    } else {
        format!("{who} saved at {when}. Choose what to keep; fields you did not change stay theirs.")
    };
    let rows = differences.into_iter().map(|difference| {
        let at = difference.entry;
        let is_taken = move || taken.with(|t| t.contains(&at));
        let choose = move |theirs: bool| {
            taken.update(|taken| {
                taken.retain(|other| *other != at);
                if theirs {
                    taken.push(at);
                }
            });
        };
        let group = format!("conflict-{at}");
        let (mine, theirs) = (or_empty(difference.mine), or_empty(difference.theirs));
        view! {
            <fieldset class="conflict-row">
                <legend>{difference.label}</legend>
                <label class="conflict-choice">
                    <input type="radio" name=group.clone() prop:checked=move || !is_taken() on:change=move |_| choose(false) />
                    <span class="quiet">"Yours"</span>
                    <span class="prewrap">{mine}</span>
                </label>
                <label class="conflict-choice">
                    <input type="radio" name=group prop:checked=is_taken on:change=move |_| choose(true) />
                    <span class="quiet">"Theirs"</span>
                    <span class="prewrap">{theirs}</span>
                </label>
            </fieldset>
        }
    });
    view! { <p>{note}</p> {rows.collect_view()} }.into_any()
}

fn or_empty(text: String) -> String {
    if text.is_empty() { "(empty)".to_owned() } else { text }
}

/// The fields that one changed and that hold something else now.
fn differences(session: Session, form: Form, theirs: &Opened) -> Vec<Difference> {
    let info = form.record_type.with_value(|name| session.type_info(name));
    let Some(info) = info else { return vec![] };
    let label = |id: Uuid| theirs.labels.get(&id).cloned().or_else(|| form.labels.with_value(|l| l.get(&id).cloned()));
    form.entries.with_value(|entries| {
        let each = entries.iter().enumerate().filter_map(|(at, entry)| {
            let draft = entry.draft.get_untracked();
            let mine = draft.read(entry.info.kind(), session.reading()).ok()?;
            let (place, _) = info.field(entry.info.name())?;
            let other = theirs.record.cells.get(place)?;
            if mine == entry.before || mine == *other || *other == entry.before {
                return None;
            }
            let show = |value: &Value| session.with(|b| text::show(entry.info.kind(), value, &b.formats, label));
            let mine = match &draft {
                Draft::Reference(Some((_, label))) => label.clone(),
                _ => show(&mine),
            };
            let label = entry.info.label().to_owned();
            Some(Difference { entry: at, label, mine, theirs: show(other), theirs_value: other.clone() })
        });
        each.collect()
    })
}

/// Brings the form up to theirs: fields one left alone, and those for which theirs was chosen.
fn take_theirs(session: Session, form: Form, theirs: &Opened, taken: &[usize]) {
    let info = form.record_type.with_value(|name| session.type_info(name));
    let Some(info) = info else { return };
    let chosen: Vec<(usize, Value)> = differences(session, form, theirs)
        .into_iter()
        .filter(|d| taken.contains(&d.entry))
        .map(|d| (d.entry, d.theirs_value))
        .collect();
    form.entries.update_value(|entries| {
        for (at, entry) in entries.iter_mut().enumerate() {
            let other = info.field(entry.info.name()).and_then(|(i, _)| theirs.record.cells.get(i)).cloned();
            let Some(other) = other else { continue };
            let mine = entry.draft.get_untracked().read(entry.info.kind(), session.reading());
            let is_untouched = mine.as_ref() == Ok(&entry.before);
            if is_untouched || chosen.iter().any(|(taken, _)| *taken == at) {
                entry.draft.set(Draft::of(entry.info.kind(), &other, &theirs.labels, session.reading()));
            }
            entry.before = other;
        }
    });
}
