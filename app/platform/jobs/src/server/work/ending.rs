//! How attempts end, and how that is written down.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kernel::{
    Timestamp,
    server::{DbError, Tx},
};
use uuid::Uuid;

use super::{
    super::{figures::Tally, store},
    Claimed,
};
use crate::State;

/// How an attempt ended.
pub enum Ending {
    /// With what came out of it, as JSON.
    Done(Option<String>),
    /// Not begun or not finished, which costs no attempt; why, where somebody will wonder.
    Snoozed { time: Duration, why: Option<String> },
    /// To be tried again after a time. Without one it is over, and the handler still has to hear of it.
    Failed { why: String, again: Option<Duration> },
    /// For good, cancelled or failed.
    Over { why: String, state: State },
}

/// An attempt that ended.
pub struct Ended {
    pub claimed: Claimed,
    /// The kind, where the program knows it.
    pub kind: Option<&'static str>,
    pub queue: &'static str,
    pub ending: Ending,
    pub took: Duration,
}

/// From one instant to another; nothing where clocks went back.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(to.micros() - from.micros()).unwrap_or(0))
}

/// Writes down how attempts ended. What is not the worker's any more is left alone.
pub async fn write(tx: &mut Tx, all: &[Ended], tally: &mut Tally, now: Timestamp) -> Result<(), DbError> {
    // Most end well and without a word: those go together.
    let mut quiet: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for ended in all {
        if matches!(ended.ending, Ending::Done(None)) {
            quiet.entry(ended.claimed.token).or_default().push(ended.claimed.id);
        }
    }
    let mut completed = BTreeSet::new();
    for (token, ids) in &quiet {
        completed.extend(store::complete_all(tx, *token, ids, now).await?);
    }
    for ended in all {
        let over = match ended.ending {
            Ending::Done(None) => completed.contains(&ended.claimed.id).then_some(State::Completed),
            _ => one(tx, ended, tally, now).await?,
        };
        if let Some(state) = over {
            tally.finished(ended.queue, ended.kind.unwrap_or("unknown"), state, ended.took);
        }
    }
    Ok(())
}

/// Writes one down, and says how it is over if it is.
async fn one(tx: &mut Tx, ended: &Ended, tally: &mut Tally, now: Timestamp) -> Result<Option<State>, DbError> {
    let Claimed { id, token, attempt, .. } = ended.claimed;
    Ok(match &ended.ending {
        Ending::Done(None) => None,
        Ending::Done(Some(result)) => store::complete(tx, id, token, result, now).await?.then_some(State::Completed),
        Ending::Snoozed { time, why } => {
            let is_ours = store::again(tx, id, token, State::Scheduled, after(now, *time), true).await?;
            if let Some(why) = why.as_ref().filter(|_| is_ours) {
                store::add_error(tx, id, attempt - 1, now, why).await?;
            }
            None
        }
        Ending::Failed { why, again: Some(time) } => {
            if store::again(tx, id, token, State::Retryable, after(now, *time), false).await? {
                store::add_error(tx, id, attempt, now, why).await?;
                tally.failed(ended.queue);
            }
            None
        }
        Ending::Failed { why, again: None } => over(tx, ended, why, State::Discarded, tally, now).await?,
        Ending::Over { why, state } => over(tx, ended, why, *state, tally, now).await?,
    })
}

async fn over(
    tx: &mut Tx,
    ended: &Ended,
    why: &str,
    state: State,
    tally: &mut Tally,
    now: Timestamp,
) -> Result<Option<State>, DbError> {
    let Claimed { id, token, attempt, attempts, .. } = ended.claimed;
    if !store::end(tx, id, token, state, now).await? {
        return Ok(None);
    }
    if state == State::Discarded {
        store::add_error(tx, id, attempt.min(attempts), now, why).await?;
        tally.failed(ended.queue);
    }
    Ok(Some(state))
}

/// So long after an instant.
pub fn after(now: Timestamp, time: Duration) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX)))
}
