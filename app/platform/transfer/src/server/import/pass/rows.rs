//! From lines of the file to rows to be planned: names become records, and each row finds the record it is about.

use std::collections::BTreeSet;

use kernel::AppError;
use records::{
    Value,
    server::{PlanCx, Work, find_by_keys, keys},
};
use uuid::Uuid;

use super::{Delta, Found, Pass};
use crate::{
    import::{Mode, OnError, Problem},
    server::import::{lines::Line, names},
};

impl Pass<'_> {
    /// Puts records in the place of their names, for names of other types.
    pub(super) async fn find_named(&self, work: &mut Option<Work>, lines: &mut [Line]) -> Result<(), AppError> {
        for (target, column) in self.wanted.targets.iter().enumerate() {
            let Some(of) = column.refers_to.as_deref().filter(|_| !self.wanted.is_inward(target)) else { continue };
            let named = |line: &Line| line.names.iter().find(|(t, _)| *t == target).map(|(_, name)| name.clone());
            let wanted: BTreeSet<String> = lines.iter().filter_map(named).map(|name| names::key(&name)).collect();
            if wanted.is_empty() {
                continue;
            }
            let found = names::find(self.ctx, self.source(work), of, &wanted).await?;
            let entry = self.ctx.app.registry().get(of);
            for line in lines.iter_mut() {
                let Some(name) = named(line) else { continue };
                line.names.retain(|(t, _)| *t != target);
                match names::one(entry, &name, found.get(&names::key(&name))) {
                    Ok(id) => line.set.push((target, Value::Id(id))),
                    Err(why) => line.problems.push(line.problem(self.wanted, Some(target), why)),
                }
            }
        }
        Ok(())
    }

    /// Takes out rows that say nothing, and rows with cells that do not fit where those are not to be imported.
    pub(super) fn sort_out(&self, lines: Vec<Line>, delta: &mut Delta) -> Vec<Line> {
        let key = self.wanted.key.map(|k| self.wanted.targets[k].name.as_str());
        let mut sound = vec![];
        for mut line in lines {
            if line.is_empty {
                delta.skip(line.problem(self.wanted, None, "This row is empty."));
                continue;
            }
            let is_lost = |p: &Problem| p.column.is_empty() || Some(p.column.as_str()) == key;
            let skips_row = self.wanted.on_error == OnError::SkipRow;
            let fails = line.problems.iter().any(|p| skips_row || is_lost(p));
            delta.problems.append(&mut line.problems);
            if fails {
                delta.counts.failed += 1;
            } else {
                sound.push(line);
            }
        }
        sound
    }

    /// Finds the record each row is about, and leaves out rows that the mode does not want.
    pub(super) async fn find_records(
        &self,
        work: &mut Option<Work>,
        lines: Vec<Line>,
        delta: &mut Delta,
    ) -> Result<Vec<Found>, AppError> {
        let Some(key) = self.wanted.key else { return Ok(lines.into_iter().map(|line| (line, None)).collect()) };
        let field = self.wanted.field(key);
        let mut keyed = vec![];
        for line in lines {
            let own = line.set.iter().find(|(t, _)| *t == key).map(|(_, value)| keys(field, value)).unwrap_or_default();
            if own.is_empty() {
                let why = format!("Rows are matched on {}, and this cell is empty.", field.label);
                delta.fail(line.problem(self.wanted, Some(key), why));
                continue;
            }
            let earlier = own.iter().find_map(|k| self.seen.keys.get(k).or_else(|| delta.seen.keys.get(k)));
            if let Some(row) = earlier {
                let why = format!("Row {row} has the same {}: it would be about the same record.", field.label);
                delta.fail(line.problem(self.wanted, Some(key), why));
                continue;
            }
            delta.seen.keys.extend(own.iter().map(|k| (k.clone(), line.row)));
            keyed.push((line, own));
        }
        let all: Vec<String> = keyed.iter().flat_map(|(_, own)| own.iter().cloned()).collect();
        let mut cx = PlanCx { ctx: self.ctx, permit: &self.wanted.view, source: self.source(work) };
        let found = find_by_keys(&mut cx, self.wanted.targets[key].field, &all).await?;
        let ty = self.wanted.entry.ty;
        let mut rows = vec![];
        for (line, own) in keyed {
            let ids: BTreeSet<Uuid> = own.iter().filter_map(|k| found.get(k)).flatten().copied().collect();
            let about = |why: String| line.problem(self.wanted, Some(key), why);
            let label = &field.label;
            match (ids.len(), ids.first().copied(), self.wanted.mode) {
                (0, _, Mode::Update) => {
                    delta.skip(about(format!("There is no {} with this {label}.", ty.singular.to_lowercase())));
                }
                (0, ..) => rows.push((line, None)),
                (1, _, Mode::Create) => {
                    delta.skip(about(format!("There is a {} with this {label} already.", ty.singular.to_lowercase())));
                }
                (1, Some(id), _) => {
                    let earlier = self.seen.records.get(&id).or_else(|| delta.seen.records.get(&id));
                    if let Some(row) = earlier {
                        delta.fail(about(format!("Row {row} is about the same record.")));
                    } else {
                        delta.seen.records.insert(id, line.row);
                        rows.push((line, Some(id)));
                    }
                }
                (n, ..) => delta.fail(about(format!("{n} {} have this {label}.", ty.plural.to_lowercase()))),
            }
        }
        Ok(rows)
    }
}
