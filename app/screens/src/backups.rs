//! Backups: whether the last one is proven, where they go, and those there are. Asked for every two seconds while one
//! is under way, and now and then besides. For administrators.

mod table;

use std::time::Duration;

use backups::{
    Overview,
    api::{start_backup, watch_backups},
};
use kernel::Timestamp;
use leptos::{prelude::*, task::spawn_local};
use ui::{Banner, Button, ButtonKind, Card, DescriptionList, Detail, Tone};

use crate::monitor::{Monitor, Screen, for_administrators};

const PAUSE: Duration = Duration::from_secs(2);
/// A proof older than this is worth a word: the schedule makes one every night.
const FRESH: i64 = 36 * 3_600;

type Backups = Monitor<(), Overview>;

/// The screen.
pub fn backups() -> AnyView {
    let wanted = RwSignal::new(false);
    let start = view! {
        <Button kind=ButtonKind::Primary icon="shield" loading=wanted on_click=move |_| wanted.set(true)>
            "Back up now"
        </Button>
    };
    for_administrators(Screen {
        title: "Backups",
        actions: Some(start.into_any()),
        ask: |_| Box::pin(watch_backups()),
        every: PAUSE,
        is_moving: |all| all.backups.iter().any(|backup| backup.status.is_busy()),
        body: Callback::new(move |backups| body(backups, wanted)),
    })
}

fn body(backups: Backups, wanted: RwSignal<bool>) -> AnyView {
    Effect::new(move |_| {
        if wanted.get() {
            spawn_local(async move {
                if let Err(error) = start_backup().await {
                    backups.frame().failed(&error);
                }
                backups.refresh();
                wanted.try_set(false);
            });
        }
    });
    view! {
        <div class="backups stack" data-gap="large">
            {move || state(backups)} {about(backups)} {table::table(backups)}
        </div>
    }
    .into_any()
}

/// Whether one can sleep.
fn state(backups: Backups) -> AnyView {
    let session = backups.session();
    let (now, last): (Timestamp, Option<Timestamp>) = backups.answer.with(|all| (all.now, all.last_proven));
    let failed = backups.answer.with(|all| {
        let latest = all.backups.iter().find(|b| !b.status.is_busy());
        latest.and_then(|b| b.error.clone())
    });
    let (tone, title, text) = match (last, failed) {
        (_, Some(why)) => (Tone::Bad, "The last backup failed.", why),
        (None, None) => {
            let text = "There is no backup that was proven. The first is made at night, or now.";
            (Tone::Warn, "Nothing is safe yet.", text.to_owned())
        }
        (Some(at), None) if now.seconds_since(at) > FRESH => {
            let text = format!("The last backup that was proven is of {}.", session.when(at));
            (Tone::Warn, "The last proof is old.", text)
        }
        (Some(at), None) => {
            let ago = session.with(|b| b.formats.ago(at, now));
            let text = format!("The last backup was restored aside and found the same {ago}.");
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
        backups.answer.with_untracked(|all| (all.place.clone(), all.keep.clone(), all.key.clone(), all.is_beside));
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
