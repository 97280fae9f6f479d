//! Buttons, and links that look like them.

use leptos::{ev::MouseEvent, prelude::*};

use crate::icon::icon as draw_icon;

/// How much a button asks for attention. One primary button on a screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    Primary,
    #[default]
    Default,
    Ghost,
    Danger,
}

impl ButtonKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Default => "default",
            Self::Ghost => "ghost",
            Self::Danger => "danger",
        }
    }
}

/// The height of a control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// 24 pixels, for icon buttons inside other things.
    Small,
    /// 28 pixels, for bars.
    #[default]
    Compact,
    /// 32 pixels, for forms.
    Regular,
    /// 40 pixels, for sign-in and the phone.
    Touch,
}

impl Size {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Compact => "compact",
            Self::Regular => "regular",
            Self::Touch => "touch",
        }
    }
}

/// A button; with `href` a link that looks like one.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// Its height.
    #[prop(optional)]
    size: Size,
    /// An icon before the words.
    #[prop(optional, into)]
    icon: Option<String>,
    /// Where it leads; makes it a link.
    #[prop(optional, into)]
    href: Option<String>,
    /// Submits the form it stands in.
    #[prop(optional)]
    submit: bool,
    /// The id of a form elsewhere on the page that it submits.
    #[prop(optional, into)]
    form: Option<String>,
    /// The name under which a form sends `value` when this button submits it.
    #[prop(optional, into)]
    name: Option<String>,
    /// What the form sends for `name`.
    #[prop(optional, into)]
    value: Option<String>,
    /// Cannot be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Is at work: shows a spinner and ignores presses.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// As wide as its place.
    #[prop(optional)]
    wide: bool,
    /// Its id.
    #[prop(optional, into)]
    id: Option<String>,
    /// Called on a press.
    #[prop(optional, into)]
    on_click: Option<Callback<MouseEvent>>,
    /// The words.
    children: Children,
) -> impl IntoView {
    let mark = move || {
        if loading.get() {
            Some(view! { <span class="spinner" aria-hidden="true"></span> }.into_any())
        } else {
            icon.as_deref().map(|name| draw_icon(name, "", ""))
        }
    };
    let wide = wide.then_some("");
    let press = move |event: MouseEvent| {
        if loading.get_untracked() {
            event.prevent_default();
        } else if let Some(on_click) = on_click {
            on_click.run(event);
        }
    };
    if let Some(href) = href {
        return view! {
            <a
                class="button"
                id=id
                href=href
                data-variant=kind.name()
                data-size=size.name()
                data-wide=wide
                aria-disabled=move || disabled.get().then_some("true")
                on:click=press
            >
                {mark}
                {children()}
            </a>
        }
        .into_any();
    }
    view! {
        <button
            class="button"
            id=id
            type=if submit { "submit" } else { "button" }
            form=form
            name=name
            value=value
            data-variant=kind.name()
            data-size=size.name()
            data-wide=wide
            disabled=move || disabled.get()
            aria-busy=move || loading.get().then_some("true")
            on:click=press
        >
            {mark}
            {children()}
        </button>
    }
    .into_any()
}

/// A square button with an icon; its label is read aloud and shown as a tooltip.
#[component]
pub fn IconButton(
    /// Its id, where something has to find it.
    #[prop(optional, into)]
    id: Option<String>,
    /// What it does, in words.
    #[prop(into)]
    label: String,
    /// The icon.
    #[prop(into)]
    icon: String,
    /// Its height and width.
    #[prop(optional)]
    size: Size,
    /// Draws a border.
    #[prop(optional)]
    bordered: bool,
    /// Where it leads; makes it a link.
    #[prop(optional, into)]
    href: Option<String>,
    /// Submits the form it stands in.
    #[prop(optional)]
    submit: bool,
    /// Cannot be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// For buttons that stay down: whether it is down.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    /// The side of the tooltip: below, or `top`, `right`, `end`.
    #[prop(optional)]
    tip: &'static str,
    /// A further class.
    #[prop(optional)]
    class: &'static str,
    /// Called on a press.
    #[prop(optional, into)]
    on_click: Option<Callback<MouseEvent>>,
) -> impl IntoView {
    let mark = draw_icon(&icon, if size == Size::Small { "small" } else { "" }, "");
    let class = if class.is_empty() { "icon-button".to_owned() } else { ["icon-button ", class].concat() };
    let variant = bordered.then_some("default");
    let tip_side = (!tip.is_empty()).then_some(tip);
    let press = move |event: MouseEvent| {
        if let Some(on_click) = on_click {
            on_click.run(event);
        }
    };
    if let Some(href) = href {
        return view! {
            <a
                class=class
                id=id
                href=href
                data-size=size.name()
                data-variant=variant
                aria-label=label.clone()
                data-tip=label
                data-tip-side=tip_side
                on:click=press
            >
                {mark}
            </a>
        }
        .into_any();
    }
    view! {
        <button
            class=class
            id=id
            type=if submit { "submit" } else { "button" }
            data-size=size.name()
            data-variant=variant
            aria-label=label.clone()
            data-tip=label
            data-tip-side=tip_side
            aria-pressed=move || pressed.map(|pressed| if pressed.get() { "true" } else { "false" })
            disabled=move || disabled.get()
            on:click=press
        >
            {mark}
        </button>
    }
    .into_any()
}

/// Words that appear beside something on hover and focus. They must also be in the accessible name or the text itself.
#[component]
pub fn Tooltip(
    /// The words.
    #[prop(into)]
    text: String,
    /// The side: below, or `top`, `right`, `end`.
    #[prop(optional)]
    side: &'static str,
    /// What the words are about.
    children: Children,
) -> impl IntoView {
    view! {
        <span data-tip=text data-tip-side=(!side.is_empty()).then_some(side)>
            {children()}
        </span>
    }
}
