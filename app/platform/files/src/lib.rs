//! Files that people bring and that the program makes for them. The browser knows them by their links alone.

#[cfg(feature = "ssr")]
pub mod server;
