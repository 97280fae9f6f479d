//! How many sockets a person may hold.

use std::collections::HashMap;

use records::server::Actor;
use uuid::Uuid;

use super::hub::Hub;

/// Far more than anybody has pages open.
const MOST: usize = 100;

/// The sockets that are open or about to be, by person.
#[derive(Default)]
pub(super) struct Admitted(HashMap<Option<Uuid>, usize>);

impl Admitted {
    fn enter(&mut self, user: Option<Uuid>) -> bool {
        let count = self.0.entry(user).or_default();
        let has_room = *count < MOST;
        *count += usize::from(has_room);
        has_room
    }

    fn leave(&mut self, user: Option<Uuid>) {
        if let Some(count) = self.0.get_mut(&user) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&user);
            }
        }
    }
}

/// The right to one socket, given up when it is dropped.
pub struct Admission {
    hub: Hub,
    user: Option<Uuid>,
}

impl Hub {
    /// Lets one more socket of a person in. `None` for who holds so many in this process that no page needs another.
    pub fn admit(&self, actor: &Actor) -> Option<Admission> {
        let user = actor.user;
        self.state().admitted.enter(user).then(|| Admission { hub: self.clone(), user })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.hub.state().admitted.leave(self.user);
    }
}
