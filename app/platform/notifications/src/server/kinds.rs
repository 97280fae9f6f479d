//! The kinds of notifications there are, each declared by the module whose events it tells.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::request::Parts;
use kernel::AppError;
use leptos::prelude::use_context;

use crate::{Channel, Mode, Priority};

/// A kind of notification. One is a constant of its module.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name it is kept under; never changed.
    pub name: &'static str,
    /// What a person choosing calls it.
    pub title: &'static str,
    /// Why somebody gets one, as a sentence that begins "You get this because".
    pub reason: &'static str,
    pub icon: &'static str,
    /// The words on the button of its letter.
    pub button: &'static str,
    pub priority: Priority,
    /// How it is told to who chose nothing; not at all on the channels left out.
    pub channels: &'static [(Channel, Mode)],
}

impl Kind {
    /// How it is told on a channel to who chose nothing.
    pub fn usual(&self, channel: Channel) -> Mode {
        self.channels.iter().find(|(own, _)| *own == channel).map_or(Mode::Off, |(_, mode)| *mode)
    }
}

/// The kinds of all modules. Cheap to clone: every request carries them.
#[derive(Clone, Default)]
pub struct Kinds(Arc<BTreeMap<&'static str, &'static Kind>>);

impl Kinds {
    #[must_use]
    pub fn with(mut self, kind: &'static Kind) -> Self {
        Arc::make_mut(&mut self.0).insert(kind.name, kind);
        self
    }

    pub fn get(&self, name: &str) -> Option<&'static Kind> {
        self.0.get(name).copied()
    }

    pub fn all(&self) -> impl Iterator<Item = &'static Kind> {
        self.0.values().copied()
    }
}

/// The kinds, in a request being answered.
pub fn kinds() -> Result<Kinds, AppError> {
    let parts = use_context::<Parts>();
    parts.and_then(|p| p.extensions.get::<Kinds>().cloned()).ok_or(AppError::Unavailable)
}
