//! How often somebody may ask.
//!
//! A request is counted by what it asks for, whatever it says of itself: the API, the functions behind the screens, or a
//! page. Each is counted by the person it is asked for, or by the network address of who is not signed in, and only the
//! limits of the API are such that anybody meets them. Signing in has its own throttle, and so has starting an export,
//! which all processes count together. Each process counts for itself here, in memory.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{ConnectInfo, Request, State as Extracted},
    http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::{
    AppError, Timestamp,
    server::{Clock, Problem},
};
use records::server::Actor;
use uuid::Uuid;

use super::{csrf, health};
use crate::{
    config::{Limits, Rates},
    state::State,
};

/// Callers counted at a time. Beyond, those whose windows are over are forgotten, then all.
const MOST: usize = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Api,
    Anonymous,
    Browser,
    Page,
}

/// Where a form sends a file, and where a script signs in.
const UPLOAD: &str = "/imports/upload";
const LOGIN: &str = "/api/v1/auth/login/";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Person(Uuid),
    /// An IPv4 address, or the 64 bits of an IPv6 address that name a network.
    Address(u128),
}

/// The requests counted in each window of a class.
type Counted = Vec<(Timestamp, u32)>;

/// Who called how often of late. Cheap to clone.
#[derive(Clone)]
pub struct Governor(Arc<Inner>);

struct Inner {
    limits: Limits,
    public_url: String,
    clock: Clock,
    counted: Mutex<HashMap<(Class, Who), Counted>>,
}

/// How a caller stands with the window that is nearest to its end of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    limit: u32,
    remaining: u32,
    /// Seconds until the window is over.
    reset: u32,
    is_refused: bool,
}

impl Governor {
    pub fn new(state: &State) -> Self {
        let (limits, clock) = (state.config.limits.clone(), state.app.clock().clone());
        let public_url = state.config.web.public_url.clone();
        Self(Arc::new(Inner { limits, public_url, clock, counted: Mutex::default() }))
    }

    fn rates(&self, class: Class) -> &Rates {
        match class {
            Class::Api => &self.0.limits.api,
            Class::Anonymous => &self.0.limits.anonymous,
            Class::Browser => &self.0.limits.browser,
            Class::Page => &self.0.limits.pages,
        }
    }

    /// Counts a request, unless it is one too many. `None` where there is no limit.
    fn count(&self, class: Class, who: Who) -> Option<Standing> {
        let Rates(windows) = self.rates(class);
        if windows.is_empty() {
            return None;
        }
        let now = self.0.clock.now();
        let mut counted = self.0.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= MOST && !counted.contains_key(&(class, who)) {
            counted.retain(|(class, _), counts| !is_over(self.rates(*class), counts, now));
            if counted.len() >= MOST {
                counted.clear();
            }
        }
        let counts = counted.entry((class, who)).or_insert_with(|| vec![(now, 0); windows.len()]);
        for ((start, used), window) in counts.iter_mut().zip(windows) {
            if now >= start.plus_seconds(window.seconds.into()) {
                (*start, *used) = (now, 0);
            }
        }
        let is_refused = counts.iter().zip(windows).any(|((_, used), window)| *used >= window.requests);
        if !is_refused {
            for (_, used) in counts.iter_mut() {
                *used += 1;
            }
        }
        let standings = counts.iter().zip(windows).map(|((start, used), window)| {
            let left = start.plus_seconds(window.seconds.into()).micros() - now.micros();
            // Rounded up: a window is not over before its last second is.
            let reset = u32::try_from((left + 999_999) / 1_000_000).unwrap_or(0).max(1);
            Standing { limit: window.requests, remaining: window.requests - used, reset, is_refused }
        });
        // Of several that are used up, the one that lasts longest says when to come back.
        standings.min_by_key(|s| (s.remaining, u32::MAX - s.reset))
    }
}

fn is_over(Rates(windows): &Rates, counts: &Counted, now: Timestamp) -> bool {
    counts.iter().zip(windows).all(|((start, _), window)| now >= start.plus_seconds(window.seconds.into()))
}

/// Refuses who calls too often, and tells scripts how much they have left.
pub async fn refuse_haste(Extracted(governor): Extracted<Governor>, request: Request, next: Next) -> Response {
    let Some((class, who)) = caller(&request, &governor.0.public_url) else { return next.run(request).await };
    let Some(standing) = governor.count(class, who) else { return next.run(request).await };
    let mut response = if standing.is_refused {
        Problem(AppError::TooMany(standing.reset)).into_response()
    } else {
        next.run(request).await
    };
    // What has a limit of its own says how one stands with that.
    if matches!(class, Class::Api | Class::Anonymous) && !response.headers().contains_key(LIMIT) {
        let Standing { limit, remaining, reset, .. } = standing;
        tell(response.headers_mut(), governor.rates(class), [limit, remaining, reset]);
    }
    response
}

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");

/// The fields of draft-ietf-httpapi-ratelimit-headers-07, as most clients know them: how much one may do, how much of it
/// is left, and in how many seconds there is more.
pub fn tell(headers: &mut HeaderMap, rates: &Rates, [limit, remaining, reset]: [u32; 3]) {
    headers.insert(LIMIT, limit.into());
    headers.insert(HeaderName::from_static("ratelimit-remaining"), remaining.into());
    headers.insert(HeaderName::from_static("ratelimit-reset"), reset.into());
    if let Ok(policy) = HeaderValue::from_str(&rates.to_string()) {
        headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
    }
}

fn caller(request: &Request, public_url: &str) -> Option<(Class, Who)> {
    let path = request.uri().path();
    if health::serves(path) {
        return None;
    }
    let person = request.extensions().get::<Arc<Actor>>().and_then(|actor| actor.user).map(Who::Person);
    let is_socket = path.starts_with("/ws/");
    let is_script = request.headers().contains_key(AUTHORIZATION);
    let is_interface = path.starts_with("/api/v1/");
    let is_behind_screens = path.starts_with("/api/") || is_socket || path == UPLOAD;
    let is_page = || is_return(request) && csrf::is_page(request.headers(), public_url);
    match person {
        Some(person) if is_interface || is_script => Some((Class::Api, person)),
        Some(person) if is_behind_screens => Some((Class::Browser, person)),
        Some(person) => Some((Class::Page, person)),
        // Counts failures by account and network: an office behind one address signs in all the same.
        None if path == LOGIN => None,
        None if is_interface || is_script || is_socket && !is_page() => Some((Class::Anonymous, address(request))),
        None if is_behind_screens => Some((Class::Browser, address(request))),
        None => Some((Class::Page, address(request))),
    }
}

/// Whether a socket is asked for with nothing but where its page left off. For a ticket the database would be asked.
fn is_return(request: &Request) -> bool {
    let mut parts = request.uri().query().unwrap_or_default().split('&');
    parts.all(|part| part.is_empty() || part.starts_with("hub=") || part.starts_with("after="))
}

fn address(request: &Request) -> Who {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    Who::Address(match peer {
        Some(IpAddr::V4(v4)) => v4.to_bits().into(),
        Some(IpAddr::V6(v6)) => v6.to_bits() >> 64 << 64,
        None => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn governor(api: &str, clock: &Clock) -> Governor {
        let rates = |text: &str| text.parse().unwrap();
        let limits = Limits {
            api: rates(api),
            anonymous: rates("2/min"),
            browser: rates("off"),
            pages: rates("off"),
            exports: rates("off"),
        };
        let public_url = "https://crm.example".to_owned();
        Governor(Arc::new(Inner { limits, public_url, clock: clock.clone(), counted: Mutex::default() }))
    }

    #[test]
    fn every_window_holds_and_starts_anew() {
        let clock = Clock::fixed(Timestamp::from_micros(1_000_000_000_000));
        let governor = governor("2/min, 3/h", &clock);
        let count = || governor.count(Class::Api, Who::Person(Uuid::nil())).unwrap();
        let standing = |limit, remaining, reset, is_refused| Standing { limit, remaining, reset, is_refused };
        assert_eq!(count(), standing(2, 1, 60, false));
        clock.advance_seconds(10);
        assert_eq!(count(), standing(2, 0, 50, false));
        assert_eq!(count(), standing(2, 0, 50, true));
        clock.advance_seconds(50);
        assert_eq!(count(), standing(3, 0, 3_540, false));
        clock.advance_seconds(60);
        assert_eq!(count(), standing(3, 0, 3_480, true));
        clock.advance_seconds(3_480);
        assert_eq!(count(), standing(2, 1, 60, false));
    }

    #[test]
    fn callers_do_not_count_against_one_another() {
        let governor = governor("1/min", &Clock::default());
        let refused = |class, who| governor.count(class, who).is_some_and(|s| s.is_refused);
        let (ana, ben) = (Who::Person(Uuid::nil()), Who::Person(Uuid::max()));
        assert!(!refused(Class::Api, ana) && !refused(Class::Api, ben));
        assert!(refused(Class::Api, ana) && refused(Class::Api, ben));
        assert!(!refused(Class::Anonymous, ana));
        assert!((0..9).all(|_| !refused(Class::Browser, ana)));
    }
}
