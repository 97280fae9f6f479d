//! Inputs for dates and money.

use leptos::prelude::*;

use crate::{
    button::Size,
    field::ties,
    input::{run, select},
};

/// A day, by the browser's own picker. Reports `YYYY-MM-DD` or nothing; what is half typed is left alone.
#[component]
pub fn DateInput(
    /// Its id; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// The name a form sends it under.
    #[prop(optional, into)]
    name: Option<String>,
    /// The day as `YYYY-MM-DD`, or nothing.
    #[prop(optional, into)]
    value: Signal<String>,
    /// The first day allowed.
    #[prop(optional, into)]
    min: Option<String>,
    /// The last day allowed.
    #[prop(optional, into)]
    max: Option<String>,
    /// A name for those who cannot see it, where no `Field` gives one.
    #[prop(optional, into)]
    label: Option<String>,
    /// A value must be given.
    #[prop(optional)]
    required: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the day once the person is done with it.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let ties = ties(id, required);
    let (invalid, described) = (ties.clone(), ties.clone());
    view! {
        <input
            class="input"
            type="date"
            id=ties.id()
            name=name
            value=value.get_untracked()
            prop:value=value
            min=min
            max=max
            aria-label=label
            aria-required=ties.required().then_some("true")
            disabled=move || disabled.get()
            aria-invalid=move || invalid.invalid()
            aria-describedby=move || described.described_by()
            on:change=move |event| run(on_change, event_target_value(&event))
        />
    }
}

/// An amount with its currency. Both are text: the amount is parsed where the currency's minor units are known.
#[component]
pub fn MoneyInput(
    /// Its id; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// The name a form sends the amount under; the currency goes under it with `_currency` added.
    #[prop(optional, into)]
    name: Option<String>,
    /// The amount as typed.
    #[prop(optional, into)]
    value: Signal<String>,
    /// The currency's code.
    #[prop(into)]
    currency: Signal<String>,
    /// The codes offered; with fewer than two the currency is only shown.
    #[prop(optional)]
    currencies: Vec<String>,
    /// A value must be given.
    #[prop(optional)]
    required: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the amount at every keystroke.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
    /// Called with the amount when the person is done with it.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
    /// Called with the currency chosen.
    #[prop(optional, into)]
    on_currency: Option<Callback<String>>,
) -> impl IntoView {
    let ties = ties(id, required);
    let (invalid, described) = (ties.clone(), ties.clone());
    let currency_name = name.as_deref().map(|name| [name, "_currency"].concat());
    let unit = if currencies.len() > 1 {
        let options = Signal::stored(currencies.into_iter().map(|code| (code.clone(), code)).collect::<Vec<_>>());
        let own = crate::field::Ties::alone();
        let label = Some("Currency".to_owned());
        select(own, currency_name, currency, options, None, label, (Size::Regular, disabled), on_currency)
    } else {
        view! {
            <span class="input-unit">{move || currency.get()}</span>
            <input type="hidden" name=currency_name value=move || currency.get() />
        }
        .into_any()
    };
    view! {
        <span class="input-group money">
            <input
                class="input"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                placeholder="0.00"
                id=ties.id()
                name=name
                value=value.get_untracked()
                prop:value=value
                aria-required=ties.required().then_some("true")
                disabled=move || disabled.get()
                aria-invalid=move || invalid.invalid()
                aria-describedby=move || described.described_by()
                on:input=move |event| run(on_input, event_target_value(&event))
                on:change=move |event| run(on_change, event_target_value(&event))
            />
            {unit}
        </span>
    }
}
