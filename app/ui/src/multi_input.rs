//! Several short texts in one field: tags, addresses.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{dom, field::ties, icon::icon as draw_icon};

/// Several values, each a chip. Enter, comma or leaving the field adds; Backspace in the empty field removes the last.
#[component]
pub fn MultiInput(
    /// Its id; must be unique on the page, and that of the `Field` around it.
    #[prop(into)]
    id: String,
    /// The name a form sends each value under.
    #[prop(optional, into)]
    name: Option<String>,
    /// The values.
    #[prop(into)]
    values: Signal<Vec<String>>,
    /// `text`, `email`, `tel`, `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// Values to complete from.
    #[prop(optional, into)]
    suggestions: Signal<Vec<String>>,
    /// Words shown while empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with all values after a change.
    #[prop(into)]
    on_change: Callback<Vec<String>>,
) -> impl IntoView {
    let ties = ties(Some(id.clone()), false);
    let (invalid, described) = (ties.clone(), ties.clone());
    let list_id = [&id, "-list"].concat();
    let id = StoredValue::new(id);
    let typed = RwSignal::new(String::new());

    let add = move || {
        // It is left, too, when it goes away with what it works on.
        let (Some(text), Some(mut all)) = (typed.try_get_untracked(), values.try_get_untracked()) else { return };
        let before = all.len();
        for part in text.split([',', ';', '\n', '\t']).map(str::trim).filter(|part| !part.is_empty()) {
            if !all.iter().any(|known| known == part) {
                all.push(part.to_owned());
            }
        }
        if !text.is_empty() {
            typed.set(String::new());
        }
        if all.len() != before {
            on_change.run(all);
        }
    };
    let remove = move |value: &str| {
        let mut all = values.get_untracked();
        all.retain(|known| known != value);
        on_change.run(all);
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if !typed.with_untracked(String::is_empty) => {
            event.prevent_default();
            add();
        }
        "," | ";" => {
            event.prevent_default();
            add();
        }
        "Backspace" if typed.with_untracked(String::is_empty) => {
            if let Some(last) = values.with_untracked(|all| all.last().cloned()) {
                remove(&last);
            }
        }
        _ => {}
    };
    let input = move |text: String| {
        let many = text.contains([',', ';', '\n', '\t']);
        typed.set(text);
        if many {
            add();
        }
    };
    let chips = move || {
        values
            .get()
            .into_iter()
            .map(|value| {
                let remove_label = ["Remove ", &value].concat();
                let shown = value.clone();
                let sent = value.clone();
                view! {
                    <span class="chip">
                        <span class="truncate">{shown}</span>
                        <button
                            class="icon-button"
                            type="button"
                            aria-label=remove_label
                            disabled=move || disabled.get()
                            on:click=move |_| {
                                remove(&value);
                                id.with_value(|id| dom::focus(id));
                            }
                        >
                            {draw_icon("close", "small", "")}
                        </button>
                        <input type="hidden" name=name.clone() value=sent />
                    </span>
                }
            })
            .collect_view()
    };
    let offers =
        move || suggestions.get().into_iter().map(|text| view! { <option value=text></option> }).collect_view();
    view! {
        <span class="input-group multi">
            {chips}
            <input
                class="input"
                type=if kind == "email" { "text" } else { kind }
                inputmode=kind
                autocomplete="off"
                id=ties.id()
                list=list_id.clone()
                placeholder=move || values.with(Vec::is_empty).then(|| placeholder.clone())
                disabled=move || disabled.get()
                aria-invalid=move || invalid.invalid()
                aria-describedby=move || described.described_by()
                prop:value=typed
                on:input=move |event| input(event_target_value(&event))
                on:keydown=key
                on:blur=move |_| add()
            />
            <datalist id=list_id>{offers}</datalist>
        </span>
    }
}
