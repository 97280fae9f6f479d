//! The viewer's exports: how far they are, and where their files are fetched. Asked for when the socket tells of one, and
//! every second while one is under way, should the socket be away.

mod new;
mod table;

use std::time::Duration;

use leptos::prelude::*;
use transfer::export::{ExportInfo, api::list_exports};
use ui::{Button, ButtonKind};

use crate::{
    live::Live,
    monitor::{Monitor, Screen, show},
    session::Session,
};

const PAUSE: Duration = Duration::from_secs(1);

type Exports = Monitor<(), Vec<ExportInfo>>;

/// The screen.
pub fn exports() -> AnyView {
    // Whether a new one is being put together.
    let is_asking = RwSignal::new(false);
    let may = Session::get().types().iter().any(|info| info.may("export"));
    let ask = may.then(|| {
        view! {
            <Button kind=ButtonKind::Primary icon="plus" on_click=move |_| is_asking.set(true)>
                "New export"
            </Button>
        }
        .into_any()
    });
    show(Screen {
        title: "Exports",
        actions: ask,
        ask: |_| Box::pin(list_exports()),
        every: PAUSE,
        is_moving: |all| all.iter().any(|export| export.status.is_busy()),
        body: Callback::new(move |exports| body(exports, is_asking, may)),
    })
}

fn body(exports: Exports, is_asking: RwSignal<bool>, may: bool) -> AnyView {
    Live::get().on("export_progress", Callback::new(move |_| exports.refresh()));
    view! {
        <div class="exports">{table::table(exports, may)}</div>
        {new::dialog(exports, is_asking)}
    }
    .into_any()
}
