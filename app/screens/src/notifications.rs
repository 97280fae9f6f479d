//! What one is told: the bell in the bar over every screen, and the page of all of it.

mod bell;
mod item;
mod list;
mod stand;

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use notifications::{MOST_UNREAD, api::count_unread};
use realtime::RESYNC;

pub use bell::bell;
pub(crate) use bell::latest;
pub use list::page;
pub(crate) use stand::stand;

use crate::{frame::Frame, live::Live, session::Session};

/// Between looks at how much is unread, unless the viewer prefers otherwise.
const PAUSE: Duration = Duration::from_secs(30);

/// Keeps the number of what is unread as it is, for as long as the shell is there: the socket tells when it changes, and
/// should it be away, it is asked for now and then.
pub fn follow(frame: Frame, session: Session) {
    let changed = Callback::new(move |_| look(frame));
    Live::get().on("notification", changed);
    Live::get().on(RESYNC, changed);
    Effect::new(move |_| {
        if let Some(pause) = session.refresh(PAUSE)
            && let Ok(handle) = set_interval_with_handle(move || look(frame), pause)
        {
            on_cleanup(move || handle.clear());
        }
    });
}

/// Asks how much is unread. What does not answer now may answer next time.
pub(crate) fn look(frame: Frame) {
    spawn_local(async move {
        if let Ok(unread) = count_unread().await {
            frame.unread.try_set(unread);
        }
    });
}

/// The number, as far as it was counted.
fn told(unread: i64) -> String {
    if unread >= MOST_UNREAD { format!("{}+", MOST_UNREAD - 1) } else { unread.to_string() }
}
