//! What happened, as each socket may know it.

use std::{collections::HashMap, sync::Arc};

use records::server::{
    Action, Entry, Scope,
    events::{Hands, Touched},
};
use uuid::Uuid;

use super::{
    hub::{Hub, message, text},
    seat::Seat,
};
use crate::{Message, Refetch, Written};

/// Something that somebody may have to know.
#[derive(Clone)]
pub(super) enum Happening {
    Records { entry: Arc<Entry>, touched: Arc<[Touched]> },
    Many { entry: Arc<Entry> },
    Personal { user: Uuid, message: Arc<Message> },
}

impl Hub {
    /// Sends what happened to those who may know, written once for all who may know the same.
    pub(super) fn pass_on(&self, at: u64, happening: &Happening, seats: &[Arc<Seat>]) {
        match happening {
            Happening::Personal { user, message } => {
                let mut written = None;
                for seat in seats.iter().filter(|seat| seat.actor().user == Some(*user)) {
                    let text = written.get_or_insert_with(|| text(&Message { at: Some(at), ..(**message).clone() }));
                    seat.send(text);
                }
            }
            Happening::Many { entry } => {
                let data = Refetch { record_type: entry.ty.name.to_owned() };
                let text = message(crate::REFETCH, Some(at), &data);
                for seat in seats {
                    if self.app().ctx(seat.actor()).find_permit(entry, Action::View).is_some() {
                        seat.send(&text);
                    }
                }
            }
            Happening::Records { entry, touched } => {
                let mut written: HashMap<Scope, Option<Arc<str>>> = HashMap::new();
                for seat in seats {
                    let ctx = self.app().ctx(seat.actor());
                    let Some(permit) = ctx.find_permit(entry, Action::View) else { continue };
                    let text = written.entry(permit.scope().clone()).or_insert_with(|| {
                        let may = |hands: Hands| permit.allows(hands.0, hands.1);
                        let data = seen_of(entry.ty.name, touched, may)?;
                        Some(message(crate::RECORDS, Some(at), &data))
                    });
                    if let Some(text) = text {
                        seat.send(text);
                    }
                }
            }
        }
    }
}

/// What somebody with this reach is told of records; nothing where there is none they could or can see.
fn seen_of(record_type: &str, touched: &[Touched], may: impl Fn(Hands) -> bool) -> Option<Written> {
    let mut seen = Written { record_type: record_type.to_owned(), records: vec![], gone: vec![] };
    for record in touched {
        if may(record.after) {
            seen.records.push((record.id, record.version));
        } else if may(record.before) {
            seen.gone.push(record.id);
        }
    }
    (!seen.records.is_empty() || !seen.gone.is_empty()).then_some(seen)
}
