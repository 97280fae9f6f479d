//! The jobs themselves, by state, queue and kind, and what is done to many of them.

use jobs::{
    JobAction, JobFilter, JobInfo, State,
    api::{act_on_all_jobs, act_on_jobs},
};
use leptos::prelude::*;
use ui::{Button, ButtonKind, Card, EmptyState, Select, Size, Status};

use super::Monitor;
use crate::{
    list::goer,
    monitor::{Asked, Head, Line, Table, newest, said, state_tabs, table as table_of},
    session::Session,
};

pub(super) fn table(monitor: Monitor) -> AnyView {
    let is_empty = Memo::new(move |_| monitor.answer.with(|(_, page)| page.jobs.is_empty()));
    let is_narrowed = Memo::new(move |_| monitor.asked.with(Asked::is_narrowed));
    let body = move || {
        if !is_empty.get() {
            return rows(monitor);
        }
        if is_narrowed.get() {
            return view! { <EmptyState icon="search" text="No jobs match." action="Show all" href="/admin/jobs" /> }
                .into_any();
        }
        let text = "Nothing has been done here yet. Importing a file is a job, for example.";
        view! { <EmptyState icon="list" text=text action="Import companies" href="/companies/import" /> }.into_any()
    };
    view! {
        <Card title="Jobs" class="flush">
            <div class="job-bar">{tabs(monitor)} <span class="spacer"></span> {narrow(monitor)}</div>
            {many(monitor)}
            {body}
            {pages(monitor)}
        </Card>
    }
    .into_any()
}

/// The states, with how many jobs stand there.
fn tabs(monitor: Monitor) -> AnyView {
    let tabs = Signal::derive(move || {
        let asked = monitor.asked.get();
        let to = |state| asked.with(|filter| filter.state = state);
        let count = |state| {
            monitor
                .answer
                .with(|(overview, _)| overview.queues.iter().filter_map(|q| q.counts.get(&state)).sum::<i64>())
        };
        let each = State::ALL.into_iter().map(|state| {
            let count = Some(count(state)).filter(|count| *count > 0);
            let count = count.map(|count| monitor.session().count(count)).unwrap_or_default();
            (state.name(), state.label(), to(Some(state)), count)
        });
        std::iter::once(("all", "All", to(None), String::new())).chain(each).collect()
    });
    let current = Signal::derive(move || monitor.asked.with(|a| a.filter.state.map_or("all", State::name).to_owned()));
    state_tabs(tabs, current)
}

/// Narrows down by queue and kind.
fn narrow(monitor: Monitor) -> AnyView {
    let go = goer();
    let set = move |change: fn(&mut JobFilter, Option<String>)| {
        let go = go.clone();
        Callback::new(move |chosen: String| {
            let chosen = (!chosen.is_empty()).then_some(chosen);
            go(&monitor.asked.with_untracked(|asked| asked.with(|filter| change(filter, chosen))));
        })
    };
    let queues = Signal::derive(move || {
        monitor.answer.with(|(o, _)| o.queues.iter().map(|q| (q.name.clone(), q.name.clone())).collect())
    });
    let kinds = Signal::derive(move || monitor.answer.with(|(o, _)| o.kinds.clone()));
    let queue = Signal::derive(move || monitor.asked.with(|a| a.filter.queue.clone().unwrap_or_default()));
    let kind = Signal::derive(move || monitor.asked.with(|a| a.filter.kind.clone().unwrap_or_default()));
    view! {
        <Select
            id="job-queue"
            label="Queue"
            size=Size::Compact
            options=queues
            empty="All queues"
            value=queue
            on_change=set(|filter, queue| filter.queue = queue)
        />
        <Select
            id="job-kind"
            label="Kind"
            size=Size::Compact
            options=kinds
            empty="All kinds"
            value=kind
            on_change=set(|filter, kind| filter.kind = kind)
        />
    }
    .into_any()
}

/// What is done to the selected jobs, or to all that match.
fn many(monitor: Monitor) -> AnyView {
    let act = move |action: JobAction, is_all: bool| {
        let (ids, filter) = (monitor.selected.get_untracked(), monitor.asked.get_untracked().filter);
        monitor.selected.set(vec![]);
        monitor.act(async move {
            let acted = if is_all { act_on_all_jobs(filter, action).await? } else { act_on_jobs(ids, action).await? };
            let verb = if action == JobAction::Retry { "retried" } else { "cancelled" };
            let jobs = if acted.changed == 1 { "job" } else { "jobs" };
            let count = |n| monitor.session().count(n);
            Ok(format!("{} {jobs} {verb}.{}", count(acted.changed), acted.held_back(count)))
        });
    };
    let state = move || monitor.asked.with(|asked| asked.filter.state);
    let all = move || {
        let can_retry = matches!(state(), Some(State::Discarded | State::Cancelled | State::Retryable));
        let can_cancel = matches!(state(), Some(State::Available | State::Scheduled | State::Retryable));
        view! {
            {can_retry.then(|| view! { <Button on_click=move |_| act(JobAction::Retry, true)>"Retry all of these"</Button> })}
            {can_cancel.then(|| view! { <Button on_click=move |_| act(JobAction::Cancel, true)>"Cancel all of these"</Button> })}
        }
    };
    let count = Memo::new(move |_| monitor.selected.with(Vec::len));
    let some = move || {
        view! {
            <span class="strong" role="status">
                {move || format!("{} selected", count.get())}
            </span>
            <Button kind=ButtonKind::Primary on_click=move |_| act(JobAction::Retry, false)>"Retry"</Button>
            <Button on_click=move |_| act(JobAction::Cancel, false)>"Cancel"</Button>
        }
    };
    let bar = move || {
        let has_selection = count.get() > 0;
        let is_actionable = state().is_some_and(|state| !matches!(state, State::Completed | State::Running));
        if has_selection {
            view! { <div class="job-actions">{some()}</div> }.into_any()
        } else if is_actionable && monitor.answer.with(|(_, page)| !page.jobs.is_empty()) {
            view! { <div class="job-actions">{all()}</div> }.into_any()
        } else {
            ().into_any()
        }
    };
    view! { {bar} }.into_any()
}

const HEADS: [Head; 6] = [
    Head("Job", ""),
    Head("State", ""),
    Head("Queue", ""),
    Head("Attempt", "num"),
    Head("Enqueued", ""),
    Head("What happened", "job-happened"),
];

fn rows(monitor: Monitor) -> AnyView {
    let lines = Signal::derive(move || {
        monitor.answer.with(|(_, page)| page.jobs.iter().map(|job| line(monitor, job.clone())).collect())
    });
    table_of(Table { label: "Jobs", class: "", heads: &HEADS, lines, selected: Some(monitor.selected) })
}

fn line(monitor: Monitor, job: JobInfo) -> Line {
    let id = job.id;
    let look = (job.state.name(), job.attempt, job.progress.done, job.cancel_asked);
    Line::new(id, job.title.clone(), look, move || {
        let open = view! {
            <button class="link-button" type="button" on:click=move |_| monitor.open.set(Some(id))>
                {job.title.clone()}
            </button>
        };
        vec![
            open.into_any(),
            view! { <Status label=job.state.label() color=color(job.state) /> }.into_any(),
            job.queue.clone().into_any(),
            format!("{} of {}", job.attempt, job.attempts).into_any(),
            monitor.when(job.created_at).into_any(),
            said(happened(monitor.session(), &job)),
        ]
    })
}

pub(super) fn happened(session: Session, job: &JobInfo) -> String {
    let progress = (job.progress.total > 0)
        .then(|| format!("{} of {}", session.count(job.progress.done), session.count(job.progress.total)));
    match (job.state, job.cancel_asked) {
        (State::Running, true) => "Asked to stop.".to_owned(),
        (State::Running, false) => progress.unwrap_or_default(),
        (State::Completed, _) => took(job),
        _ => job.error.clone().unwrap_or_default(),
    }
}

/// How long the last attempt took.
fn took(job: &JobInfo) -> String {
    let (Some(from), Some(to)) = (job.started_at, job.finished_at) else { return String::new() };
    format!("Took {}", super::queues::milliseconds((to.micros() - from.micros()).max(0) / 1_000))
}

pub(super) const fn color(state: State) -> u8 {
    match state {
        State::Running => 1,
        State::Completed => 2,
        State::Retryable => 3,
        State::Discarded => 4,
        State::Scheduled => 5,
        State::Available | State::Cancelled => 0,
    }
}

fn pages(monitor: Monitor) -> AnyView {
    let first = Signal::derive(move || monitor.asked.with(|asked| asked.before.map(|_| asked.from(None))));
    let next = Signal::derive(move || {
        let next = monitor.answer.with(|(_, page)| page.next)?;
        Some(monitor.asked.with(|asked| asked.from(Some(next))))
    });
    newest("jobs", first, next)
}
