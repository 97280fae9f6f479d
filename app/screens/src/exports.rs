//! The viewer's exports: how far they are, and where their files are fetched. Asked for when the socket tells of one, and
//! every second while one is under way, should the socket be away.

mod new;
mod table;

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use platform::export::{ExportInfo, api::list_exports};
use ui::{Button, ButtonKind, SkeletonLines};

use crate::{
    frame::{Frame, ScreenHead},
    live::Live,
    missing,
    session::Session,
};

const PAUSE: Duration = Duration::from_secs(1);

/// What the parts of the screen share.
#[derive(Clone, Copy)]
struct Exports {
    around: StoredValue<(Frame, Session)>,
    all: RwSignal<Vec<ExportInfo>>,
    /// Whether a new one is being put together.
    is_asking: RwSignal<bool>,
}

impl Exports {
    /// Asks anew. What does not answer now may answer next time.
    fn refresh(self) {
        spawn_local(async move {
            if let Ok(all) = list_exports().await {
                // The page may be gone by the time the answer is there.
                self.all.try_set(all);
            }
        });
    }

    fn frame(self) -> Frame {
        self.around.get_value().0
    }

    fn session(self) -> Session {
        self.around.get_value().1
    }
}

/// The screen.
pub fn exports() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    let is_asking = RwSignal::new(false);
    let first = Resource::new_blocking(move || frame.retries.get(), move |_| list_exports());
    let may = session.types().iter().any(|info| info.may("export"));
    let ask = may.then(|| {
        view! {
            <Button kind=ButtonKind::Primary icon="plus" on_click=move |_| is_asking.set(true)>
                "New export"
            </Button>
        }
    });
    view! {
        <Title text="Exports" />
        <div class="screen">
            <ScreenHead title="Exports">{ask}</ScreenHead>
            <div class="screen-body">
                <Suspense fallback=|| view! { <SkeletonLines lines=6 /> }>
                    {move || Suspend::new(async move {
                        match first.await {
                            Ok(all) => {
                                let around = StoredValue::new((frame, session));
                                screen(Exports { around, all: RwSignal::new(all), is_asking }, may)
                            }
                            Err(error) => missing::trouble(&error),
                        }
                    })}
                </Suspense>
            </div>
        </div>
    }
    .into_any()
}

fn screen(exports: Exports, may: bool) -> AnyView {
    Live::get().on("export_progress", Callback::new(move |_| exports.refresh()));
    Effect::new(move |_| {
        let ask = move || {
            if exports.all.try_with_untracked(|all| all.iter().any(|e| e.status.is_busy())) == Some(true) {
                exports.refresh();
            }
        };
        if let Ok(handle) = set_interval_with_handle(ask, PAUSE) {
            on_cleanup(move || handle.clear());
        }
    });
    view! {
        <div class="exports">{table::table(exports, may)}</div>
        {new::dialog(exports)}
    }
    .into_any()
}
