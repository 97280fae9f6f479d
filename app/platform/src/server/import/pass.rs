//! One way through the file, row by row: the same for a check, which only plans, as for the run, which applies.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{AppError, server::Source};
use records::{
    Flags, Value,
    server::{AnyPermit, ApplyError, Ctx, Edit, Plan, PlanCx, Step, Work, apply, find_by_keys, keys, plan},
};
use uuid::Uuid;

use super::{differences, lines::Line, names, wanted::Wanted};
use crate::import::{Counts, Difference, Mode, OnError, Problem, ProblemKind};

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
            if let Some(permit) = permit.as_ref().filter(|_| !rows.is_empty()) {
                self.write(work, permit, rows, &mut delta).await?;
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

    /// Puts records in the place of their names, for names of other types.
    async fn find_named(&self, work: &mut Option<Work>, lines: &mut [Line]) -> Result<(), AppError> {
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
    fn sort_out(&self, lines: Vec<Line>, delta: &mut Delta) -> Vec<Line> {
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
    async fn find_records(
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

    /// Plans rows that need the same permit, applies what can be, and says what became of each.
    async fn write(
        &self,
        work: &mut Option<Work>,
        permit: &AnyPermit,
        mut rows: Vec<Found>,
        delta: &mut Delta,
    ) -> Result<(), ApplyError> {
        let mut planned = self.plan(work, permit, &rows).await?;
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

    /// Takes the cells out that a plan objects to, and says whether there were any.
    fn drop_cells(&self, planned: &Plan, rows: &mut [Found], delta: &mut Delta) -> bool {
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
    fn objections(&self, line: &Line, step: &Step) -> Vec<Problem> {
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
    fn claim_unique(&self, line: &Line, step: &Step, delta: &mut Delta) -> Option<Problem> {
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
    async fn names_that_stay(&self, planned: &Plan, rows: &[Found]) -> Result<BTreeSet<(usize, usize)>, AppError> {
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

    fn title(&self, step: &Step) -> String {
        let title = self.wanted.entry.ty.title_field();
        let row = step.after.as_ref().or(step.before.as_ref());
        row.and_then(|row| row.cells.at(title).as_text()).map(names::key).unwrap_or_default()
    }

    fn note_title(&self, step: &Step, title: &str, delta: &mut Delta) {
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
