//! The monitor of the queue: what waits, runs and fails, asked for every two seconds unless the viewer
//! prefers otherwise. For administrators.

mod detail;
mod queues;
mod schedules;
mod table;

use std::time::Duration;

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use platform::jobs::{JobFilter, JobPage, Overview, State, api::watch_jobs};
use records::encode;
use ui::{SkeletonLines, Toast};
use uuid::Uuid;

use crate::{
    frame::{Frame, ScreenHead},
    missing,
    session::Session,
};

const PAUSE: Duration = Duration::from_secs(2);

/// What the parts of the monitor share.
#[derive(Clone, Copy)]
struct Monitor {
    around: StoredValue<(Frame, Session)>,
    overview: RwSignal<Overview>,
    page: RwSignal<JobPage>,
    asked: Memo<Asked>,
    /// The job shown in full.
    open: RwSignal<Option<Uuid>>,
    selected: RwSignal<Vec<Uuid>>,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    filter: JobFilter,
    before: Option<Uuid>,
}

impl Asked {
    fn address(&self) -> String {
        let state = self.filter.state.map(|state| ("state", state.name().to_owned()));
        let queue = self.filter.queue.clone().map(|queue| ("queue", queue));
        let kind = self.filter.kind.clone().map(|kind| ("kind", kind));
        let before = self.before.map(|before| ("before", before.to_string()));
        let parts: Vec<String> = [state, queue, kind, before]
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={}", encode(&value)))
            .collect();
        if parts.is_empty() { "/admin/jobs".to_owned() } else { format!("/admin/jobs?{}", parts.join("&")) }
    }
}

impl Monitor {
    /// Asks anew. What does not answer now may answer next time.
    fn refresh(self) {
        let Some(asked) = self.asked.try_get_untracked() else { return };
        spawn_local(async move {
            match watch_jobs(asked.filter.clone(), asked.before).await {
                Ok((overview, page)) => {
                    // The page may be gone by the time the answer is there, or ask for something else.
                    if self.asked.try_get_untracked().is_some_and(|now| now == asked) {
                        self.overview.try_set(overview);
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

    fn session(self) -> Session {
        self.around.get_value().1
    }

    fn when(self, at: kernel::Timestamp) -> String {
        self.session().when(at)
    }
}

/// The monitor.
pub fn jobs() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    if !session.user().is_some_and(|user| user.may_administer) {
        return missing::failed(&AppError::Forbidden);
    }
    let map = use_query_map();
    let asked = Memo::new(move |_| {
        map.with(|map| Asked {
            filter: JobFilter {
                state: map.get("state").and_then(|name| State::parse(&name)),
                queue: map.get("queue"),
                kind: map.get("kind"),
            },
            before: map.get("before").and_then(|id| id.parse().ok()),
        })
    });
    let first = Resource::new_blocking(
        move || frame.retries.get(),
        move |_| {
            let Asked { filter, before } = asked.get_untracked();
            watch_jobs(filter, before)
        },
    );
    view! {
        <Title text="Jobs" />
        <div class="screen">
            <ScreenHead title="Jobs" />
            <div class="screen-body">
                <Suspense fallback=|| view! { <SkeletonLines lines=10 /> }>
                    {move || Suspend::new(async move {
                        match first.await {
                            Ok((overview, page)) => {
                                let monitor = Monitor {
                                    around: StoredValue::new((frame, session)),
                                    overview: RwSignal::new(overview),
                                    page: RwSignal::new(page),
                                    asked,
                                    open: RwSignal::new(None),
                                    selected: RwSignal::new(vec![]),
                                };
                                screen(monitor)
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

fn screen(monitor: Monitor) -> AnyView {
    Effect::new(move |before: Option<Asked>| {
        let asked = monitor.asked.get();
        if before.is_some_and(|before| before != asked) {
            monitor.selected.set(vec![]);
            monitor.refresh();
        }
        asked
    });
    Effect::new(move |_| {
        if let Some(pause) = monitor.session().refresh(PAUSE)
            && let Ok(handle) = set_interval_with_handle(move || monitor.refresh(), pause)
        {
            on_cleanup(move || handle.clear());
        }
    });
    view! {
        <div class="jobs stack" data-gap="large">
            {queues::queues(monitor)} {queues::plots(monitor)} {table::table(monitor)} {schedules::schedules(monitor)}
            {schedules::workers(monitor)}
        </div>
        {detail::detail(monitor)}
    }
    .into_any()
}
