//! Rows that name other rows, settled when all of them are there: in whatever order they stand in the file.

use std::collections::{BTreeSet, HashMap, HashSet};

use kernel::AppError;
use records::{
    Value,
    server::{ApplyError, Edit, PlanCx, Work, apply, plan},
};

use super::{
    names,
    pass::{Counted, Deferred, Delta, Pass},
};
use crate::import::{OnError, Problem};

/// The longest chain of names; a longer one is taken for a circle.
const DEEPEST: usize = 30;

impl Pass<'_> {
    /// Finds out, after a pass that wrote nothing, which names will lead nowhere, and takes their rows back out of
    /// the counts. Gives the problems; the rows are [`Pass::doomed`] where they are not to be imported.
    pub async fn survey(&mut self) -> Result<Vec<Problem>, AppError> {
        let mut pending = std::mem::take(&mut self.deferred);
        let ty = self.wanted.entry.ty;
        let wanted: BTreeSet<String> = pending.iter().map(|d| names::key(&d.name)).collect();
        let found = names::find(self.ctx, self.source(&mut None), ty.name, &wanted).await?;
        let mut problems = vec![];
        let entry = self.wanted.entry.clone();
        loop {
            let leads: HashMap<String, String> =
                pending.iter().map(|d| (d.title.clone(), names::key(&d.name))).collect();
            let before = pending.len();
            let mut still = vec![];
            for deferred in pending {
                let key = names::key(&deferred.name);
                let more = self.titles().get(&key).copied().unwrap_or(0);
                let count = i64::try_from(found.get(&key).map_or(0, Vec::len)).unwrap_or(0) + more;
                let why = match count {
                    1 if is_circle(&deferred.title, &leads) => "This leads back to the row itself.".to_owned(),
                    1 => {
                        still.push(deferred);
                        continue;
                    }
                    n => names::why_not(Some(&entry), &deferred.name, usize::try_from(n).unwrap_or(0)),
                };
                problems.push(self.fail(&deferred, why));
            }
            pending = still;
            if pending.len() == before {
                break;
            }
        }
        Ok(problems)
    }

    /// A name leads nowhere: without it the row is imported, or not at all.
    fn fail(&mut self, deferred: &Deferred, why: String) -> Problem {
        let problem = Problem { message: why, ..deferred.problem.clone() };
        self.counts.errors += 1;
        if self.wanted.on_error == OnError::SkipCell {
            if deferred.counted == Counted::Unchanged {
                self.counts.add(Counted::Updated, -1);
                self.counts.add(Counted::Unchanged, 1);
            }
        } else if self.doomed.insert(problem.row, problem.clone()).is_none() {
            let counted = if deferred.counted == Counted::Created { Counted::Created } else { Counted::Updated };
            self.counts.add(counted, -1);
            self.counts.failed += 1;
            self.differences.retain(|d| d.row != problem.row);
            if counted == Counted::Created {
                *self.titles().entry(deferred.title.clone()).or_default() -= 1;
            }
        }
        problem
    }

    /// Fills in names after all rows are written.
    pub async fn link(&self, work: &mut Option<Work>, deferred: &[Deferred]) -> Result<Delta, ApplyError> {
        let mut delta = Delta::default();
        let Some(permit) = &self.wanted.edit else { return Ok(delta) };
        let wanted: BTreeSet<String> = deferred.iter().map(|d| names::key(&d.name)).collect();
        let found = names::find(self.ctx, self.source(work), self.wanted.entry.ty.name, &wanted).await?;
        let mut report = |deferred: &Deferred, message: String| {
            delta.counts.errors += 1;
            delta.problems.push(Problem { message, ..deferred.problem.clone() });
        };
        let (mut edits, mut about) = (vec![], vec![]);
        // A record that two columns refer from is edited once for each, so the second waits for a plan of its own.
        let mut taken = HashSet::new();
        let mut rest = vec![];
        for one in deferred {
            match names::one(Some(&self.wanted.entry), &one.name, found.get(&names::key(&one.name))) {
                Err(why) => report(one, why),
                Ok(_) if !taken.insert(one.id) => rest.push(one.clone()),
                Ok(id) => {
                    let set = vec![(self.wanted.targets[one.target].field, Value::Id(id))];
                    edits.push(Edit::Set { id: one.id, version: None, set });
                    about.push(one);
                }
            }
        }
        let planned = plan(&mut PlanCx { ctx: self.ctx, permit, source: self.source(work) }, edits).await?;
        for (one, step) in about.into_iter().zip(&planned.steps) {
            match step.error() {
                None if step.is_change() && one.counted == Counted::Unchanged => {
                    delta.counts.add(Counted::Unchanged, -1);
                    delta.counts.add(Counted::Updated, 1);
                }
                None => {}
                Some(AppError::Invalid(errors)) => {
                    let why = errors.0.into_values().flatten().next().unwrap_or_default();
                    delta.counts.errors += 1;
                    delta.problems.push(Problem { message: why, ..one.problem.clone() });
                }
                Some(error) => {
                    delta.counts.errors += 1;
                    delta.problems.push(Problem { message: error.sentence(), ..one.problem.clone() });
                }
            }
        }
        if let (Some(change_set), Some(work)) = (self.change_set, work.as_mut()) {
            apply(self.ctx, work, change_set, &planned).await?;
        }
        if !rest.is_empty() {
            let more = Box::pin(self.link(work, &rest)).await?;
            delta.counts = delta.counts.plus(&more.counts);
            delta.problems.extend(more.problems);
        }
        Ok(delta)
    }
}

/// Whether names lead from a title back to it.
fn is_circle(title: &str, leads: &HashMap<String, String>) -> bool {
    let mut at = leads.get(title);
    for _ in 0..DEEPEST {
        match at {
            Some(next) if next == title => return true,
            Some(next) => at = leads.get(next),
            None => return false,
        }
    }
    false
}
