//! The words every domain uses: identifiers, money, dates, addresses of people, and the errors that reach a person.
//!
//! Everything here works in the browser as well as on the server; what only the server needs (the databases, the
//! clock, migrations) is in [`server`]. The kernel depends on no other crate of the workspace.

pub mod codec;
mod email;
mod error;
pub mod fold;
pub mod format;
mod id;
mod money;
mod phone;
pub mod time;

pub use email::EmailAddress;
pub use error::{AppError, FieldErrors};
pub use format::Formats;
pub use id::{Id, Named, marks};
pub use money::{Currency, DecimalError, Money, decimal_to_text, group_digits, parse_decimal};
pub use phone::PhoneNumber;
pub use time::{Date, Timestamp};

#[cfg(feature = "ssr")]
pub mod server;
