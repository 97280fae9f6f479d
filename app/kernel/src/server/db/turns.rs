//! Few turns at a time for each person, so that one who asks for much leaves room for the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use uuid::Uuid;

use super::DbError;

/// Turns of one person beside their first.
const FURTHER: usize = 2;

/// The turns of everybody. Each person has a first turn whatever the others do; the further ones, of which each may take
/// [`FURTHER`], are so many for all together.
pub(super) struct Turns {
    people: Mutex<HashMap<Uuid, Own>>,
    further: Arc<Semaphore>,
    patience: Duration,
}

#[derive(Clone)]
struct Own {
    first: Arc<Semaphore>,
    further: Arc<Semaphore>,
}

/// A turn, over when it is dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    person: Uuid,
    held: Vec<OwnedSemaphorePermit>,
}

impl Turns {
    pub fn new(further: usize, patience: Duration) -> Arc<Self> {
        Arc::new(Self { people: Mutex::default(), further: Arc::new(Semaphore::new(further)), patience })
    }

    /// Waits for a turn of a person's.
    pub async fn take(self: &Arc<Self>, person: Uuid) -> Result<Turn, DbError> {
        // Made first, so that it is tidied up behind also who does not wait to the end.
        let mut turn = Turn { turns: self.clone(), person, held: vec![] };
        let own = self.own(person);
        let first = own.first.acquire_owned();
        let further = async {
            let own = own.further.acquire_owned().await?;
            Ok([own, self.further.clone().acquire_owned().await?])
        };
        let either = async {
            tokio::select! {
                biased;
                first = first => first.map(|first| vec![first]),
                further = further => further.map(Vec::from),
            }
        };
        turn.held = timeout(self.patience, either).await.map_err(|_| DbError::Busy)?.map_err(|_| DbError::Busy)?;
        Ok(turn)
    }

    fn own(&self, person: Uuid) -> Own {
        let new = || Own { first: Arc::new(Semaphore::new(1)), further: Arc::new(Semaphore::new(FURTHER)) };
        self.people.lock().unwrap_or_else(PoisonError::into_inner).entry(person).or_insert_with(new).clone()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.held.clear();
        let mut people = self.turns.people.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has or waits for a turn holds it as well, or its permit does.
        let is_idle = people
            .get(&self.person)
            .is_some_and(|own| Arc::strong_count(&own.first) == 1 && Arc::strong_count(&own.further) == 1);
        if is_idle {
            people.remove(&self.person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: Uuid = Uuid::from_u128(1);

    #[tokio::test]
    async fn everybody_has_a_first_turn_and_few_have_more() {
        let turns = Turns::new(3, Duration::from_millis(20));
        let anas: Vec<_> = futures::future::join_all((0..4).map(|_| turns.take(ANA))).await;
        assert_eq!(anas.iter().filter(|turn| turn.is_ok()).count(), 1 + FURTHER);
        // One further turn is left for all the others.
        let mut others = vec![];
        for person in 10..20 {
            others.push(turns.take(Uuid::from_u128(person)).await.expect("the first"));
        }
        let second = turns.take(Uuid::from_u128(10)).await.expect("the last of the further ones");
        assert!(matches!(turns.take(Uuid::from_u128(11)).await, Err(DbError::Busy)));
        drop(second);
        turns.take(Uuid::from_u128(11)).await.expect("free again");
        drop((anas, others));
        assert!(turns.people.lock().unwrap().is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn a_turn_that_ends_goes_to_who_waits() {
        let turns = Turns::new(0, Duration::from_secs(20));
        let held = turns.take(ANA).await.unwrap();
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(ANA).await.is_ok() }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap());
        assert!(turns.people.lock().unwrap().is_empty());
    }
}
