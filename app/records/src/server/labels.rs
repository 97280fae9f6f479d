//! What references are called, as far as the viewer may know.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{AppError, server::Source};
use uuid::Uuid;

use super::{Action, AnyPermit, Ctx, SYSTEM_FIELDS, Scope, Sql, Stored};
use crate::Value;

/// The titles of everything the rows refer to. Records that the viewer may not see are absent, deleted ones are named.
pub async fn labels(ctx: &Ctx, permit: &AnyPermit, rows: &[Stored]) -> Result<BTreeMap<Uuid, String>, AppError> {
    let mut wanted: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
    let fields = permit.entry().ty.fields;
    for (i, field) in fields.iter().enumerate().filter(|(i, _)| permit.may_see(*i)) {
        if let Some(target) = field.kind.target() {
            wanted.entry(target).or_default().extend(rows.iter().filter_map(|r| r.cells.at(i).as_id()));
        }
    }
    for field in &SYSTEM_FIELDS {
        if let Some(target) = field.kind.target() {
            wanted.entry(target).or_default().extend(rows.iter().filter_map(|r| r.meta.value(&field.name).as_id()));
        }
    }
    let mut labels = BTreeMap::new();
    for (target, ids) in wanted {
        titles(ctx, target, ids.into_iter().collect(), &mut labels).await?;
    }
    Ok(labels)
}

/// Adds the titles of records of one type.
pub async fn titles(
    ctx: &Ctx,
    target: &str,
    mut ids: Vec<Uuid>,
    labels: &mut BTreeMap<Uuid, String>,
) -> Result<(), AppError> {
    let Some(entry) = ctx.app.registry().get(target) else { return Ok(()) };
    let Some(permit) = ctx.find_permit(entry, Action::View) else { return Ok(()) };
    // What is remembered was read for others, who may see more.
    if !permit.may_see(entry.ty.title_field()) {
        return Ok(());
    }
    if *permit.scope() == Scope::All {
        ctx.app.known_labels(entry, &mut ids, labels);
    }
    if ids.is_empty() {
        return Ok(());
    }
    let at = entry.changes();
    let mut found = vec![];
    for some in ids.chunks(500) {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push(&format!("select t.id, t.{} from {} t where t.id in ", entry.ty.title, entry.ty.name));
        sql.bind_list(some.iter().copied());
        sql.push(" and ");
        permit.predicate(&mut sql, "t");
        let (text, args) = sql.finish();
        for row in Source::Db(ctx.db()).fetch_all(&text, args).await? {
            found.push((row.get(0)?, row.get::<Option<String>>(1)?.unwrap_or_default()));
        }
    }
    if *permit.scope() == Scope::All {
        ctx.app.remember_labels(entry, at, &found);
    }
    labels.extend(found);
    Ok(())
}

/// The title of a record, from its own cells.
pub fn title(permit: &AnyPermit, row: &Stored) -> String {
    let title = permit.entry().ty.title_field();
    match row.cells.at(title) {
        Value::Text(text) if permit.may_see(title) => text.clone(),
        _ => permit.entry().ty.singular.to_owned(),
    }
}
