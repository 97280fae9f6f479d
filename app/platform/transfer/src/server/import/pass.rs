//! One way through the file, row by row: the same for a check, which only plans, as for the run, which applies.

mod rows;
mod verdicts;

use std::collections::HashMap;

use kernel::{AppError, server::Source};
use records::server::{AnyPermit, ApplyError, Ctx, Edit, Plan, PlanCx, Work, apply, plan, portions};
use uuid::Uuid;

use super::{differences, lines::Line, wanted::Wanted};
use crate::import::{Counts, Difference, OnError, Problem, ProblemKind};

/// What is known of the rows read so far.
pub struct Pass<'a> {
    pub ctx: &'a Ctx,
    pub wanted: &'a Wanted,
    /// Where changes are written; a check has none.
    pub change_set: Option<Uuid>,
    pub counts: Counts,
    pub differences: Vec<Difference>,
    /// Cells that name records of the type imported, to be settled when all rows are there.
    pub deferred: Vec<Deferred>,
    /// Rows that a survey found to name what is not there.
    pub doomed: HashMap<i64, Problem>,
    seen: Seen,
}

/// What rows of the file lay claim to, each with the row that did.
#[derive(Default)]
pub struct Seen {
    keys: HashMap<String, i64>,
    records: HashMap<Uuid, i64>,
    /// Unique values that a check would write, by field.
    unique: HashMap<(usize, String), i64>,
    /// By how many records of a title there would be more.
    pub titles: HashMap<String, i64>,
}

/// A cell that names a record of the type imported.
#[derive(Clone, Debug)]
pub struct Deferred {
    pub id: Uuid,
    pub target: usize,
    pub name: String,
    /// The key of what the row's own record is called.
    pub title: String,
    pub counted: Counted,
    /// What is said where the name leads nowhere; its message is still to be written.
    pub problem: Problem,
}

/// As what a row was counted, apart from the names in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Created,
    Updated,
    Unchanged,
}

/// What some rows came to.
#[derive(Default)]
pub struct Delta {
    pub counts: Counts,
    pub problems: Vec<Problem>,
    differences: Vec<Difference>,
    deferred: Vec<Deferred>,
    seen: Seen,
}

/// A row and the record it is about, where there is one.
type Found = (Line, Option<Uuid>);

impl<'a> Pass<'a> {
    pub fn new(ctx: &'a Ctx, wanted: &'a Wanted, total: i64, change_set: Option<Uuid>) -> Self {
        Self {
            ctx,
            wanted,
            change_set,
            counts: Counts { total, ..Counts::default() },
            differences: vec![],
            deferred: vec![],
            doomed: HashMap::new(),
            seen: Seen::default(),
        }
    }

    pub const fn is_dry(&self) -> bool {
        self.change_set.is_none()
    }

    pub fn titles(&mut self) -> &mut HashMap<String, i64> {
        &mut self.seen.titles
    }

    /// Works on some rows. Nothing is taken into account until [`Self::accept`], so that a batch that others overtook
    /// can be done again.
    pub async fn batch(&self, work: &mut Option<Work>, lines: &[Line]) -> Result<Delta, ApplyError> {
        let mut delta = Delta::default();
        delta.counts.progress = i64::try_from(lines.len()).unwrap_or(0);
        let mut lines = lines.to_vec();
        for line in &mut lines {
            line.problems.extend(self.doomed.get(&line.row).cloned());
        }
        self.find_named(work, &mut lines).await?;
        let lines = self.sort_out(lines, &mut delta);
        let rows = self.find_records(work, lines, &mut delta).await?;
        let (edits, creates): (Vec<Found>, Vec<Found>) = rows.into_iter().partition(|(_, id)| id.is_some());
        for (permit, rows) in [(&self.wanted.create, creates), (&self.wanted.edit, edits)] {
            let Some(permit) = permit else { continue };
            for some in self.portions(work, permit, rows).await? {
                self.write(work, permit, some, &mut delta).await?;
            }
        }
        delta.counts.errors = delta.errors();
        delta.differences.sort_by_key(|d| d.row);
        Ok(delta)
    }

    pub fn accept(&mut self, delta: Delta) {
        self.counts = self.counts.plus(&delta.counts);
        self.differences.extend(delta.differences);
        self.deferred.extend(delta.deferred);
        self.seen.keys.extend(delta.seen.keys);
        self.seen.records.extend(delta.seen.records);
        self.seen.unique.extend(delta.seen.unique);
        for (title, more) in delta.seen.titles {
            *self.seen.titles.entry(title).or_default() += more;
        }
    }

    pub fn source<'s>(&self, work: &'s mut Option<Work>) -> Source<'s>
    where
        'a: 's,
    {
        match work {
            Some(work) => Source::Tx(&mut work.tx),
            None => Source::Db(self.ctx.db()),
        }
    }

    /// Rows, as many at a time as may be held with the records they are about: the file says nothing of those.
    async fn portions(
        &self,
        work: &mut Option<Work>,
        permit: &AnyPermit,
        mut rows: Vec<Found>,
    ) -> Result<Vec<Vec<Found>>, AppError> {
        let ids: Vec<Uuid> = rows.iter().filter_map(|(_, id)| *id).collect();
        if ids.is_empty() {
            return Ok(if rows.is_empty() { vec![] } else { vec![rows] });
        }
        let portions = portions(&mut self.source(work), permit, &ids, ids.len(), 0).await?;
        Ok(portions.into_iter().map(|portion| rows.drain(..portion.range.len()).collect()).collect())
    }

    /// Plans rows that need the same permit, applies what can be, and says what became of each.
    async fn write(
        &self,
        work: &mut Option<Work>,
        permit: &AnyPermit,
        mut rows: Vec<Found>,
        delta: &mut Delta,
    ) -> Result<(), ApplyError> {
        let mut planned = self.plan(work, permit, &rows).await?;
        if self.keep_parts(&planned, &mut rows) {
            planned = self.plan(work, permit, &rows).await?;
        }
        if self.wanted.on_error == OnError::SkipCell && self.drop_cells(&planned, &mut rows, delta) {
            planned = self.plan(work, permit, &rows).await?;
        }
        if let (Some(change_set), Some(work)) = (self.change_set, work.as_mut()) {
            apply(self.ctx, work, change_set, &planned).await?;
        }
        let same = self.names_that_stay(&planned, &rows).await?;
        let mut shown = vec![];
        for (place, ((line, _), step)) in rows.iter().zip(&planned.steps).enumerate() {
            let mut problems = self.objections(line, step);
            if self.is_dry() && problems.is_empty() {
                problems.extend(self.claim_unique(line, step, delta));
            }
            if !problems.is_empty() {
                delta.counts.failed += 1;
                delta.problems.extend(problems);
                continue;
            }
            let names: Vec<&(usize, String)> =
                line.names.iter().filter(|(target, _)| !same.contains(&(place, *target))).collect();
            let counted = match (step.action, step.is_change()) {
                ("create", _) => Counted::Created,
                (_, true) => Counted::Updated,
                (_, false) => Counted::Unchanged,
            };
            delta.counts.add(counted, 1);
            if self.is_dry() && counted == Counted::Unchanged && !names.is_empty() {
                delta.counts.add(counted, -1);
                delta.counts.add(Counted::Updated, 1);
            }
            let title = self.title(step);
            if self.is_dry() {
                self.note_title(step, &title, delta);
                let room = self.differences.len() + delta.differences.len() + shown.len() < differences::SHOWN;
                if room && (step.is_change() || !names.is_empty()) {
                    shown.push((line.row, step, names.clone()));
                }
            }
            for (target, name) in names {
                let (id, target, name, title) = (step.id, *target, name.clone(), title.clone());
                let problem = line.problem(self.wanted, Some(target), "");
                delta.deferred.push(Deferred { id, target, name, title, counted, problem });
            }
        }
        delta.differences.extend(differences::describe(self.ctx, self.wanted, &shown).await?);
        Ok(())
    }

    async fn plan(&self, work: &mut Option<Work>, permit: &AnyPermit, rows: &[Found]) -> Result<Plan, AppError> {
        let edits = rows.iter().map(|(line, id)| {
            let set = line.set.iter().map(|(t, value)| (self.wanted.targets[*t].field, value.clone())).collect();
            match id {
                Some(id) => Edit::Set { id: *id, version: None, set },
                None => Edit::Create { id: None, set },
            }
        });
        plan(&mut PlanCx { ctx: self.ctx, permit, source: self.source(work) }, edits.collect()).await
    }
}

impl Delta {
    fn fail(&mut self, problem: Problem) {
        self.counts.failed += 1;
        self.problems.push(problem);
    }

    fn skip(&mut self, problem: Problem) {
        self.counts.skipped += 1;
        self.problems.push(Problem { kind: ProblemKind::Skipped, ..problem });
    }

    fn errors(&self) -> i64 {
        i64::try_from(self.problems.iter().filter(|p| p.kind == ProblemKind::Error).count()).unwrap_or(i64::MAX)
    }
}

impl Counts {
    pub(super) fn add(&mut self, counted: Counted, more: i64) {
        match counted {
            Counted::Created => self.created += more,
            Counted::Updated => self.updated += more,
            Counted::Unchanged => self.unchanged += more,
        }
    }

    pub(super) fn plus(&self, more: &Self) -> Self {
        Self {
            total: self.total,
            progress: self.progress + more.progress,
            created: self.created + more.created,
            updated: self.updated + more.updated,
            unchanged: self.unchanged + more.unchanged,
            skipped: self.skipped + more.skipped,
            failed: self.failed + more.failed,
            errors: self.errors + more.errors,
        }
    }
}
