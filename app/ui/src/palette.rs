//! The command palette and the list of shortcuts.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{dialog::Dialog, dom, icon::icon as draw_icon, tag::Keys};

/// Something the palette can do or open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// What the caller knows it by.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// A few quiet words after it.
    pub detail: String,
    /// Its icon.
    pub icon: String,
    /// The keys that do the same.
    pub keys: String,
    /// Where it leads, if it leads somewhere.
    pub href: String,
}

/// Commands under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandGroup {
    /// The heading.
    pub title: String,
    /// The commands, best first.
    pub commands: Vec<Command>,
}

/// The palette. It shows what it is given: the caller searches when `on_query` tells what was typed.
#[component]
pub fn CommandPalette(
    /// Its id; must be unique on the page.
    #[prop(into)]
    id: String,
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// What is typed.
    #[prop(into)]
    query: Signal<String>,
    /// What was found.
    #[prop(into)]
    groups: Signal<Vec<CommandGroup>>,
    /// More is on its way.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// Called with what is typed.
    #[prop(into)]
    on_query: Callback<String>,
    /// Called with the command chosen; the caller navigates or acts, and closes.
    #[prop(into)]
    on_pick: Callback<Command>,
    /// Called to close.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let active = RwSignal::new(0_usize);
    let id_text = StoredValue::new(id.clone());
    let count = move || groups.with(|groups| groups.iter().map(|group| group.commands.len()).sum::<usize>());
    let pick = move |at: usize| {
        let command = groups.with_untracked(|groups| groups.iter().flat_map(|group| &group.commands).nth(at).cloned());
        if let Some(command) = command {
            on_pick.run(command);
        }
    };
    let option_id = move |at: usize| id_text.with_value(|id| [id, "-option-", &at.to_string()].concat());
    // Whether Enter was pressed before there was anything to pick.
    let awaited = StoredValue::new(false);
    // What is found later comes before what stands there already: the mark stays with its command.
    Effect::new(move |before: Option<(String, Vec<String>)>| {
        let now = (query.get(), groups.with(|groups| ids(groups)));
        let Some((_, ids)) = before.filter(|(asked, _)| *asked == now.0) else {
            awaited.set_value(false);
            return now;
        };
        let at = active.get_untracked();
        let stays = ids.get(at).and_then(|id| now.1.iter().position(|other| other == id)).unwrap_or_default();
        if stays != at {
            active.set(stays);
            request_animation_frame(move || dom::reveal(&option_id(stays)));
        }
        if !now.1.is_empty() && awaited.get_value() {
            awaited.set_value(false);
            untrack(|| pick(0));
        }
        now
    });
    let key = move |event: KeyboardEvent| {
        let total = untrack(count);
        match event.key().as_str() {
            "ArrowDown" if total > 0 => active.update(|at| *at = (*at + 1) % total),
            "ArrowUp" if total > 0 => active.update(|at| *at = (*at + total - 1) % total),
            "Enter" if total == 0 => awaited.set_value(loading.get_untracked()),
            "Enter" => pick(active.get_untracked()),
            _ => return,
        }
        event.prevent_default();
        dom::reveal(&option_id(active.get_untracked()));
    };
    let list = move || {
        let mut next = 0;
        groups
            .get()
            .into_iter()
            .map(|group| {
                let rows = group
                    .commands
                    .into_iter()
                    .map(|command| {
                        let at = next;
                        next += 1;
                        command_row(option_id(at), at, active, command, Callback::new(pick))
                    })
                    .collect_view();
                let name = group.title.clone();
                view! {
                    <div role="group" aria-label=name>
                        <div class="palette-group" aria-hidden="true">
                            {group.title}
                        </div>
                        {rows}
                    </div>
                }
            })
            .collect_view()
    };
    let note = move || {
        (count() == 0).then(|| {
            let words = if loading.get() { "Searching…" } else { "Nothing found" };
            view! {
                <p class="palette-empty" role="status">
                    {words}
                </p>
            }
        })
    };
    let list_id = [&id, "-list"].concat();
    view! {
        <Dialog id=id title="Search and commands" class="palette" open=open on_close=on_close light=true bare=true>
            <div class="palette-input">
                {draw_icon("search", "", "")}
                <input
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    autofocus=true
                    placeholder="Search or jump to"
                    aria-label="Search or jump to"
                    aria-autocomplete="list"
                    aria-expanded="true"
                    aria-controls=list_id.clone()
                    aria-activedescendant=move || (count() > 0).then(|| option_id(active.get()))
                    prop:value=query
                    on:input=move |event| {
                        active.set(0);
                        on_query.run(event_target_value(&event));
                    }
                    on:keydown=key
                />
                {move || loading.get().then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
            </div>
            <div class="palette-list" role="listbox" id=list_id.clone() aria-label="Results">
                {list}
                {note}
            </div>
            <div class="palette-foot" aria-hidden="true">
                <span>
                    <Keys keys="↑ ↓" />
                    "to move"
                </span>
                <span>
                    <Keys keys="↵" />
                    "to open"
                </span>
                <span>
                    <Keys keys="Esc" />
                    "to close"
                </span>
            </div>
        </Dialog>
    }
}

fn ids(groups: &[CommandGroup]) -> Vec<String> {
    groups.iter().flat_map(|group| &group.commands).map(|command| command.id.clone()).collect()
}

fn command_row(id: String, at: usize, active: RwSignal<usize>, command: Command, pick: Callback<usize>) -> AnyView {
    let Command { label, detail, icon, keys, .. } = command;
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
            on:click=move |_| pick.run(at)
        >
            {(!icon.is_empty()).then(|| draw_icon(&icon, "", ""))}
            <span class="truncate">{label}</span>
            <span class="option-detail">{detail}</span>
            {(!keys.is_empty()).then(|| view! { <Keys keys=keys /> })}
        </div>
    }
    .into_any()
}

/// Shortcuts under one heading: what they do, and the keys.
pub type ShortcutGroup = (String, Vec<(String, String)>);

/// What `?` shows.
#[component]
pub fn ShortcutHelp(
    /// The shortcuts: groups of what they do and the keys, as [`Keys`] reads them.
    groups: Vec<ShortcutGroup>,
) -> impl IntoView {
    let sections = groups
        .into_iter()
        .map(|(title, shortcuts)| {
            let rows = shortcuts
                .into_iter()
                .map(|(does, keys)| {
                    view! {
                        <div>
                            <dt>{does}</dt>
                            <dd>
                                <Keys keys=keys />
                            </dd>
                        </div>
                    }
                })
                .collect_view();
            view! {
                <section>
                    <h3>{title}</h3>
                    <dl>{rows}</dl>
                </section>
            }
        })
        .collect_view();
    view! { <div class="shortcuts">{sections}</div> }
}
