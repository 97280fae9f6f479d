//! What became of the rows, in figures.

use leptos::prelude::*;
use transfer::import::Counts;
use ui::KeyFigure;

use crate::session::Session;

pub fn figures(counts: &Counts, is_done: bool) -> AnyView {
    let names = if is_done { ("Created", "Updated") } else { ("To create", "To update") };
    let shown = [
        (names.0, counts.created),
        (names.1, counts.updated),
        ("Unchanged", counts.unchanged),
        ("Skipped", counts.skipped),
        (if is_done { "Not imported" } else { "Do not fit" }, counts.failed),
    ];
    let session = Session::get();
    let cards = shown.map(|(label, count)| {
        view! { <KeyFigure label=label value=session.count(count) /> }
    });
    view! { <div class="import-totals">{cards.into_iter().collect_view()}</div> }.into_any()
}
