//! A change-set taken back: a new change-set in reverse, with everything that stands against it listed.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use kernel::{
    AppError,
    server::{Args, DbError, Engine, Source},
};
use uuid::Uuid;

use super::{
    Action, AnyPermit, Ctx, Edit, Entry, Refusal, Sql, Step, Work,
    apply::ApplyError,
    history, labels,
    portion::{PORTION, divide, sizes},
    storage::Reader,
    write,
};
use crate::Value;

/// What taking back did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Undone {
    /// The change-set that took it back; absent where nothing could be.
    pub change_set: Option<Uuid>,
    pub records: u64,
    /// The first of what stands against it.
    pub conflicts: Vec<Conflict>,
    pub conflict_count: u64,
}

/// Something that was not taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub record_type: &'static str,
    pub id: Uuid,
    pub title: String,
    /// The field that was changed since; empty for the whole record.
    pub field: String,
    pub why: String,
}

pub(super) const TYPES: &str =
    "select distinct record_type from changes where change_set = $1 order by record_type desc";
pub(super) const FORGET: &str = "delete from change_sets where id = $1";
pub(super) const MARK: &str = "update change_sets set status = 'undone', undone_by = $2 where id = $1";

/// Conflicts kept for showing.
const LISTED: usize = 100;
/// Records taken back in one transaction, at most: more would hold up who else writes on SQLite, fewer would write the
/// pages of every index more often.
const BATCH: usize = 4_000;

/// One record's changes within the set, folded into what they come to.
struct Folded {
    id: Uuid,
    is_created: bool,
    is_deleted: bool,
    is_restored: bool,
    /// Field, value before the set, value after it.
    fields: BTreeMap<String, (Value, Value)>,
}

/// Takes a change-set back. Each field that still holds what the set gave it gets its former value; the rest is
/// listed. The actor needs the permission for each step back.
pub async fn undo(ctx: &Ctx, change_set: Uuid) -> Result<Undone, AppError> {
    let set = history::change_set(ctx, change_set).await?;
    if set.status == "undone" {
        return Err(AppError::Conflict("this was undone already".into()));
    }
    if set.status == "open" {
        return Err(AppError::Conflict("this is still being written".into()));
    }
    let mut work = ctx.begin().await?;
    let undoing = write::open(ctx, &mut work, "undo", &set.title, Some(change_set)).await?;
    work.commit().await?;

    let mut undone = Undone::default();
    let outcome = take_all_back(ctx, change_set, undoing, &mut undone).await;

    let mut work = ctx.begin().await?;
    // Where an undo that was broken off had done it all, nothing is left to be done and nothing stands against it.
    if undone.records == 0 && (undone.conflict_count > 0 || outcome.is_err()) {
        work.tx.execute(FORGET, vec![undoing.into()]).await?;
    } else {
        write::close(ctx, &mut work, undoing, undone.records).await?;
        if outcome.is_ok() {
            work.tx.execute(MARK, vec![change_set.into(), undoing.into()]).await?;
        }
        undone.change_set = Some(undoing);
    }
    work.commit().await?;
    outcome.map(|()| undone)
}

async fn take_all_back(ctx: &Ctx, set: Uuid, undoing: Uuid, undone: &mut Undone) -> Result<(), AppError> {
    for row in ctx.db().fetch_all(TYPES, vec![set.into()]).await? {
        let Some(entry) = ctx.app.registry().get(&row.get::<String>(0)?) else { continue };
        let mut batch = folded(ctx, entry, set, None).await?;
        while let Some(last) = batch.last().map(|record| record.id) {
            // The next are read while these are written.
            let (taken, next) =
                tokio::join!(take_back(ctx, entry, set, undoing, batch, undone), folded(ctx, entry, set, Some(last)));
            taken?;
            batch = next?;
        }
    }
    Ok(())
}

/// The next records of a type that the set changed, the newest first, each with its changes folded: what was created
/// may hold what older records are to get back.
async fn folded(ctx: &Ctx, entry: &Entry, set: Uuid, before: Option<Uuid>) -> Result<Vec<Folded>, AppError> {
    let Some((newest, oldest)) = portion_of(ctx, entry, set, before).await? else { return Ok(vec![]) };
    let mut sql = Sql::new(ctx.db().engine());
    // What a record was created with does not matter to its deletion.
    sql.push("select record_id, action, case when action <> 'create' then fields end from changes");
    of_set(entry, set, &mut sql);
    sql.push(" and record_id <= ");
    sql.bind(newest);
    sql.push(" and record_id >= ");
    sql.bind(oldest);
    sql.push(" order by record_id desc, version");
    let (text, args) = sql.finish();
    let mut records: Vec<Folded> = vec![];
    for row in ctx.db().fetch_all(&text, args).await? {
        let (id, action): (Uuid, String) = (row.get(0)?, row.get(1)?);
        if records.last().is_none_or(|r| r.id != id) {
            let (is_created, is_deleted, is_restored) = (false, false, false);
            records.push(Folded { id, is_created, is_deleted, is_restored, fields: BTreeMap::new() });
        }
        let Some(record) = records.last_mut() else { continue };
        match action.as_str() {
            "create" => record.is_created = true,
            "delete" => (record.is_deleted, record.is_restored) = (!record.is_restored, false),
            "restore" => (record.is_restored, record.is_deleted) = (!record.is_deleted, false),
            _ => {}
        }
        let unreadable = |_| kernel::server::DbError::Decode { column: 2, reason: "not a change".into() };
        let fields: Option<String> = row.get(2)?;
        for (field, before, after) in history::differences(entry.ty, fields.as_deref()).map_err(unreadable)? {
            record.fields.entry(field).and_modify(|(_, last)| *last = after.clone()).or_insert((before, after));
        }
    }
    Ok(records)
}

fn of_set(entry: &Entry, set: Uuid, sql: &mut Sql) {
    sql.push(" where change_set = ");
    sql.bind(set);
    sql.push(" and record_type = ");
    sql.bind(entry.ty.name);
}

/// The newest and the oldest of the next records of a set, as many as are to be held at a time with what they were.
async fn portion_of(
    ctx: &Ctx,
    entry: &Entry,
    set: Uuid,
    before: Option<Uuid>,
) -> Result<Option<(Uuid, Uuid)>, AppError> {
    let mut sql = Sql::new(ctx.db().engine());
    sql.push(
        "select record_id, sum(case when action <> 'create' then coalesce(octet_length(fields), 0) else 0 end) \
         from changes",
    );
    of_set(entry, set, &mut sql);
    if let Some(before) = before {
        sql.push(" and record_id < ");
        sql.bind(before);
    }
    sql.push(&format!(" group by record_id order by record_id desc limit {BATCH}"));
    let (text, args) = sql.finish();
    let rows = ctx.db().fetch_all(&text, args).await?;
    let next = rows.iter().map(|row| Ok((row.get(0)?, row.get::<i64>(1)?.unsigned_abs())));
    let next: Vec<(Uuid, u64)> = next.collect::<Result<_, DbError>>()?;
    let ids: Vec<Uuid> = next.iter().map(|(id, _)| *id).collect();
    let sizes = sizes(&mut Source::Db(ctx.db()), entry, None, &ids).await?;
    let bytes = next.iter().map(|(id, changes)| changes + sizes.get(id).copied().unwrap_or(0));
    let Some(first) = divide(bytes, BATCH, PORTION).into_iter().next() else { return Ok(None) };
    let portion = &ids[first.range];
    Ok(portion.first().copied().zip(portion.last().copied()))
}

async fn take_back(
    ctx: &Ctx,
    entry: &Arc<Entry>,
    set: Uuid,
    undoing: Uuid,
    batch: Vec<Folded>,
    undone: &mut Undone,
) -> Result<(), AppError> {
    const ATTEMPTS: usize = 3;
    for attempt in 1.. {
        let mut work = ctx.begin_batch().await?;
        let mut found = Undone::default();
        let result = steps_back(ctx, &mut work, entry, set, undoing, &batch, &mut found).await;
        let result = match result {
            Ok(()) => work.commit().await.map_err(ApplyError::from),
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => {
                undone.records += found.records;
                undone.conflict_count += found.conflict_count;
                undone.conflicts.extend(found.conflicts);
                undone.conflicts.truncate(LISTED);
                return Ok(());
            }
            Err(ApplyError::Overtaken | ApplyError::Db(_) | ApplyError::App(AppError::Unavailable))
                if attempt < ATTEMPTS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn steps_back(
    ctx: &Ctx,
    work: &mut Work,
    entry: &Arc<Entry>,
    set: Uuid,
    undoing: Uuid,
    batch: &[Folded],
    undone: &mut Undone,
) -> Result<(), ApplyError> {
    let (mut created, mut restores, mut edits, mut deletes) = (vec![], vec![], vec![], vec![]);
    let edited: Vec<&Folded> = batch.iter().filter(|r| !r.is_created && !r.fields.is_empty()).collect();
    let current = current(ctx, work, entry, edited.iter().map(|r| r.id).collect()).await?;
    let referred = referred(ctx, work, entry, set, batch).await?;
    for record in batch {
        let mut against = |field: &str, why: &str| undone.against(entry, record.id, field, why);
        if record.is_created && record.is_deleted {
            continue;
        }
        if record.is_created {
            match referred.get(&record.id) {
                Some(by) => against("", &format!("{by} refer to it")),
                None => created.push(Edit::Delete { id: record.id, version: None }),
            }
            continue;
        }
        if record.is_deleted {
            restores.push(Edit::Restore { id: record.id });
        } else if record.is_restored {
            deletes.push(Edit::Delete { id: record.id, version: None });
        }
        if record.fields.is_empty() {
            continue;
        }
        let Some(now) = current.get(&record.id) else {
            against("", "it is not there any more, or not yours");
            continue;
        };
        let mut back = vec![];
        for (name, (before, after)) in &record.fields {
            let Some((i, field)) = entry.ty.field(name) else { continue };
            if now.at(i) == after {
                back.push((i, before.clone()));
            } else if now.at(i) != before {
                against(&field.label, "it was changed again since");
            }
        }
        if !back.is_empty() {
            edits.push(Edit::Set { id: record.id, version: None, set: back });
        }
    }
    let steps =
        [(Action::Delete, created), (Action::Delete, restores), (Action::Edit, edits), (Action::Delete, deletes)];
    for (action, edits) in steps {
        write_back(ctx, work, entry, undoing, action, edits, undone).await?;
    }
    Ok(())
}

async fn write_back(
    ctx: &Ctx,
    work: &mut Work,
    entry: &Arc<Entry>,
    undoing: Uuid,
    action: Action,
    edits: Vec<Edit>,
    undone: &mut Undone,
) -> Result<(), ApplyError> {
    if edits.is_empty() {
        return Ok(());
    }
    // Former values were valid, and computed or guarded ones go back with the rest.
    let Some(permit) = ctx.find_permit(entry, action).map(AnyPermit::guarded) else {
        for id in edits.iter().filter_map(Edit::id) {
            undone.against(entry, id, "", "you may not do this");
        }
        return Ok(());
    };
    let written = write::write_in(ctx, work, undoing, &permit, edits).await?;
    undone.records += written.changed() as u64;
    // What lies in the bin already, or is back from it, is where it was to go.
    let is_there = |step: &Step| step.refusal == Some(Refusal::NotFound) && step.before.is_some();
    for step in written.steps.iter().filter(|s| !s.is_sound() && !is_there(s)) {
        let title = step.before.as_ref().map(|row| labels::title(&permit, row)).unwrap_or_default();
        let (field, why) = match (&step.refusal, step.errors.0.iter().next()) {
            (None, Some((field, messages))) => (field.clone(), messages.first().cloned().unwrap_or_default()),
            _ => (String::new(), "it is not there any more, or not yours".to_owned()),
        };
        undone.against(entry, step.id, &field, &why);
        if let Some(conflict) = undone.conflicts.last_mut() {
            conflict.title = title;
        }
    }
    Ok(())
}

impl Undone {
    fn against(&mut self, entry: &Entry, id: Uuid, field: &str, why: &str) {
        self.conflict_count += 1;
        if self.conflicts.len() < LISTED {
            let (title, field, why) = (String::new(), field.to_owned(), why.to_owned());
            self.conflicts.push(Conflict { record_type: entry.ty.name, id, title, field, why });
        }
    }
}

/// What the records hold now, as far as the actor may edit them.
async fn current(
    ctx: &Ctx,
    work: &mut Work,
    entry: &Arc<Entry>,
    ids: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, crate::Cells>, ApplyError> {
    let mut found = BTreeMap::new();
    let Some(permit) = ctx.find_permit(entry, Action::Edit) else { return Ok(found) };
    if ids.is_empty() {
        return Ok(found);
    }
    let reader = Reader::all(entry.ty);
    let mut sql = Sql::new(work.tx.engine());
    sql.push(&format!("select {} from {} t where t.id in ", reader.select("t"), entry.ty.name));
    sql.bind_list(ids);
    sql.push(" and ");
    permit.predicate(&mut sql, "t");
    sql.push(" order by t.id");
    // What is compared here is what is written over: nobody may save in between.
    if sql.engine() == Engine::Postgres {
        sql.push(" for update");
    }
    let (text, args) = sql.finish();
    for row in Source::Tx(&mut work.tx).fetch_all(&text, args).await? {
        let stored = reader.read(&row)?;
        found.insert(stored.id, stored.cells);
    }
    Ok(found)
}

/// Created records that live records outside the set refer to, with the plural name of what refers.
async fn referred(
    ctx: &Ctx,
    work: &mut Work,
    entry: &Arc<Entry>,
    set: Uuid,
    batch: &[Folded],
) -> Result<BTreeMap<Uuid, String>, ApplyError> {
    let created: HashSet<Uuid> = batch.iter().filter(|r| r.is_created).map(|r| r.id).collect();
    let mut referred = BTreeMap::new();
    if created.is_empty() {
        return Ok(referred);
    }
    for (ty, field) in entry.referrers() {
        let column = &ty.fields[*field].name;
        let mut sql = Sql::new(ctx.db().engine());
        sql.push(&format!(
            "select distinct t.{column} from {} t where t.deleted_at is null and t.{column} in ",
            ty.name
        ));
        sql.bind_list(created.iter().copied());
        sql.push(" and not exists (select 1 from changes c where c.record_id = t.id and c.change_set = ");
        sql.bind(set);
        sql.push(")");
        let (text, args): (String, Args) = sql.finish();
        for row in Source::Tx(&mut work.tx).fetch_all(&text, args).await? {
            referred.insert(row.get(0)?, ty.plural.to_lowercase());
        }
    }
    Ok(referred)
}
