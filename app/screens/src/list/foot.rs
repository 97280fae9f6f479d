//! What stands under the rows.

use leptos::prelude::*;
use records::{Count, ListQuery, text};
use ui::{Pagination, TableFoot, Total};

use super::List;
use crate::{api, later::later, session::Session};

/// How many rows there are, their totals, and the way to the others.
pub fn foot(list: List) -> impl Fn() -> AnyView {
    move || {
        let (known, on_page, has_more) = list.page.with(|page| (page.count, page.rows.len(), page.next.is_some()));
        of_page(list, known, on_page, has_more)
    }
}

fn of_page(list: List, known: Option<Count>, on_page: usize, has_more: bool) -> AnyView {
    let name = list.info.with_value(|i| i.name.clone());
    let (one, many) = list.info.with_value(|i| (i.singular.to_lowercase(), i.plural.to_lowercase()));
    let (one, many) = (StoredValue::new(one), StoredValue::new(many));
    let query = list.query.get_untracked();
    let asked = StoredValue::new((name, query.clone()));
    let count = later(
        || (),
        move |()| {
            let (name, query) = asked.get_value();
            async move {
                match known {
                    Some(count) => Some(count),
                    None => api::count_records(name, query).await.ok(),
                }
            }
        },
    );
    let session = Session::get();
    let painted = StoredValue::new(list.totals.get_untracked());
    let totals = later(
        || (),
        move |()| {
            let (name, query) = asked.get_value();
            async move {
                match painted.get_value() {
                    Some(totals) => totals,
                    None => api::total_records(name, query).await.unwrap_or_default(),
                }
            }
        },
    );
    let from = (query.page - 1) * query.page_size + 1;
    let to_row = from + u32::try_from(on_page).unwrap_or(0).saturating_sub(1);
    // While it is asked for there is a mark in its place; one that could not be had is left out.
    let counted = move || known.map_or_else(|| count.get(), |known| Some(Some(known)));
    let number = move || match counted() {
        Some(Some(Count { rows, is_exact })) => {
            Some(format!("{}{}", session.count(rows), if is_exact { "" } else { "+" }))
        }
        Some(None) => None,
        None => Some("…".to_owned()),
    };
    let pages = Signal::derive(move || match number() {
        Some(number) => format!("{from}–{to_row} of {number}"),
        None => format!("{from}–{to_row}"),
    });
    let is_one = move || counted().flatten().is_some_and(|count| count.rows == 1);
    let all = move || {
        let label = if is_one() { one } else { many };
        number().map(|number| view! { <Total count=true value=number label=label.get_value() /> })
    };
    let to = move |page: u32| list.address(&ListQuery { page, ..list.query.get_untracked() });
    let previous = Signal::derive(move || (query.page > 1).then(|| to(query.page - 1)));
    let page = query.page;
    let next = Signal::derive(move || has_more.then(|| to(page + 1)));
    view! {
        <TableFoot>
            {all}
            {move || {
                let totals = totals.get().or_else(|| painted.get_value()).unwrap_or_default();
                let shown = totals.into_iter().map(|t| {
                    let value = session.with(|b| text::show(&t.kind, &t.value, &b.formats, |_| None));
                    view! { <Total value=value label=format!("{} {}", t.what, t.field.to_lowercase()) /> }
                });
                shown.collect_view()
            }}
            <Pagination text=pages previous=previous next=next />
        </TableFoot>
    }
    .into_any()
}
