//! The form of a section of settings, made from its declaration.

use std::collections::BTreeMap;

use kernel::FieldErrors;
use leptos::{prelude::*, task::spawn_local};
use settings::{Field as Setting, Kind, Section, Shown, Texts, api::save_settings};
use ui::{Button, ButtonKind, Field, Input, Select, Toast};

use crate::{
    form::{keep_entered, put, restored_note, take},
    frame::Frame,
};

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
    let shelf = format!("settings/{}", section.name);
    let mut kept: Texts = take(frame, &shelf).unwrap_or_default();
    let restored = RwSignal::new(!kept.is_empty());
    let entries: Vec<Entry> = section
        .fields
        .iter()
        .map(|setting| {
            let shown = shown.remove(setting.key).unwrap_or_default();
            let kept = kept.remove(setting.key);
            let is_touched = RwSignal::new(kept.is_some());
            let typed = RwSignal::new(kept.unwrap_or_else(|| shown.value.clone()));
            Entry { setting, shown, typed, is_touched }
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
    let entries = StoredValue::new(entries);
    let discard = Callback::new(move |()| {
        entries.with_value(|entries| {
            for entry in entries {
                entry.typed.set(entry.shown.value.clone());
                entry.is_touched.set(false);
            }
        });
        restored.set(false);
    });
    let given = move || {
        let touched = |e: &&Entry| e.is_touched.try_get_untracked() == Some(true) && e.shown.fixed_by.is_none();
        let text = |e: &Entry| Some((e.setting.key.to_owned(), e.typed.try_get_untracked()?));
        let given = entries.try_with_value(|all| all.iter().filter(touched).filter_map(text).collect::<Texts>());
        given.unwrap_or_default()
    };
    // Whether the server has what was entered, or is being told.
    let is_told = RwSignal::new(false);
    keep_entered(frame, shelf.clone(), move || {
        Some(given()).filter(|given| !given.is_empty() && is_told.try_get_untracked() == Some(false))
    });
    let save = move || {
        let (given, shelf) = (given(), shelf.clone());
        is_told.set(true);
        spawn_local(async move {
            let done = save_settings(section.name.to_owned(), given.clone()).await;
            let is_left = is_told.try_set(matches!(done, Ok(Ok(())))).is_some();
            if is_left && !matches!(done, Ok(Ok(()))) {
                put(frame, shelf, &given);
            }
            match done {
                Ok(Ok(())) => {
                    frame.say(Toast::ok("Settings saved."));
                    saved.try_run(());
                }
                Ok(Err(_)) if is_left => {}
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
            {move || restored.get().then(|| restored_note(discard))} {controls}
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
