//! What others do, as they do it: one socket for the page.
//!
//! A message says which records were written, and what shows them reads them again. A page that cannot keep its socket
//! shows what it read, tries again, and reads everything again once it is back.

mod socket;

use std::time::Duration;

use leptos::{ev, prelude::*};
use realtime::{self, Message, Person, Presence, Refetch, Since, Written};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::frame::Frame;

/// Something on show is read again no more often than this.
const PAUSE: Duration = Duration::from_secs(1);
/// After a change of very many records pages ask again within so many seconds, not all at once.
const SPREAD: f64 = 0.8;

/// The page's ear. Provided by the shell.
#[derive(Clone, Copy)]
pub struct Live {
    watchers: StoredValue<Vec<Watcher>>,
    listeners: StoredValue<Vec<Listener>>,
    made: StoredValue<u32>,
    /// The record that is open, and who else looks at it.
    looking: StoredValue<Option<(String, Uuid)>>,
    pub others: RwSignal<Vec<Person>>,
    /// The shell asks whoever was signed out to sign in again.
    signed_out: RwSignal<bool>,
    link: socket::Link,
}

/// Something on show that is read again when what it shows was written.
#[derive(Clone)]
struct Watcher {
    number: u32,
    record_types: Vec<String>,
    /// The one record it shows; without, any of the types.
    id: Option<Uuid>,
    wakes: RwSignal<u32>,
    /// Whether it was woken a moment ago, and whether it was to be again since.
    is_resting: bool,
    is_due: bool,
}

#[derive(Clone)]
struct Listener {
    number: u32,
    event: &'static str,
    heard: Callback<Json>,
}

impl Live {
    /// Makes [`Live::get`] work below this point, for a page that was painted after what happened until then.
    pub fn provide(frame: Frame, since: Option<Since>) {
        provide_context(Self {
            watchers: StoredValue::default(),
            listeners: StoredValue::default(),
            made: StoredValue::new(0),
            looking: StoredValue::new(None),
            others: RwSignal::new(vec![]),
            signed_out: frame.signed_out,
            link: socket::Link::new(since),
        });
    }

    /// Connects once the page is alive, until whoever calls this is gone.
    pub fn begin(self, frame: Frame) {
        Effect::new(move |_| self.link.open(self));
        // Who was signed out may have signed in again elsewhere: a change that was saved says so, and so may coming back.
        Effect::new(move |_| {
            frame.changes.track();
            self.link.try_again(self);
        });
        Effect::new(move |_| {
            let focus = window_event_listener(ev::focus, move |_| self.link.try_again(self));
            let shown = window_event_listener(ev::visibilitychange, move |_| {
                if !document().hidden() {
                    self.link.try_again(self);
                }
            });
            on_cleanup(move || {
                focus.remove();
                shown.remove();
            });
        });
        on_cleanup(move || self.end());
    }

    /// Hears nothing more: the page is about to go.
    pub fn end(self) {
        self.link.close();
    }

    /// The page's ear. Only below the shell, which provides it.
    #[expect(clippy::expect_used, reason = "a screen outside the shell is a mistake of the program")]
    pub fn get() -> Self {
        use_context().expect("a screen is inside the shell")
    }

    /// Grows when records of these types, or this one record, were written by anybody.
    pub fn watch(self, record_types: Vec<String>, id: Option<Uuid>) -> RwSignal<u32> {
        let (number, wakes) = (self.number(), RwSignal::new(0));
        let watcher = Watcher { number, record_types, id, wakes, is_resting: false, is_due: false };
        self.watchers.update_value(|all| all.push(watcher));
        on_cleanup(move || _ = self.watchers.try_update_value(|all| all.retain(|w| w.number != number)));
        wakes
    }

    /// Calls back with the data of each such message, for as long as the caller is on show.
    pub fn on(self, event: &'static str, heard: Callback<Json>) {
        let number = self.number();
        self.listeners.update_value(|all| all.push(Listener { number, event, heard }));
        on_cleanup(move || _ = self.listeners.try_update_value(|all| all.retain(|l| l.number != number)));
    }

    /// Lets others know that this record is open here, until the caller is gone from the page.
    pub fn look(self, record_type: String, id: Uuid) {
        Effect::new(move |_| {
            self.others.set(vec![]);
            self.looking.set_value(Some((record_type.clone(), id)));
            socket::say_where(self);
        });
        on_cleanup(move || {
            // Another record may be open in its place already.
            if self.looking.try_with_value(|now| now.as_ref().is_some_and(|now| now.1 == id)) == Some(true) {
                self.looking.set_value(None);
                self.others.try_set(vec![]);
                socket::say_where(self);
            }
        });
    }

    fn number(self) -> u32 {
        self.made.update_value(|n| *n = n.wrapping_add(1));
        self.made.get_value()
    }

    fn hear(self, message: Message) {
        match message.event.as_str() {
            realtime::RECORDS => {
                let Ok(written) = serde_json::from_value::<Written>(message.data) else { return };
                let ids = written.records.iter().map(|(id, _)| *id).chain(written.gone.iter().copied());
                let ids: Vec<Uuid> = ids.collect();
                let is_meant = |w: &Watcher| {
                    w.record_types.contains(&written.record_type) && w.id.is_none_or(|id| ids.contains(&id))
                };
                self.wake(is_meant, Duration::ZERO);
            }
            realtime::REFETCH => {
                let Ok(Refetch { record_type }) = serde_json::from_value(message.data) else { return };
                self.wake(|w| w.record_types.contains(&record_type), spread());
            }
            realtime::RESYNC => {
                self.wake(|_| true, spread());
                self.tell(realtime::RESYNC, &Json::Null);
            }
            realtime::PRESENCE => {
                let Ok(now) = serde_json::from_value::<Presence>(message.data) else { return };
                if self.looking.get_value() == Some((now.record_type, now.id)) {
                    self.others.set(now.people);
                }
            }
            event => self.tell(event, &message.data),
        }
    }

    fn tell(self, event: &str, data: &Json) {
        let listeners =
            self.listeners.with_value(|all| all.iter().filter(|l| l.event == event).cloned().collect::<Vec<_>>());
        for listener in listeners {
            // What one of them does may take another away.
            listener.heard.try_run(data.clone());
        }
    }

    fn wake(self, is_meant: impl Fn(&Watcher) -> bool, after: Duration) {
        let meant =
            self.watchers.with_value(|all| all.iter().filter(|w| is_meant(w)).map(|w| w.number).collect::<Vec<_>>());
        for number in meant {
            if after.is_zero() {
                self.wake_one(number);
            } else {
                set_timeout(move || self.wake_one(number), after);
            }
        }
    }

    /// Wakes a watcher now if it was not woken a moment ago; else once that moment is over.
    fn wake_one(self, number: u32) {
        let wakes = self.watchers.try_update_value(|all| {
            let watcher = all.iter_mut().find(|w| w.number == number)?;
            // What is being typed into must not be painted anew.
            if watcher.is_resting || is_being_edited() {
                watcher.is_due = true;
            }
            let is_free = !watcher.is_resting && !watcher.is_due;
            let must_rest = !watcher.is_resting;
            watcher.is_resting = true;
            Some((is_free.then_some(watcher.wakes), must_rest))
        });
        let Some(Some((wakes, must_rest))) = wakes else { return };
        if let Some(wakes) = wakes {
            wakes.update(|n| *n = n.wrapping_add(1));
        }
        if must_rest {
            let rested = move || {
                let is_due = self.watchers.try_update_value(|all| {
                    let watcher = all.iter_mut().find(|w| w.number == number)?;
                    watcher.is_resting = false;
                    Some(std::mem::take(&mut watcher.is_due))
                });
                if is_due == Some(Some(true)) {
                    self.wake_one(number);
                }
            };
            set_timeout(rested, PAUSE);
        }
    }
}

fn spread() -> Duration {
    Duration::from_secs_f64(js_sys::Math::random() * SPREAD)
}

/// Whether a field of the record is being edited in its place.
fn is_being_edited() -> bool {
    document().query_selector(".inline-edit").is_ok_and(|found| found.is_some())
}
