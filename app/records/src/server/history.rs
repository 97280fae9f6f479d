//! What was changed, when, by whom.

use std::collections::BTreeMap;

use kernel::{
    AppError, Timestamp,
    server::{Args, DbError, Row},
};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Action, AnyPermit, Ctx, Scope, json::ValueJson, labels, portion::divide, read};
use crate::{ChangeInfo, RecordType, Value};

/// A change-set, as lists of changes show it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSetInfo {
    pub id: Uuid,
    pub source: String,
    pub title: String,
    pub actor: Option<Uuid>,
    pub at: Timestamp,
    /// `open`, `done` or `undone`.
    pub status: String,
    pub undoes: Option<Uuid>,
    pub records: i64,
}

const COLUMNS: &str = "id, source, title, actor, at, status, undoes, records";

fn read_set(row: &Row) -> Result<ChangeSetInfo, DbError> {
    Ok(ChangeSetInfo {
        id: row.get(0)?,
        source: row.get(1)?,
        title: row.get(2)?,
        actor: row.get(3)?,
        at: row.get(4)?,
        status: row.get(5)?,
        undoes: row.get(6)?,
        records: row.get(7)?,
    })
}

/// The latest changes to a record one may see, newest first, as far as one may see its fields.
pub async fn history(
    ctx: &Ctx,
    permit: &AnyPermit,
    id: Uuid,
    limit: u32,
) -> Result<(Vec<ChangeInfo>, BTreeMap<Uuid, String>), AppError> {
    read::find_any(ctx, permit, id).await?.ok_or(AppError::NotFound)?;
    let Some(oldest) = oldest_shown(ctx, permit, id, limit).await? else { return Ok((vec![], BTreeMap::new())) };
    let sql = "select c.change_set, s.source, c.action, c.at, c.actor, c.fields, s.status, s.records from changes c join \
               change_sets s on s.id = c.change_set where c.record_id = $1 and c.record_type = $2 and c.version >= $3 \
               order by c.version desc";
    let args: Args = vec![id.into(), permit.entry().ty.name.into(), oldest.into()];
    let mut changes = vec![];
    for row in ctx.db().fetch_all(sql, args).await? {
        changes.push(ChangeInfo {
            change_set: row.get(0)?,
            source: row.get(1)?,
            action: row.get(2)?,
            at: row.get(3)?,
            actor: row.get(4)?,
            fields: visible(permit, row.get::<Option<String>>(5)?)?,
            is_undone: row.get::<String>(6)? == "undone",
            records: row.get(7)?,
        });
    }
    let labels = names(ctx, permit, &changes).await?;
    Ok((changes, labels))
}

/// Bytes of the changes of one history.
const SHOWN: u64 = 1 << 20;

/// The version of the oldest of the latest changes that are shown together; what changed long texts takes up much.
async fn oldest_shown(ctx: &Ctx, permit: &AnyPermit, id: Uuid, limit: u32) -> Result<Option<i64>, AppError> {
    let sql = format!(
        "select version, coalesce(octet_length(fields), 0) from changes where record_id = $1 and record_type = $2 \
         order by version desc limit {limit}"
    );
    let rows = ctx.db().fetch_all(&sql, vec![id.into(), permit.entry().ty.name.into()]).await?;
    let sizes: Vec<u64> =
        rows.iter().map(|row| Ok(row.get::<i64>(1)?.unsigned_abs())).collect::<Result<_, DbError>>()?;
    let shown = divide(sizes, usize::MAX, SHOWN).into_iter().next();
    Ok(shown.map(|shown| rows[shown.range.end - 1].get(0)).transpose()?)
}

/// The difference of a change, without the fields that are not the viewer's to see.
fn visible(permit: &AnyPermit, fields: Option<String>) -> Result<Vec<(String, Value, Value)>, DbError> {
    let unreadable = |_| DbError::Decode { column: 5, reason: "not a change".into() };
    let mut all = differences(permit.entry().ty, fields.as_deref()).map_err(unreadable)?;
    all.retain(|(name, ..)| permit.entry().ty.field(name).is_some_and(|(i, _)| permit.may_see(i)));
    Ok(all)
}

/// What a change says: each field with its value before and after. Fields are named as they are today.
pub fn differences(ty: &RecordType, fields: Option<&str>) -> Result<Vec<(String, Value, Value)>, serde_json::Error> {
    let Some(fields) = fields else { return Ok(vec![]) };
    let map: BTreeMap<String, (Value, Value)> = serde_json::from_str(fields)?;
    let today = |name: String| ty.field_ever(&name).map_or(name, |(_, field)| field.name.to_string());
    Ok(map.into_iter().map(|(name, (before, after))| (today(name), before, after)).collect())
}

async fn names(ctx: &Ctx, permit: &AnyPermit, changes: &[ChangeInfo]) -> Result<BTreeMap<Uuid, String>, AppError> {
    let mut names = BTreeMap::new();
    labels::titles(ctx, "users", changes.iter().filter_map(|c| c.actor).collect(), &mut names).await?;
    let mut wanted: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for (field, before, after) in changes.iter().flat_map(|c| &c.fields) {
        let target = permit.entry().ty.field(field).and_then(|(_, f)| f.kind.target());
        if let Some(target) = target {
            wanted.entry(target.to_owned()).or_default().extend([before, after].into_iter().filter_map(Value::as_id));
        }
    }
    for (target, ids) in wanted {
        labels::titles(ctx, &target, ids, &mut names).await?;
    }
    Ok(names)
}

/// The same, as the API writes it.
pub async fn history_json(ctx: &Ctx, permit: &AnyPermit, id: Uuid) -> Result<Vec<Json>, AppError> {
    let (changes, labels) = history(ctx, permit, id, 200).await?;
    let written = changes.into_iter().map(|change| {
        let fields = change.fields.iter().filter_map(|(name, before, after)| {
            let (_, field) = permit.entry().ty.field(name)?;
            let write = |value| ValueJson { kind: &field.kind, value, labels: &labels };
            Some((name.clone(), serde_json::json!([write(before), write(after)])))
        });
        serde_json::json!({
            "change_set": change.change_set,
            "action": change.action,
            "source": change.source,
            "at": change.at.to_string(),
            "actor": change.actor.map(|id| serde_json::json!({ "id": id, "label": labels.get(&id) })),
            "fields": fields.collect::<serde_json::Map<_, _>>(),
            "undone": change.is_undone,
        })
    });
    Ok(written.collect())
}

/// A change-set that is the actor's own, or anybody's for who sees everything.
pub async fn change_set(ctx: &Ctx, id: Uuid) -> Result<ChangeSetInfo, AppError> {
    let sql = format!("select {COLUMNS} from change_sets where id = $1");
    let row = ctx.db().fetch_optional(&sql, vec![id.into()]).await?.ok_or(AppError::NotFound)?;
    let set = read_set(&row)?;
    if set.actor == ctx.actor.user || sees_everything(ctx) { Ok(set) } else { Err(AppError::NotFound) }
}

/// The latest change-sets: one's own, or everybody's for who sees everything.
pub async fn recent(ctx: &Ctx, limit: u32) -> Result<(Vec<ChangeSetInfo>, BTreeMap<Uuid, String>), AppError> {
    let (condition, args): (_, Args) = match ctx.actor.user {
        Some(user) if !sees_everything(ctx) => ("and actor = $1", vec![user.into()]),
        _ => ("", vec![]),
    };
    let sql =
        format!("select {COLUMNS} from change_sets where status <> 'open' {condition} order by id desc limit {limit}");
    let rows = ctx.db().fetch_all(&sql, args).await?;
    let sets = rows.iter().map(read_set).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeMap::new();
    labels::titles(ctx, "users", sets.iter().filter_map(|s| s.actor).collect(), &mut names).await?;
    Ok((sets, names))
}

fn sees_everything(ctx: &Ctx) -> bool {
    let mut entries = ctx.app.registry().entries();
    entries.all(|e| ctx.find_permit(e, Action::View).is_some_and(|p| *p.scope() == Scope::All))
}
