//! From a request to a context: who signed in, the program's state, the time, and what the program that asks is called.
//!
//! [`ctx`] is the one door of a server function.

mod context;
mod device;

pub use context::{SessionOf, actor, agent, agent_of, ctx, session};
pub use device::device;
