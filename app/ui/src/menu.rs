//! Menus and popovers: the browser's `popover`, opened by a button with `popovertarget`, so they open before any script is there.

use leptos::{
    ev::{Event, KeyboardEvent, MouseEvent},
    prelude::*,
};
use wasm_bindgen::JsCast;

use crate::{
    button::{ButtonKind, Size},
    dom,
    icon::icon as draw_icon,
    tag::Keys,
};

const CONTROLS: &str = "input, select, textarea, button, a[href]";
const ITEMS: &str = ".menu-item:not(:disabled):not([aria-disabled])";

/// A button with a menu of actions.
#[component]
pub fn Menu(
    /// The id of the menu; must be unique on the page.
    #[prop(into)]
    id: String,
    /// The words on the button, or its name when it shows an icon alone.
    #[prop(into)]
    label: String,
    /// The icon on the button.
    #[prop(optional, into)]
    icon: Option<String>,
    /// Shows the icon alone.
    #[prop(optional)]
    icon_only: bool,
    /// How the button looks.
    #[prop(optional)]
    kind: ButtonKind,
    /// How high the button is.
    #[prop(optional)]
    size: Size,
    /// Lines the menu up with the end of the button.
    #[prop(optional)]
    align_end: bool,
    /// Cannot be opened.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// `MenuItem`, `MenuLine`, `MenuTitle`.
    children: Children,
) -> impl IntoView {
    let opener = Opener { id: id.clone(), label, icon, icon_only, kind, size, align_end, role: "menu", disabled };
    view! {
        <span class="anchor">
            {opener.draw()} <MenuList id=id>{children()}</MenuList>
        </span>
    }
}

/// A menu without a button of its own, for context menus: open it with [`crate::dom::open_popover_at`].
#[component]
pub fn MenuList(
    /// The id of the menu; must be unique on the page.
    #[prop(into)]
    id: String,
    /// `MenuItem`, `MenuLine`, `MenuTitle`.
    children: Children,
) -> impl IntoView {
    view! {
        <div
            class="menu"
            role="menu"
            id=id
            popover="auto"
            tabindex="-1"
            on:toggle=move |event| focus_when_open(&event, ITEMS)
            on:click=move |event: MouseEvent| {
                if dom::closest(&event, ITEMS).is_some() {
                    hide(&event);
                }
            }
            on:keydown=move |event: KeyboardEvent| {
                let Some(menu) = dom::current(&event) else { return };
                if event.key() == "Tab" {
                    menu.hide_popover().ok();
                } else if dom::rove(&menu, ITEMS, &event.key(), false) {
                    event.prevent_default();
                    event.stop_propagation();
                }
            }
        >
            {children()}
        </div>
    }
}

/// One action in a menu; with `href` a link.
#[component]
pub fn MenuItem(
    /// What it does.
    #[prop(into)]
    label: String,
    /// An icon before the words.
    #[prop(optional, into)]
    icon: Option<String>,
    /// The keys that do the same, such as `Ctrl+K`.
    #[prop(optional, into)]
    keys: Option<String>,
    /// Where it leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// Submits the form around the menu, with or without script.
    #[prop(optional)]
    submit: bool,
    /// Destroys something.
    #[prop(optional)]
    danger: bool,
    /// For choices: whether it is the chosen one.
    #[prop(optional, into)]
    checked: Option<Signal<bool>>,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called when it is chosen.
    #[prop(optional, into)]
    on_select: Option<Callback<()>>,
) -> impl IntoView {
    let select = move |_| {
        if let Some(on_select) = on_select {
            on_select.run(());
        }
    };
    let inner = view! {
        {icon.map(|name| draw_icon(&name, "", ""))}
        <span class="truncate">{label}</span>
        {keys.map(|keys| view! { <Keys keys=keys /> })}
        {move || checked.is_some_and(|checked| checked.get()).then(|| draw_icon("check", "", "tick"))}
    };
    let danger = danger.then_some("");
    if let Some(href) = href {
        return view! {
            <a class="menu-item" role="menuitem" tabindex="-1" href=href data-danger=danger on:click=select>
                {inner}
            </a>
        }
        .into_any();
    }
    view! {
        <button
            class="menu-item"
            type=if submit { "submit" } else { "button" }
            role=if checked.is_some() { "menuitemradio" } else { "menuitem" }
            tabindex="-1"
            data-danger=danger
            aria-checked=move || checked.map(|checked| if checked.get() { "true" } else { "false" })
            disabled=move || disabled.get()
            on:click=select
        >
            {inner}
        </button>
    }
    .into_any()
}

/// A line between groups of actions.
#[component]
pub fn MenuLine() -> impl IntoView {
    view! { <hr class="menu-line" /> }
}

/// A heading over a group of actions.
#[component]
pub fn MenuTitle(
    /// The words.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <div class="menu-title" role="presentation">
            {text}
        </div>
    }
}

/// A button that opens a small panel with anything in it, such as a filter.
#[component]
pub fn Popover(
    /// The id of the panel; must be unique on the page.
    #[prop(into)]
    id: String,
    /// The words on the button, or its name when it shows an icon alone; also the name of the panel.
    #[prop(into)]
    label: String,
    /// The icon on the button.
    #[prop(optional, into)]
    icon: Option<String>,
    /// Shows the icon alone.
    #[prop(optional)]
    icon_only: bool,
    /// How the button looks.
    #[prop(optional)]
    kind: ButtonKind,
    /// How high the button is.
    #[prop(optional)]
    size: Size,
    /// Lines the panel up with the end of the button.
    #[prop(optional)]
    align_end: bool,
    /// Called when the panel is opened.
    #[prop(optional, into)]
    on_open: Option<Callback<()>>,
    /// Called when the panel is about to be closed.
    #[prop(optional, into)]
    on_close: Option<Callback<()>>,
    /// What the panel holds.
    children: Children,
) -> impl IntoView {
    let name = label.clone();
    let toggled = move |event: Event| {
        if let Some(on_open) = on_open.filter(|_| is_open(&event)) {
            on_open.run(());
        }
        focus_when_open(&event, CONTROLS);
    };
    let closing = move |event: Event| {
        // It is told before: what is open now is about to close.
        if let Some(on_close) = on_close.filter(|_| is_open(&event)) {
            on_close.run(());
        }
    };
    let disabled = Signal::default();
    let opener = Opener { id: id.clone(), label, icon, icon_only, kind, size, align_end, role: "dialog", disabled };
    view! {
        <span class="anchor">
            {opener.draw()}
            <div
                class="popover"
                role="dialog"
                aria-label=name
                id=id
                popover="auto"
                on:beforetoggle=closing
                on:toggle=toggled
            >
                {children()}
            </div>
        </span>
    }
}

/// Moves the focus to the first control of an open popover whose content has only come now. Does nothing if somebody was
/// quicker.
pub fn focus_popover(id: &str) {
    if let Some(popover) = dom::element(id).filter(|_| dom::is_popover_open(id) && !dom::has_focus(id)) {
        dom::focus_first(&popover, CONTROLS);
    }
}

struct Opener {
    id: String,
    label: String,
    icon: Option<String>,
    icon_only: bool,
    kind: ButtonKind,
    size: Size,
    align_end: bool,
    role: &'static str,
    disabled: Signal<bool>,
}

impl Opener {
    fn draw(self) -> AnyView {
        let Self { id, label, icon, icon_only, kind, size, align_end, role, disabled } = self;
        let target = id.clone();
        // Runs before the browser shows the popover, so it appears in its place.
        let place = move |event: MouseEvent| {
            if let (Some(opener), Some(popover)) = (dom::current(&event), dom::element(&target)) {
                dom::place_beside(&opener, &popover, align_end);
            }
        };
        let drawn = icon.map(|name| draw_icon(&name, "", ""));
        if icon_only {
            return view! {
                <button
                    class="icon-button"
                    type="button"
                    data-size=size.name()
                    aria-label=label.clone()
                    data-tip=label
                    data-tip-side=align_end.then_some("end")
                    aria-haspopup=role
                    popovertarget=id
                    disabled=move || disabled.get()
                    on:click=place
                >
                    {drawn}
                </button>
            }
            .into_any();
        }
        view! {
            <button
                class="button"
                type="button"
                data-variant=kind.name()
                data-size=size.name()
                aria-haspopup=role
                popovertarget=id
                disabled=move || disabled.get()
                on:click=place
            >
                {drawn}
                {label}
            </button>
        }
        .into_any()
    }
}

fn is_open(event: &Event) -> bool {
    dom::current(event).is_some_and(|popover| popover.matches(":popover-open").unwrap_or(false))
}

fn focus_when_open(event: &Event, what: &str) {
    if let Some(popover) = dom::current(event)
        && popover.matches(":popover-open").unwrap_or(false)
    {
        dom::focus_first(&popover, what);
    }
}

fn hide(event: &Event) {
    if let Some(popover) = event.current_target().and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
        popover.hide_popover().ok();
    }
}
