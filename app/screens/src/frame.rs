//! What screens share with the shell around them: the menu, the palette, and the last change, to be taken back.

use std::collections::BTreeMap;

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use records::Value;
use ui::{Breadcrumb, Toast, Toasts, Tone, TopBar, provide_toasts};
use uuid::Uuid;

use crate::{
    api,
    draft::Draft,
    form::Shelf,
    live::Live,
    look::{self, Look},
    part::{Coming, Part, Tools},
    session::Session,
};

type OpenEditors = BTreeMap<(Uuid, String), ((Value, i64), Option<Draft>)>;

/// The shell's state. Provided by the shell.
#[derive(Clone, Copy)]
pub struct Frame {
    /// Whether the navigation is open on narrow screens.
    pub menu: RwSignal<bool>,
    pub palette: RwSignal<bool>,
    /// What is typed into the palette, be it before the palette is there.
    pub sought: RwSignal<String>,
    /// Grows when records changed, so that what shows them reads them again.
    pub changes: RwSignal<u32>,
    /// Grows when what could not be read is asked for once more.
    pub retries: RwSignal<u32>,
    /// Forms that were left before they were saved.
    pub(crate) kept: StoredValue<Shelf>,
    /// What was entered elsewhere and left, by a name of its own.
    pub(crate) entered: StoredValue<BTreeMap<String, String>>,
    /// Fields being edited in their place, by record and name: what was read, at which version, and what was typed if
    /// anything was.
    pub(crate) open_editors: StoredValue<OpenEditors>,
    /// The change that Ctrl+Z takes back.
    pub last: RwSignal<Option<Uuid>>,
    toasts: Toasts,
    /// How many notifications are unread.
    pub unread: RwSignal<i64>,
    /// Whether the viewer was found to be signed out.
    pub signed_out: RwSignal<bool>,
    /// Theme and density as the page shows them.
    pub look: RwSignal<Look>,
}

impl Frame {
    /// Makes [`Frame::get`] work below this point. `tools` loads what opens beside a screen or over it.
    pub fn provide(session: Session, tools: fn() -> Coming<&'static Tools>) -> Self {
        let frame = Self {
            menu: RwSignal::new(false),
            palette: RwSignal::new(false),
            sought: RwSignal::new(String::new()),
            changes: RwSignal::new(0),
            retries: RwSignal::new(0),
            kept: StoredValue::default(),
            entered: StoredValue::default(),
            open_editors: StoredValue::default(),
            last: RwSignal::new(None),
            toasts: provide_toasts(),
            unread: RwSignal::new(0),
            signed_out: RwSignal::new(false),
            look: RwSignal::new(look::chosen()),
        };
        provide_context(frame);
        provide_context(Around(StoredValue::new((frame, session))));
        provide_context(Furniture {
            shell: StoredValue::new(Owner::current().unwrap_or_default()),
            bar: StoredValue::new(None),
            look: RwSignal::new(None),
            tools: Part::new(tools),
        });
        frame
    }

    /// The shell around the screen.
    #[expect(clippy::expect_used, reason = "a screen outside the shell is a mistake of the program")]
    pub fn get() -> Self {
        use_context().expect("a screen is inside the shell")
    }

    /// Closes the fields that were opened to be edited, and left with nothing typed.
    pub(crate) fn close_untouched_editors(self) {
        self.open_editors.update_value(|open| open.retain(|_, (_, typed)| typed.is_some()));
    }

    /// Grows when what shows records of these types, or this one record, should read them again.
    pub fn watch(self, record_types: Vec<String>, id: Option<Uuid>) -> Signal<(u32, u32)> {
        let by_others = Live::get().watch(record_types, id);
        Signal::derive(move || (self.changes.get(), by_others.get()))
    }

    /// Tells that records changed; with a change-set, offers to take it back.
    pub fn changed(self, text: impl Into<String>, change_set: Option<Uuid>) {
        self.changes.update(|n| *n = n.wrapping_add(1));
        let mut toast = Toast::ok(text);
        if let Some(id) = change_set {
            self.last.set(Some(id));
            toast = toast.action("Undo", Callback::new(move |()| self.undo(id)));
        }
        self.say(toast);
    }

    /// Tells why something could not be done. Who was signed out is asked to sign in again; nothing typed is lost.
    pub fn failed(self, error: &AppError) {
        if *error == AppError::Unauthenticated {
            self.signed_out.set(true);
        } else {
            self.say(Toast::bad(error.sentence()));
        }
    }

    /// Asks again for what the screen shows.
    pub fn retry(self) {
        self.retries.update(|n| *n = n.wrapping_add(1));
    }

    /// Shows the page in another theme or density, from now on and on this browser.
    pub fn show(self, look: Look) {
        look::show(look);
        self.look.set(look);
    }

    pub fn say(self, toast: Toast) {
        self.toasts.show(toast);
    }

    /// Takes a change-set back, and says what stood against it.
    pub fn undo(self, change_set: Uuid) {
        spawn_local(async move {
            match api::undo_change_set(change_set).await {
                Ok(back) => {
                    self.changes.update(|n| *n = n.wrapping_add(1));
                    self.last.set(None);
                    self.say(told(&back));
                }
                Err(error) => self.failed(&error),
            }
        });
    }
}

/// The frame and the session in one small handle, for what the parts of a screen share. It outlives every screen.
#[derive(Clone, Copy)]
pub(crate) struct Around(StoredValue<(Frame, Session)>);

impl Around {
    /// Only below the shell, which provides it.
    #[expect(clippy::expect_used, reason = "a screen outside the shell is a mistake of the program")]
    pub fn get() -> Self {
        use_context().expect("a screen is inside the shell")
    }

    pub fn frame(self) -> Frame {
        self.0.get_value().0
    }

    pub fn session(self) -> Session {
        self.0.get_value().1
    }
}

/// What stands at the end of the bar over every screen.
type Bar = fn(Frame) -> AnyView;

/// What belongs to the shell and is too large for it: it comes with the first screen. Provided with the frame.
#[derive(Clone, Copy)]
pub struct Furniture {
    shell: StoredValue<Owner>,
    bar: StoredValue<Option<Bar>>,
    /// What was chosen last of theme and density, for who keeps it.
    pub look: RwSignal<Option<Look>>,
    /// What opens beside a screen or over it.
    pub tools: Part<&'static Tools>,
}

impl Furniture {
    /// Only below the shell, which provides it.
    #[expect(clippy::expect_used, reason = "a screen outside the shell is a mistake of the program")]
    pub fn get() -> Self {
        use_context().expect("a screen is inside the shell")
    }

    /// Begins, once, what lasts as long as the shell.
    pub fn arrive(self, bar: Bar, begin: impl FnOnce()) {
        if self.bar.get_value().is_none() {
            self.bar.set_value(Some(bar));
            self.shell.get_value().with(begin);
        }
    }
}

fn told(back: &api::TakenBack) -> Toast {
    let records = if back.records == 1 { "1 record".to_owned() } else { format!("{} records", back.records) };
    match back.conflicts.first() {
        None => Toast::ok(format!("Undone: {records}.")),
        Some(first) => {
            let what = [first.title.as_str(), first.field.as_str()].into_iter().filter(|t| !t.is_empty());
            let what = what.collect::<Vec<_>>().join(", ");
            let more = if back.conflict_count > 1 {
                format!(" (and {} more)", back.conflict_count - 1)
            } else {
                String::new()
            };
            let sep = if what.is_empty() { "" } else { ": " };
            Toast::new(Tone::Warn, format!("Undone: {records}. Left alone — {what}{sep}{}{more}.", first.why))
        }
    }
}

/// The bar over a screen, with the button for the navigation on narrow screens.
#[component]
pub fn ScreenHead(
    /// The title; it becomes the page's heading.
    #[prop(into)]
    title: Signal<String>,
    /// A few quiet words after it.
    #[prop(optional, into)]
    note: Option<String>,
    /// What it is a part of: its name and address.
    #[prop(optional)]
    within: Option<(String, String)>,
    /// The actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let frame = Frame::get();
    let on_menu = Callback::new(move |()| frame.menu.set(true));
    let actions = children.map(|children| children());
    let actions = view! { {actions} {Furniture::get().bar.get_value().map(|bar| bar(frame))} };
    match (within, note) {
        (Some(within), _) => {
            let places = Signal::derive(move || vec![within.clone(), (title.get(), String::new())]);
            let start = ViewFn::from(move || view! { <Breadcrumb places=places /> });
            view! { <TopBar start=start on_menu=on_menu>{actions}</TopBar> }.into_any()
        }
        (None, Some(note)) => view! { <TopBar title=title note=note on_menu=on_menu>{actions}</TopBar> }.into_any(),
        (None, None) => view! { <TopBar title=title on_menu=on_menu>{actions}</TopBar> }.into_any(),
    }
}
