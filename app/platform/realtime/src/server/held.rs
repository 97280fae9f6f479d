//! What is written under change-sets that take several transactions: told of as one thing, once they have ended.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use records::server::events::Event;
use uuid::Uuid;

/// A change-set of which nothing was heard for so long is told of as far as it came: who wrote it may have died.
const SILENCE: Duration = Duration::from_mins(1);

/// By change-set.
#[derive(Default)]
pub(super) struct Held(HashMap<Uuid, Set>);

struct Set {
    /// One for each type, with all that was written of it.
    events: Vec<Event>,
    heard: Instant,
}

impl Held {
    pub fn add(&mut self, change_set: Uuid, event: Event, now: Instant) {
        let set = self.0.entry(change_set).or_insert_with(|| Set { events: vec![], heard: now });
        set.heard = now;
        match set.events.iter_mut().find(|known| known.entry.ty.name == event.entry.ty.name) {
            Some(known) => known.join(event),
            None => set.events.push(event),
        }
    }

    /// What is to be told of a change-set that has ended.
    pub fn end(&mut self, change_set: Uuid) -> Vec<Event> {
        self.0.remove(&change_set).map(|set| set.events).unwrap_or_default()
    }

    /// What is to be told of change-sets that have gone silent.
    pub fn let_go(&mut self, now: Instant) -> Vec<Event> {
        let silent = self.0.extract_if(|_, set| now.duration_since(set.heard) >= SILENCE);
        silent.flat_map(|(_, set)| set.events).collect()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
