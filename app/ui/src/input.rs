//! Text in one line, in several, from a list, dates and money.

use leptos::prelude::*;

use crate::{
    button::Size,
    dom::typed_early,
    field::{Ties, ties},
    icon::icon as draw_icon,
};

/// One line of text.
#[component]
pub fn Input(
    /// Its id; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// The name a form sends it under.
    #[prop(optional, into)]
    name: Option<String>,
    /// `text`, `email`, `tel`, `url`, `number`, `password`, `search`, `time`, `datetime-local`, `color`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What it holds.
    #[prop(optional, into)]
    value: Signal<String>,
    /// An example, shown while empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// A name for those who cannot see it, where no `Field` gives one.
    #[prop(optional, into)]
    label: Option<String>,
    /// What browsers may fill in, such as `email` or `current-password`.
    #[prop(optional, into)]
    autocomplete: Option<String>,
    /// The keyboard a phone shows, such as `decimal`.
    #[prop(optional, into)]
    inputmode: Option<String>,
    /// At most this many characters.
    #[prop(optional, into)]
    maxlength: Option<u32>,
    /// The height.
    #[prop(default = Size::Regular)]
    size: Size,
    /// An icon inside, before the text.
    #[prop(optional, into)]
    icon: Option<String>,
    /// A unit inside, after the text.
    #[prop(optional, into)]
    unit: Option<String>,
    /// A value must be given.
    #[prop(optional)]
    required: bool,
    /// Can be read, not changed.
    #[prop(optional)]
    readonly: bool,
    /// Takes the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the text at every keystroke.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
    /// Called with the text when the person is done with it.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let ties = ties(id, required);
    let (invalid, described) = (ties.clone(), ties.clone());
    let shown = shown(typed_early(ties.id().as_deref()), value, on_input, on_change);
    let grouped = icon.is_some() || unit.is_some();
    let field = view! {
        <input
            class="input"
            type=kind
            id=ties.id()
            name=name
            data-size=size.name()
            value=value.get_untracked()
            prop:value=shown
            placeholder=placeholder
            aria-label=label
            autocomplete=autocomplete
            inputmode=inputmode
            maxlength=maxlength.map(|most| most.to_string())
            step=(kind == "number").then_some("any")
            aria-required=ties.required().then_some("true")
            readonly=readonly
            autofocus=autofocus
            disabled=move || disabled.get()
            aria-invalid=move || invalid.invalid()
            aria-describedby=move || described.described_by()
            on:input=move |event| run(on_input, event_target_value(&event))
            on:change=move |event| run(on_change, event_target_value(&event))
        />
    };
    if grouped {
        view! {
            <span class="input-group">
                {icon.map(|name| draw_icon(&name, "", ""))} {field}
                {unit.map(|unit| view! { <span class="input-unit">{unit}</span> })}
            </span>
        }
        .into_any()
    } else {
        field.into_any()
    }
}

/// Several lines of text; grows with them.
#[component]
pub fn Textarea(
    /// Its id; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// The name a form sends it under.
    #[prop(optional, into)]
    name: Option<String>,
    /// What it holds.
    #[prop(optional, into)]
    value: Signal<String>,
    /// An example, shown while empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// A name for those who cannot see it, where no `Field` gives one.
    #[prop(optional, into)]
    label: Option<String>,
    /// How many lines it shows at least.
    #[prop(default = 3)]
    rows: u8,
    /// A value must be given.
    #[prop(optional)]
    required: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the text at every keystroke.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
    /// Called with the text when the person is done with it.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let ties = ties(id, required);
    let (invalid, described) = (ties.clone(), ties.clone());
    let shown = shown(typed_early(ties.id().as_deref()), value, on_input, on_change);
    view! {
        <textarea
            class="input"
            id=ties.id()
            name=name
            rows=rows.to_string()
            placeholder=placeholder
            aria-label=label
            aria-required=ties.required().then_some("true")
            prop:value=shown
            disabled=move || disabled.get()
            aria-invalid=move || invalid.invalid()
            aria-describedby=move || described.described_by()
            on:input=move |event| run(on_input, event_target_value(&event))
            on:change=move |event| run(on_change, event_target_value(&event))
            inner_html=as_text(&value.get_untracked())
        ></textarea>
    }
}

/// What a field shows: its value, but at first what was typed into it before the page awoke, of which its owner is told like
/// of anything typed.
fn shown(
    early: Option<String>,
    value: Signal<String>,
    on_input: Option<Callback<String>>,
    on_change: Option<Callback<String>>,
) -> impl Fn() -> String + Send + Sync + 'static {
    if let Some(text) = early.clone() {
        Effect::new(move |_| {
            run(on_input, text.clone());
            run(on_change, text.clone());
        });
    }
    let early = StoredValue::new(early);
    move || {
        let value = value.get();
        early.try_update_value(Option::take).flatten().unwrap_or(value)
    }
}

/// The text as HTML that holds nothing but it. The framework does not escape the children of a textarea, and the parser swallows a
/// newline right after the tag.
fn as_text(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    if escaped.starts_with('\n') { ["\n", &escaped].concat() } else { escaped }
}

/// One value of a short list, by the browser's own control.
#[component]
pub fn Select(
    /// Its id; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// The name a form sends it under.
    #[prop(optional, into)]
    name: Option<String>,
    /// The chosen value.
    #[prop(optional, into)]
    value: Signal<String>,
    /// What can be chosen: value and words.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// Words for choosing nothing, offered first with an empty value.
    #[prop(optional, into)]
    empty: Option<String>,
    /// A name for those who cannot see it, where no `Field` gives one.
    #[prop(optional, into)]
    label: Option<String>,
    /// The height.
    #[prop(default = Size::Regular)]
    size: Size,
    /// A value must be given.
    #[prop(optional)]
    required: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the value chosen.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let ties = ties(id, required);
    select(ties, name, value, options, empty, label, (size, disabled), on_change)
}

pub(crate) fn select(
    ties: Ties,
    name: Option<String>,
    value: Signal<String>,
    options: Signal<Vec<(String, String)>>,
    empty: Option<String>,
    label: Option<String>,
    (size, disabled): (Size, Signal<bool>),
    on_change: Option<Callback<String>>,
) -> AnyView {
    let (invalid, described) = (ties.clone(), ties.clone());
    let choices = move || {
        options
            .get()
            .into_iter()
            .map(|(key, words)| {
                let own = key.clone();
                view! {
                    <option value=key selected=move || value.with(|chosen| *chosen == own)>
                        {words}
                    </option>
                }
            })
            .collect_view()
    };
    view! {
        <span class="select">
            <select
                class="input"
                id=ties.id()
                name=name
                aria-label=label
                data-size=size.name()
                required=ties.required()
                prop:value=value
                disabled=move || disabled.get()
                aria-invalid=move || invalid.invalid()
                aria-describedby=move || described.described_by()
                on:change=move |event| run(on_change, event_target_value(&event))
            >
                {empty.map(|words| view! { <option value="">{words}</option> })}
                {choices}
            </select>
            {draw_icon("chevron-down", "", "")}
        </span>
    }
    .into_any()
}

/// A field that goes away while it has the focus is left, and says so when its owner is gone.
pub(crate) fn run(callback: Option<Callback<String>>, value: String) {
    if let Some(callback) = callback {
        callback.try_run(value);
    }
}
