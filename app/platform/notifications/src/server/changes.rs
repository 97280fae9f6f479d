//! Who is told of what was written: read from the events and changes that every write leaves, once its change-set is
//! done. A change-set tells each person at most once that records became theirs and once that records of theirs were
//! changed, whatever its size.

mod people;
mod words;

use std::time::Duration;

use jobs::server::Actors;
use kernel::{AppError, server::DbError};
use records::server::{App, Ctx};
use tokio::{sync::watch, time::MissedTickBehavior};
use uuid::Uuid;

use super::{notify, store};

/// Without being told, somebody looks so often whether something was written.
const LOOK: Duration = Duration::from_secs(10);
/// What fails is left alone for so long.
const REST: Duration = Duration::from_secs(30);

/// Reads what is written, until told to stop.
pub async fn watch(app: App, actors: Actors, mut stop: watch::Receiver<bool>) {
    let mut told = app.db().listen();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            signal = told.next() => match signal.as_deref() {
                Some(signal) if is_about_records(signal) => {}
                Some(_) => continue,
                None => break,
            },
            _ = look.tick() => {}
            _ = stop.changed() => break,
        }
        let ctx = app.ctx(std::sync::Arc::new(records::server::Actor::system()));
        if let Err(error) = read_changes(&ctx, &actors).await {
            tracing::warn!(%error, "who is concerned by changes could not be told");
            tokio::time::sleep(REST).await;
        }
    }
}

fn is_about_records(signal: &str) -> bool {
    signal.starts_with("written ") || signal.starts_with("finished ") || signal == kernel::server::EVERYTHING
}

/// Tells those concerned by each change-set that is done, and says how many change-sets that were.
pub async fn read_changes(ctx: &Ctx, actors: &Actors) -> Result<usize, AppError> {
    let mut read = 0;
    loop {
        let sets = store::unnoticed(ctx.db()).await?;
        if sets.is_empty() {
            return Ok(read);
        }
        for set in sets {
            read += usize::from(read_set(ctx, actors, set).await?);
        }
    }
}

/// One change-set. False where another process was faster.
async fn read_set(ctx: &Ctx, actors: &Actors, change_set: Uuid) -> Result<bool, AppError> {
    let set = store::find_set(ctx.db(), change_set).await?.ok_or(DbError::Aborted)?;
    // What the program put there to look at concerns nobody, and what was taken back meanwhile nobody any more.
    let is_told = set.source != "sample" && set.status == "done";
    let mut notices = vec![];
    for record_type in &set.types {
        if is_told && let Some(concerned) = people::concerned(ctx, actors, &set, record_type).await? {
            notices.extend(words::notices(ctx, actors, &set, concerned).await?);
        }
    }
    let mut tx = ctx.db().begin().await?;
    if !store::note(&mut tx, change_set, ctx.now()).await? {
        return Ok(false);
    }
    for notice in notices {
        notify(&mut tx, ctx, notice).await?;
    }
    tx.commit().await?;
    Ok(true)
}
