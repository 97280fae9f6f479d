//! For whom a statement runs.

use std::time::Duration;

use uuid::Uuid;

/// For whom a statement runs: that decides how long it may take and whose connections it uses, so that nobody holds up
/// what others depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// What everything else depends on: sessions, health, the queue.
    Vital,
    /// Somebody who waits for an answer. Each has so many turns at a time.
    Person(Uuid),
    /// Jobs, which take their time.
    Work,
    /// Migrations, copies, and whoever has the database to themselves.
    Upkeep,
    /// Has no time at all.
    #[cfg(test)]
    Hurried,
}

impl Lane {
    /// How long one statement may take.
    pub const fn deadline(self) -> Duration {
        match self {
            Self::Vital => Duration::from_secs(30),
            Self::Person(_) => Duration::from_secs(10),
            Self::Work => Duration::from_mins(15),
            Self::Upkeep => Duration::from_hours(24),
            #[cfg(test)]
            Self::Hurried => Duration::from_millis(50),
        }
    }
}

/// One of something for each kind of lane.
pub(super) struct PerLane<T> {
    pub vital: T,
    pub people: T,
    /// Of jobs and upkeep.
    pub work: T,
}

impl<T> PerLane<T> {
    pub const fn of(&self, lane: Lane) -> &T {
        match lane {
            Lane::Vital => &self.vital,
            Lane::Person(_) => &self.people,
            Lane::Work | Lane::Upkeep => &self.work,
            #[cfg(test)]
            Lane::Hurried => &self.work,
        }
    }
}

#[cfg(test)]
mod tests;
