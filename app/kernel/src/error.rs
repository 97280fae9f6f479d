//! What can go wrong, as a person or a script is told.

use std::collections::BTreeMap;

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::codec::JsonText;

/// What is wrong with each field of a form, by the field's name. A message is a whole sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldErrors(pub BTreeMap<String, Vec<String>>);

impl FieldErrors {
    pub fn one(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(message.into());
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first message about `field`.
    pub fn first(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(|m| m.first()).map(String::as_str)
    }

    pub fn merge(&mut self, other: Self) {
        for (field, messages) in other.0 {
            self.0.entry(field).or_default().extend(messages);
        }
    }
}

/// The errors that cross the boundary between server and browser, or server and script.
///
/// Each carries what may be shown, and nothing internal: an unexpected failure is logged where it happens and reaches
/// its reader as [`AppError::Unexpected`] with the reference under which it was logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    #[error("sign in to go on")]
    Unauthenticated,
    #[error("you may not do this")]
    Forbidden,
    #[error("there is nothing here, or it is not yours to see")]
    NotFound,
    /// The request makes no sense; the text says why.
    #[error("{0}")]
    BadRequest(String),
    #[error("some fields need another look")]
    Invalid(FieldErrors),
    /// Somebody else changed the record since it was read.
    #[error("this record was changed meanwhile")]
    Stale,
    /// What was asked cannot be done in the present state; the text says why.
    #[error("{0}")]
    Conflict(String),
    #[error("this needs an If-Match header with the record's version")]
    PreconditionRequired,
    #[error("too large: {0}")]
    TooLarge(String),
    #[error("{0}")]
    UnsupportedMedia(String),
    #[error("too many requests, try again in {0} seconds")]
    TooMany(u32),
    #[error("the database cannot be reached, try again in a moment")]
    Unavailable,
    /// Finding the answer took longer than a request may.
    #[error("this took too long and was given up: ask for less, such as fewer conditions or fewer records")]
    TooLong,
    #[error("the disk is full, nothing was saved")]
    StorageFull,
    #[error("the file storage cannot be reached, nothing was lost: try again in a moment")]
    NoStorage,
    /// No answer came; only the browser makes this one.
    #[error("the server cannot be reached")]
    Offline,
    #[error("something went wrong, reference {0}")]
    Unexpected(String),
}

impl AppError {
    /// The HTTP status that goes with the error.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::BadRequest(_) => 400,
            Self::Invalid(_) => 422,
            Self::Stale => 412,
            Self::Conflict(_) => 409,
            Self::PreconditionRequired => 428,
            Self::TooLarge(_) => 413,
            Self::UnsupportedMedia(_) => 415,
            Self::TooMany(_) => 429,
            Self::Unavailable | Self::TooLong | Self::NoStorage | Self::Offline => 503,
            Self::StorageFull => 507,
            Self::Unexpected(_) => 500,
        }
    }

    /// After how many seconds it is worth asking again.
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooMany(seconds) => Some(*seconds),
            Self::Unavailable | Self::NoStorage => Some(2),
            Self::TooLong => Some(30),
            _ => None,
        }
    }

    /// The message as a sentence for a person.
    pub fn sentence(&self) -> String {
        let text = self.to_string();
        let mut chars = text.chars();
        let first = chars.next().map(char::to_uppercase);
        let sentence: String = first.into_iter().flatten().chain(chars).collect();
        if sentence.ends_with(['.', '!', '?']) { sentence } else { sentence + "." }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Offline,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::BadRequest("the request could not be read".into())
            }
            _ => Self::Unexpected("the answer could not be read".into()),
        }
    }
}
