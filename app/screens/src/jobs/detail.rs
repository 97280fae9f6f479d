//! One job in full, in a dialog.

use jobs::{
    HELD, JobAction, JobDetail, State,
    api::{act_on_jobs, open_job},
};
use kernel::AppError;
use leptos::prelude::*;
use ui::{Banner, Button, ButtonKind, DescriptionList, Detail, Dialog, SkeletonLines, Status, Tone};

use super::{
    Monitor,
    table::{color, happened},
};
use crate::later::later;

pub(super) fn detail(monitor: Monitor) -> AnyView {
    let shown = later(
        move || (monitor.open.get(), monitor.answer.with(|(_, page)| page.clone())),
        |(open, _)| async move {
            match open {
                Some(id) => Some(open_job(id).await),
                None => None,
            }
        },
    );
    let is_open = Signal::derive(move || monitor.open.get().is_some());
    let title = Signal::derive(move || match shown.get() {
        Some(Some(Ok(detail))) => detail.job.title,
        _ => "Job".to_owned(),
    });
    view! {
        <Dialog id="job" title=title open=is_open size="large" light=true on_close=move |()| monitor.open.set(None)>
            {move || match shown.get() {
                Some(Some(Ok(detail))) => body(monitor, detail),
                Some(Some(Err(error))) => view! { <Banner tone=Tone::Bad>{error.sentence()}</Banner> }.into_any(),
                _ => view! { <SkeletonLines lines=6 /> }.into_any(),
            }}
        </Dialog>
    }
    .into_any()
}

fn body(monitor: Monitor, detail: JobDetail) -> AnyView {
    let JobDetail { job, args, result, errors, actor } = detail;
    let id = job.id;
    let can_retry = matches!(job.state, State::Discarded | State::Cancelled | State::Retryable | State::Scheduled);
    let is_asked = job.state == State::Running && job.cancel_asked;
    let can_cancel = !job.state.is_over() && !is_asked;
    let act = move |action: JobAction, done: &'static str| {
        monitor.act(async move {
            let acted = act_on_jobs(vec![id], action).await?;
            if acted.held > 0 { Err(AppError::Conflict(HELD.to_owned())) } else { Ok(done.to_owned()) }
        });
    };
    let happened = happened(monitor.session(), &job);
    let times = [("Enqueued", Some(job.created_at)), ("Started", job.started_at), ("Finished", job.finished_at)];
    let times = times.into_iter().filter_map(|(label, at)| {
        let at = monitor.when(at?);
        Some(view! { <Detail label=label>{at}</Detail> })
    });
    let times = times.collect_view();
    let due = (job.state == State::Scheduled || job.state == State::Retryable)
        .then(|| view! { <Detail label="Next attempt">{monitor.when(job.run_at)}</Detail> });
    let failures = (!errors.is_empty()).then(|| {
        let rows = errors.into_iter().map(|error| {
            let attempt = match error.attempt {
                0 => "Before the first attempt".to_owned(),
                attempt => format!("Attempt {attempt}"),
            };
            view! {
                <li>
                    <span class="meta">{format!("{attempt}, {}: ", monitor.when(error.at))}</span>
                    {error.message}
                </li>
            }
        });
        view! {
            <h3>"What went wrong"</h3>
            <ul class="job-errors">{rows.collect_view()}</ul>
        }
    });
    let result = result.map(|result| {
        view! {
            <h3>"Result"</h3>
            <pre class="job-text">{result}</pre>
        }
    });
    let about = (args != "{}").then(|| {
        view! {
            <h3>"About"</h3>
            <pre class="job-text">{args}</pre>
        }
    });
    view! {
        <div class="stack">
            <DescriptionList>
                <Detail label="State">
                    <Status label=job.state.label() color=color(job.state) />
                    " "
                    {happened}
                </Detail>
                <Detail label="Kind">{job.kind}</Detail>
                <Detail label="Queue">{job.queue}</Detail>
                <Detail label="Attempt">{format!("{} of {}", job.attempt, job.attempts)}</Detail>
                <Detail label="Started by">{actor.unwrap_or_else(|| "Mainstay".to_owned())}</Detail>
                {times}
                {due}
            </DescriptionList>
            {failures}
            {about}
            {result}
            <div class="form-actions">
                {can_cancel
                    .then(|| view! { <Button on_click=move |_| act(JobAction::Cancel, "Cancelled.")>"Cancel"</Button> })}
                {can_retry
                    .then(|| {
                        view! {
                            <Button kind=ButtonKind::Primary on_click=move |_| act(JobAction::Retry, "Back in the queue.")>
                                "Retry"
                            </Button>
                        }
                    })}
            </div>
        </div>
    }
    .into_any()
}
