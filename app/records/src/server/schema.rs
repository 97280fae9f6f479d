//! The schema follows from the declarations: the table, columns and indexes of each record type, and the next migration
//! where those so far make others.
//!
//! What no type declares is left alone: columns of custom fields, columns that a domain keeps beside its fields, those
//! of fields that are gone until somebody drops them, and indexes over any of these. No table is built anew on SQLite,
//! which would cost it the columns and full text that a database has of its own; what would need that is refused.

mod compare;
mod elsewhere;
mod step;
mod table;

use std::collections::BTreeSet;

use kernel::server::migrate::catalog::Catalog;

use crate::RecordType;
pub(super) use table::{columns, is_system};

/// What the migrations so far lack.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The text of the next migration; `None` where they make what is declared.
    pub sql: Option<String>,
    /// The types it changes something for.
    pub types: Vec<&'static str>,
    /// Columns of record tables that are of no field, as `table.column`.
    pub undeclared: Vec<String>,
}

/// A field that is gone, and whose columns are to go as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub table: String,
    pub field: String,
}

/// Why there is no draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("{table}.{field} was of another kind before: what is of a new kind needs a new name")]
    Kind { table: &'static str, field: String },
    #[error("{table}.{field} cannot be left empty in the table: keep it required, or give it a new name")]
    Needed { table: &'static str, field: String },
    #[error(
        "{table}.{field} is of no field and cannot be left empty in the table, so no record could be created: end it \
         with --drop {table}.{field}"
    )]
    Left { table: &'static str, field: String },
    #[error("{table}.{field} is declared: what is to be dropped has to be taken out of the type before")]
    Declared { table: &'static str, field: String },
    #[error("there is no {table}.{field} to be dropped")]
    NoColumn { table: String, field: String },
}

/// Compares the types with the tables that migrations make. The text is to be read before it is kept.
pub fn draft(types: &[&'static RecordType], made: &Catalog, dropped: &[Dropped]) -> Result<Draft, DraftError> {
    let is_known = |name: &str| types.iter().any(|ty| ty.name == name);
    if let Some(Dropped { table, field }) = dropped.iter().find(|dropped| !is_known(&dropped.table)) {
        return Err(DraftError::NoColumn { table: table.clone(), field: field.clone() });
    }
    let indexes = made.tables.iter().flat_map(|table| &table.indexes).map(|index| index.name.clone());
    let mut names: BTreeSet<String> = made.tables.iter().map(|table| table.name.clone()).chain(indexes).collect();
    let mut draft = Draft { sql: None, types: vec![], undeclared: vec![] };
    let mut text = String::new();
    for ty in types {
        let dropped: Vec<&Dropped> = dropped.iter().filter(|dropped| dropped.table == ty.name).collect();
        let (steps, undeclared) = compare::compare(ty, made, &dropped, &mut names)?;
        draft.undeclared.extend(undeclared.into_iter().map(|column| format!("{}.{column}", ty.name)));
        if !steps.is_empty() {
            draft.types.push(ty.name);
            text.push('\n');
            text.extend(steps.iter().map(ToString::to_string));
        }
    }
    if !draft.types.is_empty() {
        draft.sql = Some(format!("-- Follows from the declarations: {}.\n{text}", draft.types.join(", ")));
    }
    Ok(draft)
}
