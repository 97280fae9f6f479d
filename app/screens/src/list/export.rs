//! Taking rows of the list away as a file.

mod columns;

use columns::Columns;
use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use records::{Filter, Op, SortKey};
use transfer::export::{Format, Wanted, api::start_export, refusal};
use ui::{Banner, Button, ButtonKind, Dialog, RadioGroup, Size, Toast, Tone};

use super::{List, goer};
use crate::frame::Frame;

/// Which rows are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All that the list's question finds, on whatever page.
    All,
    Selected,
}

/// The formats to choose from, with what they are good for.
pub fn formats() -> Vec<(String, String)> {
    let words = |format: Format| match format {
        Format::Csv => "CSV, for other programs and for importing again",
        Format::Xlsx => "Excel workbook",
        Format::Json => "JSON, for scripts",
    };
    Format::ALL.into_iter().map(|format| (format.name().to_owned(), words(format).to_owned())).collect()
}

/// The dialog, over the list.
pub(crate) fn dialog(list: List, frame: Frame) -> AnyView {
    let format = RwSignal::new(Format::Csv);
    let columns = Columns::new(list);
    let is_busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    let close = Callback::new(move |()| {
        list.exporting.set(None);
        refused.set(None);
        columns.forget();
    });
    let go = goer();
    let start = Callback::new(move |()| {
        let Some(fields) = columns.wanted() else {
            return refused.set(Some("Choose at least one column.".to_owned()));
        };
        let is_selection = list.exporting.get_untracked() == Some(Rows::Selected);
        if is_selection && list.selected.with_untracked(Vec::is_empty) {
            return refused.set(Some("The selected rows have left the list.".to_owned()));
        }
        let wanted = wanted(list, format.get_untracked(), fields);
        let go = go.clone();
        is_busy.set(true);
        spawn_local(async move {
            let started = start_export(wanted).await;
            is_busy.set(false);
            match started {
                Ok(Ok(_)) => {
                    close.try_run(());
                    list.selected.set(vec![]);
                    let see = Callback::new(move |()| go("/exports"));
                    frame.say(Toast::ok("The export is being made.").action("Show exports", see));
                }
                Ok(Err(errors)) => refused.set(Some(errors.0.into_values().flatten().collect::<Vec<_>>().join(" "))),
                Err(error @ AppError::Unauthenticated) => frame.failed(&error),
                Err(error) => refused.set(Some(refusal(&error))),
            }
        });
    });
    let plural = list.info.with_value(|info| info.plural.to_lowercase());
    let title = Signal::derive(move || match list.exporting.get() {
        Some(Rows::Selected) => list.selected.with(|ids| match ids.len() {
            1 => "Export 1 row".to_owned(),
            n => format!("Export {n} rows"),
        }),
        _ => format!("Export {plural}"),
    });
    let footer = ViewFn::from(move || {
        view! {
            <Button size=Size::Regular on_click=move |_| close.run(())>
                "Cancel"
            </Button>
            <Button kind=ButtonKind::Primary size=Size::Regular loading=is_busy on_click=move |_| start.run(())>
                "Export"
            </Button>
        }
    });
    let open = Signal::derive(move || list.exporting.get().is_some());
    view! {
        <Dialog id="export" title=title open=open on_close=close footer=footer>
            <div class="stack" data-gap="large">
                {move || refused.get().map(|why| view! { <Banner tone=Tone::Bad>{why}</Banner> })}
                <p class="quiet">{move || told(list)}</p>
                <RadioGroup
                    label="Format"
                    name="export-format"
                    options=formats()
                    value=Signal::derive(move || format.get().name().to_owned())
                    on_change=move |name: String| format.set(Format::parse(&name).unwrap_or_default())
                />
                {columns::choice(columns)}
            </div>
        </Dialog>
    }
    .into_any()
}

/// What will be in the file.
fn told(list: List) -> &'static str {
    let is_narrowed = list.query.with(|query| query.filter.is_some() || !query.search.is_empty());
    match list.exporting.get() {
        Some(Rows::Selected) => "The selected rows, in the order of the list.",
        _ if is_narrowed => "Every row that matches the search and the filter, on all pages, in the order of the list.",
        _ => "Every row of the list, on all pages, in its order.",
    }
}

/// The list as an export asks for it.
fn wanted(list: List, format: Format, fields: Vec<String>) -> Wanted {
    let query = list.query.get_untracked();
    let is_selection = list.exporting.get_untracked() == Some(Rows::Selected);
    let ids = || list.selected.with_untracked(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    list.info.with_value(|info| {
        let sort: Vec<SortKey> = if query.sort.is_empty() { info.sort.clone() } else { query.sort };
        Wanted {
            format,
            entities: vec![info.name.clone()],
            filter: if is_selection { Some(Filter::leaf("id", Op::In, ids())) } else { query.filter },
            search: if is_selection { String::new() } else { query.search },
            sort,
            fields,
            ..Wanted::default()
        }
    })
}
