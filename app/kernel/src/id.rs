//! Identifiers that know what they identify.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The name of a record type, apart from its description, so that two types may refer to each other.
pub trait Named: 'static {
    const NAME: &'static str;
}

/// Stand-ins for types that every domain refers to, so that none depends on the crate that declares them.
pub mod marks {
    use super::Named;

    /// A person who signs in; declared in `identity`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct User;
    impl Named for User {
        const NAME: &'static str = "users";
    }

    /// A group of users; declared in `identity`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Team;
    impl Named for Team {
        const NAME: &'static str = "teams";
    }
}

/// The identifier of one `R`: a UUID of version 7, so that newer records sort later.
pub struct Id<R>(Uuid, PhantomData<fn() -> R>);

impl<R> Id<R> {
    pub const fn new(id: Uuid) -> Self {
        Self(id, PhantomData)
    }

    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<R> Clone for Id<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Id<R> {}
impl<R> PartialEq for Id<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<R> Eq for Id<R> {}
impl<R> fmt::Debug for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<R> fmt::Display for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<R> Serialize for Id<R> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(s)
    }
}
impl<'de, R> Deserialize<'de> for Id<R> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Uuid::deserialize(d).map(Self::new)
    }
}
