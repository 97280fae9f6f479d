//! What a question costs the database, before it is asked.
//!
//! The unit is one value of a row compared with another. A condition that no index serves is tested on every row, so
//! the number of conditions says little: looking for a part of a long text behind two references takes as long as
//! twenty of the plain kind.

use kernel::AppError;

use super::{Check, Condition, Entry};
use crate::{Field, Kind};

/// What one list may weigh. A person who puts conditions together by hand comes to a tenth of it.
pub const MOST: usize = 200;

/// What weighs more may take long.
pub const HEAVY: usize = 20;

/// Going from a row to the one it refers to, with the permit for that.
const REFERENCE: usize = 4;
/// Looking through a text that may have many pages.
const LONG_TEXT: usize = 10;
/// Looking through a line.
const LINE: usize = 2;
/// Looking for rows among the values of a field that has several.
const SEVERAL: usize = 5;
/// One term of a search.
const TERM: usize = 3;
/// Values that are compared with at the cost of one.
const VALUES: usize = 64;

impl Condition {
    /// In values compared, for each row.
    pub(super) fn weight(&self, entry: &Entry) -> usize {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().map(|c| c.weight(entry)).sum(),
            Self::Not(inner) => inner.weight(entry),
            Self::Test { place, check } => test(place.field(entry), check),
            Self::Search(terms) => terms.len() * TERM,
            Self::ChangedBy(_) => SEVERAL,
            Self::Through { permit, inner, .. } => REFERENCE + inner.weight(permit.entry()),
        }
    }
}

fn test(field: Option<&Field>, check: &Check) -> usize {
    let is_long = field.is_some_and(|f| f.kind == Kind::LongText);
    let is_many = field.is_some_and(|f| f.kind.is_many());
    let one = match check {
        Check::Present => 1,
        _ if is_long => LONG_TEXT,
        _ if is_many => SEVERAL,
        Check::Contains(_) | Check::Starts(_) => LINE,
        Check::In(_) | Check::Range { .. } => 1,
    };
    match check {
        Check::In(scalars) => one + scalars.len() / VALUES,
        _ => one,
    }
}

/// Refuses a question that weighs too much, and says so.
pub(super) fn ensure(weight: usize) -> Result<(), AppError> {
    if weight <= MOST {
        return Ok(());
    }
    Err(AppError::BadRequest(format!(
        "the conditions weigh {weight} together, and {MOST} is the most: leave some out, first those that look into long \
         text, into fields with several values or through references"
    )))
}
