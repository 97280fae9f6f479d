//! Short messages that come and go, with an action such as Undo.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    button::{Button, ButtonKind, IconButton, Size},
    icon::icon,
};

/// The tone of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Info,
    Ok,
    Warn,
    Bad,
}

impl Tone {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    pub(crate) const fn icon(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Ok => "done",
            Self::Warn => "warning",
            Self::Bad => "error",
        }
    }
}

/// A message to show.
#[derive(Clone)]
pub struct Toast {
    tone: Tone,
    text: String,
    action: Option<(String, Callback<()>)>,
}

impl Toast {
    /// A message of that tone.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), action: None }
    }

    /// Something was done.
    pub fn ok(text: impl Into<String>) -> Self {
        Self::new(Tone::Ok, text)
    }

    /// Something failed.
    pub fn bad(text: impl Into<String>) -> Self {
        Self::new(Tone::Bad, text)
    }

    /// With a button, such as Undo; it then stays longer.
    #[must_use]
    pub fn action(mut self, label: impl Into<String>, run: Callback<()>) -> Self {
        self.action = Some((label.into(), run));
        self
    }
}

/// The messages on show. Provided once by [`provide_toasts`], shown by one [`ToastHost`].
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<(u32, Toast)>>,
    next: StoredValue<u32>,
    held: RwSignal<bool>,
}

impl Toasts {
    /// Shows a message: six seconds, ten with an action or when something failed, and longer while the pointer or focus is on it.
    pub fn show(self, toast: Toast) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        let seconds = if toast.action.is_some() || toast.tone == Tone::Bad { 10 } else { 6 };
        self.shown.update(|shown| {
            shown.push((id, toast));
            let surplus = shown.len().saturating_sub(4);
            shown.drain(..surplus);
        });
        self.expire(id, seconds);
    }

    fn expire(self, id: u32, seconds: u64) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.expire(id, 2),
                Some(false) => self.dismiss(id),
                None => {}
            },
            Duration::from_secs(seconds),
        );
    }

    fn dismiss(self, id: u32) {
        self.shown.try_update(|shown| shown.retain(|(other, _)| *other != id));
        if self.shown.try_with_untracked(Vec::is_empty) == Some(true) {
            self.held.try_set(false);
        }
    }
}

/// Makes [`toast`] work below this point. Call it once, in the shell.
pub fn provide_toasts() -> Toasts {
    let toasts = Toasts { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0), held: RwSignal::new(false) };
    provide_context(toasts);
    toasts
}

/// The messages of the shell, to be kept and used in later handlers.
pub fn use_toasts() -> Option<Toasts> {
    use_context()
}

/// Shows a message. Where no owner is current, as after an `await`, keep [`use_toasts`] beforehand and call `show` on it.
pub fn toast(message: Toast) {
    if let Some(toasts) = use_toasts() {
        toasts.show(message);
    }
}

/// The place where messages appear; once, at the end of the shell.
#[component]
pub fn ToastHost() -> impl IntoView {
    let toasts = use_toasts().unwrap_or_else(provide_toasts);
    view! {
        <div
            class="toasts"
            role="region"
            aria-label="Messages"
            on:pointerenter=move |_| toasts.held.set(true)
            on:pointerleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            <div class="stack" role="status" aria-live="polite" aria-relevant="additions" data-gap="small">
                <For each=move || toasts.shown.get() key=|(id, _)| *id let:entry>
                    {
                        let (id, message) = entry;
                        toast_view(message, Callback::new(move |()| toasts.dismiss(id)))
                    }
                </For>
            </div>
        </div>
    }
}

pub(crate) fn toast_view(message: Toast, dismiss: Callback<()>) -> AnyView {
    let Toast { tone, text, action } = message;
    view! {
        <div class="toast" data-kind=tone.name()>
            {icon(tone.icon(), "", "")}
            <span class="toast-text">{text}</span>
            {action
                .map(|(label, run)| {
                    view! {
                        <Button
                            kind=ButtonKind::Ghost
                            on_click=move |_| {
                                run.try_run(());
                                dismiss.run(());
                            }
                        >
                            {label}
                        </Button>
                    }
                })}
            <IconButton label="Dismiss" icon="close" size=Size::Small tip="top" on_click=move |_| dismiss.run(()) />
        </div>
    }
    .into_any()
}
