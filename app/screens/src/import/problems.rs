//! What did not fit, cell by cell.

use leptos::{prelude::*, task::spawn_local};
use transfer::import::{Problem, ProblemKind, import_problems};
use ui::{Card, Status, TableFoot, TableScroll};

use super::{Listed, Wizard};
use crate::session::Session;

const PAGE: i64 = 50;

pub fn problems(wizard: Wizard, title: &str, errors: i64, listed: Listed) -> AnyView {
    let title = StoredValue::new(title.to_owned());
    let (page, listed) = (RwSignal::new(1_u32), RwSignal::new(listed));
    let turn = Callback::new(move |to: u32| {
        spawn_local(async move {
            match import_problems(wizard.id, to).await {
                Ok(next) => {
                    page.set(to);
                    listed.set(next);
                }
                Err(error) => wizard.around.frame().failed(&error),
            }
        });
    });
    view! {
        {move || {
            let (problems, count) = listed.get();
            if problems.is_empty() {
                ().into_any()
            } else {
                table(title.get_value(), problems, (count, errors), page.get_untracked(), turn)
            }
        }}
    }
    .into_any()
}

fn table(title: String, problems: Vec<Problem>, (count, errors): (i64, i64), at: u32, turn: Callback<u32>) -> AnyView {
    let rows = problems.into_iter().map(|problem| {
        let (color, icon, words) = match problem.kind {
            ProblemKind::Error => (4, "error", "Does not fit"),
            ProblemKind::Skipped => (0, "minus", "Skipped"),
            ProblemKind::Conflict => (3, "warning", "Left alone"),
        };
        let row = if problem.row > 0 { problem.row.to_string() } else { String::new() };
        view! {
            <tr>
                <td class="num" data-label="Row">
                    {row}
                </td>
                <td data-label="What">
                    <Status color=color icon=icon label=words />
                </td>
                <td data-label="Column">{problem.column}</td>
                <td class="value" data-label="Value">
                    <span class="mono">{problem.value}</span>
                </td>
                <td data-label="Why">{problem.message}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let session = Session::get();
    let first = (i64::from(at) - 1) * PAGE + 1;
    let text = format!("{first}–{} of {}", (first + PAGE - 1).min(count), session.count(count));
    let kept = (errors > count).then(|| {
        let errors = session.count(errors);
        view! { <span class="meta">{format!("{errors} in all; the first {count} are kept.")}</span> }
    });
    let has_more = first + PAGE <= count;
    let pages = (count > PAGE || kept.is_some()).then(|| {
        view! {
            <TableFoot>
                {kept}
                <span class="grow"></span>
                <ui::Button
                    disabled=Signal::stored(at <= 1)
                    on_click=move |_| turn.run(at - 1)
                >
                    "Previous"
                </ui::Button>
                <span class="meta">{text}</span>
                <ui::Button disabled=Signal::stored(!has_more) on_click=move |_| turn.run(at + 1)>
                    "Next"
                </ui::Button>
            </TableFoot>
        }
    });
    view! {
        <Card title=title class="flush">
            <TableScroll label="What did not fit">
                <table class="data-table" data-phone="cards">
                    <thead>
                        <tr>
                            <th scope="col" class="num">"Row"</th>
                            <th scope="col">"What"</th>
                            <th scope="col">"Column"</th>
                            <th scope="col">"Value"</th>
                            <th scope="col">"Why"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableScroll>
            {pages}
        </Card>
    }
    .into_any()
}
