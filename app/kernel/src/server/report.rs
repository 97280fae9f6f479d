//! Failures nobody foresaw: told once to the log, shown as a reference.

use std::fmt::Display;

use rand::RngExt;

use crate::AppError;

/// Logs `error` under a fresh reference and returns what a person may see: the reference alone.
///
/// What `error` prints goes to the log, so it must hold no data that users entered.
pub fn unexpected(error: impl Display) -> AppError {
    let reference = reference();
    tracing::error!(%reference, %error, "unexpected failure");
    AppError::Unexpected(reference)
}

/// Eight characters that are easy to read out: no vowels, so no words, and nothing that looks like something else.
fn reference() -> String {
    const LETTERS: &[u8] = b"23456789bcdfghjkmnpqrstvwxz";
    let mut rng = rand::rng();
    (0..8).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect()
}
