//! What chooses and orders columns.

use leptos::prelude::*;
use ui::{Button, ButtonKind, Checkbox, IconButton, Size};

use super::{
    List,
    columns::{self, Column},
};

pub(crate) fn chooser(list: List) -> AnyView {
    let fields = list.info.with_value(|info| info.fields.len());
    // Those on show first, in their order; then the others.
    let order = move || {
        let shown: Vec<usize> = list.columns.with(|columns| columns.iter().map(|c| c.field).collect());
        let hidden = (0..fields).filter(|field| !shown.contains(field)).collect::<Vec<_>>();
        shown.into_iter().chain(hidden).collect::<Vec<_>>()
    };
    view! {
        <div class="column-list">
            <For each=order key=|field| *field let:field>
                {row(list, field)}
            </For>
            <Button
                kind=ButtonKind::Ghost
                on_click=move |_| columns::update(list, |all| *all = list.info.with_value(columns::default))
            >
                "Back to the default"
            </Button>
        </div>
    }
    .into_any()
}

fn row(list: List, field: usize) -> AnyView {
    let (label, name, is_title) = list.info.with_value(|info| {
        let declared = &info.fields[field];
        (declared.label().to_owned(), declared.name().to_owned(), field == info.title)
    });
    let place = move || list.columns.with(|columns| columns.iter().position(|c| c.field == field));
    let is_shown = Signal::derive(move || place().is_some());
    let box_id = format!("column-{name}");
    let own = box_id.clone();
    let toggle = Callback::new(move |show: bool| {
        columns::update(list, |columns| {
            columns.retain(|c| c.field != field);
            if show {
                columns.push(Column { field, width: None });
            }
        });
        refocus(own.clone());
    });
    let arrow = |icon: &'static str, direction: &'static str, by: isize| {
        let id = format!("column-{name}-{direction}");
        let own = id.clone();
        let is_impossible = Signal::derive(move || {
            let end = list.columns.with(Vec::len).saturating_sub(1);
            place().is_none_or(|at| at == 0 || (by < 0 && at == 1) || (by > 0 && at == end))
        });
        let shift = move |_| {
            columns::update(list, |columns| {
                let Some(at) = columns.iter().position(|c| c.field == field) else { return };
                let to = at.saturating_add_signed(by);
                if (1..columns.len()).contains(&to) {
                    columns.swap(at, to);
                }
            });
            refocus(own.clone());
        };
        let words = format!("Move {direction} {label}");
        view! { <IconButton id=id label=words icon=icon size=Size::Small disabled=is_impossible on_click=shift /> }
    };
    let (up, down) = (arrow("arrow-up", "up", -1), arrow("arrow-down", "down", 1));
    view! {
        <div class="column-row">
            <Checkbox id=box_id label=label.clone() checked=is_shown disabled=is_title on_change=toggle />
            <span class="spacer"></span>
            {up}
            {down}
        </div>
    }
    .into_any()
}

/// A row that moves loses the focus, and whoever goes by keys with it.
fn refocus(id: String) {
    request_animation_frame(move || ui::dom::focus(&id));
}
