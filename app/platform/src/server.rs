//! The server's half of the platform.

mod context;
pub mod import;
pub mod organisation;

pub use context::ctx;

use records::server::Module;

/// What the platform adds to the program.
pub fn module() -> Module {
    Module::new("platform").record_with::<crate::Organisation>(organisation::Rules)
}
