//! What only the server needs: the databases, their migrations, the clock, randomness and time zones.

mod clock;
mod db;
pub mod migrate;
mod problem;
mod report;
pub mod testing;
pub mod zone;

pub use clock::{Clock, Rng};
pub use db::{
    Arg, Args, Db, DbError, DbOptions, EVERYTHING, Engine, FromColumn, Listener, MAX_ARGS, Part, Redis, Row, Snapshot,
    Source, Table, TableSum, Tx,
};
pub use problem::Problem;
pub use report::unexpected;
