//! Ctrl+K: go somewhere, create something, find a record.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;
use screens::{api, frame::Frame, session::Session};
use ui::{Command, CommandGroup, CommandPalette};

use crate::navigation;

/// The palette over the shell.
pub fn palette() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    let query = frame.sought;
    let found = RwSignal::new(Vec::<CommandGroup>::new());
    let loading = RwSignal::new(false);
    // Each search that starts makes the answers to those before it late.
    let latest = StoredValue::new(0_u32);
    let search = move |typed: String| {
        let number = latest.get_value().wrapping_add(1);
        latest.set_value(number);
        if typed.trim().is_empty() {
            found.set(vec![]);
            loading.set(false);
            return;
        }
        // Nothing stands there that was found for other words.
        let key = kernel::fold::key(typed.trim());
        found.update(|groups| {
            for group in groups.iter_mut() {
                group.commands.retain(|hit| kernel::fold::key(&hit.label).contains(&key));
            }
            groups.retain(|group| !group.commands.is_empty());
        });
        loading.set(true);
        let after_a_pause = move || {
            if latest.try_get_value() != Some(number) {
                return;
            }
            let typed = typed.clone();
            spawn_local(async move {
                let answer = api::search_everything(typed).await;
                if latest.try_get_value() == Some(number) {
                    loading.set(false);
                    match answer {
                        Ok(hits) => found.set(hits.into_iter().map(|h| hits_group(session, h)).collect()),
                        Err(error) => frame.failed(&error),
                    }
                }
            });
        };
        set_timeout(after_a_pause, Duration::from_millis(120));
    };
    let typed_before = query.get_untracked();
    if !typed_before.is_empty() {
        search(typed_before);
    }
    let groups = Signal::derive(move || {
        let typed = query.get();
        let mut groups = found.get();
        groups.extend(own_commands(session, &typed));
        groups
    });
    let navigate = use_navigate();
    let close = move || {
        frame.palette.set(false);
        query.set(String::new());
        found.set(vec![]);
    };
    view! {
        <CommandPalette
            id="palette"
            open=frame.palette
            query=query
            groups=groups
            loading=loading
            on_query=move |typed: String| {
                query.set(typed.clone());
                search(typed);
            }
            on_pick=move |command: Command| {
                close();
                navigate(&command.href, leptos_router::NavigateOptions::default());
            }
            on_close=move |()| close()
        />
    }
    .into_any()
}

fn hits_group(session: Session, hits: api::Hits) -> CommandGroup {
    let info = session.types().into_iter().find(|t| t.name == hits.record_type);
    let (title, icon) = info.map_or_else(|| (hits.record_type.clone(), String::new()), |t| (t.plural, t.icon));
    let commands = hits.found.into_iter().map(|hit| Command {
        id: hit.id.to_string(),
        label: hit.label,
        icon: icon.clone(),
        href: format!("/{}/{}", hits.record_type, hit.id),
        ..Command::default()
    });
    CommandGroup { title, commands: commands.collect() }
}

/// Places and things to create whose name has what was typed.
fn own_commands(session: Session, typed: &str) -> Vec<CommandGroup> {
    let typed = kernel::fold::key(typed);
    let fits = |command: &Command| kernel::fold::key(&command.label).contains(&typed);
    let places = navigation::places(session).into_iter().flat_map(|(_, places)| places);
    let go = places.map(|p| Command {
        id: p.href.clone(),
        label: p.label,
        icon: p.icon,
        keys: format!("g {}", p.key),
        href: p.href,
        ..Command::default()
    });
    let own = [("Notifications", "/notifications", "bell"), ("Preferences", "/settings/preferences", "settings")];
    let own = own.map(|(label, href, icon)| Command {
        id: href.to_owned(),
        label: label.to_owned(),
        icon: icon.to_owned(),
        href: href.to_owned(),
        ..Command::default()
    });
    let go = go.chain(own);
    let creatable = session.types().into_iter().filter(|t| t.may("create"));
    let create = creatable.clone().map(|t| Command {
        id: format!("create-{}", t.name),
        label: format!("Create {}", t.singular.to_lowercase()),
        icon: "plus".to_owned(),
        href: format!("/{}/new", t.name),
        ..Command::default()
    });
    let import = session.types().into_iter().filter(|t| t.may("import")).map(|t| Command {
        id: format!("import-{}", t.name),
        label: format!("Import {}", t.plural.to_lowercase()),
        icon: "upload".to_owned(),
        href: format!("/{}/import", t.name),
        ..Command::default()
    });
    let groups = [
        CommandGroup { title: "Go to".to_owned(), commands: go.filter(fits).collect() },
        CommandGroup { title: "Create".to_owned(), commands: create.chain(import).filter(fits).collect() },
    ];
    groups.into_iter().filter(|g| !g.commands.is_empty()).collect()
}
