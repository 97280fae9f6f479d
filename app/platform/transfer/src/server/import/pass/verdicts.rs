//! What a plan says of each row: what the record has that the file does not, what is objected to, what would be there
//! twice, and which names change nothing.

use std::collections::{BTreeMap, BTreeSet};

use kernel::AppError;
use records::{
    Address, Flags, Value,
    server::{Plan, Step, keys},
};
use uuid::Uuid;

use super::{Delta, Found, Pass};
use crate::{
    import::Problem,
    server::import::{lines::Line, names},
};

impl Pass<'_> {
    /// Gives addresses the parts that the file has no column for, where the record has them; and says whether there were
    /// any.
    pub(super) fn keep_parts(&self, planned: &Plan, rows: &mut [Found]) -> bool {
        let mut any = false;
        for ((line, _), step) in rows.iter_mut().zip(&planned.steps) {
            let Some(before) = &step.before else { continue };
            for (target, value) in &mut line.set {
                let field = self.wanted.targets[*target].field;
                let (Value::Address(address), Value::Address(known)) = (value, before.cells.at(field)) else {
                    continue;
                };
                for (part, _) in Address::PARTS.into_iter().filter(|(part, _)| self.wanted.leaves_out(field, part)) {
                    let is_known = !known.part(part).is_empty();
                    if let Some(own) = address.part_mut(part).filter(|_| is_known) {
                        known.part(part).clone_into(own);
                        any = true;
                    }
                }
            }
        }
        any
    }

    /// Takes the cells out that a plan objects to, and says whether there were any.
    pub(super) fn drop_cells(&self, planned: &Plan, rows: &mut [Found], delta: &mut Delta) -> bool {
        let mut any = false;
        for ((line, _), step) in rows.iter_mut().zip(&planned.steps) {
            let problems = self.objections(line, step);
            let key = self.wanted.key.map(|k| self.wanted.targets[k].name.as_str());
            let targets: BTreeSet<usize> = problems
                .iter()
                .filter_map(|p| self.wanted.targets.iter().position(|t| t.name == p.column))
                .filter(|t| line.set.iter().any(|(own, _)| own == t))
                .collect();
            let is_key = problems.iter().any(|p| Some(p.column.as_str()) == key);
            if problems.is_empty() || is_key || targets.len() != problems.len() {
                continue;
            }
            any = true;
            line.drop_cells(&targets);
            delta.problems.extend(problems);
        }
        any
    }

    /// Why a row's step cannot be taken, cell by cell.
    pub(super) fn objections(&self, line: &Line, step: &Step) -> Vec<Problem> {
        if let Some(refusal) = &step.refusal {
            let why = match refusal.error() {
                AppError::NotFound => "You may not change this record.".to_owned(),
                error => error.sentence(),
            };
            return vec![line.problem(self.wanted, None, why)];
        }
        let messages = step.errors.0.iter().flat_map(|(field, all)| all.iter().map(move |message| (field, message)));
        let problems = messages.map(|(field, message)| {
            let target = self.wanted.targets.iter().position(|t| self.wanted.entry.ty.fields[t.field].name == *field);
            match (target, self.wanted.entry.ty.field(field)) {
                (None, Some((_, declared))) => {
                    line.problem(self.wanted, None, format!("{}: {message}", declared.label))
                }
                (target, _) => line.problem(self.wanted, target, message.as_str()),
            }
        });
        problems.collect()
    }

    /// Of a check nothing is written, so that two rows with one unique value are told from what was planned.
    pub(super) fn claim_unique(&self, line: &Line, step: &Step, delta: &mut Delta) -> Option<Problem> {
        let after = step.after.as_ref().filter(|_| step.is_change())?;
        let unique = self.wanted.entry.ty.fields.iter().enumerate().filter(|(_, f)| f.is(Flags::UNIQUE));
        let mut claims = vec![];
        for (i, field) in unique {
            for key in keys(field, after.cells.at(i)) {
                let claim = (i, key);
                let earlier = self.seen.unique.get(&claim).or_else(|| delta.seen.unique.get(&claim));
                if let Some(row) = earlier {
                    let target = self.wanted.targets.iter().position(|t| t.field == i);
                    return Some(line.problem(self.wanted, target, format!("Row {row} has the same {}.", field.label)));
                }
                claims.push((claim, line.row));
            }
        }
        delta.seen.unique.extend(claims);
        None
    }

    /// Names that the records hold already: row and target.
    pub(super) async fn names_that_stay(
        &self,
        planned: &Plan,
        rows: &[Found],
    ) -> Result<BTreeSet<(usize, usize)>, AppError> {
        let with_names =
            rows.iter().zip(&planned.steps).enumerate().filter(|(_, ((line, _), _))| !line.names.is_empty());
        let before: Vec<_> =
            with_names.filter_map(|(place, (row, step))| Some((place, row, step.before.as_ref()?))).collect();
        if before.is_empty() {
            return Ok(BTreeSet::new());
        }
        let stored: Vec<_> = before.iter().map(|(_, _, row)| (*row).clone()).collect();
        let labels: BTreeMap<Uuid, String> = records::server::labels(self.ctx, &self.wanted.view, &stored).await?;
        let mut same = BTreeSet::new();
        for (place, (line, _), row) in before {
            for (target, name) in &line.names {
                let label = row.cells.at(self.wanted.targets[*target].field).as_id().and_then(|id| labels.get(&id));
                if label.is_some_and(|label| names::key(label) == names::key(name)) {
                    same.insert((place, *target));
                }
            }
        }
        Ok(same)
    }

    pub(super) fn title(&self, step: &Step) -> String {
        let title = self.wanted.entry.ty.title_field();
        let row = step.after.as_ref().or(step.before.as_ref());
        row.and_then(|row| row.cells.at(title).as_text()).map(names::key).unwrap_or_default()
    }

    pub(super) fn note_title(&self, step: &Step, title: &str, delta: &mut Delta) {
        if !self.wanted.has_inward() {
            return;
        }
        let at = self.wanted.entry.ty.title_field();
        let before = step.before.as_ref().and_then(|row| row.cells.at(at).as_text()).map(names::key);
        if before.as_deref() != Some(title) {
            *delta.seen.titles.entry(title.to_owned()).or_default() += 1;
            if let Some(before) = before {
                *delta.seen.titles.entry(before).or_default() -= 1;
            }
        }
    }
}
