//! Teams.

use kernel::{Id, marks};
use records::Record;

/// Users who work together. Whoever leads a team also sees what belongs to the teams below it.
#[derive(Clone, Debug, Record)]
#[record(table = "teams", singular = "Team", icon = "users", title = "name", shared)]
pub struct Team {
    #[field(required, unique, list, search)]
    pub name: String,
    #[field(list, label = "Part of")]
    pub parent: Option<Id<marks::Team>>,
}
