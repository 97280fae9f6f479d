//! A plan carried out: rows, changes and event, in the caller's transaction.

use std::collections::BTreeMap;

use kernel::{
    AppError,
    server::{Arg, Args, DbError, Engine},
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{Ctx, Entry, Plan, Sql, Step, Stored, Work, events, matches, search, storage};
use crate::{Flags, RecordType, Value};

/// Why a plan could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    App(#[from] AppError),
    /// Somebody was faster: planning again will see what they did.
    #[error("the records changed since the plan was made")]
    Overtaken,
}

impl ApplyError {
    /// Whether planning again may lead further: others were faster, or the database gave this transaction up for
    /// another. While planning, the latter comes as the answer that it would be to a person.
    pub fn may_pass(&self) -> bool {
        let is_other = matches!(self, Self::Db(DbError::Unique(_) | DbError::Serialization));
        is_other || matches!(self, Self::Overtaken | Self::App(AppError::Unavailable))
    }
}

impl From<ApplyError> for AppError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Db(error) => error.into(),
            ApplyError::App(error) => error,
            ApplyError::Overtaken => Self::Stale,
        }
    }
}

pub(super) const EVENT: &str = "insert into events (id, record_type, change_set, at, actor, created, edited, deleted, \
                                restored, moved) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Rows a statement writes at once.
const ROWS: usize = 500;
/// Values one statement may carry on either database.
const VALUES: usize = 30_000;

/// Carries out the sound steps of a plan under a change-set, and says how many changed something. The last of it may wait
/// for the transaction's next statement, and fail there.
pub async fn apply(ctx: &Ctx, work: &mut Work, change_set: Uuid, plan: &Plan) -> Result<u64, ApplyError> {
    let entry = plan.permit.entry();
    let steps: Vec<&Step> = plan.steps.iter().filter(|s| s.is_change()).collect();
    if steps.is_empty() {
        return Ok(0);
    }
    work.touch(entry);
    let of = |action: &str| steps.iter().copied().filter(|s| s.action == action).collect::<Vec<_>>();
    let (creates, edits) = (of("create"), of("edit"));
    let moves: Vec<&Step> = steps.iter().copied().filter(|s| matches!(s.action, "delete" | "restore")).collect();

    insert(work, entry.ty, &creates).await?;
    free_unique(work, entry.ty, plan).await?;
    update(work, entry.ty, &edits).await?;
    bin(work, entry.ty, &moves).await?;
    write_values(work, entry.ty, &steps).await?;
    record_changes(ctx, work, entry, change_set, &steps).await?;
    record_event(ctx, work, entry, change_set, &steps).await?;

    let applied: Vec<Step> = steps.into_iter().cloned().collect();
    entry.applied(ctx, work, &applied).await?;
    Ok(applied.len() as u64)
}

fn meta_args(row: &Stored, args: &mut Args) {
    let meta = &row.meta;
    args.extend([
        Arg::from(row.id),
        meta.version.into(),
        meta.created_at.into(),
        meta.created_by.into(),
        meta.updated_at.into(),
        meta.updated_by.into(),
        meta.deleted_at.into(),
        meta.deleted_by.into(),
        meta.owner.into(),
        meta.team.into(),
    ]);
}

/// Adds rows to a table: one with whatever comes next, several at once.
async fn add(work: &mut Work, head: &str, mut rows: Vec<Args>) -> Result<(), DbError> {
    if rows.len() != 1 {
        return bulk(work, head, rows, "").await.map(drop);
    }
    let mut sql = Sql::new(work.tx.engine());
    sql.push(head);
    push_row(&mut sql, rows.pop().unwrap_or_default());
    let (text, args) = sql.finish();
    work.tx.execute_later(&text, args).await
}

fn push_row(sql: &mut Sql, row: Args) {
    sql.push("(");
    for (i, arg) in row.into_iter().enumerate() {
        if i > 0 {
            sql.push(", ");
        }
        sql.bind(arg);
    }
    sql.push(")");
}

/// Runs `head (…), (…)tail` for rows of values, as few statements as the limits allow.
pub(super) async fn bulk(work: &mut Work, head: &str, rows: Vec<Args>, tail: &str) -> Result<u64, DbError> {
    let Some(width) = rows.first().map(Vec::len) else { return Ok(0) };
    let at_once = ROWS.min(VALUES / width.max(1)).max(1);
    let is_one = rows.len() == 1;
    let mut written = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut sql = Sql::new(work.tx.engine());
        sql.push(head);
        for (i, row) in rows.by_ref().take(at_once).enumerate() {
            if i > 0 {
                sql.push(", ");
            }
            push_row(&mut sql, row);
        }
        sql.push(tail);
        let (text, args) = sql.finish();
        // What is written row by row is written often.
        written += if is_one { work.tx.execute(&text, args).await? } else { work.tx.execute_bulk(&text, args).await? };
    }
    Ok(written)
}

async fn insert(work: &mut Work, ty: &'static RecordType, steps: &[&Step]) -> Result<(), ApplyError> {
    let own: Vec<_> = ty.fields.iter().enumerate().filter(|(_, f)| !storage::is_system(f)).collect();
    let mut columns: Vec<String> = storage::SYSTEM.iter().map(|c| (*c).to_owned()).collect();
    columns.extend(own.iter().flat_map(|(_, f)| storage::columns(f)));
    columns.push("search_key".to_owned());
    let rows = steps.iter().filter_map(|s| s.after.as_ref()).map(|row| {
        let mut args = Args::with_capacity(columns.len());
        meta_args(row, &mut args);
        for (i, field) in &own {
            storage::arguments(field, row.cells.at(*i), &mut args);
        }
        args.push(search::key(ty, &row.cells).into());
        args
    });
    let head = format!("insert into {} ({}) values ", ty.name, columns.join(", "));
    let rows: Vec<Args> = rows.collect();
    if rows.is_empty() || work.tx.engine() == Engine::Postgres || !storage::has_search_index(ty) {
        add(work, &head, rows).await?;
        return Ok(());
    }
    // SQLite's full text writes what it was given out at the end of each statement, so it is given all of it at once.
    let index = format!("insert into {0}_search (rowid, search_key) select n, search_key from {0}", ty.name);
    if rows.len() == 1 {
        add(work, &head, rows).await?;
        work.tx.execute_later(&format!("{index} where n = last_insert_rowid()"), vec![]).await?;
        return Ok(());
    }
    let last = work.tx.fetch_optional(&format!("select max(n) from {}", ty.name), vec![]).await?;
    let last: Option<i64> = last.map_or(Ok(None), |row| row.get(0))?;
    bulk(work, &head, rows, "").await?;
    let index = format!("{index} where n > $1 order by n");
    work.tx.execute(&index, vec![last.unwrap_or(0).into()]).await?;
    Ok(())
}

/// Clears unique values that records are about to exchange, since each statement must leave them unique.
async fn free_unique(work: &mut Work, ty: &'static RecordType, plan: &Plan) -> Result<(), ApplyError> {
    if plan.exchanging.is_empty() {
        return Ok(());
    }
    for field in ty.fields.iter().filter(|f| f.is(Flags::UNIQUE)) {
        let mut sql = Sql::new(work.tx.engine());
        sql.push(&format!("update {} set {} = null where id in ", ty.name, storage::key_column(field)));
        sql.bind_list(plan.exchanging.iter().copied());
        let (text, args) = sql.finish();
        work.tx.execute_bulk(&text, args).await?;
    }
    Ok(())
}

/// Writes edits that touch the same fields together.
async fn update(work: &mut Work, ty: &'static RecordType, steps: &[&Step]) -> Result<(), ApplyError> {
    let mut groups: BTreeMap<Vec<usize>, Vec<&Step>> = BTreeMap::new();
    for step in steps {
        groups.entry(step.changed()).or_default().push(step);
    }
    for (changed, steps) in groups {
        // Keys are rewritten with their values; a unique one also where it was cleared for an exchange.
        let fields: Vec<usize> = (0..ty.fields.len())
            .filter(|i| changed.contains(i) || ty.fields[*i].is(Flags::UNIQUE))
            .filter(|i| !storage::is_system(&ty.fields[*i]))
            .collect();
        let mut columns: Vec<String> =
            ["version", "updated_at", "updated_by", "owner", "team", "search_key"].map(str::to_owned).to_vec();
        columns.extend(fields.iter().flat_map(|i| storage::columns(&ty.fields[*i])));
        let rows = steps.iter().filter_map(|s| Some((s.before.as_ref()?, s.after.as_ref()?))).map(|(before, row)| {
            let meta = &row.meta;
            let mut args: Args = vec![row.id.into(), before.meta.version.into(), meta.version.into()];
            args.extend([Arg::from(meta.updated_at), meta.updated_by.into(), meta.owner.into(), meta.team.into()]);
            args.push(search::key(ty, &row.cells).into());
            for i in &fields {
                storage::arguments(&ty.fields[*i], row.cells.at(*i), &mut args);
            }
            args
        });
        let set = columns.iter().enumerate().map(|(i, c)| format!("{c} = v.column{}", i + 3));
        let head = format!("update {} set {} from (values ", ty.name, set.collect::<Vec<_>>().join(", "));
        let tail = format!(") as v where {0}.id = v.column1 and {0}.version = v.column2", ty.name);
        if bulk(work, &head, rows.collect(), &tail).await? != steps.len() as u64 {
            return Err(ApplyError::Overtaken);
        }
    }
    Ok(())
}

/// Moves records into the recycle bin or out of it.
async fn bin(work: &mut Work, ty: &'static RecordType, steps: &[&Step]) -> Result<(), ApplyError> {
    let rows = steps.iter().filter_map(|s| Some((s.before.as_ref()?, s.after.as_ref()?))).map(|(before, row)| {
        let meta = &row.meta;
        let mut args: Args = vec![row.id.into(), before.meta.version.into(), meta.version.into()];
        args.extend([
            Arg::from(meta.updated_at),
            meta.updated_by.into(),
            meta.deleted_at.into(),
            meta.deleted_by.into(),
        ]);
        args
    });
    let head = format!(
        "update {} set version = v.column3, updated_at = v.column4, updated_by = v.column5, deleted_at = v.column6, \
         deleted_by = v.column7 from (values ",
        ty.name
    );
    let tail = format!(") as v where {0}.id = v.column1 and {0}.version = v.column2", ty.name);
    if bulk(work, &head, rows.collect(), &tail).await? != steps.len() as u64 {
        return Err(ApplyError::Overtaken);
    }
    Ok(())
}

/// Keeps one row per value for fields of several values.
async fn write_values(work: &mut Work, ty: &'static RecordType, steps: &[&Step]) -> Result<(), ApplyError> {
    for (i, field) in ty.fields.iter().enumerate().filter(|(_, f)| f.kind.is_many()) {
        let name = format!("{}.{}", ty.name, field.name);
        let changed: Vec<&Stored> = steps
            .iter()
            .filter(|s| matches!(s.action, "create" | "edit"))
            .filter(|s| s.before.as_ref().map(|b| b.cells.at(i)) != s.after.as_ref().map(|a| a.cells.at(i)))
            .filter_map(|s| s.after.as_ref())
            .collect();
        let replaced: Vec<Uuid> = steps
            .iter()
            .filter(|s| s.action == "edit")
            .map(|s| s.id)
            .filter(|id| changed.iter().any(|r| r.id == *id))
            .collect();
        for some in replaced.chunks(ROWS) {
            let mut sql = Sql::new(work.tx.engine());
            sql.push("delete from record_values where field = ");
            sql.bind(name.as_str());
            sql.push(" and record_id in ");
            sql.bind_list(some.iter().copied());
            let (text, args) = sql.finish();
            work.tx.execute_bulk(&text, args).await?;
        }
        let mut rows = vec![];
        for row in changed {
            let Value::List(list) = row.cells.at(i) else { continue };
            for item in list {
                rows.push(vec![
                    Arg::from(name.as_str()),
                    matches::item_key(Some(&field.kind), item).into(),
                    row.id.into(),
                ]);
            }
        }
        add(work, "insert into record_values (field, value_key, record_id) values ", rows).await?;
    }
    Ok(())
}

async fn record_changes(
    ctx: &Ctx,
    work: &mut Work,
    entry: &Entry,
    change_set: Uuid,
    steps: &[&Step],
) -> Result<(), ApplyError> {
    let rows = steps.iter().filter_map(|step| {
        let after = step.after.as_ref()?;
        Some(vec![
            Arg::from(entry.ty.name),
            step.id.into(),
            after.meta.version.into(),
            change_set.into(),
            step.action.into(),
            ctx.now().into(),
            ctx.actor.user.into(),
            difference(entry.ty, step).into(),
        ])
    });
    let head = "insert into changes (record_type, record_id, version, change_set, action, at, actor, fields) values ";
    add(work, head, rows.collect()).await?;
    Ok(())
}

/// `{field: [before, after]}` of an edit; nothing for the rest, which the row itself tells.
fn difference(ty: &'static RecordType, step: &Step) -> Option<String> {
    let (before, after) = (step.before.as_ref()?, step.after.as_ref()?);
    let fields: Map<_, _> = step
        .changed()
        .into_iter()
        .map(|i| (ty.fields[i].name.to_string(), json!([before.cells.at(i), after.cells.at(i)])))
        .collect();
    (step.action == "edit").then(|| serde_json::Value::Object(fields).to_string())
}

/// One event per batch: who listens is told of it, and reads the changes.
async fn record_event(
    ctx: &Ctx,
    work: &mut Work,
    entry: &Entry,
    change_set: Uuid,
    steps: &[&Step],
) -> Result<(), ApplyError> {
    let count = |action: &str| i64::try_from(steps.iter().filter(|s| s.action == action).count()).unwrap_or(i64::MAX);
    let id = ctx.new_id();
    // Of many records nobody is told one by one.
    let is_listed = i64::try_from(steps.len()).is_ok_and(|count| count <= events::LISTED);
    let args: Args = vec![
        id.into(),
        entry.ty.name.into(),
        change_set.into(),
        ctx.now().into(),
        ctx.actor.user.into(),
        count("create").into(),
        count("edit").into(),
        count("delete").into(),
        count("restore").into(),
        is_listed.then(|| events::moved(steps)).flatten().into(),
    ];
    work.tx.execute_later(EVENT, args).await?;
    work.wrote(entry.ty.name, id, change_set);
    Ok(())
}
