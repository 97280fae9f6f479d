//! The program: reads its arguments and its configuration, then does what it was asked to.

use std::process::ExitCode;

use server::cli;

/// Gives memory back to the system sooner than the C library's allocator does under many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned());
    cli::main(arguments.collect(), server::config::environment())
}
