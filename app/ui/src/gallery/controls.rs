//! Buttons, fields and choices.

use leptos::prelude::*;

use super::{pairs, section, strings};
use crate::{
    Button, ButtonKind, Checkbox, Choice, Combobox, DateInput, Field, IconButton, Input, MoneyInput, MultiInput,
    RadioGroup, Select, Size, Switch, Textarea, Tooltip,
};

pub(super) fn buttons() -> AnyView {
    let row = |size: Size| {
        view! {
            <div class="demo">
                <Button kind=ButtonKind::Primary size=size icon="plus">
                    "Create"
                </Button>
                <Button size=size>"Customise"</Button>
                <Button kind=ButtonKind::Ghost size=size icon="filter">
                    "Filter"
                </Button>
                <Button kind=ButtonKind::Danger size=size icon="trash">
                    "Delete"
                </Button>
                <Button size=size disabled=true>
                    "Disabled"
                </Button>
                <Button kind=ButtonKind::Primary size=size disabled=true>
                    "Disabled"
                </Button>
                <Button kind=ButtonKind::Primary size=size loading=true>
                    "Saving"
                </Button>
                <Button size=size href="/_gallery" icon="external">
                    "A link"
                </Button>
            </div>
        }
    };
    let inner = view! {
        {row(Size::Compact)}
        {row(Size::Regular)}
        {row(Size::Touch)}
        <div class="demo">
            <IconButton label="More" icon="more" />
            <IconButton label="Settings" icon="settings" bordered=true />
            <IconButton label="Pinned" icon="pin" pressed=true />
            <IconButton label="Delete" icon="trash" disabled=true />
            <IconButton label="Close" icon="close" size=Size::Small />
            <span class="button-group">
                <Button icon="table">"Table"</Button>
                <Button icon="board">"Board"</Button>
                <Button icon="calendar">"Calendar"</Button>
            </span>
            <Tooltip text="Words on hover">
                <span class="quiet">"Hover here"</span>
            </Tooltip>
        </div>
    };
    section("Buttons", inner.into_any())
}

pub(super) fn fields() -> AnyView {
    let sectors = pairs(&[("energy", "Energy"), ("finance", "Financials"), ("health", "Health care")]);
    let wrong = Some("Enter an address such as ana@example.com".to_owned());
    let values = RwSignal::new(strings(&["ana@example.com", "accounts@example.com"]));
    let chosen = RwSignal::new(Some(Choice::new("1", "Meridian Supply")));
    let companies = ["Meridian Supply", "Air Products", "Analog Devices", "Dover Corporation"];
    let offers = companies
        .iter()
        .map(|name| Choice { detail: "Company".to_owned(), marked: true, ..Choice::new(*name, *name) })
        .collect::<Vec<_>>();
    let inner = view! {
        <div class="form"><div class="form-grid">
            <Field id="g-name" label="Name" required=true help="As it stands on invoices.">
                <Input value="Meridian Supply" />
            </Field>
            <Field id="g-mail" label="Email" error=wrong>
                <Input kind="email" value="ana@" icon="mail" />
            </Field>
            <Field id="g-off" label="Disabled">
                <Input value="Cannot be changed" disabled=true />
            </Field>
            <Field id="g-read" label="Read only">
                <Input value="INV-2026-0412" readonly=true />
            </Field>
            <Field id="g-search" label="Placeholder and icon">
                <Input kind="search" icon="search" placeholder="Search" />
            </Field>
            <Field id="g-rate" label="Unit">
                <Input value="12.5" unit="%" inputmode="decimal" />
            </Field>
            <Field id="g-sector" label="Sector">
                <Select options=sectors value="finance" empty="None" />
            </Field>
            <Field id="g-date" label="Close date">
                <DateInput value="2026-12-15" />
            </Field>
            <Field id="g-amount" label="Amount">
                <MoneyInput value="184,200.00" currency="USD" currencies=strings(&["USD", "EUR", "GBP"]) />
            </Field>
            <Field id="g-company" label="Company">
                <Combobox
                    id="g-company"
                    selected=chosen
                    options=offers
                    on_select=move |choice| chosen.set(choice)
                    on_create=move |name: String| chosen.set(Some(Choice::new("new", name)))
                />
            </Field>
            <Field id="g-mails" label="Copies to" help="Enter or comma adds one." class="wide">
                <MultiInput id="g-mails" kind="email" values=values on_change=move |all| values.set(all) />
            </Field>
            <Field id="g-note" label="Note" class="wide">
                <Textarea placeholder="What should the next person know?" />
            </Field>
        </div></div>
    };
    section("Fields", inner.into_any())
}

pub(super) fn choices() -> AnyView {
    let pay = RwSignal::new("card".to_owned());
    let inner = view! {
        <div class="demo">
            <div class="stack">
                <Checkbox id="g-c1" label="Send a copy" checked=true help="To the account's owner as well." />
                <Checkbox id="g-c2" label="Not ticked" />
                <Checkbox id="g-c3" label="Some of them" indeterminate=true />
                <Checkbox id="g-c4" label="Disabled" checked=true disabled=true />
            </div>
            <div class="stack">
                <Switch id="g-s1" label="Two-step sign-in" checked=true help="Asked for at every new device." />
                <Switch id="g-s2" label="Weekly summary" />
                <Switch id="g-s3" label="Disabled" disabled=true />
            </div>
            <RadioGroup
                label="Payment"
                name="g-pay"
                options=pairs(&[("card", "Card"), ("transfer", "Bank transfer"), ("later", "On account")])
                value=pay
                on_change=move |value| pay.set(value)
            />
        </div>
    };
    section("Choices", inner.into_any())
}
