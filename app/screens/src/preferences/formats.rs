//! How dates and numbers are read, each format shown by what it makes of now.

use kernel::format::{DateFormat, NumberFormat, TimeFormat};
use leptos::prelude::*;
use serde_json::{Value as Json, json};
use ui::{Card, Field, Select};

use super::Chosen;
use crate::organisation::zone;

pub(super) fn formats(chosen: Chosen) -> AnyView {
    let local = chosen.session().with(|b| b.formats.zone.local(b.now)).unwrap_or_default();
    let dates = DateFormat::ALL.iter().map(|f| (f.name().to_owned(), f.show(kernel::Date(local.date()))));
    let times = TimeFormat::ALL.iter().map(|f| (f.name().to_owned(), f.show(local)));
    let numbers = NumberFormat::ALL.iter().map(|f| (f.name().to_owned(), f.show("1234.56")));
    let (dates, times, numbers): (Vec<_>, Vec<_>, Vec<_>) = (dates.collect(), times.collect(), numbers.collect());
    let set = move |name: &'static str| Callback::new(move |value: String| chosen.set(name, json!(value)));
    let set_zone = Callback::new(move |name: String| {
        chosen.set("time_zone", if name.is_empty() { Json::Null } else { json!(name) });
    });
    let own_zone = chosen.text(|p| p.time_zone.clone().unwrap_or_default());
    let company = chosen.session().with(|b| b.zone.replace('_', " "));
    let zone_input = move || zone::input("time-zone".to_owned(), own_zone, set_zone, Some(company.clone()));
    view! {
        <Card title="Formats">
            <div class="form-grid">
                <Field id="date-format" label="Date" error=chosen.error("date_format")>
                    <Select options=dates value=chosen.text(|p| p.date.name().to_owned()) on_change=set("date_format") />
                </Field>
                <Field id="time-format" label="Time" error=chosen.error("time_format")>
                    <Select options=times value=chosen.text(|p| p.time.name().to_owned()) on_change=set("time_format") />
                </Field>
                <Field id="number-format" label="Numbers" error=chosen.error("number_format")>
                    <Select
                        options=numbers
                        value=chosen.text(|p| p.number.name().to_owned())
                        on_change=set("number_format")
                    />
                </Field>
                <Field
                    id="time-zone"
                    label="Time zone"
                    help="Empty follows the company."
                    error=chosen.error("time_zone")
                >
                    {zone_input()}
                </Field>
            </div>
        </Card>
    }
    .into_any()
}
