//! Search and filter of a list. Both live in the address.

mod builder;
mod value;
mod words;

use std::{collections::BTreeMap, time::Duration};

pub(crate) use builder::builder;
use kernel::AppError;
use leptos::prelude::*;
use records::{Filter, ListQuery, TypeInfo};
use ui::{ButtonKind, FilterChip, Input, Popover, Select, Size};
use uuid::Uuid;
use words::{NAMED, Reader, words};

use super::{List, goer};
use crate::{api, later::later, part::within, session::Session};

/// The conditions of a list, to be added to and changed.
#[derive(Clone, Copy)]
pub(crate) struct Conditions {
    pub list: List,
    pub all: Memo<Vec<Filter>>,
    /// The one being changed, by its place.
    pub changing: RwSignal<Option<usize>>,
    /// What the records they name are called.
    pub labels: RwSignal<Option<BTreeMap<String, String>>>,
    /// Takes all of them, changed.
    pub narrow: Callback<Vec<Filter>>,
}

/// The bar with the search field, the conditions and the columns.
pub fn bar(session: Session, list: List) -> AnyView {
    let go = goer();
    let ask = Callback::new(move |filter: Option<Filter>| {
        go(&list.address(&ListQuery { filter, page: 1, cursor: None, ..list.query.get_untracked() }));
    });
    let any = Memo::new(move |_| list.query.with(|q| matches!(q.filter, Some(Filter::Or(_)))));
    let parts = Memo::new(move |_| list.query.with(|q| conditions(q.filter.as_ref())));
    let narrow = Callback::new(move |all: Vec<Filter>| ask.run(join(all, any.get_untracked())));
    let named = Memo::new(move |_| {
        let named = |info: &TypeInfo| parts.with(|parts| parts.iter().flat_map(|p| references(info, p)).collect());
        list.info.with_value(|info| -> Vec<_> { named(info) })
    });
    let labels = later(move || named.get(), reference_labels);
    let conditions = Conditions { list, all: parts, changing: RwSignal::new(None), labels, narrow };
    let chips = move || {
        let all = parts.get();
        let labels = labels.get().unwrap_or_default();
        let chips = all.iter().enumerate().map(|(at, part)| chip(session, conditions, &all, at, part, &labels));
        chips.collect_view()
    };
    let mode = move || (parts.with(Vec::len) > 1).then(|| mode(any, parts, ask));
    let (filter_opens, columns_open) = (Trigger::new(), Trigger::new());
    // What was begun and left does not stand in the way of the next condition.
    let leave = Callback::new(move |()| conditions.changing.set(None));
    view! {
        <div class="filter-bar">
            {search(list)} {mode} {chips}
            <Popover
                id="filter"
                label="Filter"
                icon="filter"
                kind=ButtonKind::Ghost
                on_open=move |()| filter_opens.notify()
                on_close=leave
            >
                {within("filter", filter_opens, move |tools| (tools.builder)(conditions))}
            </Popover>
            <span class="spacer"></span>
            <Popover
                id="columns"
                label="Columns"
                icon="columns"
                kind=ButtonKind::Ghost
                align_end=true
                on_open=move |()| columns_open.notify()
            >
                {within("columns", columns_open, move |tools| (tools.chooser)(list))}
            </Popover>
        </div>
    }
    .into_any()
}

/// Whether a row must meet all conditions or one of them is enough.
fn mode(any: Memo<bool>, parts: Memo<Vec<Filter>>, ask: Callback<Option<Filter>>) -> AnyView {
    let options = vec![("all".to_owned(), "All of".to_owned()), ("any".to_owned(), "Any of".to_owned())];
    let value = Signal::derive(move || if any.get() { "any" } else { "all" }.to_owned());
    let change = Callback::new(move |mode: String| ask.run(join(parts.get_untracked(), mode == "any")));
    view! {
        <div class="filter-mode">
            <Select id="filter-mode" label="Rows meet" options=options value=value size=Size::Compact on_change=change />
        </div>
    }
    .into_any()
}

fn search(list: List) -> AnyView {
    let go = goer();
    let latest = StoredValue::new(0_u32);
    let value = RwSignal::new(list.query.with_untracked(|q| q.search.clone()));
    let asked = StoredValue::new(value.get_untracked());
    // What the field itself asked for is not written back: meanwhile one has typed on, if only a space.
    Effect::new(move |_| {
        let now = list.query.with(|q| q.search.clone());
        if asked.with_value(|asked| *asked != now) {
            asked.set_value(now.clone());
            value.set(now);
        }
    });
    let plural = list.info.with_value(|i| i.plural.to_lowercase());
    let typed = Callback::new(move |typed: String| {
        let number = latest.get_value().wrapping_add(1);
        latest.set_value(number);
        value.set(typed.clone());
        let go = go.clone();
        let after_a_pause = move || {
            if latest.try_get_value() == Some(number) {
                let search = typed.trim().to_owned();
                asked.set_value(search.clone());
                go(&list.address(&ListQuery { search, page: 1, cursor: None, ..list.query.get_untracked() }));
            }
        };
        set_timeout(after_a_pause, Duration::from_millis(200));
    });
    // The browser would empty the field; here Esc closes one layer, and what was searched for stays.
    let leave = |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            ui::dom::focus("main");
        }
    };
    view! {
        <div class="list-search" on:keydown=leave>
            <Input
                id="list-search"
                name="search"
                kind="search"
                icon="search"
                label=format!("Search {plural}")
                placeholder=format!("Search {plural}")
                value=value
                on_input=typed
            />
        </div>
    }
    .into_any()
}

/// The conditions that stand side by side.
fn conditions(filter: Option<&Filter>) -> Vec<Filter> {
    match filter {
        None => vec![],
        Some(Filter::And(all) | Filter::Or(all)) => all.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn join(mut all: Vec<Filter>, any: bool) -> Option<Filter> {
    match (all.len(), any) {
        (0 | 1, _) => all.pop(),
        (_, false) => Some(Filter::And(all)),
        (_, true) => Some(Filter::Or(all)),
    }
}

/// What the records that conditions name are called, by id.
async fn reference_labels(named: Vec<(String, Uuid)>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (target, id) in named {
        let opened: Result<_, AppError> = api::open_record(target, id).await;
        labels.insert(id.to_string(), opened.map_or_else(|_| "a record you cannot see".to_owned(), |o| o.record.title));
    }
    labels
}

/// The records that a condition names, each with its type.
fn references(info: &TypeInfo, filter: &Filter) -> Vec<(String, Uuid)> {
    match filter {
        Filter::And(all) | Filter::Or(all) => all.iter().flat_map(|part| references(info, part)).collect(),
        Filter::Not(inner) => references(info, inner),
        Filter::Leaf(leaf) => {
            let Some(target) = info.field(&leaf.field).and_then(|(_, f)| f.kind().target()) else { return vec![] };
            let values = leaf.value.as_array().map_or_else(|| std::slice::from_ref(&leaf.value), Vec::as_slice);
            let ids = values.iter().take(NAMED).filter_map(|id| id.as_str()?.parse().ok());
            ids.map(|id| (target.to_owned(), id)).collect()
        }
    }
}

fn chip(
    session: Session,
    conditions: Conditions,
    all: &[Filter],
    at: usize,
    part: &Filter,
    labels: &BTreeMap<String, String>,
) -> AnyView {
    let rest: Vec<Filter> = all.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, f)| f.clone()).collect();
    let remove = Callback::new(move |()| conditions.narrow.run(rest.clone()));
    let (field, operator, value) = conditions.list.info.with_value(|info| {
        let (formats, reading) = (session.formats(), session.reading());
        words(&Reader { info, labels, formats: &formats, reading }, part)
    });
    let edit = Callback::new(move |()| conditions.changing.set(Some(at)));
    view! { <FilterChip field=field operator=operator value=value popover="filter" on_edit=edit on_remove=remove /> }
        .into_any()
}
