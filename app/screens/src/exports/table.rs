//! The exports in a table.

use leptos::{prelude::*, task::spawn_local};
use platform::export::{
    DateRange, ExportInfo, Status,
    api::{cancel_export, start_export},
};
use ui::{Button, EmptyState, Progress, Status as State, TableScroll, Toast};

use super::Exports;

pub fn table(exports: Exports, may: bool) -> AnyView {
    let is_empty = Memo::new(move |_| exports.all.with(Vec::is_empty));
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

fn rows(exports: Exports) -> AnyView {
    view! {
        <TableScroll label="Exports">
            <table class="data-table export-table" data-phone="cards">
                <thead>
                    <tr>
                        <th scope="col">"Export"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="num">"Rows"</th>
                        <th scope="col" class="num">"Size"</th>
                        <th scope="col">"Asked for"</th>
                        <th scope="col">"Can be fetched"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || exports.all.get() key=key let(export)>
                        {row(exports, export)}
                    </For>
                </tbody>
            </table>
        </TableScroll>
    }
    .into_any()
}

/// A row is painted anew when its state changed; figures that grow are read where they stand.
fn key(export: &ExportInfo) -> (uuid::Uuid, Status) {
    (export.id, export.status)
}

fn row(exports: Exports, export: ExportInfo) -> AnyView {
    let id = export.id;
    let session = exports.session();
    let now = Signal::derive(move || {
        exports.all.with(|all| all.iter().find(|e| e.id == id).map(|e| (e.rows, e.total, e.percent())))
    });
    let count = move || now.get().map(|(rows, ..)| session.count(rows)).unwrap_or_default();
    let name = export.file_name.clone().unwrap_or_else(|| export.title.clone());
    let about = format!("{} · {}{}", export.title, export.wanted.format.label(), narrowed(exports, &export));
    let state = if export.status.is_busy() {
        let detail = Signal::derive(move || {
            let (rows, total, _) = now.get().unwrap_or_default();
            let number = |n: i64| session.count(n);
            if total > 0 { format!("{} of {}", number(rows), number(total)) } else { String::new() }
        });
        let percent = Signal::derive(move || now.get().and_then(|(.., percent)| percent));
        let percent = if export.status == Status::Waiting { Signal::stored(None) } else { percent };
        view! { <Progress label=export.status.label().to_owned() percent=percent detail=detail /> }.into_any()
    } else {
        let why = export.error.clone().map(|why| view! { <p class="meta">{why}</p> });
        view! {
            <State label=export.status.label() color=color(export.status) />
            {why}
        }
        .into_any()
    };
    let until = match (export.status, export.expires_at) {
        (Status::Done, Some(at)) => format!("until {}", session.when(at)),
        (Status::Expired, Some(at)) => format!("until {}, no more", session.when(at)),
        _ => String::new(),
    };
    view! {
        <tr>
            <th scope="row" data-label="Export">
                <span class="export-name">{name}</span>
                <span class="meta">{about}</span>
            </th>
            <td data-label="State" class="export-state">
                {state}
            </td>
            <td class="num" data-label="Rows">
                {count}
            </td>
            <td class="num" data-label="Size">
                {if export.bytes > 0 { session.size(export.bytes) } else { String::new() }}
            </td>
            <td data-label="Asked for">{session.when(export.created_at)}</td>
            <td data-label="Can be fetched">{until}</td>
            <td class="export-actions">{actions(exports, &export)}</td>
        </tr>
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
                <a class="button" data-kind="primary" data-size="compact" href=href rel="external" download aria-label=label>
                    "Download"
                </a>
            }
            .into_any()
        }
        Status::Failed | Status::Cancelled | Status::Expired => {
            let wanted = StoredValue::new(export.wanted.clone());
            let again = move |_| {
                spawn_local(async move {
                    match start_export(wanted.get_value()).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(errors)) => {
                            let why = errors.0.into_values().flatten().collect::<Vec<_>>().join(" ");
                            exports.frame().say(Toast::bad(why));
                        }
                        Err(error) => exports.frame().failed(&error),
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
