//! The time zone, found by typing a part of its name.

use leptos::{prelude::*, task::spawn_local};
use ui::{Choice, Combobox};

use crate::{api, frame::Frame};

/// `usual` is what stands for an empty one; without it one is required.
pub fn input(id: String, zone: Signal<String>, set: Callback<String>, usual: Option<String>) -> AnyView {
    let frame = Frame::get();
    let options = RwSignal::new(Vec::<Choice>::new());
    let loading = RwSignal::new(false);
    let latest = StoredValue::new(0_u32);
    let search = Callback::new(move |typed: String| {
        let number = latest.get_value().wrapping_add(1);
        latest.set_value(number);
        options.set(vec![]);
        loading.set(true);
        spawn_local(async move {
            let answer = api::find_zones(typed).await;
            if latest.try_get_value() != Some(number) {
                return;
            }
            loading.set(false);
            match answer {
                Ok(found) => options.set(found.into_iter().map(choice).collect()),
                Err(error) => frame.failed(&error),
            }
        });
    });
    let selected = Signal::derive(move || {
        let name = zone.get();
        (!name.is_empty()).then(|| Choice::new(name.clone(), name.replace('_', " ")))
    });
    let select = Callback::new(move |choice: Option<Choice>| set.run(choice.map(|c| c.value).unwrap_or_default()));
    view! {
        <Combobox
            id=id
            selected=selected
            options=options
            loading=loading
            required=usual.is_none()
            placeholder=usual.unwrap_or_default()
            on_select=select
            on_search=search
        />
    }
    .into_any()
}

fn choice((name, offset): (String, String)) -> Choice {
    Choice { label: name.replace('_', " "), value: name, detail: offset, ..Choice::default() }
}
