//! What an import would do, to the cell.

use leptos::{prelude::*, task::spawn_local};
use transfer::import::{Difference, ImportInfo, rematch_import, run_import};
use ui::{Banner, Button, ButtonKind, Card, Status, TableScroll, Tone};

use super::{Listed, Wizard, figures::figures, problems::problems};
use crate::session::Session;

pub fn check(wizard: Wizard, import: ImportInfo, listed: Listed) -> AnyView {
    let counts = import.counts;
    let changes = counts.created + counts.updated;
    let is_busy = RwSignal::new(false);
    let act = move |is_run: bool| {
        is_busy.set(true);
        spawn_local(async move {
            let done = if is_run { run_import(wizard.id).await } else { rematch_import(wizard.id).await };
            is_busy.set(false);
            // It may be over before anybody sees it run.
            if is_run && done.is_ok() {
                wizard.has_run.try_set_value(true);
            }
            wizard.then(done);
        });
    };
    let summary = match (changes, counts.failed) {
        (0, 0) => Some(view! { <Banner>{"Nothing would change: all of it is there already."}</Banner> }.into_any()),
        (0, _) => Some(view! { <Banner tone=Tone::Warn>{"No row can be imported as it stands."}</Banner> }.into_any()),
        _ => None,
    };
    let differences = (!import.differences.is_empty()).then(|| differences(import.differences, changes));
    view! {
        {summary}
        {figures(&counts, false)}
        <div class="form-actions">
            <Button disabled=is_busy on_click=move |_| act(false)>
                "Back to the columns"
            </Button>
            <Button
                kind=ButtonKind::Primary
                disabled=Signal::stored(changes == 0)
                loading=is_busy
                on_click=move |_| act(true)
            >
                {format!("Import {}", wizard.count(changes))}
            </Button>
        </div>
        {problems(wizard, "What does not fit", counts.errors, listed)}
        {differences}
    }
    .into_any()
}

fn differences(differences: Vec<Difference>, changes: i64) -> AnyView {
    let shown = i64::try_from(differences.len()).unwrap_or(changes);
    let title = if shown < changes {
        format!("The first {shown} changes of {}", Session::get().count(changes))
    } else {
        "What would change".to_owned()
    };
    let rows = differences.into_iter().map(row).collect_view();
    view! {
        <Card title=title class="flush">
            <TableScroll label="What would change">
                <table class="data-table differences" data-phone="cards">
                    <thead>
                        <tr>
                            <th scope="col" class="num">"Row"</th>
                            <th scope="col">"Record"</th>
                            <th scope="col">"What"</th>
                            <th scope="col">"Fields"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableScroll>
        </Card>
    }
    .into_any()
}

fn row(difference: Difference) -> AnyView {
    let is_new = difference.is_new;
    let fields = difference.fields.into_iter().map(|(label, before, after)| {
        let before = (!is_new).then(|| {
            let shown = if before.is_empty() { "nothing".to_owned() } else { before };
            view! {
                <del>{shown}</del>
                " → "
            }
        });
        view! {
            <li>
                <span class="meta">{label} " "</span>
                {before}
                <ins>{after}</ins>
            </li>
        }
    });
    let fields = fields.collect_view();
    let (color, what) = if is_new { (2, "New") } else { (1, "Changed") };
    view! {
        <tr>
            <td class="num" data-label="Row">
                {difference.row.to_string()}
            </td>
            <td data-label="Record">
                <span class="strong">{difference.title}</span>
            </td>
            <td data-label="What">
                <Status color=color label=what />
            </td>
            <td data-label="Fields">
                <ul class="difference">{fields}</ul>
            </td>
        </tr>
    }
    .into_any()
}
