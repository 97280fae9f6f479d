//! What a write would do, found out by reading only. A dry run is a plan that is shown; a write is a plan applied.

mod checks;

use std::collections::{BTreeSet, HashMap};

use checks::{check_references, check_unique, check_values, settle_owners};

use kernel::{
    AppError, FieldErrors,
    server::{Engine, Row, Source},
};
use uuid::Uuid;

use super::{Action, AnyPermit, Ctx, Meta, Sql, Stored, labels, storage::Reader};
use crate::{Cells, Flags, Value, text};

/// One thing to do to one record. Fields are named by their index in the type.
#[derive(Clone, Debug)]
pub enum Edit {
    Create {
        id: Option<Uuid>,
        set: Vec<(usize, Value)>,
    },
    /// `version` is the one that was read; `None` overrides whatever is there.
    Set {
        id: Uuid,
        version: Option<i64>,
        set: Vec<(usize, Value)>,
    },
    Delete {
        id: Uuid,
        version: Option<i64>,
    },
    Restore {
        id: Uuid,
    },
}

impl Edit {
    pub(super) const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Create { id, .. } => *id,
            Self::Set { id, .. } | Self::Delete { id, .. } | Self::Restore { id } => Some(*id),
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Set { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::Restore { .. } => "restore",
        }
    }

    /// About how many bytes it sets.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Create { set, .. } | Self::Set { set, .. } => set.iter().map(|(_, value)| value.bytes() as u64).sum(),
            Self::Delete { .. } | Self::Restore { .. } => 0,
        }
    }

    /// The action whose permit the edit needs.
    pub const fn action(&self) -> Action {
        match self {
            Self::Create { .. } => Action::Create,
            Self::Set { .. } => Action::Edit,
            Self::Delete { .. } | Self::Restore { .. } => Action::Delete,
        }
    }
}

/// Why a record is left as it is, whatever its fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    NotFound,
    /// It was changed since it was read; here it is now.
    Stale(Box<Stored>),
    /// It is in the recycle bin.
    Deleted,
}

impl Refusal {
    pub fn error(&self) -> AppError {
        match self {
            Self::NotFound => AppError::NotFound,
            Self::Stale(_) => AppError::Stale,
            Self::Deleted => AppError::Conflict("this record is in the recycle bin: restore it first".into()),
        }
    }
}

/// What happens to one record.
#[derive(Clone, Debug)]
pub struct Step {
    pub id: Uuid,
    /// `create`, `edit`, `delete` or `restore`.
    pub action: &'static str,
    pub before: Option<Stored>,
    pub after: Option<Stored>,
    pub errors: FieldErrors,
    pub refusal: Option<Refusal>,
}

impl Step {
    /// Whether it can be done.
    pub fn is_sound(&self) -> bool {
        self.refusal.is_none() && self.errors.is_empty()
    }

    /// The fields that will change.
    pub fn changed(&self) -> Vec<usize> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                (0..after.cells.0.len()).filter(|i| before.cells.at(*i) != after.cells.at(*i)).collect()
            }
            _ => vec![],
        }
    }

    /// About how many bytes the record takes up, before and after.
    pub(super) fn bytes(&self) -> usize {
        let rows = [&self.before, &self.after].into_iter().flatten();
        rows.flat_map(|row| &row.cells.0).map(Value::bytes).sum()
    }

    /// Whether doing it changes anything.
    pub fn is_change(&self) -> bool {
        self.is_sound() && (self.action != "edit" || !self.changed().is_empty())
    }

    /// The first reason why it cannot be done.
    pub fn error(&self) -> Option<AppError> {
        match &self.refusal {
            Some(refusal) => Some(refusal.error()),
            None if !self.errors.is_empty() => Some(AppError::Invalid(self.errors.clone())),
            None => None,
        }
    }
}

/// Steps to take, in the order of the edits they came from.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) permit: AnyPermit,
    pub steps: Vec<Step>,
    /// Records that exchange unique values among themselves.
    pub(super) exchanging: BTreeSet<Uuid>,
}

/// Where planning reads, and for whom.
pub struct PlanCx<'a> {
    pub ctx: &'a Ctx,
    pub permit: &'a AnyPermit,
    pub source: Source<'a>,
}

impl PlanCx<'_> {
    /// Reads where the plan reads: rules must not look past the transaction they are part of.
    pub async fn fetch(&mut self, sql: Sql) -> Result<Vec<Row>, AppError> {
        let (text, args) = sql.finish();
        Ok(self.source.fetch_all(&text, args).await?)
    }

    fn sql(&self) -> Sql {
        Sql::new(self.ctx.db().engine())
    }
}

/// Plans edits of records of one type, at most a few thousand at a time. All need the permit's action.
pub async fn plan(cx: &mut PlanCx<'_>, edits: Vec<Edit>) -> Result<Plan, AppError> {
    let permit = cx.permit.clone();
    debug_assert!(edits.iter().all(|e| e.action() == permit.action()), "the permit is for another action");
    let before = load(cx, edits.iter().filter_map(Edit::id).collect()).await?;
    let mut steps: Vec<Step> = edits.into_iter().map(|edit| begin(cx, edit, &before)).collect();
    settle_owners(cx, &mut steps).await?;
    cx.permit.entry().clone().prepare(cx, &mut steps).await?;
    check_values(&permit, &mut steps);
    check_references(cx, &mut steps).await?;
    let exchanging = check_unique(cx, &mut steps).await?;
    for step in &mut steps {
        stamp(cx.ctx, step);
    }
    Ok(Plan { permit, steps, exchanging })
}

/// The records to be changed, as far as the permit covers them; locked where the database needs that.
async fn load(cx: &mut PlanCx<'_>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Stored>, AppError> {
    let reader = Reader::all(cx.permit.entry().ty);
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(1_000) {
        let mut sql = cx.sql();
        sql.push(&format!("select {} from {} t where t.id in ", reader.select("t"), cx.permit.entry().ty.name));
        sql.bind_list(some.iter().copied());
        sql.push(" and ");
        cx.permit.predicate(&mut sql, "t");
        sql.push(" order by t.id");
        if matches!((&cx.source, sql.engine()), (Source::Tx(_), Engine::Postgres)) {
            sql.push(" for update");
        }
        for row in cx.fetch(sql).await? {
            let stored = reader.read(&row)?;
            found.insert(stored.id, stored);
        }
    }
    Ok(found)
}

fn begin(cx: &PlanCx<'_>, edit: Edit, before: &HashMap<Uuid, Stored>) -> Step {
    let action = edit.name();
    let id = edit.id().unwrap_or_else(|| cx.ctx.new_id());
    let mut step = Step { id, action, before: None, after: None, errors: FieldErrors::default(), refusal: None };
    if let Edit::Create { set, .. } = edit {
        let mut after = blank(cx, id);
        assign(cx.permit, set, &mut after, &mut step.errors, true);
        step.after = Some(after);
        return step;
    }
    let Some(row) = before.get(&id) else {
        step.refusal = Some(Refusal::NotFound);
        return step;
    };
    step.before = Some(row.clone());
    let mut after = row.clone();
    let is_deleted = row.meta.deleted_at.is_some();
    let is_stale = |version: Option<i64>| version.is_some_and(|v| v != row.meta.version);
    match edit {
        Edit::Set { version, .. } | Edit::Delete { version, .. } if is_stale(version) => {
            step.refusal = Some(Refusal::Stale(Box::new(row.clone())));
        }
        Edit::Set { .. } if is_deleted => step.refusal = Some(Refusal::Deleted),
        Edit::Delete { .. } if is_deleted => step.refusal = Some(Refusal::NotFound),
        Edit::Restore { .. } if !is_deleted => step.refusal = Some(Refusal::NotFound),
        Edit::Set { set, .. } => assign(cx.permit, set, &mut after, &mut step.errors, false),
        Edit::Delete { .. } => {
            after.meta.deleted_at = Some(cx.ctx.now());
            after.meta.deleted_by = cx.ctx.actor.user;
        }
        _ => {
            after.meta.deleted_at = None;
            after.meta.deleted_by = None;
        }
    }
    step.after = Some(after);
    step
}

/// A new record with the defaults of its type.
fn blank(cx: &PlanCx<'_>, id: Uuid) -> Stored {
    let ty = cx.permit.entry().ty;
    let mut cells = Cells(vec![Value::Null; ty.fields.len()]);
    for (i, field) in ty.fields.iter().enumerate().filter(|(_, f)| !f.default.is_empty()) {
        cells.set(i, text::parse(&field.kind, &field.default, cx.ctx.reading()).unwrap_or_default());
    }
    let (now, actor) = (cx.ctx.now(), cx.ctx.actor.user);
    if let Some((i, _)) = ty.field("owner") {
        cells.set(i, actor.map_or(Value::Null, Value::Id));
    }
    let meta = Meta {
        version: 0,
        created_at: now,
        created_by: actor,
        updated_at: now,
        updated_by: actor,
        deleted_at: None,
        deleted_by: None,
        owner: None,
        team: None,
    };
    Stored { id, meta, cells }
}

fn assign(permit: &AnyPermit, set: Vec<(usize, Value)>, row: &mut Stored, errors: &mut FieldErrors, is_new: bool) {
    for (i, value) in set {
        let Some(field) = permit.entry().ty.fields.get(i) else { continue };
        let is_closed = !permit.may_write(i)
            || (field.is(Flags::GUARDED) || field.is(Flags::COMPUTED)) && !permit.writes_guarded()
            || field.is(Flags::FIXED) && !is_new;
        match text::check(&field.kind, value) {
            Ok(value) if value == *row.cells.at(i) => {}
            Ok(_) if is_closed => errors.add(field.name.as_ref(), "This cannot be changed here."),
            Ok(value) => row.cells.set(i, value),
            Err(why) => errors.add(field.name.as_ref(), format!("This {why}.")),
        }
    }
}

fn stamp(ctx: &Ctx, step: &mut Step) {
    if let Some(after) = &mut step.after {
        after.meta.version += 1;
        after.meta.updated_at = ctx.now();
        after.meta.updated_by = ctx.actor.user;
    }
}

impl Plan {
    /// A plan that was carried out, as its steps.
    pub(super) const fn of(permit: AnyPermit, steps: Vec<Step>) -> Self {
        Self { permit, steps, exchanging: BTreeSet::new() }
    }

    /// What the record of a step is called.
    pub fn title(&self, step: &Step) -> String {
        step.after.as_ref().or(step.before.as_ref()).map_or_else(String::new, |row| labels::title(&self.permit, row))
    }
}
