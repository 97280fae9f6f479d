//! What comes by the clock, and the processes that do the work.

use jobs::{
    ScheduleInfo,
    api::{reschedule, run_schedule_now},
};
use leptos::{prelude::*, task::spawn_local};
use ui::{Button, ButtonKind, Card, Dialog, EmptyState, Field, Input, Status, TableScroll, Toast};

use super::Monitor;

pub(super) fn schedules(monitor: Monitor) -> AnyView {
    let editing = RwSignal::new(None::<ScheduleInfo>);
    let all = Memo::new(move |_| monitor.answer.with(|(o, _)| o.schedules.clone()));
    let key = |s: &ScheduleInfo| (s.name.clone(), s.cron.clone(), s.is_paused, s.last_tick, s.next_tick);
    view! {
        <Card title="Schedules" class="flush">
            <TableScroll label="Schedules">
                <table class="data-table" data-phone="cards">
                    <thead>
                        <tr>
                            <th scope="col">"What"</th>
                            <th scope="col">"When"</th>
                            <th scope="col">"Next"</th>
                            <th scope="col">"Last"</th>
                            <th scope="col">
                                <span class="visually-hidden">"Actions"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || all.get() key=key let(schedule)>
                            {row(monitor, editing, schedule)}
                        </For>
                    </tbody>
                </table>
            </TableScroll>
        </Card>
        {edit(monitor, editing)}
    }
    .into_any()
}

fn row(monitor: Monitor, editing: RwSignal<Option<ScheduleInfo>>, schedule: ScheduleInfo) -> AnyView {
    let (name, title) = (schedule.name.clone(), schedule.title.clone());
    let run = move |_| {
        let (name, title) = (name.clone(), title.clone());
        monitor.act(async move {
            run_schedule_now(name).await?;
            Ok(format!("{title}: enqueued."))
        });
    };
    let (is_paused, next, last) = (schedule.is_paused, schedule.next_tick, schedule.last_tick);
    let (title, cron) = (schedule.title.clone(), schedule.cron.clone());
    view! {
        <tr>
            <th scope="row" data-label="What">{title}</th>
            <td data-label="When" class="mono">{cron}</td>
            <td data-label="Next">
                {if is_paused {
                    view! { <Status label="Paused" color=3 /> }.into_any()
                } else {
                    view! { {monitor.when(next)} }.into_any()
                }}
            </td>
            <td data-label="Last">{last.map_or_else(|| "Never".to_owned(), |at| monitor.when(at))}</td>
            <td class="job-row-actions">
                <Button kind=ButtonKind::Ghost on_click=run>"Run now"</Button>
                <Button kind=ButtonKind::Ghost on_click=move |_| editing.set(Some(schedule.clone()))>"Edit"</Button>
            </td>
        </tr>
    }
    .into_any()
}

/// When a schedule is due, in a dialog.
fn edit(monitor: Monitor, editing: RwSignal<Option<ScheduleInfo>>) -> AnyView {
    let cron = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(schedule) = editing.get() {
            cron.set(schedule.cron);
            error.set(None);
        }
    });
    let save = move |is_paused: bool| {
        let Some(schedule) = editing.get_untracked() else { return };
        let wanted = cron.get_untracked();
        spawn_local(async move {
            match reschedule(schedule.name, wanted, is_paused).await {
                Ok(Ok(())) => {
                    editing.set(None);
                    monitor.frame().say(Toast::ok(format!("{} is set.", schedule.title)));
                    monitor.refresh();
                }
                Ok(Err(errors)) => error.set(errors.first("cron").map(str::to_owned)),
                Err(error) => monitor.frame().failed(&error),
            }
        });
    };
    let is_paused = Memo::new(move |_| editing.with(|e| e.as_ref().is_some_and(|e| e.is_paused)));
    let usual = move || editing.with(|e| e.as_ref().map(|e| e.usual.clone()).unwrap_or_default());
    let title = Signal::derive(move || editing.with(|e| e.as_ref().map(|e| e.title.clone()).unwrap_or_default()));
    let zone = monitor.session().with(|b| b.zone.clone());
    let footer = move || {
        let pause = if is_paused.get() { "Resume" } else { "Pause" };
        view! {
            <Button on_click=move |_| save(!is_paused.get_untracked())>{pause}</Button>
            <Button on_click=move |_| cron.set(usual())>"As it came"</Button>
            <Button kind=ButtonKind::Primary submit=true form="schedule-form">"Save"</Button>
        }
        .into_any()
    };
    view! {
        <Dialog
            id="schedule"
            title=title
            open=Signal::derive(move || editing.with(Option::is_some))
            on_close=move |()| editing.set(None)
            footer=footer
        >
            <form
                id="schedule-form"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    save(is_paused.get_untracked());
                }
                on:keydown=move |event| {
                    if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                        event.prevent_default();
                        save(is_paused.get_untracked());
                    }
                }
            >
                <Field
                    id="schedule-cron"
                    label="When"
                    help=format!("Minute, hour, day of month, month, day of week; * is every one. Times are of {zone}.")
                    error=Signal::derive(move || error.get())
                >
                    <Input value=cron on_input=move |text: String| cron.set(text) />
                </Field>
            </form>
        </Dialog>
    }
    .into_any()
}

pub(super) fn workers(monitor: Monitor) -> AnyView {
    let all = Memo::new(move |_| monitor.answer.with(|(o, _)| o.workers.clone()));
    let body = move || {
        if all.with(Vec::is_empty) {
            let text = "No process is working: jobs wait until one is started.";
            return view! { <EmptyState icon="warning" text=text /> }.into_any();
        }
        let rows = all.get().into_iter().map(|worker| {
            view! {
                <tr>
                    <th scope="row" data-label="Process">{worker.name}</th>
                    <td data-label="Queues">{worker.queues.join(", ")}</td>
                    <td class="num" data-label="Running">{worker.running}</td>
                    <td data-label="Started">{monitor.when(worker.started_at)}</td>
                    <td data-label="Last heard of">{monitor.when(worker.beat_at)}</td>
                </tr>
            }
        });
        let rows = rows.collect_view();
        view! {
            <TableScroll label="Workers">
                <table class="data-table" data-phone="cards">
                    <thead>
                        <tr>
                            <th scope="col">"Process"</th>
                            <th scope="col">"Queues"</th>
                            <th scope="col" class="num">"Running"</th>
                            <th scope="col">"Started"</th>
                            <th scope="col">"Last heard of"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableScroll>
        }
        .into_any()
    };
    view! { <Card title="Workers" class="flush">{body}</Card> }.into_any()
}
