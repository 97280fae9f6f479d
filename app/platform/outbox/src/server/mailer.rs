//! The way out: settings, connections that are kept for a moment, and how long anything may take.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use kernel::{AppError, FieldErrors};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use outside::{Client, Guard};
use records::server::App;

use crate::settings::{Amazon, MailSettings, SECTION, Smtp, Transport};

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
    pub(super) endpoints: Endpoints,
    pub(super) patience: Patience,
    name: String,
    idle: Mutex<Vec<Idle>>,
}

/// Addresses in place of Amazon's own.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    pub ses: Option<String>,
    pub sns: Option<String>,
}

struct Idle {
    server: Smtp,
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Mailer {
    /// Introduces itself to servers by `name`, which is also the right half of each Message-ID.
    pub fn new(name: &str, guard: Guard, client: Client, authorities: Vec<Vec<u8>>, endpoints: Endpoints) -> Self {
        let patience = Patience::default();
        Self { guard, client, authorities, endpoints, patience, name: name.to_owned(), idle: Mutex::default() }
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
    Ok(settings::server::texts(app, &SECTION).await?.and_then(|texts| MailSettings::of(&texts)))
}

/// The account at Amazon that text messages are sent with, whatever sends mail, and what asks there; or why none are.
pub async fn amazon(app: &App) -> Result<Result<(Client, aws::Config), String>, AppError> {
    let account = match settings::server::texts(app, &SECTION).await? {
        Ok(texts) if !Amazon::is_meant(&texts) => return Ok(Err(NO_ACCOUNT.to_owned())),
        Ok(texts) => Amazon::of(&texts),
        Err(errors) => Err(errors),
    };
    let mailer = app.service::<Mailer>()?;
    let config = account.map(|account| (mailer.client.clone(), account.config(mailer.endpoints.sns.clone())));
    Ok(config.map_err(|errors| unusable(&errors)))
}

impl Amazon {
    pub(super) fn config(&self, endpoint: Option<String>) -> aws::Config {
        let Self { region, access_key_id, secret_access_key } = self.clone();
        aws::Config { region, access_key_id, secret_access_key, endpoint }
    }
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
const NO_ACCOUNT: &str = "Text messages need an account at Amazon, which is entered with the settings for mail.";

pub(super) fn unusable(errors: &FieldErrors) -> String {
    let first = errors.0.values().flatten().next().map(String::as_str).unwrap_or_default();
    format!("The settings for mail cannot be used. {first}")
}

/// What the program shares of it.
pub(super) fn of(app: &App) -> Result<Arc<Mailer>, AppError> {
    app.service::<Mailer>()
}
