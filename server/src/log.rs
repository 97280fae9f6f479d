//! What the program writes about itself: one line an event on standard error, for machines or for people.
//!
//! A line tells which route was asked, never the address itself, its query, a body or who a record is about.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::Log;

/// Starts logging. A second call changes nothing.
pub fn start(log: &Log) {
    // The configuration has checked the levels.
    let filter = EnvFilter::try_new(&log.levels).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let layer = if log.json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        lines.with_target(false).boxed()
    };
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("a value that is no text");
        tracing::error!(place, text, "panic");
    }));
}
