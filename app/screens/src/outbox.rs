//! The outbox: mail that is held, on its way, sent, refused or uncertain, asked for every two seconds. For
//! administrators.

mod detail;
mod table;

use std::time::Duration;

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use platform::outbox::{MessageFilter, MessagePage, State, api::watch_outbox};
use records::encode;
use ui::{Banner, Button, SkeletonLines, Toast, Tone};
use uuid::Uuid;

use crate::{
    frame::{Frame, ScreenHead},
    missing,
    session::Session,
};

const PAUSE: Duration = Duration::from_secs(2);

/// What the parts of the outbox share.
#[derive(Clone, Copy)]
struct Outbox {
    around: StoredValue<(Frame, Session)>,
    page: RwSignal<MessagePage>,
    asked: Memo<Asked>,
    /// The message shown in full.
    open: RwSignal<Option<Uuid>>,
    selected: RwSignal<Vec<Uuid>>,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    filter: MessageFilter,
    before: Option<Uuid>,
}

impl Asked {
    fn address(&self) -> String {
        let state = self.filter.state.map(|state| ("state", state.name().to_owned()));
        let search = self.filter.search.clone().map(|search| ("search", search));
        let before = self.before.map(|before| ("before", before.to_string()));
        let parts: Vec<String> =
            [state, search, before].into_iter().flatten().map(|(k, v)| format!("{k}={}", encode(&v))).collect();
        if parts.is_empty() {
            "/admin/mail-outbox".to_owned()
        } else {
            format!("/admin/mail-outbox?{}", parts.join("&"))
        }
    }
}

impl Outbox {
    /// Asks anew. What does not answer now may answer next time.
    fn refresh(self) {
        let Some(asked) = self.asked.try_get_untracked() else { return };
        spawn_local(async move {
            match watch_outbox(asked.filter.clone(), asked.before).await {
                Ok(page) => {
                    // The screen may be gone by the time the answer is there, or ask for something else.
                    if self.asked.try_get_untracked().is_some_and(|now| now == asked) {
                        self.page.try_set(page);
                    }
                }
                Err(AppError::Unauthenticated) => self.frame().signed_out.set(true),
                Err(_) => {}
            }
        });
    }

    /// Does something, says what came of it and looks anew.
    fn act(self, work: impl Future<Output = Result<String, AppError>> + 'static) {
        spawn_local(async move {
            match work.await {
                Ok(done) => self.frame().say(Toast::ok(done)),
                Err(error) => self.frame().failed(&error),
            }
            self.refresh();
        });
    }

    fn frame(self) -> Frame {
        self.around.get_value().0
    }

    fn when(self, at: kernel::Timestamp) -> String {
        self.around.get_value().1.when(at)
    }
}

/// The outbox.
pub fn outbox() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    if !session.user().is_some_and(|user| user.may_administer) {
        return missing::failed(&AppError::Forbidden);
    }
    let map = use_query_map();
    let asked = Memo::new(move |_| {
        map.with(|map| Asked {
            filter: MessageFilter {
                state: map.get("state").and_then(|name| State::parse(&name)),
                search: map.get("search"),
            },
            before: map.get("before").and_then(|id| id.parse().ok()),
        })
    });
    let first = Resource::new_blocking(
        move || frame.retries.get(),
        move |_| {
            let Asked { filter, before } = asked.get_untracked();
            watch_outbox(filter, before)
        },
    );
    view! {
        <Title text="Outbox" />
        <div class="screen">
            <ScreenHead title="Outbox">
                <Button href="/admin/mail" icon="settings">
                    "Settings for mail"
                </Button>
            </ScreenHead>
            <div class="screen-body">
                <Suspense fallback=|| view! { <SkeletonLines lines=10 /> }>
                    {move || Suspend::new(async move {
                        match first.await {
                            Ok(page) => {
                                let outbox = Outbox {
                                    around: StoredValue::new((frame, session)),
                                    page: RwSignal::new(page),
                                    asked,
                                    open: RwSignal::new(None),
                                    selected: RwSignal::new(vec![]),
                                };
                                screen(outbox)
                            }
                            Err(error) => missing::trouble(&error),
                        }
                    })}
                </Suspense>
            </div>
        </div>
    }
    .into_any()
}

fn screen(outbox: Outbox) -> AnyView {
    Effect::new(move |before: Option<Asked>| {
        let asked = outbox.asked.get();
        if before.is_some_and(|before| before != asked) {
            outbox.selected.set(vec![]);
            outbox.refresh();
        }
        asked
    });
    Effect::new(move |_| {
        if let Ok(handle) = set_interval_with_handle(move || outbox.refresh(), PAUSE) {
            on_cleanup(move || handle.clear());
        }
    });
    let hindrance = Memo::new(move |_| outbox.page.with(|page| page.hindrance.clone()));
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
