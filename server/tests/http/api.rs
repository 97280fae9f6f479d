//! The REST interface, as scripts of people in each role meet it.

mod bulk;
mod collection;
mod docs;
mod idempotency;
mod imports;
mod limits;
mod record;
mod refusals;
mod roles;
mod world;
