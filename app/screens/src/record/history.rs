//! Who changed what, each change to be taken back.

use std::collections::BTreeMap;

use kernel::AppError;
use leptos::prelude::*;
use records::{ChangeInfo, TypeInfo, Value};
use ui::{Avatar, Button, ButtonKind, Size, icon};
use uuid::Uuid;

use crate::{api, cell, frame::Frame, session::Session};

/// A record's changes, newest first, with what the references among them are called.
pub type Changes = Result<(Vec<ChangeInfo>, BTreeMap<Uuid, String>), AppError>;

/// Asks for the changes. Called beside the record, not within it: what is asked for while a painted page wakes must be
/// asked for in the order in which it was painted.
pub fn ask(info: StoredValue<TypeInfo>, id: Uuid) -> Resource<Changes> {
    let frame = Frame::get();
    let name = info.with_value(|i| i.name.clone());
    let changes = frame.watch(vec![name.clone()], Some(id));
    Resource::new(move || changes.get(), move |_| api::record_history(name.clone(), id))
}

pub fn history(info: StoredValue<TypeInfo>, changes: Changes) -> AnyView {
    match changes {
        Ok((changes, labels)) => list(info, changes, &labels),
        Err(error) => view! { <p class="quiet">{error.sentence()}</p> }.into_any(),
    }
}

fn list(info: StoredValue<TypeInfo>, mut changes: Vec<ChangeInfo>, labels: &BTreeMap<Uuid, String>) -> AnyView {
    let (session, frame) = (Session::get(), Frame::get());
    if changes.is_empty() {
        return view! { <p class="quiet">"Nothing was recorded yet."</p> }.into_any();
    }
    let is_cut = changes.len() > api::HISTORY as usize;
    changes.truncate(api::HISTORY as usize);
    let items = changes.into_iter().map(|change| {
        let who = change.actor.and_then(|id| labels.get(&id).cloned()).unwrap_or_else(|| "Mainstay".to_owned());
        let (ago, at) = (session.ago(change.at), session.when(change.at));
        let verb = verb(&change);
        let fields = change.fields.iter().filter_map(|(name, before, after)| {
            info.with_value(|info| difference(session, info, name, before, after, labels))
        });
        let fields = fields.collect_view();
        let set = change.change_set;
        let mark = if change.actor.is_none() {
            icon("bolt", "", "feed-mark")
        } else {
            view! { <Avatar name=who.clone() /> }.into_any()
        };
        let undo = (!change.is_undone).then(|| {
            let words = undo_words(&change.source, change.records, |n| session.count(n));
            view! {
                <Button kind=ButtonKind::Ghost size=Size::Small icon="undo" on_click=move |_| frame.undo(set)>
                    {words}
                </Button>
            }
        });
        view! {
            <li class="timeline-item">
                {mark}
                <div>
                    <p>
                        <b>{who}</b>
                        " "
                        {verb}
                        " "
                        <time title=at>{ago}</time>
                        {change.is_undone.then_some(" (undone)")}
                    </p>
                    <ul class="change-list">{fields}</ul>
                    {undo}
                </div>
            </li>
        }
    });
    let cut = is_cut.then(|| view! { <p class="quiet">{format!("The last {} changes.", api::HISTORY)}</p> });
    view! {
        <ol class="timeline">{items.collect_view()}</ol>
        {cut}
    }
    .into_any()
}

/// A change made with others is taken back with them.
fn undo_words(source: &str, records: i64, count: impl Fn(i64) -> String) -> String {
    match (records, source) {
        (..=1, _) => "Undo".to_owned(),
        (_, "import") => format!("Undo the import ({} records)", count(records)),
        _ => format!("Undo for all {} records", count(records)),
    }
}

fn verb(change: &ChangeInfo) -> &'static str {
    match (change.source.as_str(), change.action.as_str()) {
        ("import", "create") => "imported this",
        ("import", _) => "changed this by an import",
        ("undo", "delete") => "undid its creation",
        ("undo", "restore") => "undid its deletion",
        ("undo", _) => "undid a change",
        (_, "create") => "created this",
        (_, "delete") => "deleted this",
        (_, "restore") => "restored this",
        _ => "changed this",
    }
}

fn difference(
    session: Session,
    info: &TypeInfo,
    name: &str,
    before: &Value,
    after: &Value,
    labels: &BTreeMap<Uuid, String>,
) -> Option<AnyView> {
    let (_, field) = info.field(name)?;
    let show = |value: &Value| {
        let text = cell::words(field.kind(), value, session, |id| labels.get(&id).cloned());
        if text.is_empty() { "empty".to_owned() } else { text }
    };
    let (from, to) = (show(before), show(after));
    let view = view! {
        <li>
            {field.label().to_owned()}
            ": "
            <del>{from}</del>
            " → "
            <ins>{to}</ins>
        </li>
    };
    Some(view.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_says_how_many_records_it_takes_back() {
        let words = |source, records| undo_words(source, records, |n| n.to_string());
        assert_eq!(words("import", 1), "Undo");
        assert_eq!(words("import", 12_000), "Undo the import (12000 records)");
        assert_eq!(words("bulk", 3), "Undo for all 3 records");
    }
}
