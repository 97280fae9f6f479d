//! What only the server needs: the databases, their migrations, the clock, randomness and time zones.

mod clock;
mod connection;
mod db;
mod end;
pub mod migrate;
mod problem;
mod report;
pub mod testing;
pub mod zone;

pub use clock::{Clock, Rng};
pub use connection::connection_trouble;
pub use db::{
    Arg, Args, Db, DbError, DbOptions, EVERYTHING, Engine, FromColumn, Lane, Listener, MAX_ARGS, Part, Redis, Row,
    Snapshot, Source, Table, TableSum, Tx,
};
pub use end::to_the_end;
pub use problem::Problem;
pub use report::unexpected;
