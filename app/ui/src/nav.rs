//! The shell's own pieces: sidebar, its items, the top bar.

use leptos::prelude::*;

use crate::{button::IconButton, icon::icon as draw_icon, tag::Keys};

/// The sidebar; on narrow screens a drawer. Stands directly inside `.shell`, before `.panel`.
#[component]
pub fn Sidebar(
    /// Whether the drawer is open on narrow screens.
    #[prop(into)]
    open: Signal<bool>,
    /// Called when the drawer should close.
    #[prop(into)]
    on_close: Callback<()>,
    /// The organisation's name.
    #[prop(into)]
    organisation: Signal<String>,
    /// The address of its logo; a letter stands for it without.
    #[prop(optional, into)]
    logo: Signal<Option<String>>,
    /// Where the name leads.
    #[prop(default = "/".to_owned(), into)]
    home: String,
    /// Called to open search; shows the search field.
    #[prop(optional, into)]
    on_search: Option<Callback<()>>,
    /// What stands at the foot, such as the account menu.
    #[prop(optional, into)]
    footer: Option<ViewFn>,
    /// `NavGroup`s.
    children: Children,
) -> impl IntoView {
    let mark = move || {
        if let Some(source) = logo.get() {
            return view! { <img class="sidebar-logo" src=source alt="" /> }.into_any();
        }
        let letter = organisation.with(|name| crate::avatar::initials(name).chars().next().map(String::from));
        view! { <span class="sidebar-mark" aria-hidden="true">{letter.unwrap_or_default()}</span> }.into_any()
    };
    // As a drawer it takes the focus when it opens; what opened it has it back on Esc.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if is_open && was_open == Some(false) {
            request_animation_frame(|| crate::dom::focus("sidebar-home"));
        }
        is_open
    });
    let escape = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.prevent_default();
            on_close.run(());
            crate::dom::focus("open-menu");
        }
    };
    let search = on_search.map(|on_search| {
        view! {
            <button class="sidebar-search" type="button" on:click=move |_| on_search.run(())>
                {draw_icon("search", "", "")}
                <span>"Search or jump to"</span>
                <Keys keys="Ctrl K" />
            </button>
        }
    });
    view! {
        <aside class="sidebar" data-state=move || open.get().then_some("open") on:keydown=escape>
            <a class="sidebar-head" id="sidebar-home" href=home on:click=move |_| on_close.run(())>
                {mark}
                <span class="truncate">{move || organisation.get()}</span>
            </a>
            {search}
            <nav
                class="sidebar-scroll"
                aria-label="Main"
                on:click=move |event| {
                    if crate::dom::closest(&event, "a").is_some() {
                        on_close.run(());
                    }
                }
            >
                {children()}
            </nav>
            {footer.map(|footer| view! { <div class="sidebar-foot">{footer.run()}</div> })}
        </aside>
        <button class="sidebar-scrim" type="button" aria-label="Close menu" on:click=move |_| on_close.run(())></button>
    }
}

/// Several items under one heading.
#[component]
pub fn NavGroup(
    /// The heading; without one the items stand alone.
    #[prop(optional, into)]
    title: Option<String>,
    /// `NavItem`s.
    children: Children,
) -> impl IntoView {
    let name = title.clone();
    view! {
        <div class="nav-group" role="group" aria-label=name>
            {title
                .map(|title| {
                    view! {
                        <div class="nav-title" aria-hidden="true">
                            {title}
                        </div>
                    }
                })}
            {children()}
        </div>
    }
}

/// One place to go.
#[component]
pub fn NavItem(
    /// The place.
    #[prop(into)]
    label: String,
    /// Its address.
    #[prop(into)]
    href: String,
    /// Its icon.
    #[prop(into)]
    icon: String,
    /// Whether one is there.
    #[prop(optional, into)]
    current: Signal<bool>,
    /// How many things wait there; nothing is shown for zero.
    #[prop(optional, into)]
    count: Signal<u32>,
) -> impl IntoView {
    view! {
        <a class="nav-item" href=href aria-current=move || current.get().then_some("page")>
            {draw_icon(&icon, "", "")}
            <span class="truncate">{label}</span>
            {move || {
                let count = count.get();
                (count > 0).then(|| view! { <span class="count">{count.to_string()}</span> })
            }}
        </a>
    }
}

/// The bar over a screen: its title at the start, actions at the end.
#[component]
pub fn TopBar(
    /// The title; it becomes the page's heading.
    #[prop(optional, into)]
    title: Option<Signal<String>>,
    /// A few quiet words after the title.
    #[prop(optional, into)]
    note: Option<String>,
    /// What stands at the start instead of a title, such as a breadcrumb.
    #[prop(optional, into)]
    start: Option<ViewFn>,
    /// Called to open the drawer on narrow screens.
    #[prop(optional, into)]
    on_menu: Option<Callback<()>>,
    /// The actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let menu = on_menu.map(|on_menu| {
        view! {
            <IconButton id="open-menu" label="Menu" icon="list" class="top-bar-menu" on_click=move |_| on_menu.run(()) />
        }
    });
    view! {
        <header class="top-bar">
            {menu} {start.map(|start| start.run())}
            {title.map(|title| view! { <h1 class="truncate">{move || title.get()}</h1> })}
            {note.map(|note| view! { <span class="quiet truncate">{note}</span> })}
            {children.map(|children| view! { <div class="top-bar-actions">{children()}</div> })}
        </header>
    }
}
