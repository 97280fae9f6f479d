//! Backups: whether the last one is proven, where they go, and those there are. Asked for every two seconds while one
//! is under way. For administrators.

mod table;

use std::time::Duration;

use kernel::{AppError, Timestamp};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use platform::backups::{
    Overview,
    api::{start_backup, watch_backups},
};
use ui::{Banner, Button, ButtonKind, Card, DescriptionList, Detail, SkeletonLines, Tone};

use crate::{
    frame::{Frame, ScreenHead},
    missing,
    session::Session,
};

const PAUSE: Duration = Duration::from_secs(2);
/// A proof older than this is worth a word: the schedule makes one every night.
const FRESH: i64 = 36 * 3_600;

/// What the parts of the screen share.
#[derive(Clone, Copy)]
struct Backups {
    around: StoredValue<(Frame, Session)>,
    all: RwSignal<Overview>,
}

impl Backups {
    /// Asks anew. What does not answer now may answer next time.
    fn refresh(self) {
        spawn_local(async move {
            match watch_backups().await {
                // The page may be gone by the time the answer is there.
                Ok(all) => drop(self.all.try_set(all)),
                Err(AppError::Unauthenticated) => self.frame().signed_out.set(true),
                Err(_) => {}
            }
        });
    }

    fn is_busy(self) -> bool {
        self.all.try_with(|all| all.backups.iter().any(|b| b.status.is_busy())) == Some(true)
    }

    fn frame(self) -> Frame {
        self.around.get_value().0
    }

    fn session(self) -> Session {
        self.around.get_value().1
    }
}

/// The screen.
pub fn backups() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    if !session.user().is_some_and(|user| user.may_administer) {
        return missing::failed(&AppError::Forbidden);
    }
    let first = Resource::new_blocking(move || frame.retries.get(), move |_| watch_backups());
    view! {
        <Title text="Backups" />
        <Suspense fallback=|| {
            view! {
                <div class="screen">
                    <ScreenHead title="Backups" />
                    <div class="screen-body">
                        <SkeletonLines lines=6 />
                    </div>
                </div>
            }
        }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(all) => {
                        let around = StoredValue::new((frame, session));
                        screen(Backups { around, all: RwSignal::new(all) })
                    }
                    Err(error) => missing::trouble(&error),
                }
            })}
        </Suspense>
    }
    .into_any()
}

fn screen(backups: Backups) -> AnyView {
    Effect::new(move |_| {
        let ask = move || {
            if backups.all.try_with_untracked(|_| ()).is_some() && untrack(|| backups.is_busy()) {
                backups.refresh();
            }
        };
        if let Ok(handle) = set_interval_with_handle(ask, PAUSE) {
            on_cleanup(move || handle.clear());
        }
    });
    let is_asked = RwSignal::new(false);
    let start = move |_| {
        is_asked.set(true);
        spawn_local(async move {
            if let Err(error) = start_backup().await {
                backups.frame().failed(&error);
            }
            backups.refresh();
            is_asked.try_set(false);
        });
    };
    let is_waiting = Signal::derive(move || is_asked.get() || backups.is_busy());
    view! {
        <div class="screen">
            <ScreenHead title="Backups">
                <Button kind=ButtonKind::Primary icon="shield" loading=is_waiting on_click=start>
                    "Back up now"
                </Button>
            </ScreenHead>
            <div class="screen-body">
                <div class="backups stack" data-gap="large">
                    {move || state(backups)} {about(backups)} {table::table(backups)}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Whether one can sleep.
fn state(backups: Backups) -> AnyView {
    let session = backups.session();
    let last: Option<Timestamp> = backups.all.with(|all| all.last_proven);
    let failed = backups.all.with(|all| {
        let latest = all.backups.iter().find(|b| !b.status.is_busy());
        latest.and_then(|b| b.error.clone())
    });
    let (tone, title, text) = match (last, failed) {
        (_, Some(why)) => (Tone::Bad, "The last backup failed.", why),
        (None, None) => {
            let text = "There is no backup that was proven. The first is made at night, or now.";
            (Tone::Warn, "Nothing is safe yet.", text.to_owned())
        }
        (Some(at), None) if session.now().seconds_since(at) > FRESH => {
            let text = format!("The last backup that was proven is of {}.", session.when(at));
            (Tone::Warn, "The last proof is old.", text)
        }
        (Some(at), None) => {
            let text = format!("The last backup was restored aside and found the same {}.", session.ago(at));
            (Tone::Ok, "Everything can be put back.", text)
        }
    };
    view! {
        <Banner tone=tone title=title>
            {text}
        </Banner>
    }
    .into_any()
}

/// Where backups go, and what one needs to put one back.
fn about(backups: Backups) -> AnyView {
    let (place, keep, key, is_beside) =
        backups.all.with_untracked(|all| (all.place.clone(), all.keep.clone(), all.key.clone(), all.is_beside));
    let beside = is_beside.then(|| {
        view! {
            <p class="meta">
                "This is beside what it is a copy of: a broken disk would take both. Name another disk or a bucket by "
                <code>"MAINSTAY_BACKUPS_TO"</code> "."
            </p>
        }
    });
    view! {
        <Card title="Where they go">
            <DescriptionList stack=true>
                <Detail label="Place">
                    <code>{place}</code>
                    {beside}
                </Detail>
                <Detail label="How long">{keep}</Detail>
                <Detail label="Key">
                    <code>{key}</code>
                    <p class="meta">
                        "Archives are sealed with the secret key, which is in none of them. Keep a copy of the key file "
                        "elsewhere: without it, no backup can be opened."
                    </p>
                </Detail>
                <Detail label="Back again">
                    <p>"On a machine with nothing but the program and the key file:"</p>
                    <code>"mainstay restore latest"</code>
                </Detail>
            </DescriptionList>
        </Card>
    }
    .into_any()
}
