//! Handing messages to a mail server (RFC 5321), command by command: each recipient's answer counts for itself, and it
//! is known at every moment whether the server can have the message.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kernel::server::connection_trouble;
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
        response::Response,
    },
};
use outside::OutsideError;

use super::{
    address,
    mailer::Mailer,
    send::{Handed, Trouble},
};
use crate::settings::{Encryption, Smtp};

/// How much of a message is written at once.
const PIECE: usize = 64 * 1024;

/// A server that waits for the message, or has no recipient for it.
pub struct Ready {
    server: Smtp,
    connection: AsyncSmtpConnection,
    /// What it said to each recipient, in their order.
    pub answers: Vec<Result<String, Trouble>>,
}

/// Goes as far as a message can go without being handed over.
pub async fn prepare(mailer: &Mailer, server: &Smtp, from: &str, to: &[String]) -> Result<Ready, Trouble> {
    if let Some(kept) = mailer.take(server) {
        // One that the server closed meanwhile shows here, before anything is handed over.
        if let Ok(ready) = introduce(mailer, server, kept, from, to).await {
            return Ok(ready);
        }
    }
    let connection = connect(mailer, server).await?;
    introduce(mailer, server, connection, from, to).await
}

/// Hands the message over to the recipients that were accepted.
pub async fn hand_over(mailer: &Mailer, ready: Ready, message: &[u8]) -> Handed {
    let Ready { server, mut connection, .. } = ready;
    match answer(mailer.patience.answering, connection.command(Data)).await {
        Ok(_) => {}
        Err(Failed::Answered(trouble)) => return trouble.into(),
        // Nothing of the message was written yet.
        Err(Failed::Lost(why)) => return Handed::Temporary(why),
    }
    let is_complete = Arc::new(AtomicBool::new(false));
    let pieces = Pieces { rest: message, is_complete: is_complete.clone() };
    match answer(mailer.patience.taking, connection.message_iter(pieces)).await {
        Ok(said) => {
            mailer.keep(server, connection);
            Handed::Accepted(said)
        }
        Err(Failed::Answered(trouble)) => trouble.into(),
        // Without the line that ends it a server may not deliver a message (RFC 5321, section 4.1.1.4).
        Err(Failed::Lost(why)) if !is_complete.load(Ordering::SeqCst) => Handed::Temporary(why),
        Err(Failed::Lost(why)) => Handed::Uncertain(why),
    }
}

/// Goes no further with a message that no recipient was accepted for.
pub async fn leave(mailer: &Mailer, ready: Ready) {
    let Ready { server, mut connection, .. } = ready;
    if answer(mailer.patience.answering, connection.command(Rset)).await.is_ok() {
        mailer.keep(server, connection);
    }
}

/// A message in pieces, that tells when the last was taken: what is written next ends it.
struct Pieces<'a> {
    rest: &'a [u8],
    is_complete: Arc<AtomicBool>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            self.is_complete.store(true, Ordering::SeqCst);
            return None;
        }
        let (piece, rest) = self.rest.split_at(PIECE.min(self.rest.len()));
        self.rest = rest;
        Some(piece)
    }
}

async fn connect(mailer: &Mailer, server: &Smtp) -> Result<AsyncSmtpConnection, Trouble> {
    let addresses = mailer.guard.resolve(&server.host, server.port).await.map_err(|e| match e {
        OutsideError::Unknown(_) => Trouble::Temporary(sentence(&e.to_string())),
        OutsideError::Refused { .. } => {
            Trouble::Permanent(sentence(&format!("{e}; an operator can allow it with MAINSTAY_OUTSIDE_ALLOW")))
        }
        OutsideError::NoName(_) => Trouble::Permanent(sentence(&e.to_string())),
    })?;
    let hello = ClientId::Domain(mailer.name().to_owned());
    let tls = tls(mailer, server).map_err(|e| Trouble::Permanent(explained(&e)))?;
    let at_once = (server.encryption == Encryption::Tls).then(|| tls.clone());
    let mut why = format!("{} cannot be reached.", server.host);
    for address in addresses {
        let limit = mailer.patience.connecting;
        let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(limit), &hello, at_once.clone(), None);
        let connected = answer_of(mailer.patience.answering, connecting).await;
        match connected {
            Ok(mut connection) => {
                secure(mailer, server, &mut connection, tls, &hello).await?;
                return Ok(connection);
            }
            Err(Failed::Answered(trouble)) => return Err(trouble),
            Err(Failed::Lost(reason)) => why = format!("{}:{}: {reason}", server.host, server.port),
        }
    }
    Err(Trouble::Temporary(why))
}

fn tls(mailer: &Mailer, server: &Smtp) -> Result<TlsParameters, Error> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    for pem in &mailer.authorities {
        parameters = parameters.add_root_certificate(Certificate::from_pem(pem)?);
    }
    parameters.build_rustls()
}

/// Encrypts, where that is wanted, and signs in. Nothing is sent where the server offers less than was asked for.
async fn secure(
    mailer: &Mailer,
    server: &Smtp,
    connection: &mut AsyncSmtpConnection,
    tls: TlsParameters,
    hello: &ClientId,
) -> Result<(), Trouble> {
    let limit = mailer.patience.answering;
    if server.encryption == Encryption::StartTls {
        if !connection.can_starttls() {
            return Err(Trouble::Temporary(format!(
                "{} offers no encryption (STARTTLS), so nothing was sent to it.",
                server.host
            )));
        }
        answer_of(limit, connection.starttls(tls, hello)).await.map_err(Failed::before)?;
    }
    if let Some((user, password)) = &server.account {
        let credentials = Credentials::new(user.clone(), password.clone());
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        answer(limit, connection.auth(&mechanisms, &credentials)).await.map_err(|failed| match failed.before() {
            // A new password heals it, and the mail of the hours until then goes out by itself.
            Trouble::Permanent(why) => Trouble::Temporary(format!("Signing in as {user} was refused: {why}")),
            Trouble::Temporary(why) => Trouble::Temporary(format!("Signing in as {user} failed: {why}")),
        })?;
    }
    Ok(())
}

/// Names the sender and each recipient.
async fn introduce(
    mailer: &Mailer,
    server: &Smtp,
    mut connection: AsyncSmtpConnection,
    from: &str,
    to: &[String],
) -> Result<Ready, Trouble> {
    let limit = mailer.patience.answering;
    let from = address::parse(from).ok_or_else(|| Trouble::Permanent("The sender's address is none.".to_owned()))?;
    let knows_utf8 = connection.server_info().supports_feature(Extension::SmtpUtfEight);
    let is_ascii = |address: &Address| address.to_string().is_ascii();
    let to: Vec<Option<Address>> = to.iter().map(|to| address::parse(to)).collect();
    let wants_utf8 = knows_utf8 && to.iter().flatten().chain([&from]).any(|address| !is_ascii(address));
    let parameters = if wants_utf8 { vec![MailParameter::SmtpUtfEight] } else { vec![] };
    answer(limit, connection.command(Mail::new(Some(from), parameters))).await.map_err(Failed::before)?;
    let mut answers = vec![];
    for address in to {
        answers.push(match address {
            None => Err(Trouble::Permanent("This is no e-mail address.".to_owned())),
            Some(address) if !is_ascii(&address) && !knows_utf8 => {
                Err(Trouble::Permanent("The mail server takes no addresses with letters like these.".to_owned()))
            }
            Some(address) => match answer(limit, connection.command(Rcpt::new(address, vec![]))).await {
                Ok(said) => Ok(said),
                Err(Failed::Answered(trouble)) => Err(trouble),
                Err(lost @ Failed::Lost(_)) => return Err(lost.before()),
            },
        });
    }
    Ok(Ready { server: server.clone(), connection, answers })
}

/// What a command came to that did not succeed.
enum Failed {
    /// The server said so.
    Answered(Trouble),
    /// The connection is gone, or no good any more.
    Lost(String),
}

impl Failed {
    /// As long as nothing was handed over, a lost connection heals.
    fn before(self) -> Trouble {
        match self {
            Self::Answered(trouble) => trouble,
            Self::Lost(why) => Trouble::Temporary(why),
        }
    }
}

/// The server's words.
async fn answer(limit: Duration, asked: impl Future<Output = Result<Response, Error>>) -> Result<String, Failed> {
    let response = answer_of(limit, asked).await?;
    Ok(format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" ")).trim().to_owned())
}

async fn answer_of<T>(limit: Duration, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Failed> {
    match tokio::time::timeout(limit, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.is_permanent() => Err(Failed::Answered(Trouble::Permanent(explained(&error)))),
        Ok(Err(error)) if error.is_transient() => Err(Failed::Answered(Trouble::Temporary(explained(&error)))),
        Ok(Err(error)) if error.is_client() => Err(Failed::Answered(Trouble::Permanent(explained(&error)))),
        Ok(Err(error)) => Err(Failed::Lost(explained(&error))),
        Err(_) => Err(Failed::Lost(format!("The server did not answer within {} seconds.", limit.as_secs().max(1)))),
    }
}

/// An error in words: the server's own, or what befell the connection.
fn explained(error: &Error) -> String {
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        return format!("{code} {said}").trim().to_owned();
    }
    // What this side cannot do, in sentences.
    if error.is_client() {
        return sentence(&said);
    }
    if error.is_timeout() {
        return "The server did not answer in time.".to_owned();
    }
    match connection_trouble(error) {
        Some(trouble) if error.is_tls() => format!("No encrypted connection came about: {trouble}."),
        Some(trouble) => sentence(trouble),
        None if error.is_tls() => "No encrypted connection came about.".to_owned(),
        None if error.is_response() => "The server's answer makes no sense.".to_owned(),
        None => "The server and this program do not understand each other.".to_owned(),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let text = first + letters.as_str();
    if text.ends_with('.') { text } else { text + "." }
}
