//! Tabs and the breadcrumb.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{dom, icon::icon as draw_icon};

/// One tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tab {
    /// Tells it from the others.
    pub id: String,
    /// Its words.
    pub label: String,
    /// Its icon, or nothing.
    pub icon: String,
    /// How many things it holds, or nothing.
    pub count: String,
    /// Its address, for [`TabLinks`].
    pub href: String,
}

impl Tab {
    /// A tab that leads to an address.
    pub fn link(id: impl Into<String>, label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), href: href.into(), ..Self::default() }
    }

    /// A tab that shows a panel of the same page.
    pub fn panel(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), ..Self::default() }
    }

    /// With an icon.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<String>) -> Self {
        self.icon = icon.into();
        self
    }

    /// With a count.
    #[must_use]
    pub fn count(mut self, count: impl Into<String>) -> Self {
        self.count = count.into();
        self
    }

    fn inner(&self) -> AnyView {
        let mark = (!self.icon.is_empty()).then(|| draw_icon(&self.icon, "", ""));
        let count = (!self.count.is_empty()).then(|| view! { <span class="count">{self.count.clone()}</span> });
        view! {
            {mark}
            {self.label.clone()}
            {count}
        }
        .into_any()
    }
}

/// Tabs with an address each, such as the views of a list.
#[component]
pub fn TabLinks(
    /// What the tabs choose between.
    #[prop(into)]
    label: String,
    /// The tabs.
    #[prop(into)]
    tabs: Signal<Vec<Tab>>,
    /// The id of the tab one is on.
    #[prop(into)]
    current: Signal<String>,
) -> impl IntoView {
    let links = move || {
        tabs.get()
            .into_iter()
            .map(|tab| {
                let inner = tab.inner();
                let Tab { id, href, .. } = tab;
                view! {
                    <a class="tab" href=href aria-current=move || current.with(|at| *at == id).then_some("page")>
                        {inner}
                    </a>
                }
            })
            .collect_view()
    };
    view! {
        <nav class="tabs" aria-label=label>
            {links}
        </nav>
    }
}

/// Tabs over panels of one page; the arrow keys move between them. Give each panel `role="tabpanel"` and the id `{tab}-panel`.
#[component]
pub fn Tabs(
    /// What the tabs choose between.
    #[prop(into)]
    label: String,
    /// The tabs.
    tabs: Vec<Tab>,
    /// The id of the tab shown.
    #[prop(into)]
    current: Signal<String>,
    /// Called with the id of the tab chosen.
    #[prop(into)]
    on_select: Callback<String>,
) -> impl IntoView {
    let buttons = tabs
        .into_iter()
        .map(|tab| {
            let inner = tab.inner();
            let id = StoredValue::new(tab.id);
            let chosen = move || id.with_value(|id| current.with(|at| at == id));
            view! {
                <button
                    class="tab"
                    type="button"
                    role="tab"
                    id=id.with_value(|id| [id, "-tab"].concat())
                    aria-controls=move || chosen().then(|| id.with_value(|id| [id, "-panel"].concat()))
                    aria-selected=move || if chosen() { "true" } else { "false" }
                    tabindex=move || if chosen() { "0" } else { "-1" }
                    on:click=move |_| on_select.run(id.get_value())
                    on:focus=move |_| {
                        if !chosen() {
                            on_select.run(id.get_value());
                        }
                    }
                >
                    {inner}
                </button>
            }
        })
        .collect_view();
    let key = move |event: KeyboardEvent| {
        if let Some(list) = dom::current(&event)
            && dom::rove(&list, "[role=tab]", &event.key(), true)
        {
            event.prevent_default();
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=key>
            {buttons}
        </div>
    }
}

/// The way down to this page: words and addresses; the last is where one is.
#[component]
pub fn Breadcrumb(
    /// The places, from the top; the last one's address is not used.
    #[prop(into)]
    places: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let items = move || {
        let places = places.get();
        let last = places.len().saturating_sub(1);
        places
            .into_iter()
            .enumerate()
            .map(|(at, (label, href))| {
                if at == last {
                    view! {
                        <li>
                            <h1 class="truncate" aria-current="page">
                                {label}
                            </h1>
                        </li>
                    }
                    .into_any()
                } else {
                    view! {
                        <li>
                            <a href=href>{label}</a>
                            {draw_icon("chevron-right", "", "")}
                        </li>
                    }
                    .into_any()
                }
            })
            .collect_view()
    };
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>{items}</ol>
        </nav>
    }
}
