//! What jobs are given beside their arguments.

use std::{any::Any, future::Future, pin::Pin, sync::Arc};

use axum::http::Extensions;
use kernel::AppError;
use records::server::Actor;
use uuid::Uuid;

/// What the program gives its jobs: who people are, and the rest by type.
#[derive(Clone)]
pub struct Services {
    pub(super) actors: Actors,
    all: Arc<Extensions>,
}

impl Services {
    pub fn new(actors: Actors) -> Self {
        Self { actors, all: Arc::default() }
    }

    #[must_use]
    pub fn with<T: Any + Clone + Send + Sync>(mut self, service: T) -> Self {
        Arc::make_mut(&mut self.all).insert(service);
        self
    }

    pub(super) fn get<T: Any + Clone + Send + Sync>(&self) -> Option<T> {
        self.all.get::<T>().cloned()
    }
}

type Found = Pin<Box<dyn Future<Output = Result<Option<Arc<Actor>>, AppError>> + Send>>;
/// Finds who started a job, with the rights they have now. `None` for who may not sign in any more.
pub type Actors = Arc<dyn Fn(Uuid) -> Found + Send + Sync>;
