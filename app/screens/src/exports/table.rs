//! The exports in a table.

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use transfer::export::{
    DateRange, ExportInfo, Status,
    api::{cancel_export, start_export},
    refusal,
};
use ui::{Button, EmptyState, Progress, Status as State, Toast};

use super::Exports;
use crate::monitor::{Head, Line, Table, said, table as table_of};

pub(super) fn table(exports: Exports, may: bool) -> AnyView {
    let is_empty = Memo::new(move |_| exports.answer.with(Vec::is_empty));
    view! {
        {move || {
            if is_empty.get() {
                let text = if may {
                    "Nothing was exported yet. The menu of each list exports what it shows."
                } else {
                    "Nothing was exported, and you may not export records."
                };
                view! { <EmptyState icon="download" text=text /> }.into_any()
            } else {
                rows(exports)
            }
        }}
    }
    .into_any()
}

const HEADS: [Head; 7] = [
    Head("Export", ""),
    Head("State", "export-state"),
    Head("Rows", "num"),
    Head("Size", "num"),
    Head("Asked for", ""),
    Head("Can be fetched", ""),
    Head("", "export-actions"),
];

fn rows(exports: Exports) -> AnyView {
    let lines = Signal::derive(move || {
        exports.answer.with(|all| all.iter().map(|export| line(exports, export.clone())).collect())
    });
    table_of(Table { label: "Exports", class: "export-table tall", heads: &HEADS, lines, selected: None })
}

/// A line is painted anew when its state changed; figures that grow are read where they stand.
fn line(exports: Exports, export: ExportInfo) -> Line {
    let look = (export.status.name(), export.error.clone());
    Line::new(export.id, export.title.clone(), look, move || cells(exports, &export))
}

fn cells(exports: Exports, export: &ExportInfo) -> Vec<AnyView> {
    let id = export.id;
    let session = exports.session();
    let now = Signal::derive(move || {
        exports.answer.with(|all| all.iter().find(|e| e.id == id).map(|e| (e.rows, e.total, e.percent())))
    });
    let count = move || now.get().map(|(rows, ..)| session.count(rows)).unwrap_or_default();
    let name = export.file_name.clone().unwrap_or_else(|| export.title.clone());
    let about = format!("{} · {}{}", export.title, export.wanted.format.label(), narrowed(exports, export));
    let title = view! {
        <span class="export-name">{name}</span>
        <span class="meta">{about}</span>
    };
    let until = match (export.status, export.expires_at) {
        (Status::Done, Some(at)) => format!("until {}", session.when(at)),
        (Status::Expired, Some(at)) => format!("until {}, no more", session.when(at)),
        _ => String::new(),
    };
    vec![
        title.into_any(),
        state(exports, export, now),
        count.into_any(),
        said(if export.bytes > 0 { session.size(export.bytes) } else { String::new() }),
        session.when(export.created_at).into_any(),
        said(until),
        actions(exports, export),
    ]
}

/// How far it is; `now` has the rows written, of how many, and per cent.
fn state(exports: Exports, export: &ExportInfo, now: Signal<Option<(i64, i64, Option<u8>)>>) -> AnyView {
    let (status, session) = (export.status, exports.session());
    if !status.is_busy() {
        let why = export.error.clone().map(|why| view! { <p class="meta">{why}</p> });
        return view! {
            <State label=status.label() color=color(status) />
            {why}
        }
        .into_any();
    }
    let detail = Signal::derive(move || {
        let (rows, total, _) = now.get().unwrap_or_default();
        if total > 0 { format!("{} of {}", session.count(rows), session.count(total)) } else { String::new() }
    });
    let percent = Signal::derive(move || now.get().and_then(|(.., percent)| percent));
    let percent = if status == Status::Waiting { Signal::stored(None) } else { percent };
    let why = export.error.as_ref().map(|why| view! { <p class="meta">{format!("{why} It will be tried again.")}</p> });
    view! {
        <Progress label=status.label().to_owned() percent=percent detail=detail />
        {why}
    }
    .into_any()
}

fn actions(exports: Exports, export: &ExportInfo) -> AnyView {
    let (id, title) = (export.id, export.title.clone());
    match export.status {
        Status::Waiting | Status::Running => {
            let is_asked = RwSignal::new(false);
            let stop = move |_| {
                is_asked.set(true);
                spawn_local(async move {
                    if let Err(error) = cancel_export(id).await {
                        is_asked.try_set(false);
                        exports.frame().failed(&error);
                    }
                    exports.refresh();
                });
            };
            view! { <Button loading=is_asked on_click=stop>"Cancel"</Button> }.into_any()
        }
        Status::Done => {
            let label = format!("Download {title}");
            let href = format!("/exports/{id}/download");
            view! {
                <a class="button" data-variant="primary" data-size="compact" href=href rel="external" download aria-label=label>
                    "Download"
                </a>
            }
            .into_any()
        }
        Status::Failed | Status::Cancelled | Status::Expired => {
            let wanted = StoredValue::new(export.wanted.clone());
            let again = move |_| {
                let wanted = wanted.get_value();
                spawn_local(async move {
                    match start_export(wanted).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(errors)) => {
                            let why = errors.0.into_values().flatten().collect::<Vec<_>>().join(" ");
                            exports.frame().say(Toast::bad(why));
                        }
                        Err(error @ AppError::Unauthenticated) => exports.frame().failed(&error),
                        Err(error) => exports.frame().say(Toast::bad(refusal(&error))),
                    }
                    exports.refresh();
                });
            };
            view! { <Button icon="refresh" on_click=again>"Again"</Button> }.into_any()
        }
    }
}

/// Whether it is a part of what there is.
fn narrowed(exports: Exports, export: &ExportInfo) -> String {
    let wanted = &export.wanted;
    let range = match wanted.date_range {
        DateRange::All => None,
        DateRange::Today => Some("created that day".to_owned()),
        DateRange::Between { from, to } => {
            let day = |day: Option<kernel::Date>| day.map(|day| exports.session().with(|b| b.formats.date(day)));
            match (day(from), day(to)) {
                (Some(from), Some(to)) => Some(format!("created {from} to {to}")),
                (Some(from), None) => Some(format!("created since {from}")),
                (None, to) => Some(format!("created until {}", to.unwrap_or_default())),
            }
        }
        named => Some(format!("created that {}", named.name())),
    };
    let part = (wanted.filter.is_some() || !wanted.search.is_empty()).then(|| "filtered".to_owned());
    let words: Vec<String> = range.into_iter().chain(part).collect();
    if words.is_empty() { String::new() } else { format!(" · {}", words.join(" · ")) }
}

const fn color(status: Status) -> u8 {
    match status {
        Status::Running => 1,
        Status::Done => 2,
        Status::Failed => 4,
        Status::Waiting | Status::Cancelled | Status::Expired => 0,
    }
}
