//! One attempt at a job: its handler, what may go wrong around it, and whether there will be another.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use kernel::AppError;
use records::server::Actor;

use super::{
    super::{
        backoff,
        job::{JobCx, Kind, Outcome, Retries, gone},
        store::{self, Claimed},
    },
    EndsWith, LOST, Worker,
    ending::Ending,
};
use crate::State;

/// What is said of a job that was asked to stop.
const CANCELLED: &str = "Cancelled.";

/// One attempt, from the first line of the handler to how it ended.
pub async fn attempt(worker: &Worker, claimed: &Claimed, cancelled: Arc<AtomicBool>) -> (Option<&'static str>, Ending) {
    let Some(kind) = worker.kinds.get(&claimed.kind).cloned() else { return (None, unknown(claimed)) };
    let name = Some(kind.name());
    let (actor, refusal) = match actor(worker, claimed).await {
        Ok(actor) => (actor, None),
        Err(error) => (Arc::new(Actor::system()), Some(error)),
    };
    let cx = context(worker, claimed, cancelled, actor);
    // It was asked to stop in an attempt after which it is to be tried again.
    if claimed.cancel_asked {
        return (name, give_up(&*kind, claimed, cx, CANCELLED.to_owned(), State::Cancelled).await);
    }
    if let Some(error) = refusal {
        return (name, settle(&*kind, claimed, cx, failed(worker, &*kind, claimed, &error)).await);
    }
    // More attempts than there are: the last one died with its worker.
    if claimed.attempt > claimed.attempts {
        return (name, give_up(&*kind, claimed, cx, LOST.to_owned(), State::Discarded).await);
    }
    let limit = kind.policy().timeout;
    // Of its own, so that a panic ends the attempt alone; it ends with the attempt all the same.
    let mut running = tokio::spawn(kind.run(claimed.args.clone(), cx.clone()));
    let _ends = EndsWith(running.abort_handle());
    let outcome = match tokio::time::timeout(limit, &mut running).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(kernel::server::unexpected(panic)),
        Err(_) => {
            // Nobody puts in order what the handler still works on.
            running.abort();
            let _ = running.await;
            let ending = Ending::Failed {
                why: format!("This took longer than the {} seconds it may take.", limit.as_secs()),
                again: retry_after(worker, &*kind, claimed),
            };
            return (name, settle(&*kind, claimed, cx, ending).await);
        }
    };
    let ending = match outcome {
        Ok(Outcome::Done(result)) => Ending::Done(result.map(|json| json.to_string())),
        Ok(Outcome::Snooze(time)) => Ending::Snoozed { time, why: None },
        Ok(Outcome::Cancelled) => {
            return (name, give_up(&*kind, claimed, cx, CANCELLED.to_owned(), State::Cancelled).await);
        }
        Err(error) => failed(worker, &*kind, claimed, &error),
    };
    (name, settle(&*kind, claimed, cx, ending).await)
}

/// Leaves a job to a worker that knows its kind: while versions change, there is one.
fn unknown(claimed: &Claimed) -> Ending {
    if claimed.cancel_asked {
        return Ending::Over { why: CANCELLED.to_owned(), state: State::Cancelled };
    }
    let why = "This version of the program does not know such jobs.".to_owned();
    Ending::Snoozed { time: Duration::from_mins(1), why: Some(why) }
}

async fn actor(worker: &Worker, claimed: &Claimed) -> Result<Arc<Actor>, AppError> {
    match claimed.actor {
        None => Ok(Arc::new(Actor::system())),
        Some(user) => (worker.services.actors)(user).await?.ok_or_else(gone),
    }
}

fn context(worker: &Worker, claimed: &Claimed, cancelled: Arc<AtomicBool>, actor: Arc<Actor>) -> Arc<JobCx> {
    Arc::new(JobCx {
        ctx: worker.app.ctx(actor).at_work(),
        id: claimed.id,
        attempt: u32::try_from(claimed.attempt).unwrap_or(u32::MAX),
        token: claimed.token,
        services: worker.services.clone(),
        cancelled,
    })
}

fn failed(worker: &Worker, kind: &dyn Kind, claimed: &Claimed, error: &AppError) -> Ending {
    let again = if heals(error) { retry_after(worker, kind, claimed) } else { None };
    Ending::Failed { why: error.sentence(), again }
}

/// Whether time may heal it.
const fn heals(error: &AppError) -> bool {
    matches!(
        error,
        AppError::Unavailable
            | AppError::StorageFull
            | AppError::TooLong
            | AppError::NoStorage
            | AppError::Unexpected(_)
            | AppError::TooMany(_)
            | AppError::Stale
            | AppError::Offline
    )
}

/// When to try again; `None` where this was the last attempt.
fn retry_after(worker: &Worker, kind: &dyn Kind, claimed: &Claimed) -> Option<Duration> {
    let is_last = claimed.attempt >= claimed.attempts || kind.policy().retries == Retries::Never;
    let attempt = u32::try_from(claimed.attempt).unwrap_or(u32::MAX);
    let [chance] = worker.app.rng().bytes();
    (!is_last).then(|| backoff(attempt, chance))
}

/// Lets the handler clean up where there will be no other attempt.
async fn settle(kind: &dyn Kind, claimed: &Claimed, cx: Arc<JobCx>, ending: Ending) -> Ending {
    match ending {
        Ending::Failed { why, again: None } => give_up(kind, claimed, cx, why, State::Discarded).await,
        ending => ending,
    }
}

async fn give_up(kind: &dyn Kind, claimed: &Claimed, cx: Arc<JobCx>, why: String, state: State) -> Ending {
    let error = match store::is_claimed(cx.ctx.db(), claimed.id, claimed.token).await {
        Ok(true) => match tokio::spawn(kind.give_up(claimed.args.clone(), cx, why.clone())).await {
            Ok(given_up) => given_up.err(),
            Err(panic) => Some(kernel::server::unexpected(panic)),
        },
        // It is another worker's by now, who is at it.
        Ok(false) => None,
        Err(error) => Some(error.into()),
    };
    if let Some(error) = error {
        tracing::error!(id = %claimed.id, kind = claimed.kind, %error, "what a job left could not be put in order");
    }
    Ending::Over { why, state }
}
