//! The combobox: a text field with a list of matches, which may come from the server.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{avatar::record_mark, dom, field::ties, icon::icon as draw_icon};

/// Something that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// A few quiet words after it.
    pub detail: String,
    /// Shows a record mark before it.
    pub marked: bool,
}

impl Choice {
    /// A choice with nothing but its words.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }
}

/// One of many. The caller answers `on_search` by changing `options`; without `on_search` the options given are searched.
/// While they are `loading` nothing is taken: Enter waits for the first of them.
#[component]
pub fn Combobox(
    /// Its id; must be unique on the page, and that of the `Field` around it.
    #[prop(into)]
    id: String,
    /// The name a form sends the value under.
    #[prop(optional, into)]
    name: Option<String>,
    /// What is chosen now.
    #[prop(into)]
    selected: Signal<Option<Choice>>,
    /// What is offered.
    #[prop(into)]
    options: Signal<Vec<Choice>>,
    /// Words shown while nothing is chosen.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// A name for those who cannot see it, where no `Field` gives one.
    #[prop(optional, into)]
    label: Option<String>,
    /// The options are on their way.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// A value must be given; takes the clear button away.
    #[prop(optional)]
    required: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the choice, or nothing when cleared.
    #[prop(into)]
    on_select: Callback<Option<Choice>>,
    /// Called with what is typed, to look for options elsewhere.
    #[prop(optional, into)]
    on_search: Option<Callback<String>>,
    /// Called with what was typed to make something new of it.
    #[prop(optional, into)]
    on_create: Option<Callback<String>>,
) -> impl IntoView {
    let ties = ties(Some(id.clone()), required);
    let (invalid, described, must) = (ties.clone(), ties.clone(), ties.required());
    let id = StoredValue::new(id);
    let open = RwSignal::new(false);
    let typed = RwSignal::new(None::<String>);
    let active = RwSignal::new(0_usize);
    // Whether Enter was pressed before there was anything to take.
    let awaited = StoredValue::new(false);

    let query = move || typed.with(|typed| typed.as_deref().unwrap_or_default().trim().to_owned());
    let shown = Memo::new(move |_| {
        let wanted = query().to_lowercase();
        let all = options.get();
        if on_search.is_some() || wanted.is_empty() {
            all
        } else {
            all.into_iter().filter(|choice| choice.label.to_lowercase().contains(&wanted)).collect()
        }
    });
    let creates = move || on_create.is_some() && !query().is_empty() && !loading.get();
    let count = move || shown.with(Vec::len) + usize::from(creates());
    let option_id = move |at: usize| id.with_value(|id| [id, "-option-", &at.to_string()].concat());
    let list_id = move || id.with_value(|id| [id, "-list"].concat());
    let text = move || {
        typed
            .get()
            .unwrap_or_else(|| selected.with(|choice| choice.as_ref().map(|c| c.label.clone()).unwrap_or_default()))
    };

    let close = move || {
        open.set(false);
        typed.set(None);
        active.set(0);
        awaited.set_value(false);
    };
    let search = move |words: String| {
        typed.set(Some(words.clone()));
        active.set(0);
        awaited.set_value(false);
        open.set(true);
        if let Some(on_search) = on_search {
            on_search.run(words);
        }
    };
    let show = move || {
        if !open.get_untracked() && !disabled.get_untracked() {
            open.set(true);
            if let Some(on_search) = on_search {
                on_search.run(String::new());
            }
        }
    };
    let take = move |at: usize| {
        let choice = shown.with_untracked(|shown| shown.get(at).cloned());
        let words = untrack(query);
        close();
        match (choice, on_create) {
            (Some(choice), _) => on_select.run(Some(choice)),
            (None, Some(on_create)) if !words.is_empty() => on_create.run(words),
            _ => {}
        }
    };
    Effect::new(move |_| {
        if !loading.get() && awaited.get_value() {
            awaited.set_value(false);
            if untrack(count) > 0 {
                untrack(|| take(0));
            }
        }
    });
    let step = move |forth: bool| {
        let count = untrack(count);
        if count > 0 {
            active.update(|at| *at = if forth { (*at + 1) % count } else { (*at + count - 1) % count });
            dom::reveal(&option_id(active.get_untracked()));
        }
    };
    let key = move |event: KeyboardEvent| {
        let opened = open.get_untracked();
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if !opened => show(),
            "ArrowDown" => step(true),
            "ArrowUp" => step(false),
            "Enter" if opened && loading.get_untracked() => awaited.set_value(true),
            "Enter" if opened && untrack(count) > 0 => take(active.get_untracked()),
            // What was looked for is not there; the form is not sent without it.
            "Enter" if opened => {}
            "Escape" if opened => close(),
            "Backspace" if !must && untrack(text).is_empty() => return on_select.run(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let clear = move || {
        (!must && selected.with(Option::is_some) && !disabled.get()).then(|| {
            view! {
                <button
                    class="icon-button"
                    type="button"
                    data-size="small"
                    aria-label="Clear"
                    on:click=move |_| {
                        close();
                        on_select.run(None);
                        id.with_value(|id| dom::focus(id));
                    }
                >
                    {draw_icon("close", "small", "")}
                </button>
            }
        })
    };
    let list = move || {
        open.get().then(|| {
            let rows = shown
                .get()
                .into_iter()
                .enumerate()
                .map(|(at, choice)| option_row(option_id(at), at, active, choice, Callback::new(take)))
                .collect_view();
            let new_at = shown.with(Vec::len);
            let new = creates().then(|| {
                let words = ["Create “", &query(), "”"].concat();
                let choice = Choice { label: words, ..Choice::default() };
                option_row(option_id(new_at), new_at, active, choice, Callback::new(take))
            });
            let note = if loading.get() {
                Some("Searching…")
            } else {
                (new_at == 0 && new.is_none()).then_some("Nothing found")
            };
            view! {
                <div class="combobox-list" role="listbox" id=list_id() aria-label="Choices">
                    {rows}
                    {new}
                    {note.map(|note| view! { <div class="combobox-note" role="status">{note}</div> })}
                </div>
            }
        })
    };
    view! {
        <div class="combobox">
            <span class="input-group">
                <input
                    class="input"
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    id=ties.id()
                    placeholder=placeholder
                    aria-label=label
                    aria-autocomplete="list"
                    aria-controls=list_id()
                    aria-expanded=move || if open.get() { "true" } else { "false" }
                    aria-activedescendant=move || (open.get() && count() > 0).then(|| option_id(active.get()))
                    aria-required=must.then_some("true")
                    aria-invalid=move || invalid.invalid()
                    aria-describedby=move || described.described_by()
                    disabled=move || disabled.get()
                    value=untrack(text)
                    prop:value=text
                    on:input=move |event| search(event_target_value(&event))
                    on:click=move |_| show()
                    on:keydown=key
                    on:blur=move |_| close()
                />
                {clear}
                {draw_icon("chevron-down", "", "")}
            </span>
            <input
                type="hidden"
                name=name
                value=move || selected.with(|choice| choice.as_ref().map(|c| c.value.clone()).unwrap_or_default())
            />
            {list}
        </div>
    }
}

fn option_row(id: String, at: usize, active: RwSignal<usize>, choice: Choice, take: Callback<usize>) -> AnyView {
    let Choice { value, label, detail, marked } = choice;
    let mark = if marked { Some(record_mark(&label, "")) } else { value.is_empty().then(|| draw_icon("plus", "", "")) };
    view! {
        <div
            class="option"
            role="option"
            id=id
            aria-selected=move || if active.get() == at { "true" } else { "false" }
            on:pointermove=move |_| {
                if active.get_untracked() != at {
                    active.set(at);
                }
            }
            // Before the field loses the focus, which would close the list.
            on:mousedown=move |event| {
                event.prevent_default();
                take.run(at);
            }
        >
            {mark}
            <span class="truncate">{label}</span>
            {(!detail.is_empty()).then(|| view! { <span class="option-detail">{detail}</span> })}
        </div>
    }
    .into_any()
}
