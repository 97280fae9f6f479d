//! Where sockets meet what happens.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kernel::{AppError, server::EVERYTHING};
use records::server::{
    Actor, App,
    events::{self, Event},
};
use serde::Serialize;
use tokio::sync::{Notify, watch};

use super::{
    admission::Admitted,
    doubts::Doubts,
    event::{self, Told},
    held::Held,
    looks::{Looks, Place},
    pass_on::Happening,
    seat::{Seat, Taken},
};
use crate::{Hello, Message, Since};

/// What happened last is kept for those who come back: so much of it.
const KEPT: usize = 1024;
/// How often it is looked after what time brings.
const PULSE: Duration = Duration::from_secs(30);

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
    has_untold: Notify,
    has_doubts: Notify,
    closing: watch::Sender<bool>,
}

#[derive(Default)]
pub(super) struct State {
    last: u64,
    kept: VecDeque<(u64, Happening)>,
    pub sockets: HashMap<u64, Arc<Seat>>,
    sockets_made: u64,
    pub admitted: Admitted,
    pub doubts: Doubts,
    pub looks: Looks,
    /// Records of which the other processes are to be told who looks at them.
    pub untold: BTreeSet<Place>,
    held: Held,
}

impl Hub {
    pub fn new(app: App) -> Self {
        let name = format!("{:016x}", u64::from_ne_bytes(app.rng().bytes()));
        let (has_untold, has_doubts, closing) = (Notify::new(), Notify::new(), watch::Sender::new(false));
        Self(Arc::new(Shared { app, name, state: Mutex::default(), has_untold, has_doubts, closing }))
    }

    /// Passes on what happens, for as long as this is awaited. Neither what others are told nor looking after rights
    /// keeps it from hearing.
    pub async fn run(&self) {
        tokio::select! {
            () = self.listen() => {}
            () = self.tell_who_looks() => {}
            () = self.settle_doubts() => {}
        }
    }

    async fn listen(&self) {
        let mut told = self.0.app.db().listen();
        let mut pulse = tokio::time::interval(PULSE);
        loop {
            tokio::select! {
                signal = told.next() => match signal {
                    Some(signal) => self.hear(&signal).await,
                    None => return,
                },
                _ = pulse.tick() => self.pulse(Instant::now()).await,
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
    /// far as it is still known; else that they missed something. A page names what it was painted after.
    pub(super) fn enter(&self, actor: Arc<Actor>, check: Check, resume: Option<(&str, u64)>) -> Taken {
        let mut state = self.state();
        state.sockets_made += 1;
        let (seat, queue) = Seat::new(state.sockets_made, actor, check);
        let since = state.kept.front().map_or(state.last, |(first, _)| first - 1);
        let after = match resume {
            None => Some(state.last),
            Some((hub, after)) => (hub == self.0.name && (since..=state.last).contains(&after)).then_some(after),
        };
        if let Some(after) = after {
            // From there on each message says where it is: who breaks off comes back with the last that arrived.
            seat.send(&self.hello(Some(after)));
            for (at, happening) in state.kept.iter().filter(|(at, _)| *at > after) {
                self.pass_on(*at, happening, std::slice::from_ref(&seat));
            }
        } else {
            seat.resync();
        }
        state.sockets.insert(seat.number, seat.clone());
        Taken { hub: self.clone(), seat, queue }
    }

    pub(super) fn leave(&self, number: u64) {
        self.state().sockets.remove(&number);
        self.look_away(number);
    }

    /// Where who reads something now stands.
    pub fn since(&self) -> Since {
        Since { hub: self.0.name.clone(), at: self.state().last }
    }

    /// How many sockets there are.
    pub fn sockets(&self) -> usize {
        self.state().sockets.len()
    }

    pub(super) fn hello(&self, at: Option<u64>) -> Arc<str> {
        message(crate::HELLO, at, &Hello { hub: self.0.name.clone() })
    }

    pub(super) fn seats(&self) -> Vec<Arc<Seat>> {
        self.state().sockets.values().cloned().collect()
    }

    pub(super) fn app(&self) -> &App {
        &self.0.app
    }

    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn has_untold(&self) -> &Notify {
        &self.0.has_untold
    }

    pub(super) fn has_doubts(&self) -> &Notify {
        &self.0.has_doubts
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn hear(&self, signal: &str) {
        if signal == EVERYTHING {
            self.missed_something();
        } else if let Some(told) = events::read_signal(signal) {
            if let Err(error) = self.hear_of_records(told).await {
                // The pages would show what is no longer so, and not know it.
                tracing::warn!(%error, "what was written cannot be read");
                self.missed_something();
            }
        } else {
            match event::read_signal(signal) {
                Some(Told::Personal(user, message)) => {
                    self.happened(Happening::Personal { user, message: Arc::new(message) });
                }
                Some(Told::Access(whose)) => self.doubt(whose),
                None => self.hear_who_looks(signal),
            }
        }
    }

    async fn hear_of_records(&self, told: events::Told<'_>) -> Result<(), AppError> {
        match told {
            events::Told::Written { record_type, event, under } => {
                let Some(entry) = self.0.app.registry().get(record_type) else { return Ok(()) };
                // Before a page is told: what it reads then must not be what is remembered.
                entry.heard_of_change();
                if matches!(record_type, "users" | "teams") {
                    self.doubt(None);
                }
                if self.state().sockets.is_empty() {
                    // Nobody is there to be told, and who comes back must read everything again.
                    self.forget();
                    return Ok(());
                }
                let Some(event) = events::find(&self.0.app, event).await? else { return Ok(()) };
                match under {
                    Some(change_set) => self.state().held.add(change_set, event, Instant::now()),
                    None => self.written(&event).await?,
                }
            }
            events::Told::Finished { change_set } => {
                let held = self.state().held.end(change_set);
                self.all_written(&held).await?;
            }
        }
        Ok(())
    }

    /// Looks after what time brings: who has gone silent, and who came since something was told.
    pub(super) async fn pulse(&self, now: Instant) {
        self.repeat_who_looks();
        let silent = self.state().held.let_go(now);
        if let Err(error) = self.all_written(&silent).await {
            tracing::warn!(%error, "what was written cannot be read");
            self.missed_something();
        }
    }

    async fn all_written(&self, events: &[Event]) -> Result<(), AppError> {
        for event in events {
            self.written(event).await?;
        }
        Ok(())
    }

    async fn written(&self, event: &Event) -> Result<(), AppError> {
        let entry = event.entry.clone();
        if let Some(touched) = events::touched(&self.0.app, event).await? {
            self.hands_changed(&entry, &touched);
            self.happened(Happening::Records { entry, touched: touched.into() });
        } else {
            self.happened(Happening::Many { entry: entry.clone() });
            let hub = self.clone();
            tokio::spawn(async move {
                if let Err(error) = hub.any_hands_changed(&entry).await {
                    tracing::debug!(%error, "it cannot be told who looks at a record");
                }
            });
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

    fn missed_something(&self) {
        self.forget();
        for seat in self.seats() {
            seat.resync();
        }
    }

    /// What is kept no longer tells all that happened.
    fn forget(&self) {
        let mut state = self.state();
        state.last += 1;
        state.kept.clear();
        state.held.clear();
    }
}

pub(super) fn message(event: &str, at: Option<u64>, data: &impl Serialize) -> Arc<str> {
    let data = serde_json::to_value(data).unwrap_or_default();
    text(&Message { event: event.to_owned(), at, data })
}

pub(super) fn text(message: &Message) -> Arc<str> {
    serde_json::to_string(message).unwrap_or_default().into()
}
