//! Whom sockets belong to, looked at again: when somebody signed out, or what they may do has changed.

use std::{collections::HashSet, time::Duration};

use futures::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::{hub::Hub, seat::Seat};

/// Sessions ended elsewhere are remembered here for less than this.
const REMEMBERED: Duration = Duration::from_millis(850);
/// Sockets looked at at a time.
const AT_ONCE: usize = 8;

/// Whose sockets are to be looked at again, and when: those of one person, or of everybody.
#[derive(Default)]
pub(super) struct Doubts(Vec<(Instant, Option<Uuid>)>);

impl Doubts {
    /// Now, and once what other parts of the program remember of sessions is over.
    fn add(&mut self, whose: Option<Uuid>, now: Instant) {
        self.0.extend([now, now + REMEMBERED].map(|at| (at, whose)));
    }

    fn next(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    fn take(&mut self, now: Instant) -> HashSet<Option<Uuid>> {
        self.0.extract_if(.., |(at, _)| *at <= now).map(|(_, whose)| whose).collect()
    }
}

impl Hub {
    /// Has the sockets of one person, or of everybody, looked at again soon.
    pub(super) fn doubt(&self, whose: Option<Uuid>) {
        self.state().doubts.add(whose, Instant::now());
        self.has_doubts().notify_one();
    }

    /// Looks at sockets again for as long as this is awaited, one time after another.
    pub(super) async fn settle_doubts(&self) {
        loop {
            let next = self.state().doubts.next();
            tokio::select! {
                () = self.has_doubts().notified() => {}
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
            let whose = self.state().doubts.take(Instant::now());
            if whose.is_empty() {
                continue;
            }
            let mut seats = self.seats();
            seats.retain(|seat| whose.contains(&None) || whose.contains(&seat.actor().user));
            stream::iter(&seats).for_each_concurrent(AT_ONCE, |seat| self.look_again(seat)).await;
        }
    }

    /// Asks again whom a socket belongs to and what they may do. Who may do something else now reads everything again.
    pub(super) async fn look_again(&self, seat: &Seat) {
        if !seat.look_again().await {
            return;
        }
        seat.resync();
        let place = self.state().looks.place(seat.number);
        if let Err(error) = self.look(seat, place).await {
            tracing::debug!(%error, "it cannot be told who looks at a record");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_doubted_together_is_looked_at_together_now_and_a_moment_later() {
        let (mut doubts, now) = (Doubts::default(), Instant::now());
        let (ana, ben) = (Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
        for whose in [ana, ben, ana] {
            doubts.add(whose, now);
        }
        let both = HashSet::from([ana, ben]);
        assert_eq!((doubts.next(), doubts.take(now)), (Some(now), both.clone()));
        let later = now + REMEMBERED;
        doubts.add(None, later);
        assert_eq!((doubts.next(), doubts.take(later)), (Some(later), &both | &HashSet::from([None])));
        assert_eq!(doubts.next(), Some(later + REMEMBERED));
    }
}
