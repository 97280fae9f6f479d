//! Records in files: taken in from what people bring, and written out for them.
//!
//! [`import`] and [`export`] are what the browser and the server tell each other; both are jobs on the server.

pub mod export;
pub mod import;

#[cfg(feature = "ssr")]
pub mod server;
