//! Who looks at which record, in this process and in the others.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::event::LONGEST;
use crate::Person;

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
        let here = self.here.values().filter(|(p, _)| p == place).map(|(_, person)| person);
        elsewhere.chain(here).collect::<BTreeSet<_>>().into_iter().take(NAMED).cloned().collect()
    }

    /// What other processes are told of records: who looks at each in this one, in as few texts as can be carried.
    pub fn told(&self, places: &BTreeSet<Place>) -> Vec<String> {
        let mut people: BTreeMap<&Place, BTreeSet<&Person>> = places.iter().map(|p| (p, BTreeSet::new())).collect();
        for (place, person) in self.here.values() {
            if let Some(people) = people.get_mut(place) {
                people.insert(person);
            }
        }
        let mut texts: Vec<String> = vec![];
        for (place, people) in people {
            let one = fitting(place, people.into_iter().take(NAMED).collect());
            match texts.last_mut() {
                Some(text) if text.len() + one.len() < LONGEST => {
                    text.push(',');
                    text.push_str(&one);
                }
                _ => texts.push(one),
            }
        }
        texts.into_iter().map(|text| format!("[{text}]")).collect()
    }

    /// The record a socket looks at.
    pub fn place(&self, socket: u64) -> Option<Place> {
        self.here.get(&socket).map(|(place, _)| place.clone())
    }

    /// The sockets that look at a record.
    pub fn sockets(&self, place: &Place) -> Vec<u64> {
        self.here.iter().filter(|(_, (p, _))| p == place).map(|(socket, _)| *socket).collect()
    }

    /// The records of these that somebody looks at in this process.
    pub fn places(&self, of: impl Fn(&Place) -> bool) -> BTreeSet<Place> {
        self.here.values().map(|(place, _)| place).filter(|place| of(place)).cloned().collect()
    }
}

/// Who looks at one record as it is told, without those for whom there is no room.
fn fitting((record_type, id): &Place, mut people: Vec<&Person>) -> String {
    loop {
        let text = serde_json::to_string(&(record_type, id, &people)).unwrap_or_default();
        if text.len() < LONGEST || people.pop().is_none() {
            return text;
        }
    }
}

/// Reads one of the texts of [`Looks::told`].
pub(super) fn read_told(text: &str) -> Option<Vec<(String, Uuid, Vec<Person>)>> {
    serde_json::from_str(text).ok()
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
        looks.hear("b", place(1), vec![]);
        assert_eq!(looks.people(&place(1)), [person(1)]);
    }

    #[test]
    fn what_others_are_told_is_carried_in_few_pieces_none_of_them_too_long() {
        let mut looks = Looks::default();
        for socket in 0..2_000 {
            looks.look(socket, Some((place(u128::from(socket) / 2), person(u128::from(socket)))));
        }
        // Nobody looks at this one any more, which is to be told too.
        let mut places = looks.places(|_| true);
        places.insert(place(9_999));
        let told = looks.told(&places);
        assert!(told.len() < 50, "{}", told.len());
        assert!(told.iter().all(|text| text.len() <= LONGEST + 1));
        let read: Vec<_> = told.iter().flat_map(|text| read_told(text).unwrap()).collect();
        let expected = places.into_iter().map(|place| {
            let people = looks.people(&place);
            (place.0, place.1, people)
        });
        assert_eq!(read, expected.collect::<Vec<_>>());
    }

    #[test]
    fn of_very_many_with_long_names_some_are_not_named() {
        let mut looks = Looks::default();
        for n in 0..50 {
            let name = format!("{n:02}{}", "\u{1F600}".repeat(250));
            looks.look(n, Some((place(1), Person { id: Uuid::from_u128(n.into()), name })));
        }
        let told = looks.told(&looks.places(|_| true));
        assert!(told.len() == 1 && told[0].len() <= LONGEST + 1);
        let (_, _, people) = read_told(&told[0]).unwrap().remove(0);
        assert!((1..50).contains(&people.len()), "{}", people.len());
    }
}
