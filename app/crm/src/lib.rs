//! Customers: the companies and people a business deals with.
//!
//! Declares [`Company`] and [`Contact`]; everything staff do with them follows from the declarations. The rules add
//! what a declaration cannot say: a company's year of founding is read from the text of its founding, its domain is
//! brought into one form, nobody is their own ancestor, and a contact's full name is made of its parts.

mod company;
mod contact;

pub use company::{Company, CompanyStatus, founded_year, normal_domain};
pub use contact::{Contact, ContactStatus};

#[cfg(feature = "ssr")]
pub mod server;
