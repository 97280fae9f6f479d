//! The connection itself: opened, kept, opened again.

use std::{cell::RefCell, time::Duration};

use leptos::prelude::*;
use realtime::{self, Hello, Look, Message, Since};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::Live;

/// The first wait before another try, and the longest, in seconds.
const FIRST: f64 = 0.4;
const LONGEST: f64 = 30.0;
/// The server says something every 25 seconds; after so long without a word the connection is dead.
const SILENCE: Duration = Duration::from_secs(65);
/// The close code for who was signed out.
const SIGNED_OUT: u16 = 4401;

thread_local! {
    /// The page's one connection. What a page is painted from on the server may go from thread to thread; this may not.
    static SOCKET: RefCell<Option<WebSocket>> = const { RefCell::new(None) };
}

fn socket() -> Option<WebSocket> {
    SOCKET.with_borrow(Clone::clone)
}

/// Says which record is open here.
pub(super) fn say_where(live: Live) {
    let Some(socket) = socket() else { return };
    if socket.ready_state() == WebSocket::OPEN
        && let Some(look) = live.looking.try_get_value()
        && let Ok(text) = serde_json::to_string(&Look { look })
    {
        // What is not sent now is said again when the connection is back.
        let _ = socket.send_with_str(&text);
    }
}

#[derive(Clone, Copy)]
pub(super) struct Link {
    tries: StoredValue<u32>,
    /// After what to go on.
    since: StoredValue<Option<Since>>,
    /// Grows with each word, so that silence is noticed.
    words: StoredValue<u32>,
    /// Whether whoever sits here was signed out: then nothing is tried again by itself.
    is_out: StoredValue<bool>,
    is_over: StoredValue<bool>,
}

impl Link {
    pub fn new(since: Option<Since>) -> Self {
        Self {
            tries: StoredValue::new(0),
            since: StoredValue::new(since),
            words: StoredValue::new(0),
            is_out: StoredValue::new(false),
            is_over: StoredValue::new(false),
        }
    }

    pub fn open(self, live: Live) {
        if self.is_gone() {
            return;
        }
        let Some(socket) = self.address().and_then(|address| WebSocket::new(&address).ok()) else { return };
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(message) = event.data().as_string().and_then(|text| serde_json::from_str(&text).ok()) {
                self.hear(live, message);
            }
        });
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            SOCKET.set(None);
            if event.code() == SIGNED_OUT {
                self.is_out.set_value(true);
                if !self.is_gone() {
                    live.signed_out.set(true);
                }
            }
            if self.is_out.try_get_value() == Some(false) {
                self.open_later(live);
            }
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        // They live as long as the page may need them: a connection is opened again now and then, not often.
        on_message.forget();
        on_close.forget();
        SOCKET.set(Some(socket));
    }

    /// Opens what was closed because whoever sits here was signed out.
    pub fn try_again(self, live: Live) {
        if self.is_out.try_get_value() == Some(true) && socket().is_none() {
            self.open(live);
        }
    }

    pub fn close(self) {
        self.is_over.try_set_value(true);
        if let Some(socket) = socket() {
            // It may be closed already.
            let _ = socket.close();
        }
    }

    fn address(self) -> Option<String> {
        let location = window().location();
        let (protocol, host) = (location.protocol().ok()?, location.host().ok()?);
        let protocol = if protocol == "https:" { "wss:" } else { "ws:" };
        let since = self.since.get_value().map(|since| format!("?hub={}&after={}", since.hub, since.at));
        Some(format!("{protocol}//{host}/ws/notifications/{}", since.unwrap_or_default()))
    }

    /// Whether the page has left the part of it that listens.
    fn is_gone(self) -> bool {
        self.is_over.try_get_value() != Some(false)
    }

    fn hear(self, live: Live, message: Message) {
        if self.is_gone() {
            return;
        }
        self.watch_for_silence();
        if let Some(at) = message.at {
            self.since.update_value(|since| {
                if let Some(since) = since {
                    since.at = at;
                }
            });
        }
        match message.event.as_str() {
            realtime::HELLO => {
                self.tries.set_value(0);
                if self.is_out.get_value() {
                    self.is_out.set_value(false);
                    live.signed_out.set(false);
                }
                // Without a place something was missed: until it was heard, one comes back as who was somewhere else.
                if let (Some(at), Ok(Hello { hub })) = (message.at, serde_json::from_value(message.data)) {
                    self.since.set_value(Some(Since { hub, at }));
                }
                say_where(live);
            }
            realtime::BEAT => {}
            _ => live.hear(message),
        }
    }

    fn watch_for_silence(self) {
        self.words.update_value(|n| *n = n.wrapping_add(1));
        let words = self.words.get_value();
        let check = move || {
            if self.words.try_get_value() == Some(words)
                && let Some(socket) = socket()
            {
                let _ = socket.close();
            }
        };
        set_timeout(check, SILENCE);
    }

    /// Tries again after a while that doubles, not all pages at once.
    fn open_later(self, live: Live) {
        let Some(tries) = self.tries.try_get_value() else { return };
        self.tries.set_value(tries.saturating_add(1));
        let wait = (FIRST * f64::from(1_u32 << tries.min(8))).min(LONGEST) * (0.5 + js_sys::Math::random());
        set_timeout(move || self.open(live), Duration::from_secs_f64(wait));
    }
}
