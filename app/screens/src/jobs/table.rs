//! The jobs themselves, by state, queue and kind, and what is done to many of them.

use leptos::prelude::*;
use platform::jobs::{
    JobAction, JobFilter, JobInfo, State,
    api::{act_on_all_jobs, act_on_jobs},
};
use ui::{
    Button, ButtonKind, Card, EmptyState, Pagination, Select, SelectAllHead, SelectCell, Size, Status, Tab, TabLinks,
    TableScroll,
};
use uuid::Uuid;

use super::{Asked, Monitor};
use crate::{list::goer, session::Session};

pub(super) fn table(monitor: Monitor) -> AnyView {
    let is_empty = Memo::new(move |_| monitor.page.with(|page| page.jobs.is_empty()));
    let is_narrowed = Memo::new(move |_| monitor.asked.with(|asked| asked.filter != JobFilter::default()));
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
        let to = |state| Asked { filter: JobFilter { state, ..asked.filter.clone() }, before: None }.address();
        let counts = monitor.overview.with(|overview| {
            State::ALL.map(|state| overview.queues.iter().filter_map(|q| q.counts.get(&state)).sum::<i64>())
        });
        let all = Tab::link("all", "All", to(None));
        let each = State::ALL.into_iter().zip(counts).map(|(state, count)| {
            let tab = Tab::link(state.name(), state.label(), to(Some(state)));
            if count > 0 { tab.count(monitor.session().count(count)) } else { tab }
        });
        std::iter::once(all).chain(each).collect::<Vec<_>>()
    });
    let current =
        Signal::derive(move || monitor.asked.with(|asked| asked.filter.state.map_or("all", State::name).to_owned()));
    view! { <TabLinks label="States" tabs=tabs current=current /> }.into_any()
}

/// Narrows down by queue and kind.
fn narrow(monitor: Monitor) -> AnyView {
    let go = goer();
    let set = move |change: fn(&mut JobFilter, Option<String>)| {
        let go = go.clone();
        Callback::new(move |chosen: String| {
            let mut asked = Asked { before: None, ..monitor.asked.get_untracked() };
            change(&mut asked.filter, (!chosen.is_empty()).then_some(chosen));
            go(&asked.address());
        })
    };
    let queues = Signal::derive(move || {
        monitor.overview.with(|o| o.queues.iter().map(|q| (q.name.clone(), q.name.clone())).collect())
    });
    let kinds = Signal::derive(move || monitor.overview.with(|o| o.kinds.clone()));
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
            let changed =
                if is_all { act_on_all_jobs(filter, action).await? } else { act_on_jobs(ids, action).await? };
            let verb = if action == JobAction::Retry { "retried" } else { "cancelled" };
            let jobs = if changed == 1 { "job" } else { "jobs" };
            Ok(format!("{} {jobs} {verb}.", monitor.session().count(changed)))
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
        } else if is_actionable && monitor.page.with(|page| !page.jobs.is_empty()) {
            view! { <div class="job-actions">{all()}</div> }.into_any()
        } else {
            ().into_any()
        }
    };
    view! { {bar} }.into_any()
}

fn rows(monitor: Monitor) -> AnyView {
    let shown = Memo::new(move |_| monitor.page.with(|page| page.jobs.iter().map(|job| job.id).collect::<Vec<_>>()));
    let selected = monitor.selected;
    let all = Signal::derive(move || {
        shown.with(|shown| !shown.is_empty() && selected.with(|s| shown.iter().all(|id| s.contains(id))))
    });
    let some = Signal::derive(move || !selected.with(Vec::is_empty) && !all.get());
    view! {
        <TableScroll label="Jobs">
            <table class="data-table job-table" data-phone="cards">
                <thead>
                    <tr>
                        <SelectAllHead
                            all=all
                            some=some
                            on_change=move |on| selected.set(if on { shown.get_untracked() } else { vec![] })
                        />
                        <th scope="col">"Job"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Queue"</th>
                        <th scope="col" class="num">"Attempt"</th>
                        <th scope="col">"Enqueued"</th>
                        <th scope="col">"What happened"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || monitor.page.get().jobs key=key let(job)>
                        {row(monitor, job)}
                    </For>
                </tbody>
            </table>
        </TableScroll>
    }
    .into_any()
}

/// A row is painted anew when what it shows changed.
fn key(job: &JobInfo) -> (Uuid, State, i64, i64, bool) {
    (job.id, job.state, job.attempt, job.progress.done, job.cancel_asked)
}

fn row(monitor: Monitor, job: JobInfo) -> AnyView {
    let id = job.id;
    let checked = Signal::derive(move || monitor.selected.with(|s| s.contains(&id)));
    let change = move |on: bool| {
        monitor.selected.update(|selected| {
            selected.retain(|other| *other != id);
            if on {
                selected.push(id);
            }
        });
    };
    let happened = happened(monitor.session(), &job);
    view! {
        <tr>
            <SelectCell label=job.title.clone() checked=checked on_change=change />
            <th scope="row" data-label="Job">
                <button class="link-button" type="button" on:click=move |_| monitor.open.set(Some(id))>
                    {job.title}
                </button>
            </th>
            <td data-label="State">
                <Status label=job.state.label() color=color(job.state) />
            </td>
            <td data-label="Queue">{job.queue}</td>
            <td class="num" data-label="Attempt">
                {format!("{} of {}", job.attempt, job.attempts)}
            </td>
            <td data-label="Enqueued">{monitor.when(job.created_at)}</td>
            <td data-label="What happened" class="job-happened">
                {happened}
            </td>
        </tr>
    }
    .into_any()
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
    let to = move |before: Option<Uuid>| Asked { before, ..monitor.asked.get() }.address();
    let next = Signal::derive(move || monitor.page.with(|page| page.next).map(|next| to(Some(next))));
    let previous = Signal::derive(move || monitor.asked.with(|a| a.before).map(|_| to(None)));
    let text = Signal::derive(move || {
        if monitor.asked.with(|a| a.before.is_some()) { "Older jobs" } else { "The newest jobs" }.to_owned()
    });
    view! { <div class="job-foot"><Pagination text=text previous=previous next=next /></div> }.into_any()
}
