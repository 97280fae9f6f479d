//! Amazon's services, as far as Mainstay asks them: mail by SES, text messages by SNS.
//!
//! Each call is one signed request (AWS Signature Version 4) through the client it is given, which decides where
//! requests may go. An error says whether the service can have acted on what it was asked: that decides whether asking
//! again is safe.

mod call;
pub mod ses;
pub mod sns;

use std::fmt;

/// An account of Amazon's, in a region.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// In place of Amazon's own address; without a slash at its end.
    pub endpoint: Option<String>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("region", &self.region).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Why the service did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It was not reached; asking again is safe.
    #[error("Amazon cannot be reached: {0}")]
    Unreachable(String),
    /// It wants to be asked more slowly, or is out of order; it did nothing, and asking again is safe.
    #[error("{0}")]
    Busy(String),
    /// It was asked and no answer came that tells whether it acted.
    #[error("no answer came from Amazon: {0}")]
    Lost(String),
    /// It will not do this, in its own words.
    #[error("{0}")]
    Refused(String),
}
