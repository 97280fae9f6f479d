//! Single records, and the few that match what somebody types.

use std::collections::BTreeMap;

use kernel::AppError;
use uuid::Uuid;

use super::{
    AnyPermit, Ctx, Permit, Sql, Stored,
    json::{RecordJson, Shape},
    labels, list,
    storage::Reader,
};
use crate::{Filter, ListQuery, Op, Record, RecordInfo, Reference};

/// A record the permit covers, deleted ones included. What it does not cover does not exist.
pub async fn find_any(ctx: &Ctx, permit: &AnyPermit, id: Uuid) -> Result<Option<Stored>, AppError> {
    let reader = Reader::all(permit.entry().ty);
    let mut sql = Sql::new(ctx.db().engine());
    sql.push(&format!("select {} from {} t where t.id = ", reader.select("t"), permit.entry().ty.name));
    sql.bind(id);
    sql.push(" and ");
    permit.predicate(&mut sql, "t");
    let (text, args) = sql.finish();
    let row = ctx.db().fetch_optional(&text, args).await?;
    Ok(row.map(|row| reader.read(&row)).transpose()?)
}

/// Those of some records that the permit covers, deleted ones included, in no order and without long texts and fields of
/// several values.
pub async fn find_many(ctx: &Ctx, permit: &AnyPermit, ids: &[Uuid]) -> Result<Vec<Stored>, AppError> {
    let reader = Reader::light(permit.entry().ty);
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(1_000) {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push(&format!("select {} from {} t where t.id in ", reader.select("t"), permit.entry().ty.name));
        sql.bind_list(some.iter().copied());
        sql.push(" and ");
        permit.predicate(&mut sql, "t");
        let (text, args) = sql.finish();
        for row in ctx.db().fetch_all(&text, args).await? {
            found.push(reader.read(&row)?);
        }
    }
    Ok(found)
}

/// A live record, typed.
pub async fn find<R: Record>(ctx: &Ctx, permit: &Permit<R>, id: Uuid) -> Result<Option<R>, AppError> {
    let row = find_any(ctx, permit, id).await?.filter(|r| r.meta.deleted_at.is_none());
    let unreadable =
        |e: crate::CellError| AppError::from(kernel::server::DbError::Decode { column: 0, reason: e.to_string() });
    row.map(|row| R::from_cells(&row.cells).map_err(unreadable)).transpose()
}

/// A record for the browser, with the labels of what it refers to.
pub async fn get(ctx: &Ctx, permit: &AnyPermit, id: Uuid) -> Result<(RecordInfo, BTreeMap<Uuid, String>), AppError> {
    let row = find_any(ctx, permit, id).await?.ok_or(AppError::NotFound)?;
    let labels = labels::labels(ctx, permit, std::slice::from_ref(&row)).await?;
    Ok((list::show(ctx, permit, row), labels))
}

/// The records a person may mean by what they typed, best first: those whose title starts with it, then those that
/// hold it anywhere searched.
pub async fn lookup(ctx: &Ctx, permit: &AnyPermit, typed: &str, limit: u32) -> Result<Vec<Reference>, AppError> {
    if !permit.may_see(permit.entry().ty.title_field()) {
        return Ok(vec![]);
    }
    let title = permit.entry().ty.title;
    let starting = ListQuery {
        filter: (!typed.trim().is_empty()).then(|| Filter::leaf(title, Op::Starts, typed.trim())),
        sort: crate::SortKey::parse_list(title),
        page_size: limit,
        ..ListQuery::default()
    };
    let only = [title.to_owned()];
    let mut rows = list::list_cells(ctx, permit, &starting, Some(&only)).await?.rows;
    if rows.len() < limit as usize && !typed.trim().is_empty() {
        let holding = ListQuery { filter: None, search: typed.to_owned(), ..starting };
        let more = list::list_cells(ctx, permit, &holding, Some(&only)).await?.rows;
        let known: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
        rows.extend(more.into_iter().filter(|r| !known.contains(&r.id)));
        rows.truncate(limit as usize);
    }
    Ok(rows.into_iter().map(|row| Reference { id: row.id, label: labels::title(permit, &row) }).collect())
}

/// A record as the API writes it, as far as the permit shows it.
pub async fn get_json(ctx: &Ctx, permit: &AnyPermit, row: &Stored) -> Result<serde_json::Value, AppError> {
    let labels = labels::labels(ctx, permit, std::slice::from_ref(row)).await?;
    let record = RecordJson { ty: permit.entry().ty, shape: &Shape::all(permit), row, labels: &labels };
    serde_json::to_value(record).map_err(kernel::server::unexpected)
}
