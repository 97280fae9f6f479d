//! What signing in needs beside the program's state: keys, counters, and what is remembered for a second.

use std::{net::IpAddr, sync::Arc};

use axum::http::Extensions;
use kernel::{AppError, Timestamp};
use leptos::prelude::use_context;
use records::server::{Actor, App, Ctx};

use super::{passwords::Passwords, policy::PolicyCache, sessions::SessionCache, throttle::Throttle, tokens::Keys};

/// How identity is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The program's secret: from it follow the keys that sign tokens.
    pub secret_key: [u8; 32],
    /// The address people reach the program under, such as `https://crm.example.com`.
    pub public_url: String,
    pub strength: super::Strength,
}

/// Cheap to clone; one for the process.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    app: App,
    public_url: String,
    keys: Keys,
    passwords: Passwords,
    sessions: SessionCache,
    policy: PolicyCache,
    throttle: Throttle,
}

impl Identity {
    pub fn new(app: App, settings: Settings) -> Self {
        super::init();
        let public_url = settings.public_url.trim_end_matches('/').to_owned();
        Self(Arc::new(Inner {
            app,
            keys: Keys::new(&settings.secret_key, &public_url),
            public_url,
            passwords: Passwords::new(settings.strength),
            sessions: SessionCache::default(),
            policy: PolicyCache::default(),
            throttle: Throttle::default(),
        }))
    }

    pub fn app(&self) -> &App {
        &self.0.app
    }

    pub fn now(&self) -> Timestamp {
        self.0.app.clock().now()
    }

    /// Whether browsers reach the program over TLS, so that cookies can be kept to it.
    pub fn is_secure(&self) -> bool {
        self.0.public_url.starts_with("https://")
    }

    /// A context in which the program itself acts.
    pub fn system(&self) -> Ctx {
        self.0.app.ctx(Arc::new(Actor::system()))
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(super) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(super) fn sessions(&self) -> &SessionCache {
        &self.0.sessions
    }

    pub(super) fn policy(&self) -> &PolicyCache {
        &self.0.policy
    }

    pub(super) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// Forgets what is remembered, so that the next request reads it again.
    pub fn forget(&self) {
        self.0.sessions.clear();
        self.0.policy.clear();
    }
}

/// The identity, in a server function or a page being rendered. The middleware puts it into every request.
pub fn current() -> Result<(Identity, axum::http::request::Parts), AppError> {
    let parts = use_context::<axum::http::request::Parts>().ok_or(AppError::Unavailable)?;
    let identity = parts.extensions.get::<Identity>().cloned().ok_or(AppError::Unavailable)?;
    Ok((identity, parts))
}

/// The address of whoever sent the request, as far as the server knows it.
pub(super) fn address(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip())
}
