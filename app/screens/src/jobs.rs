//! The monitor of the queue: what waits, runs and fails, asked for every two seconds unless the viewer
//! prefers otherwise. For administrators.

mod detail;
mod queues;
mod schedules;
mod table;

use std::time::Duration;

use jobs::{JobFilter, JobPage, Overview, State, api::watch_jobs};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use crate::monitor::{Question, Screen, for_administrators};

const PAUSE: Duration = Duration::from_secs(2);

type Monitor = crate::monitor::Monitor<JobFilter, (Overview, JobPage)>;

impl Question for JobFilter {
    const PATH: &'static str = "/admin/jobs";

    fn read(map: &ParamsMap) -> Self {
        Self {
            state: map.get("state").and_then(|name| State::parse(&name)),
            queue: map.get("queue"),
            kind: map.get("kind"),
        }
    }

    fn write(&self) -> Vec<(&'static str, Option<String>)> {
        let state = self.state.map(|state| state.name().to_owned());
        vec![("state", state), ("queue", self.queue.clone()), ("kind", self.kind.clone())]
    }
}

/// The monitor.
pub fn jobs() -> AnyView {
    for_administrators(Screen {
        title: "Jobs",
        actions: None,
        ask: |asked| Box::pin(watch_jobs(asked.filter, asked.before)),
        every: PAUSE,
        is_moving: |_| true,
        body: Callback::new(body),
    })
}

fn body(monitor: Monitor) -> AnyView {
    view! {
        <div class="jobs stack" data-gap="large">
            {queues::queues(monitor)} {queues::plots(monitor)} {table::table(monitor)} {schedules::schedules(monitor)}
            {schedules::workers(monitor)}
        </div>
        {detail::detail(monitor)}
    }
    .into_any()
}
