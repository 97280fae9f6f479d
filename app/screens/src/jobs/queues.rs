//! The queues with their figures, and the plots of the last hour and month.

use jobs::{QueueInfo, State, api::pause_queue};
use leptos::prelude::*;
use ui::{BarChart, Button, ButtonKind, Card, LineChart, Series, Status, TableScroll};

use super::Monitor;
use crate::session::Session;

/// What is said of a queue.
type Say = fn(&QueueInfo, Session) -> String;

/// Said where nothing was measured.
const NONE: &str = "–";

const FIGURES: [(&str, Say); 5] = [
    ("To be retried", |i, s| count(i, s, State::Retryable)),
    ("Failed", |i, s| count(i, s, State::Discarded)),
    ("Done in the last hour", |i, s| s.count(i.finished)),
    ("Waited, half and 95 %", |i, _| times(i.wait)),
    ("Ran, half and 95 %", |i, _| times(i.run)),
];

pub(super) fn queues(monitor: Monitor) -> AnyView {
    let names =
        Memo::new(move |_| monitor.answer.with(|(o, _)| o.queues.iter().map(|q| q.name.clone()).collect::<Vec<_>>()));
    let heads = FIGURES.map(|(label, _)| view! { <th scope="col" class="num">{label}</th> }).collect_view();
    view! {
        <Card title="Queues" class="flush">
            <TableScroll label="Queues">
                <table class="data-table job-queues" data-phone="cards">
                    <thead>
                        <tr>
                            <th scope="col">"Queue"</th>
                            <th scope="col">"Now"</th>
                            {heads}
                            <th scope="col">
                                <span class="visually-hidden">"Actions"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || names.get() key=Clone::clone let(name)>
                            {queue(monitor, name)}
                        </For>
                    </tbody>
                </table>
            </TableScroll>
        </Card>
    }
    .into_any()
}

fn queue(monitor: Monitor, name: String) -> AnyView {
    let own = name.clone();
    let info = Memo::new(move |_| monitor.answer.with(|(o, _)| o.queues.iter().find(|q| q.name == own).cloned()));
    let session = monitor.session();
    let read = move |say: Say| info.with(|info| info.as_ref().map(|i| say(i, session)).unwrap_or_default());
    let is_paused = Memo::new(move |_| info.with(|info| info.as_ref().is_some_and(|i| i.is_paused)));
    let oldest = move || {
        let now = monitor.answer.with(|(o, _)| o.now);
        info.with(|i| i.as_ref()?.oldest)
            .map(|at| format!(", the oldest for {}", seconds(now.seconds_since(at))))
            .unwrap_or_default()
    };
    let figures = FIGURES.map(|(label, say)| {
        let text = Memo::new(move |_| read(say));
        // What says nothing takes no room on a phone.
        let is_idle = move || matches!(text.get().as_str(), "0" | NONE).then_some("");
        view! {
            <td class="num" data-label=label data-idle=is_idle>
                {text}
            </td>
        }
    });
    let own = name.clone();
    let action = move || pause(monitor, own.clone(), !is_paused.get());
    view! {
        <tr>
            <th scope="row">
                {name} {move || is_paused.get().then(|| view! { " " <Status label="Paused" color=3 /> })}
            </th>
            <td class="job-now">
                <strong class="num">{move || read(|i, s| count(i, s, State::Running))}</strong>
                " running, "
                <strong class="num">{move || read(|i, s| count(i, s, State::Available))}</strong>
                " waiting"
                {oldest}
            </td>
            {figures.collect_view()}
            <td class="job-row-actions">{action}</td>
        </tr>
    }
    .into_any()
}

/// Pauses the queue or lets it go on.
fn pause(monitor: Monitor, name: String, pausing: bool) -> AnyView {
    let press = move |_| {
        let name = name.clone();
        monitor.act(async move {
            pause_queue(name.clone(), pausing).await?;
            Ok(format!("The queue {name} {}.", if pausing { "is paused" } else { "goes on" }))
        });
    };
    let label = if pausing { "Pause" } else { "Resume" };
    view! {
        <Button kind=ButtonKind::Ghost on_click=press>
            {label}
        </Button>
    }
    .into_any()
}

fn count(info: &QueueInfo, session: Session, state: State) -> String {
    session.count(info.counts.get(&state).copied().unwrap_or(0))
}

fn times(times: Option<(i64, i64)>) -> String {
    times.map_or_else(|| NONE.to_owned(), |(half, most)| format!("< {} · < {}", milliseconds(half), milliseconds(most)))
}

pub(super) fn milliseconds(time: i64) -> String {
    if time < 1_000 { format!("{time} ms") } else { seconds(time / 1_000) }
}

pub(super) fn seconds(time: i64) -> String {
    match time {
        ..120 => format!("{} s", time.max(0)),
        120..7_200 => format!("{} min", time / 60),
        _ => format!("{} h", time / 3_600),
    }
}

/// How much was done and how long it waited, minute by minute, and how it ended, day by day. Painted anew only when a
/// figure changed.
pub(super) fn plots(monitor: Monitor) -> AnyView {
    let minutes = Memo::new(move |_| monitor.answer.with(|(o, _)| o.minutes.clone()));
    let days = Memo::new(move |_| monitor.answer.with(|(o, _)| o.days.clone()));
    let hour = move || {
        let minutes = minutes.get();
        let formats = monitor.session().formats();
        let labels: Vec<String> = minutes.iter().map(|m| formats.time(m.at)).collect();
        let done = series(monitor, "Finished", minutes.iter().map(|m| m.finished));
        let failed = series(monitor, "Attempts failed", minutes.iter().map(|m| m.failed));
        let wait = series(monitor, "Wait", minutes.iter().map(|m| m.wait));
        let few = thinned(&labels);
        view! {
            <Card>
                <LineChart title="Jobs a minute, last hour" labels=labels series=vec![done, failed] area=true />
            </Card>
            <Card>
                <BarChart title="95 % of jobs waited less, in ms" labels=few series=vec![wait] />
            </Card>
        }
    };
    let month = move || {
        let days = days.get();
        let formats = monitor.session().formats();
        let labels = days.iter().map(|d| formats.date(d.day)).collect();
        let done = series(monitor, "Completed", days.iter().map(|d| d.completed));
        let failed = series(monitor, "Failed", days.iter().map(|d| d.failed));
        let title = format!("Jobs a day, last {} days", days.len());
        view! {
            <Card>
                <LineChart title=title labels=labels series=vec![done, failed] area=true />
            </Card>
        }
    };
    view! { <div class="job-plots">{hour} {month}</div> }.into_any()
}

#[expect(clippy::cast_precision_loss, reason = "a plot of a few pixels")]
fn series(monitor: Monitor, name: &str, values: impl Iterator<Item = i64>) -> Series {
    let values: Vec<i64> = values.collect();
    let texts = values.iter().map(|v| monitor.session().count(*v)).collect();
    Series::new(name, values.into_iter().map(|v| v as f64).collect(), texts)
}

/// Every tenth label; there is no room for more below bars.
fn thinned(labels: &[String]) -> Vec<String> {
    labels.iter().enumerate().map(|(at, label)| if at % 10 == 5 { label.clone() } else { String::new() }).collect()
}
