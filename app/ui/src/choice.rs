//! Checkbox, switch and radio buttons: the browser's inputs under our drawing.

use leptos::prelude::*;

use crate::{field::ties, icon::icon};

/// Yes or no.
#[component]
pub fn Checkbox(
    /// The words beside it, and its name for those who cannot see it.
    #[prop(into)]
    label: String,
    /// Its id; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// The name a form sends it under, with the value `true`.
    #[prop(optional, into)]
    name: Option<String>,
    /// Whether it is ticked.
    #[prop(optional, into)]
    checked: Signal<bool>,
    /// Whether some of the things it stands for are ticked and others not.
    #[prop(optional, into)]
    indeterminate: Signal<bool>,
    /// A sentence under the words.
    #[prop(optional, into)]
    help: Option<String>,
    /// Shows no words; for table rows.
    #[prop(optional)]
    bare: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the new state.
    #[prop(optional, into)]
    on_change: Option<Callback<bool>>,
) -> impl IntoView {
    let ties = ties(id, false);
    let (invalid, described) = (ties.clone(), ties.clone());
    view! {
        <label class="check" data-bare=bare.then_some("")>
            <input
                type="checkbox"
                id=ties.id()
                name=name
                value="true"
                aria-label=bare.then(|| label.clone())
                checked=checked.get_untracked()
                prop:checked=checked
                prop:indeterminate=indeterminate
                disabled=move || disabled.get()
                aria-invalid=move || invalid.invalid()
                aria-describedby=move || described.described_by()
                on:change=move |event| report(on_change, event_target_checked(&event))
            />
            <span class="check-box">{icon("check", "", "tick")} {icon("minus", "", "dash")}</span>
            {(!bare).then(|| words(label, help))}
        </label>
    }
}

/// On or off, at once.
#[component]
pub fn Switch(
    /// The words beside it.
    #[prop(into)]
    label: String,
    /// Its id; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// The name a form sends it under, with the value `true`.
    #[prop(optional, into)]
    name: Option<String>,
    /// Whether it is on.
    #[prop(optional, into)]
    checked: Signal<bool>,
    /// A sentence under the words.
    #[prop(optional, into)]
    help: Option<String>,
    /// Shows no words; where they stand elsewhere.
    #[prop(optional)]
    bare: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the new state.
    #[prop(optional, into)]
    on_change: Option<Callback<bool>>,
) -> impl IntoView {
    let ties = ties(id, false);
    view! {
        <label class="check">
            <input
                type="checkbox"
                role="switch"
                id=ties.id()
                name=name
                value="true"
                aria-label=bare.then(|| label.clone())
                checked=checked.get_untracked()
                prop:checked=checked
                disabled=move || disabled.get()
                on:change=move |event| report(on_change, event_target_checked(&event))
            />
            <span class="switch-track"></span>
            {(!bare).then(|| words(label, help))}
        </label>
    }
}

/// One of a few, all in sight.
#[component]
pub fn RadioGroup(
    /// What is asked.
    #[prop(into)]
    label: String,
    /// The name a form sends it under; it also keeps the buttons together.
    #[prop(into)]
    name: String,
    /// What can be chosen: value and words.
    options: Vec<(String, String)>,
    /// The chosen value.
    #[prop(optional, into)]
    value: Signal<String>,
    /// Side by side rather than one below the other.
    #[prop(optional)]
    inline: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the value chosen.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let buttons = options
        .into_iter()
        .map(|(key, text)| {
            let (own, first, sent) = (key.clone(), key.clone(), key.clone());
            view! {
                <label class="check" data-kind="radio">
                    <input
                        type="radio"
                        name=name.clone()
                        value=key
                        checked=value.with_untracked(|chosen| *chosen == first)
                        prop:checked=move || value.with(|chosen| *chosen == own)
                        disabled=move || disabled.get()
                        on:change=move |_| crate::input::run(on_change, sent.clone())
                    />
                    <span class="check-box"></span>
                    {words(text, None)}
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="choice-group" data-inline=inline.then_some("")>
            <legend>{label}</legend>
            {buttons}
        </fieldset>
    }
}

fn words(label: String, help: Option<String>) -> AnyView {
    view! {
        <span class="check-text">
            <span>{label}</span>
            {help.map(|help| view! { <span class="check-help">{help}</span> })}
        </span>
    }
    .into_any()
}

fn report(callback: Option<Callback<bool>>, value: bool) {
    if let Some(callback) = callback {
        callback.run(value);
    }
}
