//! Sending one message, and writing down what became of it.

use std::{sync::Arc, time::Duration};

use jobs::server::{Job, JobCx, Outcome, Policy, Queue, backoff};
use kernel::{
    AppError,
    server::{Tx, unexpected},
};
use records::server::{Actor, Ctx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    TRIAL,
    mailer::{self, Mailer, NO_WAY, unusable},
    message, ses, smtp,
    store::{self, Mail},
};
use crate::{
    Delivery, State,
    settings::{MailSettings, Transport},
};

/// How often sending is tried before a message has failed: for about two days.
const TRIES: i64 = 16;

/// Why a message was not handed over, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Time may heal it.
    Temporary(String),
    Permanent(String),
}

/// What handing a message over came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    Accepted(String),
    Temporary(String),
    Permanent(String),
    /// The server has the message and said nothing.
    Uncertain(String),
}

impl From<Trouble> for Handed {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Temporary(why) => Self::Temporary(why),
            Trouble::Permanent(why) => Self::Permanent(why),
        }
    }
}

/// Sends a message that is in line.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendMail {
    pub message: Uuid,
    /// A message that a person has sent again is another job's.
    pub round: i64,
}

impl Job for SendMail {
    const KIND: &'static str = "platform.send_mail";
    const TITLE: &'static str = "Send a message";
    const QUEUE: Queue = Queue { name: "mail", concurrency: 4 };
    const POLICY: Policy = Policy { timeout: Duration::from_mins(20), ..Policy::USUAL };

    fn key(&self) -> Option<String> {
        Some(format!("{} {}", self.message, self.round))
    }

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let Some(mail) = store::load(cx.ctx.db(), self.message).await? else { return Ok(Outcome::DONE) };
        if mail.round != self.round {
            return Ok(Outcome::DONE);
        }
        match mail.state {
            State::Queued => send(cx, mail).await,
            // An earlier attempt got as far as handing it over, and died.
            State::Sending => {
                lose(cx, mail.id, "The program stopped while the message was handed over.").await?;
                Ok(Outcome::DONE)
            }
            _ => Ok(Outcome::DONE),
        }
    }

    async fn give_up(&self, cx: &JobCx, why: &str) -> Result<(), AppError> {
        lose(cx, self.message, why).await?;
        self.fail(&cx.ctx, why).await
    }
}

impl SendMail {
    /// Nobody sends the message any more that waits in this round.
    pub(super) async fn fail(&self, ctx: &Ctx, why: &str) -> Result<(), AppError> {
        let Some(mail) = store::load(ctx.db(), self.message).await? else { return Ok(()) };
        if mail.state == State::Queued && mail.round == self.round {
            let is_with_some = mail.recipients.iter().any(|(_, to)| to.state == Delivery::Accepted);
            let mut tx = ctx.db().begin().await?;
            store::give_up(&mut tx, &mail, is_with_some, why, ctx.app.clock().now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Enqueues as the program itself: mail goes out even where whoever caused it is gone by then.
pub(super) async fn enqueue(ctx: &Ctx, tx: &mut Tx, job: SendMail) -> Result<(), AppError> {
    jobs::server::enqueue(&ctx.app.ctx(Arc::new(Actor::system())), tx, &job).await.map(drop)
}

async fn lose(cx: &JobCx, id: Uuid, why: &str) -> Result<(), AppError> {
    let mut tx = cx.ctx.db().begin().await?;
    store::lose(&mut tx, id, why, cx.ctx.app.clock().now()).await?;
    Ok(tx.commit().await?)
}

/// A server or service that was told who the message goes to.
enum Ready {
    Smtp(Box<smtp::Ready>),
    Ses,
}

async fn send(cx: &JobCx, mail: Mail) -> Result<Outcome, AppError> {
    let app = &cx.ctx.app;
    let settings = match mailer::settings(app).await? {
        Ok(MailSettings { transport: Transport::None, .. }) => return hold(cx, &mail, NO_WAY).await,
        Ok(settings) => settings,
        Err(errors) => return hold(cx, &mail, &unusable(&errors)).await,
    };
    let mailer = mailer::of(app)?;
    let (places, to): (Vec<i64>, Vec<String>) = mail
        .recipients
        .iter()
        .filter(|(_, to)| to.state == Delivery::Waiting)
        .map(|(n, to)| (*n, to.address.clone()))
        .unzip();
    let organisation = cx.ctx.organisation().name.clone();
    let own = settings.clone();
    let writing = tokio::task::spawn_blocking(move || (message::write(&mail, &own, &organisation), mail));
    let (written, mail) = writing.await.map_err(unexpected)?;
    let written = match written {
        Ok(written) => written,
        Err(why) => return settle(cx, &mail, None, &Trouble::Permanent(why)).await,
    };
    let (ready, answers) = match prepare(&mailer, &settings, &to).await {
        Ok(ready) => ready,
        Err(trouble) => return settle(cx, &mail, None, &trouble).await,
    };
    let answers: Vec<(i64, Result<String, Trouble>)> = places.into_iter().zip(answers).collect();
    let attempt = mail.attempt + 1;
    if !mark(cx, &mail, &settings, attempt, &answers).await? {
        return Ok(Outcome::DONE);
    }
    let handed = match ready {
        Ready::Smtp(ready) if answers.iter().all(|(_, answer)| answer.is_err()) => {
            smtp::leave(&mailer, *ready).await;
            None
        }
        Ready::Smtp(ready) => Some(smtp::hand_over(&mailer, *ready, &written).await),
        Ready::Ses => {
            let Transport::Ses(account) = &settings.transport else { return Ok(Outcome::DONE) };
            Some(ses::hand_over(&mailer, account, app.clock().now(), &settings.sender, &to, &written).await)
        }
    };
    conclude(cx, &mail, attempt, answers, handed).await
}

/// Goes as far as it can be gone without handing anything over, and gives what was said about each recipient.
async fn prepare(
    mailer: &Mailer,
    settings: &MailSettings,
    to: &[String],
) -> Result<(Ready, Vec<Result<String, Trouble>>), Trouble> {
    match &settings.transport {
        Transport::Smtp(server) => {
            let mut ready = smtp::prepare(mailer, server, &settings.sender, to).await?;
            let answers = std::mem::take(&mut ready.answers);
            Ok((Ready::Smtp(Box::new(ready)), answers))
        }
        Transport::Ses(_) => Ok((Ready::Ses, to.iter().map(|_| Ok(String::new())).collect())),
        Transport::None => Err(Trouble::Permanent(NO_WAY.to_owned())),
    }
}

/// Marks the message as being sent, before anything of it leaves. Recipients it is handed over for are uncertain from
/// now on, until an answer says otherwise. False where somebody decided against it meanwhile.
async fn mark(
    cx: &JobCx,
    mail: &Mail,
    settings: &MailSettings,
    attempt: i64,
    answers: &[(i64, Result<String, Trouble>)],
) -> Result<bool, AppError> {
    let mut tx = cx.ctx.db().begin().await?;
    let now = cx.ctx.app.clock().now();
    if !store::begin(&mut tx, mail.id, mail.round, attempt, &settings.sender, now).await? {
        return Ok(false);
    }
    for (n, answer) in answers {
        let (state, words) = match answer {
            Ok(_) => (Delivery::Uncertain, None),
            Err(Trouble::Permanent(why)) => (Delivery::Refused, Some(why)),
            Err(Trouble::Temporary(why)) => (Delivery::Waiting, Some(why)),
        };
        store::set_delivery(&mut tx, mail.id, *n, state, words.map(String::as_str)).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Writes down what handing over came to; `None` where no recipient was left to hand it over for.
async fn conclude(
    cx: &JobCx,
    mail: &Mail,
    attempt: i64,
    answers: Vec<(i64, Result<String, Trouble>)>,
    handed: Option<Handed>,
) -> Result<Outcome, AppError> {
    let now = cx.ctx.app.clock().now();
    let delayed = answers.iter().find_map(|(_, answer)| match answer {
        Err(Trouble::Temporary(why)) => Some(why.clone()),
        _ => None,
    });
    let refused = answers.iter().find_map(|(_, answer)| match answer {
        Err(Trouble::Permanent(why)) => Some(why.clone()),
        _ => None,
    });
    let before = |state: Delivery| mail.recipients.iter().any(|(_, to)| to.state == state);
    let (delivery, words, state, trouble) = match handed {
        Some(Handed::Accepted(said)) => (Delivery::Accepted, said, State::Sent, None),
        Some(Handed::Temporary(why)) => (Delivery::Waiting, why.clone(), State::Queued, Some(why)),
        Some(Handed::Permanent(why)) => (Delivery::Refused, why.clone(), State::Failed, Some(why)),
        Some(Handed::Uncertain(why)) => (Delivery::Uncertain, why.clone(), State::Uncertain, Some(why)),
        None => (Delivery::Refused, String::new(), State::Failed, refused),
    };
    // Whom the server put off is tried again, whatever it did for the others; but nobody touches what is uncertain.
    let (state, trouble) = match (state, delayed) {
        (State::Sent | State::Failed, Some(why)) => (State::Queued, Some(why)),
        (State::Failed, None) if before(Delivery::Accepted) => (State::Sent, None),
        (state, _) => (state, trouble),
    };
    if state == State::Queued {
        let deliveries: Vec<_> =
            answers.iter().filter(|(_, a)| a.is_ok()).map(|(n, _)| (*n, delivery, &words)).collect();
        let trouble = Trouble::Temporary(trouble.unwrap_or_default());
        return settle(cx, mail, Some((attempt, deliveries)), &trouble).await;
    }
    let mut tx = cx.ctx.db().begin().await?;
    if store::end(&mut tx, mail.id, attempt, state, trouble.as_deref(), now).await? {
        for (n, answer) in &answers {
            if answer.is_ok() {
                store::set_delivery(&mut tx, mail.id, *n, delivery, Some(&words)).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(Outcome::DONE)
}

/// The number of an attempt, and what it came to for whom.
type Attempted<'a> = (i64, Vec<(i64, Delivery, &'a String)>);

/// A message that did not go out: again later where time may heal it, else never.
async fn settle(
    cx: &JobCx,
    mail: &Mail,
    attempted: Option<Attempted<'_>>,
    trouble: &Trouble,
) -> Result<Outcome, AppError> {
    let app = &cx.ctx.app;
    let now = app.clock().now();
    let is_last = mail.failures + 1 >= TRIES || mail.kind == TRIAL;
    let (attempt, deliveries) = attempted.unwrap_or((mail.attempt, vec![]));
    let mut tx = cx.ctx.db().begin().await?;
    for (n, state, words) in &deliveries {
        store::set_delivery(&mut tx, mail.id, *n, *state, Some(words)).await?;
    }
    let outcome = match trouble {
        Trouble::Temporary(why) if !is_last => {
            let [chance] = app.rng().bytes();
            let wait = backoff(u32::try_from(mail.failures + 1).unwrap_or(u32::MAX), chance);
            let retry_at = now.plus_seconds(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).max(1));
            let is_put_off = store::later(&mut tx, mail, attempt, why, retry_at).await?;
            if is_put_off { Outcome::Snooze(wait) } else { Outcome::DONE }
        }
        Trouble::Temporary(why) | Trouble::Permanent(why) => {
            let before = mail.recipients.iter().map(|(_, to)| to.state);
            let is_with_some = before.chain(deliveries.iter().map(|(_, s, _)| *s)).any(|s| s == Delivery::Accepted);
            store::give_up(&mut tx, mail, is_with_some, why, now).await?;
            Outcome::DONE
        }
    };
    tx.commit().await?;
    Ok(outcome)
}

async fn hold(cx: &JobCx, mail: &Mail, why: &str) -> Result<Outcome, AppError> {
    let mut tx = cx.ctx.db().begin().await?;
    store::hold(&mut tx, mail.id, mail.round, Some(why)).await?;
    tx.commit().await?;
    Ok(Outcome::DONE)
}
