//! The rules of companies and contacts.

mod rules;
pub mod sample;

use records::server::Module;

use crate::{Company, Contact};

/// What this domain adds to the program.
pub fn module() -> Module {
    Module::new("crm").record_with::<Company>(rules::Companies).record_with::<Contact>(rules::Contacts)
}
