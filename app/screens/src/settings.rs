//! The form of a section of settings, made from its declaration.

use std::collections::BTreeMap;

use kernel::FieldErrors;
use leptos::{prelude::*, task::spawn_local};
use platform::settings::{Field as Setting, Kind, Section, Shown, Texts, api::save_settings};
use ui::{Button, ButtonKind, Field, Input, Select, Toast};

use crate::frame::Frame;

/// A field with what is typed in it.
#[derive(Clone)]
struct Entry {
    setting: &'static Setting,
    shown: Shown,
    typed: RwSignal<String>,
    /// Whether somebody typed anything, or took a secret away.
    is_touched: RwSignal<bool>,
}

/// The form of a section. `saved` is called once everything was.
pub fn section(
    frame: Frame,
    section: &'static Section,
    mut shown: BTreeMap<String, Shown>,
    saved: Callback<()>,
) -> AnyView {
    let entries: Vec<Entry> = section
        .fields
        .iter()
        .map(|setting| {
            let shown = shown.remove(setting.key).unwrap_or_default();
            let typed = RwSignal::new(shown.value.clone());
            Entry { setting, shown, typed, is_touched: RwSignal::new(false) }
        })
        .collect();
    let errors = RwSignal::new(FieldErrors::default());
    let values: BTreeMap<&'static str, RwSignal<String>> = entries.iter().map(|e| (e.setting.key, e.typed)).collect();
    let controls = entries.iter().cloned().map(|entry| {
        let only = entry.setting.only.and_then(|(key, wanted)| Some((*values.get(key)?, wanted)));
        let is_wanted = Memo::new(move |_| only.is_none_or(|(value, wanted)| value.with(|v| v == wanted)));
        view! { {move || is_wanted.get().then(|| control(&entry, errors))} }
    });
    let controls = controls.collect_view();
    let save = move || {
        let given = entries.iter().filter(|e| e.is_touched.get_untracked() && e.shown.fixed_by.is_none());
        let given: Texts = given.map(|e| (e.setting.key.to_owned(), e.typed.get_untracked())).collect();
        spawn_local(async move {
            match save_settings(section.name.to_owned(), given).await {
                Ok(Ok(())) => {
                    frame.say(Toast::ok("Settings saved."));
                    saved.run(());
                }
                Ok(Err(wrong)) => {
                    let first = wrong.0.keys().next().map(|key| id_of(key)).unwrap_or_default();
                    errors.set(wrong);
                    ui::dom::focus(&first);
                }
                Err(error) => frame.failed(&error),
            }
        });
    };
    view! {
        <form
            class="stack"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            {controls}
            <div class="form-actions">
                <Button kind=ButtonKind::Primary submit=true>
                    "Save"
                </Button>
            </div>
        </form>
    }
    .into_any()
}

fn id_of(key: &str) -> String {
    format!("setting-{}", key.replace('.', "-"))
}

fn control(entry: &Entry, errors: RwSignal<FieldErrors>) -> AnyView {
    let Entry { setting, shown, typed, is_touched } = entry.clone();
    let key = setting.key;
    let trouble = shown.trouble.clone();
    let error = Signal::derive(move || {
        let told = errors.with(|errors| errors.first(key).map(str::to_owned));
        told.or_else(|| trouble.clone().filter(|_| !is_touched.get()))
    });
    let id = id_of(key);
    let is_fixed = shown.fixed_by.is_some();
    let help = match (&shown.fixed_by, setting.help) {
        (Some(source), _) => Some(format!("Set by {source}, which goes before what is set here.")),
        (None, "") => None,
        (None, help) => Some(help.to_owned()),
    };
    let value = Signal::derive(move || typed.get());
    let change = Callback::new(move |text: String| {
        typed.set(text);
        is_touched.set(true);
    });
    // Made inside its field, which ties it to label and help.
    let inner = move || match setting.kind {
        Kind::Choice(options) => {
            let options: Vec<(String, String)> =
                options.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect();
            let options = Signal::derive(move || options.clone());
            view! { <Select options=options value=value disabled=is_fixed on_change=change /> }.into_any()
        }
        Kind::Secret => secret(&shown, value, is_touched, change, is_fixed),
        kind => {
            let kind = if kind == Kind::Email { "email" } else { "text" };
            view! { <Input kind=kind value=value disabled=is_fixed on_input=change /> }.into_any()
        }
    };
    match help {
        Some(help) => view! { <Field id=id label=setting.label help=help error=error>{inner()}</Field> }.into_any(),
        None => view! { <Field id=id label=setting.label error=error>{inner()}</Field> }.into_any(),
    }
}

/// A secret is never shown: it is set, exchanged or taken away.
fn secret(
    shown: &Shown,
    value: Signal<String>,
    is_touched: RwSignal<bool>,
    change: Callback<String>,
    is_fixed: bool,
) -> AnyView {
    let is_set = shown.is_set;
    let remove = move |_| change.run(String::new());
    let can_remove = move || is_set && !is_fixed && !(is_touched.get() && value.with(String::is_empty));
    let placeholder = if is_set { "••••••••" } else { "" };
    view! {
        <div class="secret-input">
            <Input kind="password" autocomplete="new-password" placeholder=placeholder value=value disabled=is_fixed on_input=change />
            {move || can_remove().then(|| view! { <Button on_click=remove>"Remove"</Button> })}
        </div>
        {move || {
            (is_set && is_touched.get() && value.with(String::is_empty))
                .then(|| view! { <p class="field-help">"It is forgotten when you save."</p> })
        }}
    }
    .into_any()
}
