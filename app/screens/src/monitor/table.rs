//! The table of a monitor, whatever its lines hold.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use leptos::prelude::*;
use ui::{Pagination, SelectAllHead, SelectCell, Tab, TabLinks, TableScroll};
use uuid::Uuid;

/// A column: what it is called, and a class of its cells.
#[derive(Clone, Copy)]
pub struct Head(pub &'static str, pub &'static str);

/// A line of the table. Its first cell names it.
#[derive(Clone)]
pub struct Line {
    id: Uuid,
    look: u64,
    name: String,
    cells: Arc<dyn Fn() -> Vec<AnyView> + Send + Sync>,
}

impl Line {
    /// A line with a name to be read out, painted anew when `look` is not what it was.
    pub fn new(
        id: Uuid,
        name: impl Into<String>,
        look: impl Hash,
        cells: impl Fn() -> Vec<AnyView> + Send + Sync + 'static,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        look.hash(&mut hasher);
        Self { id, look: hasher.finish(), name: name.into(), cells: Arc::new(cells) }
    }
}

/// The words of a cell. Without any it holds nothing, and a phone shows no label for it.
pub fn said(text: impl Into<String>) -> AnyView {
    Some(text.into()).filter(|text| !text.is_empty()).into_any()
}

/// What a table is made of.
#[derive(Clone)]
pub struct Table {
    pub label: &'static str,
    pub class: &'static str,
    pub heads: &'static [Head],
    pub lines: Signal<Vec<Line>>,
    /// Where lines can be selected.
    pub selected: Option<RwSignal<Vec<Uuid>>>,
}

pub fn table(table: Table) -> AnyView {
    let Table { label, class, heads, lines, selected } = table;
    // What has no words is named for who hears the page.
    let heading = |head: &Head| match head {
        Head("", class) => {
            view! { <th scope="col" class=*class><span class="visually-hidden">"Actions"</span></th> }.into_any()
        }
        Head(label, class) => view! { <th scope="col" class=*class>{*label}</th> }.into_any(),
    };
    view! {
        <TableScroll label=label>
            <table class=["data-table ", class].concat() data-phone="cards">
                <thead>
                    <tr>{selected.map(|selected| select_all(lines, selected))} {heads.iter().map(heading).collect_view()}</tr>
                </thead>
                <tbody>
                    <For each=move || lines.get() key=|line| (line.id, line.look) let(line)>
                        {row(heads, &line, selected)}
                    </For>
                </tbody>
            </table>
        </TableScroll>
    }
    .into_any()
}

fn select_all(lines: Signal<Vec<Line>>, selected: RwSignal<Vec<Uuid>>) -> AnyView {
    let shown = Memo::new(move |_| lines.with(|lines| lines.iter().map(|line| line.id).collect::<Vec<_>>()));
    let all = Signal::derive(move || {
        shown.with(|shown| !shown.is_empty() && selected.with(|s| shown.iter().all(|id| s.contains(id))))
    });
    let some = Signal::derive(move || !selected.with(Vec::is_empty) && !all.get());
    let change = move |on| selected.set(if on { shown.get_untracked() } else { vec![] });
    view! { <SelectAllHead all=all some=some on_change=change /> }.into_any()
}

fn row(heads: &'static [Head], line: &Line, selected: Option<RwSignal<Vec<Uuid>>>) -> AnyView {
    let id = line.id;
    let select = selected.map(|selected| {
        let checked = Signal::derive(move || selected.with(|s| s.contains(&id)));
        let change = move |on: bool| {
            selected.update(|selected| {
                selected.retain(|other| *other != id);
                if on {
                    selected.push(id);
                }
            });
        };
        view! { <SelectCell label=line.name.clone() checked=checked on_change=change /> }
    });
    let cells = heads.iter().zip((line.cells)()).enumerate().map(|(at, (Head(label, class), cell))| {
        let label = (!label.is_empty()).then_some(*label);
        if at == 0 {
            view! { <th scope="row" data-label=label class=*class>{cell}</th> }.into_any()
        } else {
            view! { <td data-label=label class=*class>{cell}</td> }.into_any()
        }
    });
    view! { <tr>{select} {cells.collect_view()}</tr> }.into_any()
}

/// Tabs for the states of a list, with how many lines stand in each, where that is known.
pub fn state_tabs(tabs: Signal<Vec<(&'static str, &'static str, String, String)>>, current: Signal<String>) -> AnyView {
    let tabs = Signal::derive(move || {
        let tab = |(id, label, href, count): (&str, &str, String, String)| Tab::link(id, label, href).count(count);
        tabs.get().into_iter().map(tab).collect::<Vec<_>>()
    });
    view! { <TabLinks label="States" tabs=tabs current=current /> }.into_any()
}

/// The foot of a list that starts with the newest: its first page and the one after.
pub fn newest(what: &'static str, first: Signal<Option<String>>, next: Signal<Option<String>>) -> AnyView {
    let text =
        Signal::derive(
            move || {
                if first.get().is_some() { format!("Older {what}") } else { format!("The newest {what}") }
            },
        );
    view! { <div class="job-foot"><Pagination text=text previous=first next=next /></div> }.into_any()
}
