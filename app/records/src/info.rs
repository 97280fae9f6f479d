//! What the browser knows of types and records: data made for one viewer, holding what this viewer may know and
//! nothing else.

use std::collections::BTreeMap;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Field, Flags, Kind, SortKey, Value};

/// What a viewer may do with a field. A field that may not be seen is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    Read,
    Write,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldInfo {
    pub field: Field,
    pub access: Access,
}

impl FieldInfo {
    pub fn name(&self) -> &str {
        &self.field.name
    }

    pub fn label(&self) -> &str {
        &self.field.label
    }

    pub const fn kind(&self) -> &Kind {
        &self.field.kind
    }

    pub const fn is(&self, flag: Flags) -> bool {
        self.field.is(flag)
    }

    pub fn is_writable(&self) -> bool {
        self.access == Access::Write
    }
}

/// A record type as one viewer knows it. Cells of its records come in the order of these fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeInfo {
    pub name: String,
    pub singular: String,
    pub plural: String,
    /// The module it belongs to.
    pub module: String,
    pub icon: String,
    /// The index of the field that names a record.
    pub title: usize,
    pub sort: Vec<SortKey>,
    pub fields: Vec<FieldInfo>,
    /// The names of what the viewer may do with records of the type at all: `view`, `create`, `edit`, ….
    pub actions: Vec<String>,
    /// Fields of other types that refer to this one: (type, field, label of the type).
    pub referrers: Vec<(String, String, String)>,
}

impl TypeInfo {
    pub fn field(&self, name: &str) -> Option<(usize, &FieldInfo)> {
        self.fields.iter().enumerate().find(|(_, f)| f.name() == name)
    }

    pub fn may(&self, action: &str) -> bool {
        self.actions.iter().any(|a| a == action)
    }
}

/// A record as one viewer may know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordInfo {
    pub id: Uuid,
    pub version: i64,
    pub title: String,
    pub cells: Vec<Value>,
    pub created_at: Timestamp,
    pub created_by: Option<Uuid>,
    pub updated_at: Timestamp,
    pub updated_by: Option<Uuid>,
    pub deleted_at: Option<Timestamp>,
    pub may_edit: bool,
    pub may_delete: bool,
}

/// A record named by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    pub id: Uuid,
    pub label: String,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub rows: u64,
    /// False when counting stopped there and more exist.
    pub is_exact: bool,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    pub rows: Vec<RecordInfo>,
    /// What the references among the cells are called, as far as the viewer may know.
    pub labels: BTreeMap<Uuid, String>,
    /// Absent where counting would keep the rows waiting.
    pub count: Option<Count>,
    /// Where the rows go on; absent at the end.
    pub next: Option<String>,
}

/// A figure at the foot of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    pub field: String,
    /// "Sum of", "Average".
    pub what: String,
    pub kind: Kind,
    pub value: Value,
}

/// An entry of a record's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeInfo {
    pub change_set: Uuid,
    /// What made the change: `edit`, `import`, `undo`, ….
    pub source: String,
    /// What was done to the record: `create`, `edit`, `delete`, `restore`.
    pub action: String,
    pub at: Timestamp,
    pub actor: Option<Uuid>,
    /// (field, before, after)
    pub fields: Vec<(String, Value, Value)>,
    pub is_undone: bool,
    /// How many records the whole change-set changed.
    pub records: i64,
}
