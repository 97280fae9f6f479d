//! What is answered where a handler panicked.

use std::any::Any;

use axum::response::{IntoResponse, Response};
use kernel::server::{Problem, unexpected};

/// What the panic said stays in the log.
pub fn answer(_: Box<dyn Any + Send>) -> Response {
    Problem(unexpected("a handler panicked")).into_response()
}
