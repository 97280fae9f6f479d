//! Parts of the program that are loaded when they are first used. In a development build they are there from the start,
//! but are asked for in the same way.

use std::pin::Pin;

use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use crate::{
    frame::{Frame, Furniture},
    list::{self, Conditions, List},
    look::Look,
    notifications,
    peek::peek,
};

/// A part that is on its way.
pub type Coming<T> = Pin<Box<dyn Future<Output = T>>>;

/// One part, and whether it is there yet.
#[derive(Clone, Copy)]
pub struct Part<T: Copy + Send + Sync + 'static> {
    there: RwSignal<Option<T>>,
    is_asked_for: StoredValue<bool>,
    load: fn() -> Coming<T>,
}

impl<T: Copy + Send + Sync + 'static> Part<T> {
    pub(crate) fn new(load: fn() -> Coming<T>) -> Self {
        Self { there: RwSignal::new(None), is_asked_for: StoredValue::new(false), load }
    }

    /// The part, once it is there. Whoever asks first has it loaded. On the server no part is ever there: what is painted
    /// is what stands there until it comes.
    pub fn get(self) -> Option<T> {
        let there = self.there.get();
        if there.is_none() {
            Effect::new(move |_| self.ask_for());
        }
        there
    }

    fn ask_for(self) {
        if self.is_asked_for.get_value() {
            return;
        }
        self.is_asked_for.set_value(true);
        spawn_local(async move {
            let part = (self.load)().await;
            self.there.try_set(Some(part));
        });
    }
}

/// What opens beside a screen or over it, and what follows from a choice of looks. It is one part, because its pieces
/// share most of their code.
#[derive(Clone, Copy)]
pub struct Tools {
    palette: fn() -> AnyView,
    help: fn() -> AnyView,
    pub keep_look: fn(Frame, Look),
    pub(crate) peek: fn(List, Uuid) -> AnyView,
    pub(crate) builder: fn(Conditions) -> AnyView,
    pub(crate) chooser: fn(List) -> AnyView,
    pub(crate) bulk: fn(List, Frame) -> AnyView,
    pub(crate) export: fn(List, Frame) -> AnyView,
    pub(crate) latest: fn(Frame, Trigger) -> AnyView,
}

impl Tools {
    /// All of them, with those of the app.
    pub const fn with(palette: fn() -> AnyView, help: fn() -> AnyView, keep_look: fn(Frame, Look)) -> Self {
        Self {
            palette,
            help,
            keep_look,
            peek,
            builder: list::builder,
            chooser: list::chooser,
            bulk: list::bulk,
            export: list::export,
            latest: notifications::latest,
        }
    }
}

/// What lies over every screen: the palette and the list of shortcuts, each from when it is first opened.
pub fn overlays(palette: Signal<bool>, help: Signal<bool>) -> AnyView {
    let palette = opened(palette, |tools| (tools.palette)());
    let help = opened(help, |tools| (tools.help)());
    view! { {palette} {help} }.into_any()
}

/// A tool from when it is first wanted. Until it is there, a mark says that it is coming.
pub(crate) fn opened(
    wanted: Signal<bool>,
    show: impl Fn(&'static Tools) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let tools = Furniture::get().tools;
    let was_wanted = Memo::new(move |before: Option<&bool>| before.is_some_and(|before| *before) || wanted.get());
    let tool = move || {
        was_wanted.get().then(|| match tools.get() {
            Some(tools) => show(tools),
            None => view! { <ui::Coming /> }.into_any(),
        })
    };
    tool.into_any()
}

/// What a popover holds, from when it is first opened; it has the focus then, as if it had been there before.
pub(crate) fn within(
    popover: &'static str,
    opens: Trigger,
    show: impl Fn(&'static Tools) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let tools = Furniture::get().tools;
    let is_used = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        opens.track();
        // The browser opens it even before the page is awake.
        if before.is_some() || ui::dom::is_popover_open(popover) {
            is_used.set(true);
        }
    });
    let content = move || match is_used.get().then(|| tools.get()).flatten() {
        Some(tools) => {
            request_animation_frame(move || ui::focus_popover(popover));
            show(tools)
        }
        None => view! { <ui::SkeletonLines lines=3 /> }.into_any(),
    };
    content.into_any()
}
