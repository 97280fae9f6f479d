//! The bell, with the latest of what one was told.

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use notifications::{
    NotificationFilter, NotificationPage,
    api::{list_notifications, mark_all_read},
};
use ui::{Button, ButtonKind, EmptyState, Popover, SkeletonLines};

use super::{item::item, told};
use crate::{frame::Frame, part::within, session::Session};

/// How many the panel shows.
const SHOWN: usize = 8;

/// The button, the number of what is unread, and the panel.
pub fn bell(frame: Frame) -> AnyView {
    let session = Session::get();
    if session.user().is_none() {
        return ().into_any();
    }
    let opens = Trigger::new();
    let count = move || {
        let unread = frame.unread.get();
        (unread > 0).then(|| {
            view! {
                <span class="bell-count" aria-hidden="true">
                    {told(unread)}
                </span>
            }
        })
    };
    view! {
        <span class="bell">
            <Popover id="bell" label="Notifications" icon="bell" icon_only=true align_end=true on_open=move |()| opens.notify()>
                {within("bell", opens, move |tools| (tools.latest)(frame, opens))}
            </Popover>
            {count}
            <span class="visually-hidden" role="status">
                {move || match frame.unread.get() {
                    0 => String::new(),
                    1 => "1 unread notification".to_owned(),
                    unread => format!("{} unread notifications", told(unread)),
                }}
            </span>
        </span>
    }
    .into_any()
}

/// The panel, asked for anew whenever it opens.
pub(crate) fn latest(frame: Frame, opens: Trigger) -> AnyView {
    let page = RwSignal::new(None::<Result<NotificationPage, AppError>>);
    let ask = Callback::new(move |()| {
        spawn_local(async move {
            let found = list_notifications(NotificationFilter::default(), None).await;
            if let Ok(found) = &found {
                frame.unread.try_set(found.unread);
            }
            page.try_set(Some(found));
        });
    });
    Effect::new(move |_| {
        opens.track();
        ask.run(());
    });
    let body = move || match page.get() {
        None => view! { <SkeletonLines lines=4 /> }.into_any(),
        Some(Err(error)) => view! { <p class="quiet">{error.sentence()}</p> }.into_any(),
        Some(Ok(found)) if found.notifications.is_empty() => {
            view! { <EmptyState icon="bell" text="You are up to date." /> }.into_any()
        }
        Some(Ok(found)) => {
            let shown = found.notifications.into_iter().take(SHOWN);
            let items = shown.map(|notification| item(frame, notification, ask, true)).collect_view();
            view! { <ul class="notices">{items}</ul> }.into_any()
        }
    };
    let read_all = move |_| {
        spawn_local(async move {
            match mark_all_read().await {
                Ok(unread) => {
                    frame.unread.set(unread);
                    ask.try_run(());
                }
                Err(error) => frame.failed(&error),
            }
        });
    };
    view! {
        <div class="bell-panel">
            <div class="bell-head">
                <h2>"Notifications"</h2>
                <Button kind=ButtonKind::Ghost on_click=read_all disabled=Signal::derive(move || frame.unread.get() == 0)>
                    "Mark all read"
                </Button>
            </div>
            {body}
            <div class="bell-foot">
                <a class="link" href="/notifications">"Show all"</a>
                <a class="link" href="/settings/preferences#notifications">"Preferences"</a>
            </div>
        </div>
    }
    .into_any()
}
