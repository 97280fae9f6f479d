//! Whom the changes of one change-set to records of one type concern.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jobs::server::Actors;
use kernel::AppError;
use records::{
    Kind, RecordType, Value,
    server::{Action, AnyPermit, Ctx, Entry, Stored, find_many, title},
};
use uuid::Uuid;

use super::super::store::{self, Change, Set};
use crate::Standing;

/// Fields that say whose a record is.
const OWNERS: [&str; 2] = ["owner", "assignee"];
/// Records read at a time.
pub const PAGE: usize = 1_000;

/// What a change-set did to one record, all in all.
struct Fate {
    record: Uuid,
    /// `create`, `edit`, `delete` or `restore`.
    action: String,
    /// Of what was edited, each value before and after.
    fields: BTreeMap<String, (Value, Value)>,
    /// The version of the record that came of it.
    version: i64,
}

/// Each record's changes, which stand together in their order, as one.
fn fates(ty: &RecordType, changes: Vec<Change>) -> Vec<Fate> {
    let mut fates: Vec<Fate> = vec![];
    for Change { record, action, fields, version, .. } in changes {
        let edited = differences(ty, fields.as_deref());
        match fates.last_mut().filter(|fate| fate.record == record) {
            None => fates.push(Fate { record, action, fields: edited, version }),
            Some(fate) => {
                if fate.action != "create" && action != "edit" {
                    fate.action = action;
                }
                fate.version = version;
                for (field, (before, after)) in edited {
                    fate.fields.entry(field).and_modify(|(_, last)| *last = after.clone()).or_insert((before, after));
                }
            }
        }
    }
    fates
}

/// Records that concern one person.
#[derive(Default)]
pub struct Records {
    pub count: i64,
    /// The first of them, what it is called, and what was done to it.
    pub first: Option<(Uuid, String, String)>,
    /// The labels of the fields that changed of it, as far as the person may see them.
    pub fields: Vec<String>,
}

/// Whom a change-set concerns.
pub struct Concerned {
    pub entry: Arc<Entry>,
    pub assigned: BTreeMap<Uuid, Records>,
    pub changed: BTreeMap<Uuid, Records>,
}

/// The people that change-sets concern by their changes to one type: none where the program no longer knows the type.
pub async fn concerned<'a>(
    ctx: &'a Ctx,
    actors: &'a Actors,
    sets: &[&'a Set],
    record_type: &str,
) -> Result<Vec<(&'a Set, Concerned)>, AppError> {
    let Ok(permit) = ctx.permit_any(record_type, Action::View) else { return Ok(vec![]) };
    let entry = permit.entry();
    let sets: Vec<&Set> = sets.iter().copied().filter(|set| set.types.iter().any(|ty| ty == record_type)).collect();
    let mut readings: Vec<Reading> = sets.iter().map(|set| Reading::new(ctx, actors, set, entry.clone())).collect();
    let mut people = People::default();
    let mut after = Uuid::nil();
    loop {
        let changes = store::changes(ctx.db(), &sets, record_type, after, PAGE).await?;
        let mut ids: Vec<Uuid> = changes.iter().map(|change| change.record).collect();
        ids.dedup();
        let Some(last) = ids.last() else { break };
        after = *last;
        let records = Page::read(ctx, &permit, &ids).await?;
        let mut by_set: HashMap<Uuid, Vec<Change>> = HashMap::new();
        for change in changes {
            by_set.entry(change.set).or_default().push(change);
        }
        for reading in &mut readings {
            if let Some(changes) = by_set.remove(&reading.set.id) {
                reading.page(&mut people, &records, &fates(entry.ty, changes)).await?;
            }
        }
        if ids.len() < PAGE {
            break;
        }
    }
    Ok(readings.into_iter().map(|reading| (reading.set, reading.concerned)).collect())
}

fn owner_fields(entry: &Entry) -> Vec<usize> {
    let fields = entry.ty.fields.iter().enumerate();
    let owners = fields.filter(|(_, f)| OWNERS.contains(&f.name.as_ref()) && f.kind.target() == Some("users"));
    owners.map(|(i, _)| i).collect()
}

/// Records as they are now, and how people stand to them.
struct Page {
    rows: HashMap<Uuid, Stored>,
    standings: HashMap<Uuid, Vec<(Uuid, Standing)>>,
}

impl Page {
    async fn read(ctx: &Ctx, permit: &AnyPermit, ids: &[Uuid]) -> Result<Self, AppError> {
        let rows = find_many(ctx, permit, ids).await?;
        let mut standings: HashMap<Uuid, Vec<(Uuid, Standing)>> = HashMap::new();
        for (user, record, standing) in store::standings(ctx.db(), ids).await? {
            standings.entry(record).or_default().push((user, standing));
        }
        Ok(Self { rows: rows.into_iter().map(|row| (row.id, row)).collect(), standings })
    }
}

/// What each person may see of the type.
type People = HashMap<Uuid, Option<AnyPermit>>;

struct Reading<'a> {
    ctx: &'a Ctx,
    actors: &'a Actors,
    set: &'a Set,
    owners: Vec<usize>,
    concerned: Concerned,
}

impl<'a> Reading<'a> {
    fn new(ctx: &'a Ctx, actors: &'a Actors, set: &'a Set, entry: Arc<Entry>) -> Self {
        let owners = owner_fields(&entry);
        let concerned = Concerned { entry, assigned: BTreeMap::new(), changed: BTreeMap::new() };
        Self { ctx, actors, set, owners, concerned }
    }

    async fn page(&mut self, people: &mut People, records: &Page, fates: &[Fate]) -> Result<(), AppError> {
        for fate in fates {
            let Some(row) = records.rows.get(&fate.record) else { continue };
            let standings = records.standings.get(&fate.record).map_or(&[][..], Vec::as_slice);
            self.record(people, fate, row, standings).await?;
        }
        Ok(())
    }

    async fn record(
        &mut self,
        people: &mut People,
        fate: &Fate,
        row: &Stored,
        standings: &[(Uuid, Standing)],
    ) -> Result<(), AppError> {
        let fields = &fate.fields;
        let with = |wanted: Standing| standings.iter().filter(move |(_, s)| *s == wanted).map(|(user, _)| *user);
        let muted: BTreeSet<Uuid> = with(Standing::Muted).collect();
        let is_told = |user: &Uuid| Some(*user) != self.set.actor && !muted.contains(user);
        let assigned = match fate.action.as_str() {
            "create" => self.first_owners(fate, row).await?,
            "edit" => {
                let set = |i: &usize| fields.get(self.concerned.entry.ty.fields[*i].name.as_ref());
                self.owners.iter().filter_map(|i| set(i)?.1.as_id()).collect()
            }
            _ => BTreeSet::new(),
        };
        let assigned: BTreeSet<Uuid> = assigned.into_iter().filter(is_told).collect();
        let owners = self.owners.iter().filter_map(|i| row.cells.at(*i).as_id());
        let mut others: BTreeSet<Uuid> = with(Standing::Following).chain(owners).filter(is_told).collect();
        others.retain(|user| fate.action != "create" && !assigned.contains(user));
        // A title that is hidden from them is not told either.
        let first = |theirs: &AnyPermit| (row.id, title(theirs, row), fate.action.clone());
        for user in assigned {
            if let Some(theirs) = self.permit(people, user).await?.filter(|p| p.allows(row.meta.owner, row.meta.team)) {
                let records = self.concerned.assigned.entry(user).or_default();
                records.count += 1;
                records.first.get_or_insert_with(|| first(&theirs));
            }
        }
        for user in others {
            let Some(theirs) = self.permit(people, user).await?.filter(|p| p.allows(row.meta.owner, row.meta.team))
            else {
                continue;
            };
            let seen: Vec<String> = self
                .concerned
                .entry
                .ty
                .fields
                .iter()
                .enumerate()
                .filter(|(i, f)| theirs.may_see(*i) && fields.contains_key(f.name.as_ref()) && f.kind != Kind::LongText)
                .map(|(_, f)| f.label.to_string())
                .collect();
            // What changed is not theirs to see.
            let is_seen = |name: &String| self.concerned.entry.ty.field(name).is_some_and(|(i, _)| theirs.may_see(i));
            if fate.action == "edit" && !fields.keys().any(is_seen) {
                continue;
            }
            let records = self.concerned.changed.entry(user).or_default();
            records.count += 1;
            if records.first.is_none() {
                records.first = Some(first(&theirs));
                records.fields = seen;
            }
        }
        Ok(())
    }

    /// Whose a record was when it was made. A create says nothing of its values: they are the row's, but for those that
    /// were changed since.
    async fn first_owners(&self, fate: &Fate, row: &Stored) -> Result<BTreeSet<Uuid>, AppError> {
        let mut owners: BTreeMap<usize, Value> = self.owners.iter().map(|i| (*i, row.cells.at(*i).clone())).collect();
        if row.meta.version > fate.version {
            let later = store::later(self.ctx.db(), fate.record, fate.version).await?;
            // The first to change a field says what it was before.
            let ty = self.concerned.entry.ty;
            for fields in later.iter().rev().map(|fields| differences(ty, Some(fields))) {
                for (i, owner) in &mut owners {
                    if let Some((before, _)) = fields.get(ty.fields[*i].name.as_ref()) {
                        owner.clone_from(before);
                    }
                }
            }
        }
        Ok(owners.values().filter_map(Value::as_id).collect())
    }

    async fn permit(&self, people: &mut People, user: Uuid) -> Result<Option<AnyPermit>, AppError> {
        if let Some(known) = people.get(&user) {
            return Ok(known.clone());
        }
        let actor = (self.actors)(user).await?;
        let permit = actor.and_then(|actor| {
            let theirs = self.ctx.of(actor);
            theirs.permit_any(self.concerned.entry.ty.name, Action::View).ok()
        });
        people.insert(user, permit.clone());
        Ok(permit)
    }
}

/// What a change says of each field, before and after. What cannot be read tells of nothing that changed.
fn differences(ty: &RecordType, fields: Option<&str>) -> BTreeMap<String, (Value, Value)> {
    let differences = records::server::differences(ty, fields).unwrap_or_default();
    differences.into_iter().map(|(field, before, after)| (field, (before, after))).collect()
}
