//! The rows of a list.

use std::{collections::BTreeMap, time::Duration};

use leptos::prelude::*;
use records::{RecordInfo, SortKey, TypeInfo};
use ui::{ColumnHead, SelectAllHead, SelectCell, SortOrder, TableScroll, TitleCell};
use uuid::Uuid;

use super::{List, columns, goer};
use crate::{cell, session::Session};

pub fn table(session: Session, list: List) -> AnyView {
    let label = list.info.with_value(|info| info.plural.clone());
    // Heads and cells follow the fields on show; a width that changes redraws neither.
    let fields = Memo::new(move |_| list.columns.with(|all| all.iter().map(|c| c.field).collect::<Vec<_>>()));
    let labels = Memo::new(move |_| list.page.with(|page| page.labels.clone()));
    let widths = move || {
        list.columns.with(|all| {
            let set = all.iter().filter_map(|c| Some(format!("--w{}:{}px", c.field, c.width?)));
            set.collect::<Vec<_>>().join(";")
        })
    };
    view! {
        <TableScroll label=label>
            <table class="data-table" style=widths>
                <thead>
                    <tr>
                        {select_all(list)}
                        <For each=move || fields.get() key=|field| *field let:field>
                            {list.info.with_value(|info| head(list, info, field))}
                        </For>
                        <th class="cell-end"><span class="visually-hidden">"End"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || list.shown.get() key=|id| *id let:id>
                        {row(session, list, fields, labels, id)}
                    </For>
                </tbody>
            </table>
        </TableScroll>
    }
    .into_any()
}

fn select_all(list: List) -> AnyView {
    let all = Signal::derive(move || {
        let shown = list.shown.get();
        !shown.is_empty() && list.selected.with(|s| shown.iter().all(|id| s.contains(id)))
    });
    let some = Signal::derive(move || !all.get() && list.selected.with(|s| !s.is_empty()));
    let change = Callback::new(move |on: bool| {
        list.selected.set(if on { list.shown.get_untracked() } else { vec![] });
    });
    view! { <SelectAllHead all=all some=some on_change=change /> }.into_any()
}

fn head(list: List, info: &TypeInfo, place: usize) -> AnyView {
    let field = &info.fields[place];
    let name = StoredValue::new(field.name().to_owned());
    let is_sortable = field.kind().is_sortable();
    let keys = {
        let default = info.sort.clone();
        move || list.query.with(|q| if q.sort.is_empty() { default.clone() } else { q.sort.clone() })
    };
    let order = {
        let keys = keys.clone();
        Signal::derive(move || {
            let key = keys().into_iter().find(|k| name.with_value(|n| *n == k.field))?;
            Some(if key.descending { SortOrder::Descending } else { SortOrder::Ascending })
        })
    };
    let go = goer();
    let sort = Callback::new(move |()| {
        let descending = order.get_untracked() == Some(SortOrder::Ascending);
        let sort = vec![SortKey { field: name.get_value(), descending }];
        go(&list.address(&records::ListQuery { sort, page: 1, cursor: None, ..list.query.get_untracked() }));
    });
    let width = Signal::derive(move || {
        list.columns.with(|columns| columns.iter().find(|c| c.field == place).and_then(|c| c.width))
    });
    let resize = Callback::new(move |width: u32| {
        columns::update(list, |columns| {
            if let Some(column) = columns.iter_mut().find(|c| c.field == place) {
                column.width = Some(width);
            }
        });
    });
    let (numeric, title) = (columns::is_numeric(field.kind()), place == info.title);
    let label = field.label().to_owned();
    if is_sortable {
        view! { <ColumnHead label=label sort=order on_sort=sort numeric=numeric title=title width=width on_resize=resize /> }
            .into_any()
    } else {
        view! { <ColumnHead label=label numeric=numeric title=title width=width on_resize=resize /> }.into_any()
    }
}

/// How long a row shows that somebody changed it.
const FRESH: Duration = Duration::from_millis(1600);

fn row(
    session: Session,
    list: List,
    fields: Memo<Vec<usize>>,
    labels: Memo<BTreeMap<Uuid, String>>,
    id: Uuid,
) -> AnyView {
    let record = Memo::new(move |_| list.page.with(|page| page.rows.iter().find(|r| r.id == id).cloned()));
    let title = Memo::new(move |_| record.with(|r| r.as_ref().map(|r| r.title.clone()).unwrap_or_default()));
    let is_selected = Signal::derive(move || list.selected.with(|s| s.contains(&id)));
    let select = Callback::new(move |on: bool| {
        list.selected.update(|selected| {
            selected.retain(|other| *other != id);
            if on {
                selected.push(id);
            }
        });
    });
    let place = move || list.shown.with(|shown| shown.iter().position(|other| *other == id));
    let is_active = move || list.peek.get() == Some(id) || list.active.get().is_some_and(|at| place() == Some(at));
    let cells = move || {
        let shown = fields.get();
        record.with(|record| {
            let record = record.as_ref()?;
            Some(list.info.with_value(|info| {
                let cells = shown.iter().map(|at| {
                    if *at == info.title {
                        let href = list.record_address(id);
                        let style = format!("--width:var(--w{at})");
                        return view! { <TitleCell label=record.title.clone() href=href style=style /> }.into_any();
                    }
                    let kind = info.fields[*at].kind();
                    let value = record.cells.get(*at).cloned().unwrap_or_default();
                    let class = columns::is_numeric(kind).then_some("num");
                    let style = format!("--width:var(--w{at})");
                    let shown = labels.with(|labels| cell::show(kind, &value, labels, session));
                    view! { <td class=class style=style>{shown}</td> }.into_any()
                });
                cells.collect_view()
            }))
        })
    };
    let go = goer();
    let open = move |event: leptos::ev::MouseEvent| {
        // Links, boxes and selected text have their own meaning.
        if ui::dom::is_on_control(&event) {
            return;
        }
        list.active.set(list.shown.with_untracked(|shown| shown.iter().position(|other| *other == id)));
        go(&list.peek_address(Some(id)));
    };
    let is_fresh = fresh(record);
    view! {
        <tr
            id=format!("row-{id}")
            tabindex="-1"
            aria-selected=move || if is_selected.get() { "true" } else { "false" }
            data-active=move || if is_active() { "true" } else { "false" }
            data-fresh=move || is_fresh.get().then_some("true")
            on:click=open
        >
            {move || view! { <SelectCell label=title.get() checked=is_selected on_change=select /> }}
            {cells}
            <td class="cell-end"></td>
        </tr>
    }
    .into_any()
}

/// For a moment after the row has become another version of itself.
fn fresh(record: Memo<Option<RecordInfo>>) -> RwSignal<bool> {
    let is_fresh = RwSignal::new(false);
    Effect::new(move |before: Option<Option<i64>>| {
        let version = record.with(|r| r.as_ref().map(|r| r.version));
        if before.flatten().is_some_and(|before| version.is_some_and(|now| now != before)) {
            is_fresh.set(true);
            set_timeout(move || _ = is_fresh.try_set(false), FRESH);
        }
        version
    });
    is_fresh
}
