//! The types there are, and the rules their domains add.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kernel::{AppError, FieldErrors};
use uuid::Uuid;

use super::{Ctx, Step, Work, plan::PlanCx, schema};
use crate::{Kind, Record, RecordType};

pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A record about to be written: the rules of its type may change what will be stored, or object.
pub struct Draft<R> {
    pub id: Uuid,
    pub before: Option<R>,
    pub after: R,
    pub errors: FieldErrors,
}

/// What a domain adds to a type. Both work on a whole batch, so that a thousand rows cost a query or two.
pub trait Rules<R: Record>: Send + Sync + 'static {
    /// Computed fields, states, rules over several rows. Reads only: a dry run calls it too.
    fn prepare<'a>(&'a self, _: &'a mut PlanCx<'_>, _: &'a mut [Draft<R>]) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async { Ok(()) })
    }

    /// In the transaction of the write, after the rows are stored.
    fn applied<'a>(&'a self, _: &'a Ctx, _: &'a mut Work, _: &'a [Step]) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async { Ok(()) })
    }
}

/// For a type whose declaration says all.
pub struct NoRules;
impl<R: Record> Rules<R> for NoRules {}

trait AnyRules: Send + Sync {
    fn prepare<'a>(&'a self, cx: &'a mut PlanCx<'_>, steps: &'a mut [Step]) -> Boxed<'a, Result<(), AppError>>;
    fn applied<'a>(&'a self, ctx: &'a Ctx, work: &'a mut Work, steps: &'a [Step]) -> Boxed<'a, Result<(), AppError>>;
}

struct Erased<R, L>(L, PhantomData<fn() -> R>);

impl<R: Record, L: Rules<R>> AnyRules for Erased<R, L> {
    fn prepare<'a>(&'a self, cx: &'a mut PlanCx<'_>, steps: &'a mut [Step]) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            // A draft is typed, so it exists only where each value fits; the others are already in error.
            let mut drafts = vec![];
            let mut places = vec![];
            for (place, step) in steps.iter().enumerate() {
                let Some(after) = step.after.as_ref().filter(|_| step.is_sound()) else { continue };
                let before = step.before.as_ref().map(|b| R::from_cells(&b.cells)).transpose();
                if let (Ok(before), Ok(after)) = (before, R::from_cells(&after.cells)) {
                    drafts.push(Draft { id: step.id, before, after, errors: FieldErrors::default() });
                    places.push(place);
                }
            }
            self.0.prepare(cx, &mut drafts).await?;
            for (place, draft) in places.into_iter().zip(drafts) {
                if let Some(after) = &mut steps[place].after {
                    after.cells = draft.after.to_cells();
                }
                steps[place].errors.merge(draft.errors);
            }
            Ok(())
        })
    }

    fn applied<'a>(&'a self, ctx: &'a Ctx, work: &'a mut Work, steps: &'a [Step]) -> Boxed<'a, Result<(), AppError>> {
        self.0.applied(ctx, work, steps)
    }
}

/// A registered type.
pub struct Entry {
    pub ty: &'static RecordType,
    /// The module it belongs to.
    pub module: &'static str,
    rules: Box<dyn AnyRules>,
    changes: AtomicU64,
    /// Fields of other types that refer to this one.
    referrers: Vec<(&'static RecordType, usize)>,
}

impl Entry {
    pub(super) fn prepare<'a>(
        &'a self,
        cx: &'a mut PlanCx<'_>,
        steps: &'a mut [Step],
    ) -> Boxed<'a, Result<(), AppError>> {
        self.rules.prepare(cx, steps)
    }

    pub(super) fn applied<'a>(
        &'a self,
        ctx: &'a Ctx,
        work: &'a mut Work,
        steps: &'a [Step],
    ) -> Boxed<'a, Result<(), AppError>> {
        self.rules.applied(ctx, work, steps)
    }

    /// Grows with each committed write to the type; what is derived from its rows is good while it stands still.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Notes a write that another process may have made.
    pub fn heard_of_change(&self) {
        self.changed();
    }

    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    pub fn referrers(&self) -> &[(&'static RecordType, usize)] {
        &self.referrers
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.ty.name).finish()
    }
}

/// What a domain contributes to the program.
pub struct Module {
    name: &'static str,
    types: Vec<(&'static RecordType, Box<dyn AnyRules>)>,
}

impl Module {
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: vec![] }
    }

    #[must_use]
    pub fn record<R: Record>(self) -> Self {
        self.record_with::<R>(NoRules)
    }

    #[must_use]
    pub fn record_with<R: Record>(mut self, rules: impl Rules<R>) -> Self {
        self.types.push((R::TYPE, Box::new(Erased(rules, PhantomData::<fn() -> R>))));
        self
    }
}

/// All types, by name.
#[derive(Debug)]
pub struct Registry {
    entries: BTreeMap<&'static str, Arc<Entry>>,
}

impl Registry {
    /// Fails where two types share a name, a reference leads nowhere or a type contradicts itself; the message says
    /// which.
    pub fn build(modules: Vec<Module>) -> Result<Self, String> {
        let mut entries: BTreeMap<&'static str, Entry> = BTreeMap::new();
        for module in modules {
            for (ty, rules) in module.types {
                let (changes, referrers) = (AtomicU64::new(0), vec![]);
                let entry = Entry { ty, module: module.name, rules, changes, referrers };
                if entries.insert(ty.name, entry).is_some() {
                    return Err(format!("two record types are called {}", ty.name));
                }
            }
        }
        let types: Vec<_> = entries.values().map(|e| e.ty).collect();
        for ty in types {
            if entries.contains_key(ty.was) {
                return Err(format!("{} was {}, which is another record type", ty.name, ty.was));
            }
            contradiction(ty).map_or(Ok(()), Err)?;
            for (i, field) in ty.fields.iter().enumerate() {
                let Kind::Ref(target) = &field.kind else { continue };
                let target = entries.get_mut(target.as_ref());
                let target = target.ok_or_else(|| format!("{}.{} refers to no record type", ty.name, field.name))?;
                target.referrers.push((ty, i));
            }
        }
        Ok(Self { entries: entries.into_iter().map(|(name, entry)| (name, Arc::new(entry))).collect() })
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Entry>> {
        self.entries.get(name)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    /// The declarations alone.
    pub fn types(&self) -> Vec<&'static RecordType> {
        self.entries().map(|entry| entry.ty).collect()
    }
}

/// What in a type's declaration cannot be meant.
fn contradiction(ty: &RecordType) -> Option<String> {
    let name = ty.name;
    let (mut columns, mut former) = (BTreeSet::new(), BTreeSet::new());
    for field in ty.fields {
        if let Some((column, _)) =
            schema::columns(field).into_iter().find(|(column, _)| !columns.insert(column.clone()))
        {
            return Some(format!("two fields of {name} have the column {column}"));
        }
        if let Some(was) = field.former_names().find(|was| ty.field(was).is_some() || !former.insert(*was)) {
            return Some(format!("{name}.{} was {was}, and so is or was another field", field.name));
        }
    }
    if let Some(column) = columns.iter().find(|column| schema::is_system(column)) {
        return Some(format!("{name}.{column} is a column that every record has"));
    }
    let unknown = ty.pairs.iter().flat_map(|(of, by)| [of, by]).find(|field| ty.field(field).is_none());
    unknown.map(|field| format!("a pair of {name} names {field}, which is no field"))
}
