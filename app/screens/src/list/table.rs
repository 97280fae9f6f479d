//! The rows of a list.

use leptos::prelude::*;
use records::{Page, RecordInfo, SortKey, TypeInfo};
use ui::{ColumnHead, SelectAllHead, SelectCell, SortOrder, TableScroll, TitleCell};

use super::{List, columns, goer};
use crate::{cell, session::Session};

pub fn table(session: Session, list: List, page: Page) -> AnyView {
    let info = list.info.get_value();
    let label = info.plural.clone();
    let page = StoredValue::new(page);
    // Heads and rows follow the fields on show; a width that changes redraws neither.
    let fields = Memo::new(move |_| list.columns.with(|all| all.iter().map(|c| c.field).collect::<Vec<_>>()));
    let widths = move || {
        list.columns.with(|all| {
            let set = all.iter().filter_map(|c| Some(format!("--w{}:{}px", c.field, c.width?)));
            set.collect::<Vec<_>>().join(";")
        })
    };
    let of_heads = StoredValue::new(info.clone());
    let body = move || {
        let shown = fields.get();
        page.with_value(|page| {
            let rows = page.rows.iter().enumerate();
            rows.map(|(place, record)| row(session, list, &info, &shown, page, place, record)).collect_view()
        })
    };
    view! {
        <TableScroll label=label>
            <table class="data-table" style=widths>
                <thead>
                    <tr>
                        {select_all(list)}
                        <For each=move || fields.get() key=|field| *field let:field>
                            {of_heads.with_value(|info| head(list, info, field))}
                        </For>
                        <th class="cell-end"><span class="visually-hidden">"End"</span></th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
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

fn row(
    session: Session,
    list: List,
    info: &TypeInfo,
    shown: &[usize],
    page: &Page,
    place: usize,
    record: &RecordInfo,
) -> AnyView {
    let id = record.id;
    let is_selected = Signal::derive(move || list.selected.with(|s| s.contains(&id)));
    let select = Callback::new(move |on: bool| {
        list.selected.update(|selected| {
            selected.retain(|other| *other != id);
            if on {
                selected.push(id);
            }
        });
    });
    let is_active = move || list.active.get() == Some(place) || list.peek.get() == Some(id);
    let cells = shown.iter().map(|at| {
        if *at == info.title {
            return view! { <TitleCell label=record.title.clone() href=list.record_address(id) /> }.into_any();
        }
        let field = &info.fields[*at];
        let value = record.cells.get(*at).cloned().unwrap_or_default();
        let class = columns::is_numeric(field.kind()).then_some("num");
        let style = format!("--width:var(--w{at})");
        view! { <td class=class style=style>{cell::show(field.kind(), &value, &page.labels, session)}</td> }.into_any()
    });
    let cells = cells.collect_view();
    let go = goer();
    let open = move |event: leptos::ev::MouseEvent| {
        // Links, boxes and selected text have their own meaning.
        if ui::dom::is_on_control(&event) {
            return;
        }
        list.active.set(Some(place));
        go(&list.peek_address(Some(id)));
    };
    view! {
        <tr
            id=format!("row-{id}")
            tabindex="-1"
            aria-selected=move || if is_selected.get() { "true" } else { "false" }
            data-active=move || if is_active() { "true" } else { "false" }
            on:click=open
        >
            <SelectCell label=record.title.clone() checked=is_selected on_change=select />
            {cells}
            <td class="cell-end"></td>
        </tr>
    }
    .into_any()
}
