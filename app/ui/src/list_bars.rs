//! What stands around a list: the bar for many rows, filter chips, pages.

use leptos::prelude::*;

use crate::{
    button::{Button, ButtonKind, IconButton},
    icon::icon,
};

/// The bar that appears while rows are selected.
#[component]
pub fn BulkBar(
    /// How many rows are selected, in words, such as `3 selected`.
    #[prop(into)]
    text: Signal<String>,
    /// Called to select nothing.
    #[prop(into)]
    on_clear: Callback<()>,
    /// The actions.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="bulk-bar" role="toolbar" aria-label="Actions for selected rows">
            <span class="bulk-count" role="status">
                {move || text.get()}
            </span>
            <div class="bulk-actions">{children()}</div>
            <IconButton label="Clear selection" icon="close" tip="top" on_click=move |_| on_clear.run(()) />
        </div>
    }
}

/// One condition of a filter: field, operator and value; a press edits it, the cross removes it.
#[component]
pub fn FilterChip(
    /// The field.
    #[prop(into)]
    field: String,
    /// The operator, where it is not plain from the value.
    #[prop(optional, into)]
    operator: Option<String>,
    /// The value, in words.
    #[prop(into)]
    value: Signal<String>,
    /// The id of a popover that edits it.
    #[prop(optional, into)]
    popover: Option<String>,
    /// Called to edit it.
    #[prop(optional, into)]
    on_edit: Option<Callback<()>>,
    /// Called to remove it.
    #[prop(optional, into)]
    on_remove: Option<Callback<()>>,
) -> impl IntoView {
    let remove = ["Remove filter ", &field].concat();
    let target = popover.clone();
    let edit = move |event: leptos::ev::MouseEvent| {
        if let (Some(target), Some(chip)) = (target.as_deref(), crate::dom::current(&event))
            && let Some(popover) = crate::dom::element(target)
        {
            crate::dom::place_beside(&chip, &popover, false);
        }
        if let Some(on_edit) = on_edit {
            on_edit.run(());
        }
    };
    let edit_value = edit.clone();
    view! {
        <span class="filter-chip">
            <button type="button" popovertarget=popover.clone() on:click=edit>
                {field}
            </button>
            <button type="button" popovertarget=popover on:click=edit_value>
                {operator.map(|operator| [&operator, "\u{a0}"].concat())}
                <b class="truncate">{move || value.get()}</b>
            </button>
            {on_remove
                .map(|on_remove| {
                    view! {
                        <button class="filter-remove" type="button" aria-label=remove on:click=move |_| on_remove.run(())>
                            {icon("close", "small", "")}
                        </button>
                    }
                })}
        </span>
    }
}

/// Pages of a list by cursor: backwards, forwards, and where one is, in words.
#[component]
pub fn Pagination(
    /// Where one is, such as `1–50 of 503`.
    #[prop(into)]
    text: Signal<String>,
    /// The address of the page before, if there is one.
    #[prop(into)]
    previous: Signal<Option<String>>,
    /// The address of the page after, if there is one.
    #[prop(into)]
    next: Signal<Option<String>>,
) -> impl IntoView {
    let side = |label: &'static str, mark: &'static str, address: Signal<Option<String>>| {
        move || match address.get() {
            Some(href) => view! { <IconButton label=label icon=mark tip="top" href=href /> }.into_any(),
            None => view! { <IconButton label=label icon=mark tip="top" disabled=true /> }.into_any(),
        }
    };
    view! {
        <nav class="pagination" aria-label="Pages">
            <span>{move || text.get()}</span>
            {side("Previous page", "chevron-left", previous)}
            {side("Next page", "chevron-right", next)}
        </nav>
    }
}

/// A place without anything in it: one sentence and one action.
#[component]
pub fn EmptyState(
    /// The sentence.
    #[prop(into)]
    text: String,
    /// An icon above it.
    #[prop(optional, into)]
    icon: Option<String>,
    /// The words on the button.
    #[prop(optional, into)]
    action: Option<String>,
    /// Where the button leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// Called on a press of the button, where it leads nowhere.
    #[prop(optional, into)]
    on_action: Option<Callback<()>>,
    /// What the button does is under way.
    #[prop(optional, into)]
    loading: Signal<bool>,
) -> impl IntoView {
    let press = move |_| {
        if let Some(on_action) = on_action {
            on_action.run(());
        }
    };
    let button = action.map(|words| match href {
        Some(href) => view! { <Button kind=ButtonKind::Primary href=href>{words}</Button> }.into_any(),
        None => view! { <Button kind=ButtonKind::Primary loading=loading on_click=press>{words}</Button> }.into_any(),
    });
    view! {
        <div class="empty">
            {icon.map(|name| view! { <span class="empty-mark">{crate::icon::icon(&name, "", "")}</span> })}
            <p>{text}</p>
            {button}
        </div>
    }
}
