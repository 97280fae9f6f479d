//! Who looks at which record, as those hear it who look at it too.

use std::collections::{BTreeSet, HashMap};

use kernel::AppError;
use records::server::{
    Action, Actor, Entry,
    events::{Hands, Touched},
};
use uuid::Uuid;

use super::{
    hub::{Hub, message},
    looks::{self, Place},
    seat::Seat,
};
use crate::{Person, Presence};

const LOOK: &str = "look";

impl Hub {
    /// Notes at which record a page looks now. One that its viewer may not see counts as none. A page that says the same
    /// again, since it may have missed something, is told again who looks.
    pub(super) async fn look(&self, seat: &Seat, at: Option<Place>) -> Result<(), AppError> {
        let actor = seat.actor();
        let ctx = self.app().ctx(actor.clone());
        let mut seen = None;
        if let Some((record_type, id)) = at
            && let Ok(permit) = ctx.permit_any(&record_type, Action::View)
            && records::server::find_any(&ctx, &permit, id).await?.is_some()
        {
            seen = actor.user.map(|user| ((record_type, id), Person { id: user, name: actor.name.clone() }));
        }
        let changed = self.state().looks.look(seat.number, seen);
        let place = self.state().looks.place(seat.number);
        if let (Some(place), true) = (place, changed.is_empty()) {
            self.show_who_looks(&place, &[seat.number]);
        }
        self.looked(changed);
        Ok(())
    }

    /// Notes that a page looks at nothing any more.
    pub(super) fn look_away(&self, number: u64) {
        let changed = self.state().looks.look(number, None);
        self.looked(changed);
    }

    /// Who looks at a record and may not see it now that it is in other hands looks at it no more.
    pub(super) fn hands_changed(&self, entry: &Entry, touched: &[Touched]) {
        let hands: HashMap<Uuid, Hands> = touched.iter().map(|record| (record.id, record.after)).collect();
        let is_touched = |(record_type, id): &Place| record_type == entry.ty.name && hands.contains_key(id);
        let places = self.state().looks.places(is_touched);
        for place in places {
            self.show_out(&place, hands.get(&place.1).copied());
        }
    }

    /// The same for all records of a type, of which it is not known in whose hands they are now.
    pub(super) async fn any_hands_changed(&self, entry: &Entry) -> Result<(), AppError> {
        let ctx = self.app().ctx(Actor::system().into());
        let permit = ctx.permit_any(entry.ty.name, Action::View)?;
        let places = self.state().looks.places(|(record_type, _)| record_type == entry.ty.name);
        for place in places {
            let found = records::server::find_any(&ctx, &permit, place.1).await?;
            self.show_out(&place, found.map(|record| (record.meta.owner, record.meta.team)));
        }
        Ok(())
    }

    fn show_out(&self, place: &Place, hands: Option<Hands>) {
        let Some(entry) = self.app().registry().get(&place.0) else { return };
        let may_see = |seat: &Seat| {
            let permit = self.app().ctx(seat.actor()).find_permit(entry, Action::View);
            permit.is_some_and(|permit| hands.is_some_and(|(owner, team)| permit.allows(owner, team)))
        };
        let mut state = self.state();
        let mut changed = vec![];
        for number in state.looks.sockets(place) {
            if !state.sockets.get(&number).is_some_and(|seat| may_see(seat)) {
                changed.extend(state.looks.look(number, None));
            }
        }
        drop(state);
        self.looked(changed);
    }

    fn looked(&self, changed: Vec<Place>) {
        if changed.is_empty() {
            return;
        }
        for place in &changed {
            self.show_to_all(place);
        }
        self.tell_later(changed);
    }

    /// Who looks at these records is told to the other processes soon, all at once.
    fn tell_later(&self, places: impl IntoIterator<Item = Place>) {
        self.state().untold.extend(places);
        self.has_untold().notify_one();
    }

    fn show_to_all(&self, place: &Place) {
        let sockets = self.state().looks.sockets(place);
        self.show_who_looks(place, &sockets);
    }

    /// Names to pages all who look at a record; to who may not know the company's people, only themselves.
    fn show_who_looks(&self, place: &Place, sockets: &[u64]) {
        let users = self.app().registry().get("users");
        let state = self.state();
        let (people, (record_type, id)) = (state.looks.people(place), place.clone());
        let mut presence = Presence { record_type, id, people };
        let all = message(crate::PRESENCE, None, &presence);
        for seat in sockets.iter().filter_map(|number| state.sockets.get(number)) {
            let actor = seat.actor();
            let ctx = self.app().ctx(actor.clone());
            if users.is_some_and(|users| ctx.find_permit(users, Action::View).is_some()) {
                seat.send(&all);
            } else {
                presence.people = actor.user.map(|id| Person { id, name: actor.name.clone() }).into_iter().collect();
                seat.send(&message(crate::PRESENCE, None, &presence));
            }
        }
    }

    /// Hears what another process says.
    pub(super) fn hear_who_looks(&self, signal: &str) {
        let Some((process, told)) = read_signal(signal) else { return };
        for (record_type, id, people) in told {
            let place = (record_type, id);
            self.state().looks.hear(process, place.clone(), people);
            self.show_to_all(&place);
        }
    }

    /// Forgets processes that have gone silent, and tells all again for those that were not there yet.
    pub(super) fn repeat_who_looks(&self) {
        let gone: BTreeSet<Place> = self.state().looks.forget().into_iter().collect();
        for place in &gone {
            self.show_to_all(place);
        }
        let places = self.state().looks.places(|_| true);
        self.tell_later(places);
    }

    /// Tells the other processes who looks at what in this one, for as long as this is awaited. What changes meanwhile
    /// waits and goes together.
    pub(super) async fn tell_who_looks(&self) {
        loop {
            self.has_untold().notified().await;
            let told = {
                let mut state = self.state();
                let places = std::mem::take(&mut state.untold);
                state.looks.told(&places)
            };
            for text in told {
                let signal = format!("{LOOK} {} {text}", self.name());
                if let Err(error) = self.app().db().tell_others(&signal).await {
                    tracing::debug!(%error, "others were not told who looks at a record");
                }
            }
        }
    }
}

type Told = Vec<(String, Uuid, Vec<Person>)>;

/// The process that says so, and the people who look at each record there.
fn read_signal(signal: &str) -> Option<(&str, Told)> {
    let rest = signal.strip_prefix(LOOK)?.strip_prefix(' ')?;
    let (process, text) = rest.split_once(' ')?;
    Some((process, looks::read_told(text)?))
}
