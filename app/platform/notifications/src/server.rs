//! Telling people: what concerns them, on the ways they chose, and what became of it.
//!
//! * A module declares its kinds of notifications ([`Kind`]) and adds them in its `add_notifications`; [`notify`] tells
//!   somebody within the transaction of what is told, so that the one is there if and only if the other is.
//! * A job then finds out for each reader whether they may know the record it is about, whether they muted it and on
//!   which channels they want to hear of the kind. The list in the program is the row itself; every other channel has a
//!   delivery with a job of its own, so that one that is out of order holds up no other.
//! * Nobody is told twice: rows are unique by notice and reader. A letter is written down in the transaction that puts it
//!   in the outbox. A text message is marked before it is sent, and one whose end nobody can tell is not sent again by
//!   itself. A push message that arrives twice is shown once, by its tag.
//! * What was put off is looked at again when it goes: quiet hours, a muted record and a way that was switched off count
//!   then too.
//! * Whether a reader may know the record is asked again whenever they are shown something about it.

mod changes;
mod choices;
mod clean;
mod deliver;
mod digest;
mod email;
mod follow;
mod inbox;
mod kinds;
mod log;
mod notice;
mod overdue;
pub mod push;
mod quiet;
mod sms;
mod store;
mod sweep;
mod tell;
pub mod testing;

use kernel::{AppError, server::unexpected};
use records::{
    Filter, ListQuery,
    server::{Action, Ctx, list_ids},
};
use serde_json::json;
use uuid::Uuid;

pub use changes::{read_changes, watch};
pub use choices::{choices, choose, choose_in};
pub use clean::CleanUpNotifications;
pub use deliver::{Deliver, Ring};
pub use digest::{DigestFor, SendDigests};
pub use email::Site;
pub use follow::{stand, standing};
pub use inbox::{PAGE, Wake, count_unread, list, mark_all_read, mark_read, snooze};
pub use kinds::{Kind, Kinds, kinds};
pub use log::{deliveries, retry, retry_all};
pub use notice::{Notice, notify};
pub use overdue::{Due, TellOverdue};
pub use sms::can_text;
pub use store::STATEMENTS;
pub use sweep::SweepDeliveries;
pub use tell::Tell;

/// The kinds whose subjects belong to the platform.
pub mod told {
    use super::Kind;
    use crate::{Channel, Mode, Priority};

    const USUAL: &[(Channel, Mode)] =
        &[(Channel::InApp, Mode::AtOnce), (Channel::Email, Mode::AtOnce), (Channel::Push, Mode::AtOnce)];

    pub const ASSIGNED: Kind = Kind {
        name: "assigned",
        title: "Assigned to me",
        reason: "You get this because a record was made yours by somebody else.",
        icon: "user",
        button: "Open",
        priority: Priority::Normal,
        channels: USUAL,
    };

    pub const FOLLOWED: Kind = Kind {
        name: "followed_changed",
        title: "A record I own or follow was changed",
        reason: "You get this because you own or follow the record.",
        icon: "edit",
        button: "See what changed",
        priority: Priority::Normal,
        channels: &[(Channel::InApp, Mode::AtOnce), (Channel::Email, Mode::Daily)],
    };

    pub const IMPORT_DONE: Kind = Kind {
        name: "import_done",
        title: "My import is done",
        reason: "You get this because you started the import.",
        icon: "upload",
        button: "Open the import",
        priority: Priority::Normal,
        channels: &[(Channel::InApp, Mode::AtOnce), (Channel::Push, Mode::AtOnce)],
    };

    pub const BACKUP_FAILED: Kind = Kind {
        name: "backup_failed",
        title: "A backup failed",
        reason: "You get this because you are an administrator.",
        icon: "shield",
        button: "See the backups",
        priority: Priority::High,
        channels: USUAL,
    };

    pub const EXPORT_DONE: Kind = Kind {
        name: "export_done",
        title: "My export is done",
        reason: "You get this because you asked for the export.",
        icon: "download",
        button: "Get the file",
        priority: Priority::Normal,
        channels: USUAL,
    };

    pub const EXPORT_FAILED: Kind = Kind {
        name: "export_failed",
        title: "My export failed",
        reason: "You get this because you asked for the export.",
        icon: "warning",
        button: "See the export",
        priority: Priority::Normal,
        channels: USUAL,
    };
}

/// Who looks after the program, as far as they may sign in.
pub async fn administrators(ctx: &Ctx) -> Result<Vec<Uuid>, AppError> {
    let filter = json!({ "and": [
        { "field": "role", "op": "eq", "value": "admin" },
        { "field": "active", "op": "eq", "value": true },
    ] });
    let filter = Filter::try_from(filter).map_err(unexpected)?;
    let permit = ctx.permit_any("users", Action::View)?;
    list_ids(ctx, &permit, &ListQuery { filter: Some(filter), ..ListQuery::default() }).await
}

/// Adds the platform's kinds of notifications.
pub fn add(kinds: Kinds) -> Kinds {
    use told::{ASSIGNED, BACKUP_FAILED, EXPORT_DONE, EXPORT_FAILED, FOLLOWED, IMPORT_DONE};
    let all = [&ASSIGNED, &FOLLOWED, &IMPORT_DONE, &EXPORT_DONE, &EXPORT_FAILED, &BACKUP_FAILED];
    all.into_iter().fold(kinds, Kinds::with)
}

/// Adds the jobs and schedules of notifications.
pub fn add_jobs(kinds: jobs::server::Kinds) -> jobs::server::Kinds {
    kinds
        .with::<Tell>()
        .with::<Deliver>()
        .with::<Ring>()
        .with::<Wake>()
        .with::<SendDigests>()
        .with::<DigestFor>()
        .every(SendDigests::daily())
        .every(SendDigests::weekly())
        .with::<SweepDeliveries>()
        .every(SweepDeliveries::schedule())
        .with::<CleanUpNotifications>()
        .every(CleanUpNotifications::schedule())
}

#[cfg(test)]
mod tests;
