//! What makes the table of a type of the one that is there.

use std::collections::BTreeSet;

use kernel::server::migrate::catalog::{Catalog, Column, Index, Table};

use super::{
    DraftError, Dropped, elsewhere,
    step::Step,
    table::{self, columns},
};
use crate::{Field, Flags, RecordType, server::storage};

/// What the columns of a field add to its name.
const ENDINGS: [&str; 4] = ["", "_key", "_minor", "_currency"];

/// The steps for one type, and the columns of its table that it does not declare. `names` are those that tables and
/// indexes have.
pub fn compare(
    ty: &'static RecordType,
    made: &Catalog,
    dropped: &[&Dropped],
    names: &mut BTreeSet<String>,
) -> Result<(Vec<Step>, Vec<String>), DraftError> {
    let Some(found) = made.table(ty.name).or_else(|| made.table(ty.was)).cloned() else {
        return match dropped {
            [] => Ok((create(ty, names), vec![])),
            [first, ..] => Err(DraftError::NoColumn { table: first.table.clone(), field: first.field.clone() }),
        };
    };
    let declared = ty.fields.iter().flat_map(columns).map(|(name, _)| name).collect();
    let is_renamed = found.name != ty.name;
    let mut comparison = Comparison { ty, made, found, declared, names, steps: vec![] };
    let is_searched = comparison.keep_search();
    comparison.rename();
    for field in ty.fields {
        comparison.field(field)?;
    }
    for field in dropped {
        comparison.drop(&field.field)?;
    }
    let undeclared = comparison.undeclared()?;
    comparison.indexes();
    if storage::has_search_index(ty) && !is_searched {
        comparison.names.insert(search(ty.name));
        comparison.steps.push(Step::StartSearch { table: ty.name.to_owned(), is_new: false });
        if !is_renamed {
            comparison.steps.extend(elsewhere::renew_keys(made, ty.name));
        }
    }
    Ok((comparison.steps, undeclared))
}

fn create(ty: &'static RecordType, names: &mut BTreeSet<String>) -> Vec<Step> {
    let (table, columns) = (ty.name.to_owned(), ty.fields.iter().flat_map(columns).collect());
    let has_search = storage::has_search_index(ty);
    if has_search {
        names.insert(search(ty.name));
    }
    let mut steps = vec![Step::CreateTable { table: table.clone(), columns }];
    for index in table::indexes(ty) {
        steps.push(Step::CreateIndex { table: table.clone(), index: named(index, names), is_new: true });
    }
    if has_search {
        steps.push(Step::StartSearch { table, is_new: true });
    }
    steps
}

/// The index under a name that nothing has yet.
fn named(mut index: Index, names: &mut BTreeSet<String>) -> Index {
    let wished = index.name.clone();
    let mut number = 1;
    while !names.insert(index.name.clone()) {
        number += 1;
        index.name = format!("{wished}_{number}");
    }
    index
}

/// What the full text of a table is called.
fn search(table: &str) -> String {
    format!("{table}_search")
}

struct Comparison<'a> {
    ty: &'static RecordType,
    made: &'a Catalog,
    /// The table, as the steps so far leave it.
    found: Table,
    /// The columns of all fields.
    declared: BTreeSet<String>,
    names: &'a mut BTreeSet<String>,
    steps: Vec<Step>,
}

impl Comparison<'_> {
    /// Whether the table is searched as it stands and goes on to be. Full text that does not go on ends here: SQLite's
    /// does not follow a table to another name.
    fn keep_search(&mut self) -> bool {
        let search = search(&self.found.name);
        if self.made.table(&search).is_none() {
            return false;
        }
        let is_kept = self.found.triggers.contains(&format!("{search}_update"));
        let goes_on = is_kept && self.found.name == self.ty.name && storage::has_search_index(self.ty);
        if !goes_on {
            self.names.remove(&search);
            self.steps.push(Step::EndSearch { table: self.found.name.clone() });
        }
        goes_on
    }

    fn rename(&mut self) {
        let (from, to) = (self.found.name.clone(), self.ty.name.to_owned());
        if from != to {
            self.steps.push(Step::RenameTable { from: from.clone(), to: to.clone() });
            self.steps.extend(elsewhere::rename_type(self.made, &from, &to));
            self.found.name = to;
        }
    }

    fn is_declared(&self, column: &str) -> bool {
        self.declared.contains(column) || table::is_system(column)
    }

    /// The columns that a field of this name has or had, without those that other fields declare.
    fn columns_of(&self, name: &str) -> Vec<Column> {
        let own = self.ty.field(name).map(|(_, field)| columns(field)).unwrap_or_default();
        let is_of = |column: &str| column.strip_prefix(name).is_some_and(|ending| ENDINGS.contains(&ending));
        let is_own = |column: &str| own.iter().any(|(own, _)| own == column) || !self.is_declared(column);
        let columns = self.found.columns.iter().filter(|column| is_of(&column.name) && is_own(&column.name));
        columns.cloned().collect()
    }

    fn field(&mut self, field: &Field) -> Result<(), DraftError> {
        let wanted = columns(field);
        let mut found = self.columns_of(&field.name);
        if found.is_empty() && !wanted.is_empty() {
            let was = field.former_names().find(|former| !self.columns_of(former).is_empty());
            let Some(was) = was else {
                self.add(wanted);
                return Ok(());
            };
            found = self.rename_field(was, field);
        }
        let kinds: BTreeSet<_> = found.iter().map(|column| (column.name.as_str(), column.kind.as_str())).collect();
        if kinds != wanted.iter().map(|(name, kind)| (name.as_str(), *kind)).collect() {
            return Err(DraftError::Kind { table: self.ty.name, field: field.name.to_string() });
        }
        if !field.is(Flags::REQUIRED) && found.iter().any(|column| column.is_needed) {
            return Err(DraftError::Needed { table: self.ty.name, field: field.name.to_string() });
        }
        Ok(())
    }

    fn add(&mut self, columns: Vec<(String, &'static str)>) {
        for (column, kind) in columns {
            self.steps.push(Step::AddColumn { table: self.found.name.clone(), column, kind });
        }
    }

    /// Gives the columns of a field its new name, and returns them.
    fn rename_field(&mut self, was: &str, field: &Field) -> Vec<Column> {
        let mut renamed = self.columns_of(was);
        for column in &mut renamed {
            let to = format!("{}{}", field.name, &column.name[was.len()..]);
            let from = std::mem::replace(&mut column.name, to.clone());
            for own in self.found.columns.iter_mut().map(|own| &mut own.name).filter(|own| **own == from) {
                own.clone_from(&to);
            }
            for own in self.found.indexes.iter_mut().flat_map(|index| &mut index.columns).filter(|own| **own == from) {
                own.clone_from(&to);
            }
            self.steps.push(Step::RenameColumn { table: self.found.name.clone(), from, to });
        }
        let is_many = field.kind.is_many();
        self.steps.extend(elsewhere::rename_field(self.made, self.ty.name, was, &field.name, is_many));
        renamed
    }

    /// Ends the columns of what is no field any more, after the indexes over them.
    fn drop(&mut self, field: &str) -> Result<(), DraftError> {
        let ended = self.columns_of(field);
        let is_many = matches!(ended.as_slice(), [Column { kind, .. }] if kind == "{{json}}");
        let ended: Vec<String> = ended.into_iter().map(|column| column.name).collect();
        let (table, field) = (self.ty.name, field.to_owned());
        if self.ty.field(&field).is_some() || self.declared.contains(&field) {
            return Err(DraftError::Declared { table, field });
        }
        if ended.is_empty() {
            return Err(DraftError::NoColumn { table: table.to_owned(), field });
        }
        let (over, kept) =
            std::mem::take(&mut self.found.indexes).into_iter().partition(|index| touches(index, &ended));
        self.found.indexes = kept;
        self.drop_indexes(over);
        self.found.columns.retain(|column| !ended.contains(&column.name));
        self.steps.extend(ended.into_iter().map(|column| Step::DropColumn { table: table.to_owned(), column }));
        self.steps.extend(elsewhere::drop_field(self.made, table, &field, is_many));
        Ok(())
    }

    fn drop_indexes(&mut self, indexes: Vec<Index>) {
        for Index { name, .. } in indexes {
            self.names.remove(&name);
            self.steps.push(Step::DropIndex { name });
        }
    }

    /// The columns that are of no field. A record could not be created any more if one of them needed a value.
    fn undeclared(&self) -> Result<Vec<String>, DraftError> {
        let columns = self.found.columns.iter();
        let undeclared: Vec<&Column> = columns.filter(|column| !self.is_declared(&column.name)).collect();
        if let Some(column) = undeclared.iter().find(|column| column.is_needed) {
            let field = column.name.strip_suffix("_minor").unwrap_or(&column.name).to_owned();
            return Err(DraftError::Left { table: self.ty.name, field });
        }
        Ok(undeclared.into_iter().map(|column| column.name.clone()).collect())
    }

    /// Indexes over columns of no field stay as they are, like the columns.
    fn indexes(&mut self) {
        let names = self.found.columns.iter().map(|column| column.name.clone());
        let undeclared: Vec<String> = names.filter(|name| !self.is_declared(name)).collect();
        let mut wanted = table::indexes(self.ty);
        let found = std::mem::take(&mut self.found.indexes).into_iter().filter(|index| !touches(index, &undeclared));
        let mut superfluous = vec![];
        for index in found {
            match wanted.iter().position(|wanted| wanted.is_like(&index)) {
                Some(place) => drop(wanted.remove(place)),
                None => superfluous.push(index),
            }
        }
        self.drop_indexes(superfluous);
        for index in wanted {
            let index = named(index, self.names);
            self.steps.push(Step::CreateIndex { table: self.found.name.clone(), index, is_new: false });
        }
    }
}

/// Whether an index holds one of the columns, or its condition speaks of one.
fn touches(index: &Index, columns: &[String]) -> bool {
    let words = index.condition.split(|c: char| !c.is_alphanumeric() && c != '_');
    index.columns.iter().map(String::as_str).chain(words).any(|word| columns.iter().any(|column| column == word))
}
