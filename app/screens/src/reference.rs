//! A control that chooses a record: what is typed is looked up on the server.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use ui::{Choice, Combobox};
use uuid::Uuid;

use crate::{api, frame::Frame};

/// Chooses a record of one type.
#[component]
pub fn ReferenceInput(
    /// Its id; must be unique on the page.
    #[prop(into)]
    id: String,
    /// The type to choose from.
    #[prop(into)]
    record_type: String,
    /// The record chosen now, with its label.
    #[prop(into)]
    selected: Signal<Option<(Uuid, String)>>,
    /// A name for those who cannot see it, where no field gives one.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Called with the choice, or nothing when cleared.
    #[prop(into)]
    on_select: Callback<Option<(Uuid, String)>>,
) -> impl IntoView {
    let frame = Frame::get();
    let options = RwSignal::new(Vec::<Choice>::new());
    let loading = RwSignal::new(false);
    let latest = StoredValue::new(0_u32);
    let record_type = StoredValue::new(record_type);
    let search = move |typed: String| {
        let number = latest.get_value().wrapping_add(1);
        latest.set_value(number);
        options.set(vec![]);
        loading.set(true);
        let after_a_pause = move || {
            if latest.try_get_value() != Some(number) {
                return;
            }
            let (record_type, typed) = (record_type.get_value(), typed.clone());
            spawn_local(async move {
                let answer = api::look_up(record_type, typed).await;
                if latest.try_get_value() != Some(number) {
                    return;
                }
                loading.set(false);
                match answer {
                    Ok(found) => {
                        options.set(found.into_iter().map(|r| Choice::new(r.id.to_string(), r.label)).collect());
                    }
                    Err(error) => frame.failed(&error),
                }
            });
        };
        set_timeout(after_a_pause, Duration::from_millis(120));
    };
    let chosen = Signal::derive(move || selected.get().map(|(id, label)| Choice::new(id.to_string(), label)));
    let select = Callback::new(move |choice: Option<Choice>| {
        on_select.run(choice.and_then(|c| Some((c.value.parse().ok()?, c.label))));
    });
    let on_search = Callback::new(search);
    match label {
        Some(label) => view! {
            <Combobox id=id selected=chosen options=options label=label loading=loading disabled=disabled on_select=select on_search=on_search />
        }
        .into_any(),
        None => view! {
            <Combobox id=id selected=chosen options=options loading=loading disabled=disabled on_select=select on_search=on_search />
        }
        .into_any(),
    }
}
