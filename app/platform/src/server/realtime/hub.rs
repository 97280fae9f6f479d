//! Where sockets meet what happens.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::{AppError, server::EVERYTHING};
use records::server::{
    Action, Actor, App, Entry, Scope,
    events::{self, Hands, LISTED, Told, Touched},
};
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    ACCESS, event,
    looks::{Looks, Place},
    seat::{Seat, Taken},
};
use crate::realtime::{self, Hello, Message, Person, Presence, Refetch, Written};

/// What happened last is kept for those who come back: so much of it.
const KEPT: usize = 1024;
/// How often it is told again who looks at what, for processes that were not there yet.
const PULSE: Duration = Duration::from_secs(30);
/// Sessions ended elsewhere are remembered here for less than this.
const REMEMBERED: Duration = Duration::from_millis(850);

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
/// Asks who a socket belongs to now, and what they may do. `None` when they may not be here any more.
pub type Check = Arc<dyn Fn() -> Boxed<Result<Option<Arc<Actor>>, AppError>> + Send + Sync>;

/// One for the process, cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    app: App,
    /// Names this process, for as long as it lives.
    name: String,
    state: Mutex<State>,
    closing: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    last: u64,
    kept: VecDeque<(u64, Happening)>,
    sockets: HashMap<u64, Arc<Seat>>,
    sockets_made: u64,
    looks: Looks,
    /// Types written under change-sets that have not ended, told of once they have.
    held: HashMap<Uuid, Vec<Arc<Entry>>>,
}

/// Something that somebody may have to know.
#[derive(Clone)]
enum Happening {
    Records { entry: Arc<Entry>, touched: Arc<[Touched]> },
    Many { entry: Arc<Entry> },
    Personal { user: Uuid, message: Arc<Message> },
}

impl Hub {
    pub fn new(app: App) -> Self {
        let name = format!("{:016x}", u64::from_ne_bytes(app.rng().bytes()));
        let closing = watch::Sender::new(false);
        Self(Arc::new(Shared { app, name, state: Mutex::default(), closing }))
    }

    /// Passes on what happens, for as long as this is awaited.
    pub async fn run(&self) {
        let mut told = self.0.app.db().listen();
        let mut pulse = tokio::time::interval(PULSE);
        loop {
            tokio::select! {
                signal = told.next() => match signal {
                    Some(signal) => self.hear(&signal).await,
                    None => return,
                },
                _ = pulse.tick() => self.pulse().await,
            }
        }
    }

    /// Sends every socket away, to come back to whoever serves then.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// Takes a place. Who comes back to the same process and names what they saw last is told what happened since, as
    /// far as it is still known; else that they missed something.
    pub(super) fn enter(&self, actor: Arc<Actor>, check: Check, resume: Option<(&str, u64)>) -> Taken {
        let mut state = self.state();
        state.sockets_made += 1;
        let (seat, queue) = Seat::new(state.sockets_made, actor, check);
        let hello = Hello { hub: self.0.name.clone() };
        seat.send(&message(realtime::HELLO, Some(state.last), &hello));
        if let Some((hub, after)) = resume {
            let since = state.kept.front().map_or(state.last, |(first, _)| first - 1);
            if hub == self.0.name && (since..=state.last).contains(&after) {
                for (at, happening) in state.kept.iter().filter(|(at, _)| *at > after) {
                    self.pass_on(*at, happening, std::slice::from_ref(&seat));
                }
            } else {
                seat.miss();
            }
        }
        state.sockets.insert(seat.number, seat.clone());
        Taken { hub: self.clone(), seat, queue }
    }

    pub(super) fn leave(&self, number: u64) {
        let mut state = self.state();
        state.sockets.remove(&number);
        let changed = state.looks.look(number, None);
        drop(state);
        self.looked(changed);
    }

    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    /// The place of what happened last.
    pub(super) fn last(&self) -> u64 {
        self.state().last
    }

    /// How many sockets there are.
    pub fn sockets(&self) -> usize {
        self.state().sockets.len()
    }

    /// Notes at which record a page looks now. One that its viewer may not see counts as none.
    pub(super) async fn look(&self, seat: &Seat, at: Option<Place>) -> Result<(), AppError> {
        let actor = seat.actor();
        let ctx = self.0.app.ctx(actor.clone());
        let mut seen = None;
        if let Some((record_type, id)) = at
            && let Ok(permit) = ctx.permit_any(&record_type, Action::View)
            && records::server::find_any(&ctx, &permit, id).await?.is_some()
        {
            seen = actor.user.map(|user| ((record_type, id), Person { id: user, name: actor.name.clone() }));
        }
        let changed = self.state().looks.look(seat.number, seen);
        self.looked(changed);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hear(&self, signal: &str) {
        if signal == EVERYTHING {
            self.missed_something();
        } else if signal == ACCESS {
            self.look_again();
        } else if let Some(told) = events::read_signal(signal) {
            if let Err(error) = self.hear_of_records(told).await {
                // The pages would show what is no longer so, and not know it.
                tracing::warn!(%error, "what was written cannot be read");
                self.missed_something();
            }
        } else if let Some((user, message)) = event::read_signal(signal) {
            self.happened(Happening::Personal { user, message: Arc::new(message) });
        } else if let Some((process, place, people)) = read_look(signal)
            && process != self.0.name
        {
            self.state().looks.hear(process, place.clone(), people);
            self.show_who_looks(&place);
        }
    }

    async fn hear_of_records(&self, told: Told<'_>) -> Result<(), AppError> {
        match told {
            Told::Written { record_type, event, under } => {
                let Some(entry) = self.0.app.registry().get(record_type) else { return Ok(()) };
                // Before a page is told: what it reads then must not be what is remembered.
                entry.heard_of_change();
                if matches!(record_type, "users" | "teams") {
                    self.look_again();
                }
                if self.state().sockets.is_empty() {
                    // Nobody is there to be told, and who comes back must read everything again.
                    self.forget();
                    return Ok(());
                }
                if let Some(change_set) = under {
                    let mut state = self.state();
                    let types = state.held.entry(change_set).or_default();
                    if !types.iter().any(|ty| Arc::ptr_eq(ty, entry)) {
                        types.push(entry.clone());
                    }
                    return Ok(());
                }
                let Some(event) = events::find(&self.0.app, event).await? else { return Ok(()) };
                if event.records > LISTED {
                    self.happened(Happening::Many { entry: event.entry });
                } else {
                    let touched = events::touched(&self.0.app, &event).await?;
                    self.happened(Happening::Records { entry: event.entry, touched: touched.into() });
                }
            }
            Told::Finished { change_set } => {
                let types = self.state().held.remove(&change_set).unwrap_or_default();
                for entry in types {
                    self.happened(Happening::Many { entry });
                }
            }
        }
        Ok(())
    }

    fn happened(&self, happening: Happening) {
        let mut state = self.state();
        state.last += 1;
        let at = state.last;
        let seats: Vec<Arc<Seat>> = state.sockets.values().cloned().collect();
        self.pass_on(at, &happening, &seats);
        state.kept.push_back((at, happening));
        if state.kept.len() > KEPT {
            state.kept.pop_front();
        }
    }

    /// Sends what happened to those who may know, written once for all who may know the same.
    fn pass_on(&self, at: u64, happening: &Happening, seats: &[Arc<Seat>]) {
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
                let text = message(realtime::REFETCH, Some(at), &data);
                for seat in seats {
                    if self.0.app.ctx(seat.actor()).find_permit(entry, Action::View).is_some() {
                        seat.send(&text);
                    }
                }
            }
            Happening::Records { entry, touched } => {
                let mut written: HashMap<Scope, Option<Arc<str>>> = HashMap::new();
                for seat in seats {
                    let ctx = self.0.app.ctx(seat.actor());
                    let Some(permit) = ctx.find_permit(entry, Action::View) else { continue };
                    let text = written.entry(permit.scope().clone()).or_insert_with(|| {
                        let may = |hands: Hands| permit.allows(hands.0, hands.1);
                        let data = seen_of(entry.ty.name, touched, may)?;
                        Some(message(realtime::RECORDS, Some(at), &data))
                    });
                    if let Some(text) = text {
                        seat.send(text);
                    }
                }
            }
        }
    }

    fn missed_something(&self) {
        self.forget();
        for seat in self.state().sockets.values() {
            seat.miss();
            // Something to wake the socket up with.
            seat.send(&message(realtime::BEAT, None, &()));
        }
    }

    /// What is kept no longer tells all that happened.
    fn forget(&self) {
        let mut state = self.state();
        state.last += 1;
        state.kept.clear();
        state.held.clear();
    }

    /// Asks of every socket who it belongs to and what they may do: now, and once what other parts of the program
    /// remember of sessions is over.
    fn look_again(&self) {
        let hub = self.clone();
        tokio::spawn(async move {
            for wait in [Duration::ZERO, REMEMBERED] {
                tokio::time::sleep(wait).await;
                let seats: Vec<_> = hub.state().sockets.values().cloned().collect();
                for seat in seats {
                    seat.look_again().await;
                }
            }
        });
    }

    async fn pulse(&self) {
        let (places, gone) = {
            let mut state = self.state();
            (state.looks.places(), state.looks.forget())
        };
        for place in gone.iter().collect::<BTreeSet<_>>() {
            self.show_who_looks(place);
        }
        for place in places {
            self.tell_who_looks(&place).await;
        }
    }

    fn looked(&self, changed: Vec<Place>) {
        for place in changed {
            self.show_who_looks(&place);
            let hub = self.clone();
            tokio::spawn(async move { hub.tell_who_looks(&place).await });
        }
    }

    fn show_who_looks(&self, place: &Place) {
        let state = self.state();
        let (people, (record_type, id)) = (state.looks.people(place), place.clone());
        let text = message(realtime::PRESENCE, None, &Presence { record_type, id, people });
        for seat in state.looks.sockets(place).iter().filter_map(|number| state.sockets.get(number)) {
            seat.send(&text);
        }
    }

    /// Tells the other processes who looks at a record in this one.
    async fn tell_who_looks(&self, place: &Place) {
        let people = self.state().looks.people_here(place);
        let people = serde_json::to_string(&people).unwrap_or_default();
        let signal = format!("look {} {} {} {people}", self.0.name, place.0, place.1);
        if let Err(error) = self.0.app.db().tell(&signal).await {
            tracing::debug!(%error, "others were not told who looks at a record");
        }
    }
}

fn read_look(signal: &str) -> Option<(&str, Place, Vec<Person>)> {
    let mut words = signal.strip_prefix("look ")?.splitn(4, ' ');
    let (process, record_type, id) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
    Some((process, (record_type.to_owned(), id), serde_json::from_str(words.next()?).ok()?))
}

/// What one who may see some of these records is told; nothing where it is none of them.
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

pub(super) fn message(event: &str, at: Option<u64>, data: &impl Serialize) -> Arc<str> {
    let data = serde_json::to_value(data).unwrap_or_default();
    text(&Message { event: event.to_owned(), at, data })
}

fn text(message: &Message) -> Arc<str> {
    serde_json::to_string(message).unwrap_or_default().into()
}
