//! The program: reads its arguments and its configuration, then does what it was asked to.

use std::process::ExitCode;

use server::cli;

/// Gives memory back to the system sooner than the C library's allocator does under many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned());
    let (mut arguments, mut environment): (Vec<_>, _) = (arguments.collect(), server::config::environment());
    // `cargo leptos watch` starts the program without a word.
    if arguments.is_empty() && environment.contains_key("LEPTOS_SITE_ROOT") {
        arguments.push("serve".to_owned());
        environment.entry("MAINSTAY_ENV".to_owned()).or_insert_with(|| "development".to_owned());
    }
    cli::main(arguments, environment)
}
