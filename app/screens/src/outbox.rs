//! The outbox: mail that is held, on its way, sent, refused or uncertain, asked for every two seconds. For
//! administrators.

mod detail;
mod table;

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use outbox::{MessageFilter, MessagePage, State, api::watch_outbox};
use ui::{Banner, Button, Tone};

use crate::monitor::{Monitor, Question, Screen, for_administrators};

const PAUSE: Duration = Duration::from_secs(2);

type Outbox = Monitor<MessageFilter, MessagePage>;

impl Question for MessageFilter {
    const PATH: &'static str = "/admin/mail-outbox";

    fn read(map: &ParamsMap) -> Self {
        Self { state: map.get("state").and_then(|name| State::parse(&name)), search: map.get("search") }
    }

    fn write(&self) -> Vec<(&'static str, Option<String>)> {
        vec![("state", self.state.map(|state| state.name().to_owned())), ("search", self.search.clone())]
    }
}

/// The outbox.
pub fn outbox() -> AnyView {
    let settings = view! {
        <Button href="/admin/mail" icon="settings">
            "Settings for mail"
        </Button>
    };
    for_administrators(Screen {
        title: "Outbox",
        actions: Some(settings.into_any()),
        ask: |asked| Box::pin(watch_outbox(asked.filter, asked.before)),
        every: PAUSE,
        is_moving: |_| true,
        body: Callback::new(body),
    })
}

fn body(outbox: Outbox) -> AnyView {
    let hindrance = Memo::new(move |_| outbox.answer.with(|page| page.hindrance.clone()));
    let banner = move || {
        let why = hindrance.get()?;
        let action = || view! { <Button href="/admin/mail">"Set it up"</Button> }.into_any();
        Some(
            view! { <Banner tone=Tone::Warn action=action>{format!("{why} Messages are held here until there is.")}</Banner> },
        )
    };
    view! {
        <div class="jobs stack" data-gap="large">{banner} {table::table(outbox)}</div>
        {detail::detail(outbox)}
    }
    .into_any()
}
