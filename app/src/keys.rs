//! The keys that work everywhere. Single keys rest while one types.

use leptos::{ev, prelude::*};
use leptos_router::hooks::{use_location, use_navigate};
use screens::{
    frame::Frame,
    keyboard::{has_modifier, is_off, is_taken, is_typing},
    session::Session,
};
use ui::{Dialog, ShortcutHelp};

use crate::navigation;

/// Listens as long as the screen is there. Says whether the list of shortcuts is open.
pub fn listen(frame: Frame, session: Session) -> RwSignal<bool> {
    let help = RwSignal::new(false);
    provide_context(HelpOpen(help));
    let going = StoredValue::new(false);
    let navigate = use_navigate();
    let path = use_location().pathname;
    let places: Vec<_> = navigation::places(session).into_iter().flat_map(|(_, places)| places).collect();
    let creatable: Vec<String> = session.types().into_iter().filter(|t| t.may("create")).map(|t| t.name).collect();
    Effect::new(move |_| {
        HELP.set(Some(help));
        let (navigate, places, creatable) = (navigate.clone(), places.clone(), creatable.clone());
        let handle = window_event_listener(ev::keydown, move |event| {
            let key = event.key();
            let is_command = event.ctrl_key() || event.meta_key();
            if is_command && !event.shift_key() && !event.alt_key() && key.eq_ignore_ascii_case("k") {
                event.prevent_default();
                frame.palette.update(|open| *open = !*open);
                return;
            }
            if frame.palette.get_untracked() && !ui::dom::is_layer_open() {
                seek(frame, &event);
                return;
            }
            if is_typing(&event) || event.default_prevented() {
                return;
            }
            if is_command && key.eq_ignore_ascii_case("z") && !event.shift_key() {
                if let Some(last) = frame.last.get_untracked() {
                    event.prevent_default();
                    frame.undo(last);
                }
                return;
            }
            if is_taken(&event) || is_off(&event, session) {
                return;
            }
            if going.get_value() {
                going.set_value(false);
                if let Some(place) = places.iter().find(|p| key.len() == 1 && key.starts_with(p.key)) {
                    event.prevent_default();
                    navigate(&place.href, leptos_router::NavigateOptions::default());
                }
                return;
            }
            match key.as_str() {
                "Escape" if frame.menu.get_untracked() => {
                    event.prevent_default();
                    frame.menu.set(false);
                }
                "g" => going.set_value(true),
                "?" => help.set(true),
                "c" => {
                    let here = path.get_untracked();
                    let collection = here.split('/').nth(1).unwrap_or_default();
                    if creatable.iter().any(|name| name == collection) {
                        event.prevent_default();
                        navigate(&format!("/{collection}/new"), leptos_router::NavigateOptions::default());
                    }
                }
                _ => {}
            }
        });
        on_cleanup(move || handle.remove());
    });
    help
}

/// Keeps what is typed while the palette is on its way.
fn seek(frame: Frame, event: &ev::KeyboardEvent) {
    let key = event.key();
    if key == "Escape" {
        frame.palette.set(false);
        frame.sought.set(String::new());
    } else if key.chars().count() == 1 && !has_modifier(event) {
        event.prevent_default();
        frame.sought.update(|sought| sought.push_str(&key));
    }
}

#[derive(Clone, Copy)]
struct HelpOpen(RwSignal<bool>);

thread_local! {
    /// The help of the one shell there is in a browser.
    static HELP: std::cell::Cell<Option<RwSignal<bool>>> = const { std::cell::Cell::new(None) };
}

/// Opens the list of shortcuts.
pub fn help() {
    if let Some(help) = HELP.get() {
        help.set(true);
    }
}

/// The list of shortcuts.
pub fn shortcuts() -> AnyView {
    let open = use_context::<HelpOpen>().map_or_else(|| RwSignal::new(false), |h| h.0);
    let session = Session::get();
    let group = |title: &str, keys: &[(&str, &str)]| {
        (title.to_owned(), keys.iter().map(|(does, keys)| ((*does).to_owned(), (*keys).to_owned())).collect::<Vec<_>>())
    };
    let goes = navigation::places(session).into_iter().flat_map(|(_, places)| places);
    let goes: Vec<_> = goes.map(|p| (p.label, format!("g {}", p.key))).collect();
    let groups = vec![
        group(
            "Everywhere",
            &[
                ("Search or jump to", "Ctrl+K"),
                ("Create", "c"),
                ("Undo the last change", "Ctrl+Z"),
                ("Close one layer", "Esc"),
                ("Shortcuts", "?"),
            ],
        ),
        group(
            "In a list",
            &[
                ("Next and previous row", "j k"),
                ("Open", "Enter"),
                ("Peek", "Space"),
                ("Between list and peek", "F6"),
                ("Edit", "e"),
                ("Select", "x"),
                ("Search", "/"),
            ],
        ),
        group("In a form", &[("Save", "Ctrl+Enter")]),
        ("Go to".to_owned(), goes),
    ];
    view! {
        <Dialog id="shortcuts" title="Keyboard shortcuts" open=open on_close=move |()| open.set(false)>
            <ShortcutHelp groups=groups.clone() />
        </Dialog>
    }
    .into_any()
}
