//! The way out: settings, connections that are kept for a moment, and how long anything may take.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use kernel::{AppError, FieldErrors};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use records::server::App;

use crate::{
    outbox::settings::{MailSettings, SECTION, Smtp, Transport},
    server::{
        outside::{Client, Guard},
        settings,
    },
};

/// Servers close what is idle; most wait a minute or more.
const KEPT: Duration = Duration::from_secs(25);
const KEPT_AT_MOST: usize = 4;

/// How long a server may take (RFC 5321, section 4.5.3.2, is more patient still with commands).
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub connecting: Duration,
    /// For the greeting and the answer to a command.
    pub answering: Duration,
    /// For a message to be taken and acknowledged.
    pub taking: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connecting: Duration::from_secs(20), answering: Duration::from_mins(1), taking: Duration::from_mins(10) }
    }
}

/// What sends mail; provided to the program once.
pub struct Mailer {
    /// Who may be asked to take mail.
    pub(super) guard: Guard,
    pub(super) client: Client,
    /// Authorities trusted beside the system's, in PEM.
    pub(super) authorities: Vec<Vec<u8>>,
    /// In place of Amazon's own address.
    pub(super) ses_endpoint: Option<String>,
    pub(super) patience: Patience,
    name: String,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    server: Smtp,
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Mailer {
    /// Introduces itself to servers by `name`, which is also the right half of each Message-ID.
    pub fn new(
        name: &str,
        guard: Guard,
        client: Client,
        authorities: Vec<Vec<u8>>,
        ses_endpoint: Option<String>,
    ) -> Self {
        let patience = Patience::default();
        Self { guard, client, authorities, ses_endpoint, patience, name: name.to_owned(), idle: Mutex::default() }
    }

    #[must_use]
    pub const fn with(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| kept.since.elapsed() < KEPT);
        idle
    }

    /// A connection to a server that was kept.
    pub(super) fn take(&self, server: &Smtp) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle();
        let at = idle.iter().position(|kept| kept.server == *server)?;
        Some(idle.swap_remove(at).connection)
    }

    pub(super) fn keep(&self, server: Smtp, connection: AsyncSmtpConnection) {
        let mut idle = self.idle();
        if idle.len() < KEPT_AT_MOST {
            idle.push(Idle { server, connection, since: Instant::now() });
        }
    }
}

/// The settings, or what is wrong with them.
pub(super) async fn settings(app: &App) -> Result<Result<MailSettings, FieldErrors>, AppError> {
    Ok(settings::texts(app, &SECTION).await?.and_then(|texts| MailSettings::of(&texts)))
}

/// The account at Amazon that mail is sent with, for its other services, and who may ask there.
pub async fn amazon(app: &App) -> Result<Option<(Client, aws::Config)>, AppError> {
    let Ok(MailSettings { transport: Transport::Ses(account), .. }) = settings(app).await? else { return Ok(None) };
    let mailer = app.service::<Mailer>()?;
    let config = aws::Config {
        region: account.region,
        access_key_id: account.access_key_id,
        secret_access_key: account.secret_access_key,
        endpoint: mailer.ses_endpoint.clone(),
    };
    Ok(Some((mailer.client.clone(), config)))
}

/// Why nothing can be sent; `None` where it can.
pub(super) async fn hindrance(app: &App) -> Result<Option<String>, AppError> {
    Ok(match settings(app).await? {
        Ok(settings) if settings.transport == Transport::None => Some(NO_WAY.to_owned()),
        Ok(_) => None,
        Err(errors) => Some(unusable(&errors)),
    })
}

pub(super) const NO_WAY: &str = "There is no way to send mail yet.";

pub(super) fn unusable(errors: &FieldErrors) -> String {
    let first = errors.0.values().flatten().next().map(String::as_str).unwrap_or_default();
    format!("The settings for mail cannot be used. {first}")
}

/// What the program shares of it.
pub(super) fn of(app: &App) -> Result<Arc<Mailer>, AppError> {
    app.service::<Mailer>()
}
