//! A message to try the settings with, and what became of it in words.

use std::time::Duration;

use kernel::FieldErrors;
use leptos::{prelude::*, task::spawn_local};
use outbox::{
    MessageDetail, State,
    api::{open_message, try_mail},
};
use ui::{Banner, Button, Field, Input, Tone};
use uuid::Uuid;

use crate::frame::Frame;

const PAUSE: Duration = Duration::from_millis(500);

pub(super) fn trial(frame: Frame, own: String) -> AnyView {
    let to = RwSignal::new(own);
    let errors = RwSignal::new(FieldErrors::default());
    let watched = RwSignal::new(None::<Uuid>);
    let found = RwSignal::new(None::<MessageDetail>);
    let is_under_way = Memo::new(move |_| {
        watched.get().is_some() && found.with(|f| f.as_ref().is_none_or(|f| is_under_way(f.message.state)))
    });
    let send = move || {
        spawn_local(async move {
            match try_mail(to.get_untracked()).await {
                Ok(Ok(id)) => {
                    errors.set(FieldErrors::default());
                    found.set(None);
                    watched.set(Some(id));
                }
                Ok(Err(wrong)) => errors.set(wrong),
                Err(error) => frame.failed(&error),
            }
        });
    };
    let look = move || {
        let Some(id) = watched.get_untracked() else { return };
        spawn_local(async move {
            if let Ok(detail) = open_message(id).await {
                found.try_set(Some(detail));
            }
        });
    };
    Effect::new(move |_| {
        if is_under_way.get()
            && let Ok(handle) = set_interval_with_handle(look, PAUSE)
        {
            on_cleanup(move || handle.clear());
        }
    });
    let error = Signal::derive(move || errors.with(|e| e.first("to").map(str::to_owned)));
    let result = move || {
        if is_under_way.get() {
            return Some(view! { <Banner>"The message is on its way."</Banner> }.into_any());
        }
        found.get().map(|detail| told(&detail))
    };
    view! {
        <form
            class="stack trial"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <Field id="trial-to" label="Send a test message to" error=error help="With the settings as they were last saved.">
                <Input kind="email" value=to on_input=Callback::new(move |text| to.set(text)) />
            </Field>
            {result}
            <div class="form-actions">
                <Button submit=true disabled=is_under_way>
                    "Send a test message"
                </Button>
            </div>
        </form>
    }
    .into_any()
}

const fn is_under_way(state: State) -> bool {
    matches!(state, State::Queued | State::Sending)
}

/// What became of it, as a sentence.
fn told(detail: &MessageDetail) -> AnyView {
    let to = detail.recipients.first();
    let address = to.map(|to| to.address.clone()).unwrap_or_default();
    let words = to.and_then(|to| to.answer.clone()).filter(|words| !words.is_empty());
    let trouble = detail.message.trouble.clone().or(words.clone()).unwrap_or_default();
    let (tone, text) = match detail.message.state {
        State::Sent => {
            let words = words.map(|words| format!(" Its words: {words}")).unwrap_or_default();
            (Tone::Ok, format!("The mail server accepted the message for {address}.{words}"))
        }
        State::Held => (Tone::Warn, format!("{trouble} The message waits in the outbox.")),
        State::Uncertain => {
            (Tone::Warn, format!("The message was handed over, and it is uncertain whether it arrived. {trouble}"))
        }
        _ => (Tone::Bad, format!("The message was not sent. {trouble}")),
    };
    view! { <Banner tone=tone>{text}</Banner> }.into_any()
}
