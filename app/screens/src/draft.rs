//! A value while it is being entered, and the control that enters it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use records::{
    Address, FieldInfo, Flags, Kind, Value,
    text::{self, Reading},
};
use ui::{DateInput, Field, Input, MoneyInput, MultiInput, Select, Switch, Textarea};
use uuid::Uuid;

use crate::reference::ReferenceInput;

/// What stands in a control: not yet a value, and perhaps never one.
#[derive(Clone, Debug, PartialEq)]
pub enum Draft {
    Text(String),
    Yes(bool),
    Amount { amount: String, currency: String },
    Reference(Option<(Uuid, String)>),
    List(Vec<String>),
    Address(Address),
}

/// The currencies offered first.
pub const CURRENCIES: [&str; 10] = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "SEK", "INR", "CNY"];

impl Draft {
    /// The draft that stands for a value.
    pub fn of(kind: &Kind, value: &Value, labels: &BTreeMap<Uuid, String>, reading: Reading) -> Self {
        match (kind, value) {
            (Kind::Bool, value) => Self::Yes(*value == Value::Bool(true)),
            (Kind::Money, Value::Money(m)) => {
                Self::Amount { amount: reading.number.edit(m.amount()), currency: m.currency.code().to_owned() }
            }
            (Kind::Money, _) => Self::Amount { amount: String::new(), currency: reading.currency.code().to_owned() },
            (Kind::Ref(_), Value::Id(id)) => {
                Self::Reference(Some((*id, labels.get(id).cloned().unwrap_or_else(|| "Not yours to see".to_owned()))))
            }
            (Kind::Ref(_), _) => Self::Reference(None),
            (kind, value) if kind.is_many() => Self::List(value.as_list().to_vec()),
            (Kind::Address, Value::Address(address)) => Self::Address((**address).clone()),
            (Kind::Address, _) => Self::Address(Address::default()),
            (kind, value) => Self::Text(text::typed(kind, value, reading)),
        }
    }

    /// The value that was entered. The message completes "This …".
    pub fn read(&self, kind: &Kind, reading: Reading) -> Result<Value, String> {
        match self {
            Self::Text(text) => text::parse(kind, text, reading),
            Self::Yes(yes) => Ok(Value::Bool(*yes)),
            Self::Amount { amount, currency } if amount.trim().is_empty() => {
                let _ = currency;
                Ok(Value::Null)
            }
            Self::Amount { amount, currency } => {
                let currency = kernel::Currency::known(currency).ok_or("names no currency")?;
                text::parse(kind, amount, Reading { currency, ..reading })
            }
            Self::Reference(chosen) => Ok(chosen.as_ref().map_or(Value::Null, |(id, _)| Value::Id(*id))),
            Self::List(list) => text::check(kind, Value::List(list.clone())),
            Self::Address(address) => text::check(kind, Value::Address(Box::new(address.clone()))),
        }
    }
}

/// The field with its control. `id` is unique on the page; `error` is what is wrong with the value.
pub fn control(id: String, info: &FieldInfo, draft: RwSignal<Draft>, error: Signal<Option<String>>) -> AnyView {
    let help = info.field.help.to_string();
    let help = (!help.is_empty()).then_some(help);
    let wide = if matches!(info.kind(), Kind::LongText | Kind::Address | Kind::Emails | Kind::Phones | Kind::Tags) {
        "wide"
    } else {
        ""
    };
    let required = info.is(Flags::REQUIRED);
    let label = info.label().to_owned();
    // Made inside the field, which tells it of its errors.
    let (own, kind) = (id.clone(), info.kind().clone());
    match help {
        Some(help) => view! {
            <Field id=id label=label help=help error=error required=required class=wide>
                {bare(own, &kind, draft, required)}
            </Field>
        }
        .into_any(),
        None => view! {
            <Field id=id label=label error=error required=required class=wide>
                {bare(own, &kind, draft, required)}
            </Field>
        }
        .into_any(),
    }
}

/// The control alone, named by the field around it.
fn bare(id: String, kind: &Kind, draft: RwSignal<Draft>, required: bool) -> AnyView {
    let text = Signal::derive(move || if let Draft::Text(text) = draft.get() { text } else { String::new() });
    let set = Callback::new(move |text: String| draft.set(Draft::Text(text)));
    match kind {
        Kind::LongText => view! { <Textarea id=id value=text on_input=set /> }.into_any(),
        Kind::Date => view! { <DateInput id=id value=text on_change=set /> }.into_any(),
        Kind::Choice(options) => {
            let options: Vec<_> = options.iter().map(|o| (o.value.to_string(), o.label.to_string())).collect();
            if required {
                view! { <Select id=id options=options value=text on_change=set /> }.into_any()
            } else {
                view! { <Select id=id options=options empty="None" value=text on_change=set /> }.into_any()
            }
        }
        Kind::Choices(options) => {
            let options: Vec<_> = options.iter().map(|o| o.label.to_string()).collect();
            list(id, "text", draft, options)
        }
        Kind::Bool => {
            let checked = Signal::derive(move || draft.get() == Draft::Yes(true));
            view! { <Switch id=id label="Yes" checked=checked on_change=move |on| draft.set(Draft::Yes(on)) /> }
                .into_any()
        }
        Kind::Money => amount(id, draft),
        Kind::Ref(target) => {
            let chosen = Signal::derive(move || if let Draft::Reference(chosen) = draft.get() { chosen } else { None });
            let choose = Callback::new(move |choice| draft.set(Draft::Reference(choice)));
            view! { <ReferenceInput id=id record_type=target.to_string() selected=chosen on_select=choose /> }
                .into_any()
        }
        Kind::Emails => list(id, "email", draft, vec![]),
        Kind::Phones => list(id, "tel", draft, vec![]),
        Kind::Tags => list(id, "text", draft, vec![]),
        Kind::Address => address(&id, draft),
        Kind::Int | Kind::Year | Kind::Decimal(_) => {
            view! { <Input id=id value=text inputmode="decimal" on_input=set /> }.into_any()
        }
        Kind::Percent => view! { <Input id=id value=text inputmode="decimal" unit="%" on_input=set /> }.into_any(),
        Kind::Email => view! { <Input id=id value=text kind="email" on_input=set /> }.into_any(),
        Kind::Phone => view! { <Input id=id value=text kind="tel" on_input=set /> }.into_any(),
        Kind::Url => view! { <Input id=id value=text kind="url" on_input=set /> }.into_any(),
        Kind::Text | Kind::DateTime => view! { <Input id=id value=text on_input=set /> }.into_any(),
    }
}

fn list(id: String, kind: &'static str, draft: RwSignal<Draft>, suggestions: Vec<String>) -> AnyView {
    let values = Signal::derive(move || if let Draft::List(list) = draft.get() { list } else { vec![] });
    let change = Callback::new(move |list| draft.set(Draft::List(list)));
    view! { <MultiInput id=id values=values kind=kind suggestions=suggestions on_change=change /> }.into_any()
}

fn amount(id: String, draft: RwSignal<Draft>) -> AnyView {
    let part = move |first: bool| match draft.get() {
        Draft::Amount { amount, currency } => {
            if first {
                amount
            } else {
                currency
            }
        }
        _ => String::new(),
    };
    let (value, currency) = (Signal::derive(move || part(true)), Signal::derive(move || part(false)));
    let own = currency.get_untracked();
    let mut currencies: Vec<String> = CURRENCIES.map(str::to_owned).to_vec();
    if !own.is_empty() && !currencies.contains(&own) {
        currencies.insert(0, own);
    }
    let set_amount =
        Callback::new(move |amount: String| draft.set(Draft::Amount { amount, currency: currency.get_untracked() }));
    let set_currency =
        Callback::new(move |code: String| draft.set(Draft::Amount { amount: value.get_untracked(), currency: code }));
    view! { <MoneyInput id=id value=value currency=currency currencies=currencies on_input=set_amount on_currency=set_currency /> }
        .into_any()
}

fn address(id: &str, draft: RwSignal<Draft>) -> AnyView {
    let parts = Address::PARTS.iter().enumerate().map(|(at, (name, label))| {
        let value =
            Signal::derive(
                move || if let Draft::Address(a) = draft.get() { a.part(name).to_owned() } else { String::new() },
            );
        let set = Callback::new(move |text: String| {
            draft.update(|draft| {
                if let Draft::Address(address) = draft
                    && let Some(part) = address.part_mut(name)
                {
                    *part = text;
                }
            });
        });
        // The field's own label leads to the first part.
        let id = if at == 0 { id.to_owned() } else { format!("{id}-{name}") };
        view! { <Input id=id label=*label placeholder=*label value=value on_input=set /> }
    });
    view! { <div class="address-input" role="group">{parts.collect_view()}</div> }.into_any()
}
