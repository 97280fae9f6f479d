//! Who looks at which record, in this process and in the others.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::realtime::Person;

/// A record, by type and id.
pub(super) type Place = (String, Uuid);

/// What another process said is believed for so long without being said again.
const BELIEVED: Duration = Duration::from_secs(75);
/// People named of one record; whoever comes later is not.
const NAMED: usize = 50;

#[derive(Default)]
pub(super) struct Looks {
    here: HashMap<u64, (Place, Person)>,
    elsewhere: HashMap<(String, Place), (Vec<Person>, Instant)>,
}

impl Looks {
    /// Notes where a socket looks now, and tells the places where that changed something.
    pub fn look(&mut self, socket: u64, at: Option<(Place, Person)>) -> Vec<Place> {
        let before = match at {
            Some(now) => self.here.insert(socket, now),
            None => self.here.remove(&socket),
        };
        let now = self.here.get(&socket);
        if before.as_ref() == now {
            return vec![];
        }
        before.iter().chain(now).map(|(place, _)| place.clone()).collect()
    }

    /// Notes what another process says.
    pub fn hear(&mut self, process: &str, place: Place, people: Vec<Person>) {
        let key = (process.to_owned(), place);
        if people.is_empty() {
            self.elsewhere.remove(&key);
        } else {
            self.elsewhere.insert(key, (people, Instant::now()));
        }
    }

    /// Forgets processes that have gone silent, and tells the places where that changed something.
    pub fn forget(&mut self) -> Vec<Place> {
        let mut changed = vec![];
        self.elsewhere.retain(|(_, place), (_, at)| {
            let is_fresh = at.elapsed() < BELIEVED;
            if !is_fresh {
                changed.push(place.clone());
            }
            is_fresh
        });
        changed
    }

    /// Everybody who looks at a record.
    pub fn people(&self, place: &Place) -> Vec<Person> {
        let elsewhere = self.elsewhere.iter().filter(|((_, p), _)| p == place).flat_map(|(_, (people, _))| people);
        named(elsewhere.cloned().chain(self.people_here(place)))
    }

    /// Those of them in this process.
    pub fn people_here(&self, place: &Place) -> Vec<Person> {
        named(self.here.values().filter(|(p, _)| p == place).map(|(_, person)| person.clone()))
    }

    /// The sockets that look at a record.
    pub fn sockets(&self, place: &Place) -> Vec<u64> {
        self.here.iter().filter(|(_, (p, _))| p == place).map(|(socket, _)| *socket).collect()
    }

    /// Every record somebody looks at in this process.
    pub fn places(&self) -> BTreeSet<Place> {
        self.here.values().map(|(place, _)| place.clone()).collect()
    }
}

fn named(people: impl Iterator<Item = Person>) -> Vec<Person> {
    people.collect::<BTreeSet<_>>().into_iter().take(NAMED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u128) -> Person {
        Person { id: Uuid::from_u128(n), name: format!("Person {n}") }
    }

    fn place(n: u128) -> Place {
        ("companies".to_owned(), Uuid::from_u128(n))
    }

    #[test]
    fn one_person_in_two_tabs_is_there_once_and_leaves_with_the_last() {
        let mut looks = Looks::default();
        assert_eq!(looks.look(1, Some((place(1), person(1)))), [place(1)]);
        assert_eq!(looks.look(2, Some((place(1), person(1)))), [place(1)]);
        assert_eq!(looks.people(&place(1)), [person(1)]);
        assert_eq!(looks.look(1, None), [place(1)]);
        assert_eq!(looks.people(&place(1)), [person(1)]);
        looks.look(2, Some((place(2), person(1))));
        assert!(looks.people(&place(1)).is_empty());
        assert_eq!(looks.sockets(&place(2)), [2]);
    }

    #[test]
    fn looking_where_one_looks_changes_nothing() {
        let mut looks = Looks::default();
        looks.look(1, Some((place(1), person(1))));
        assert!(looks.look(1, Some((place(1), person(1)))).is_empty());
        assert!(looks.look(9, None).is_empty());
    }

    #[test]
    fn people_of_other_processes_are_there_until_they_leave() {
        let mut looks = Looks::default();
        looks.look(1, Some((place(1), person(1))));
        looks.hear("b", place(1), vec![person(2), person(1)]);
        assert_eq!(looks.people(&place(1)), [person(1), person(2)]);
        assert_eq!(looks.people_here(&place(1)), [person(1)]);
        looks.hear("b", place(1), vec![]);
        assert_eq!(looks.people(&place(1)), [person(1)]);
    }
}
