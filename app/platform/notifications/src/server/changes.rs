//! Who is told of what was written: read from the events and changes that every write leaves, once its change-set is
//! done. A change-set tells each person at most once that records became theirs and once that records of theirs were
//! changed, whatever its size.

mod people;
mod words;

use std::{collections::BTreeSet, time::Duration};

use jobs::server::Actors;
use kernel::AppError;
use records::server::{App, Ctx};
use tokio::{sync::watch, time::MissedTickBehavior};

use super::{
    notify,
    store::{self, Set},
};

/// Without being told, somebody looks so often whether something was written.
const LOOK: Duration = Duration::from_secs(10);
/// What is written within so long is read together.
const MOMENT: Duration = Duration::from_millis(100);
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
        if pause(MOMENT, &mut stop).await {
            break;
        }
        told.skip();
        let ctx = app.ctx(std::sync::Arc::new(records::server::Actor::system())).at_work();
        if let Err(error) = read_changes(&ctx, &actors).await {
            tracing::warn!(%error, "who is concerned by changes could not be told");
            pause(REST, &mut stop).await;
        }
    }
}

/// Waits, and says whether it is time to stop.
async fn pause(time: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    // Who can tell to stop no more is gone, and so is the program.
    tokio::time::timeout(time, stop.changed()).await.is_ok()
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
        for some in together(&sets) {
            read += read_sets(ctx, actors, some).await?;
        }
    }
}

/// Neighbours that are small enough to be read at once; what is large is read alone, page by page.
fn together(sets: &[Set]) -> impl Iterator<Item = &[Set]> {
    let most = i64::try_from(people::PAGE).unwrap_or(i64::MAX);
    let mut sum = 0;
    sets.chunk_by(move |one, next| {
        sum += one.changes;
        let fits = sum + next.changes <= most;
        if !fits {
            sum = 0;
        }
        fits
    })
}

/// Some change-sets. Those that another process was faster with are not counted.
async fn read_sets(ctx: &Ctx, actors: &Actors, sets: &[Set]) -> Result<usize, AppError> {
    // What the program put there to look at concerns nobody, and what was taken back meanwhile nobody any more.
    let told: Vec<&Set> = sets.iter().filter(|set| set.source != "sample" && set.status == "done").collect();
    let types: BTreeSet<&str> = told.iter().flat_map(|set| set.types.iter().map(String::as_str)).collect();
    let mut notices = vec![];
    for record_type in types {
        for (set, concerned) in people::concerned(ctx, actors, &told, record_type).await? {
            let told = words::notices(ctx, actors, set, concerned).await?;
            notices.extend(told.into_iter().map(|notice| (set.id, notice)));
        }
    }
    let mut tx = ctx.db().begin().await?;
    let noted = store::note(&mut tx, sets, ctx.now()).await?;
    for (_, notice) in notices.into_iter().filter(|(set, _)| noted.contains(set)) {
        notify(&mut tx, ctx, notice).await?;
    }
    tx.commit().await?;
    Ok(noted.len())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn small_change_sets_are_read_together_and_large_ones_alone() {
        let set = |changes| Set {
            id: Uuid::nil(),
            source: String::new(),
            actor: None,
            status: String::new(),
            types: vec![],
            changes,
        };
        let sets: Vec<Set> = [1, 2, 5_000, 1, 999, 1, 1].into_iter().map(set).collect();
        let groups: Vec<Vec<i64>> = together(&sets).map(|some| some.iter().map(|set| set.changes).collect()).collect();
        assert_eq!(groups, [vec![1, 2], vec![5_000], vec![1, 999], vec![1, 1]]);
    }
}
