//! What the derive implements.

use kernel::Named;

use crate::{Cells, RecordType};

/// A value that does not fit its field. Only code that bypassed validation meets it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct CellError {
    pub field: &'static str,
    pub expected: &'static str,
}

impl CellError {
    pub const fn expected(expected: &'static str) -> Self {
        Self { field: "", expected }
    }

    #[must_use]
    pub const fn at(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }
}

/// A business object: a typed struct inside, a row of [`Cells`] outside.
pub trait Record: Named + Clone + Sized + Send + Sync {
    const TYPE: &'static RecordType;
    fn from_cells(cells: &Cells) -> Result<Self, CellError>;
    fn to_cells(&self) -> Cells;
}
