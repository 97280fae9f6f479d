//! A page of a list.
//!
//! Two plans serve all lists. *In order*: follow the index of the sort and test each row, good where many rows match.
//! *Gather*: find the matching rows first, then order them, good where few match. Which one is decided by how many
//! rows match, counted up to a cap and remembered while the rows stand still. Missing values come last, whatever the
//! direction, and ids break ties, so that a page can be continued exactly where it ended.

mod figures;
mod plans;
mod question;

use kernel::AppError;
use uuid::Uuid;

pub use figures::{created_per_day, group_counts, totals};
use plans::{Keyed, Start, gather, in_order};
pub(super) use question::{Question, understand};

use super::{
    Action, AnyPermit, Ctx, Held, Sql, Stored,
    condition::Way,
    json::Shape,
    labels,
    portion::{ANSWER, complete, fitting},
    storage,
    storage::Reader,
};
use crate::{Count, ListQuery, Page, RecordInfo};

fn size(query: &ListQuery) -> u32 {
    query.page_size.clamp(1, ListQuery::MAX_PAGE_SIZE)
}

/// How many rows match.
pub async fn count(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery) -> Result<Count, AppError> {
    understand(ctx, permit, query)?.count(ctx).await
}

/// The rows of a page, how many match in all where that is known, and the cursor to the next page.
pub struct Rows {
    pub rows: Vec<Stored>,
    pub count: Option<Count>,
    pub next: Option<String>,
    /// Whether rows follow; where several fields are sorted by, there is no cursor to them.
    pub has_more: bool,
    /// The bytes of the large values among them.
    pub large: u64,
    /// What they take up, until they are told.
    pub held: Held,
}

/// What becomes of a page that is larger than an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// It ends early, and the cursor leads on from there.
    EndEarly,
    Refuse,
}

/// A page of rows with only the named fields read, or all.
pub async fn list_cells(
    ctx: &Ctx,
    permit: &AnyPermit,
    query: &ListQuery,
    only: Option<&[String]>,
) -> Result<Rows, AppError> {
    let ty = permit.entry().ty;
    let visible = (0..ty.fields.len()).filter(|i| permit.may_see(*i));
    let asked = |i: &usize| only.is_none_or(|only| only.iter().any(|f| *f == ty.fields[*i].name));
    page(ctx, permit, query, &Reader::some(ty, visible.filter(asked).collect()), TooLarge::Refuse).await
}

/// A page of rows with only the fields and system columns of a shape read; what it leaves out is empty.
pub async fn list_shape(
    ctx: &Ctx,
    permit: &AnyPermit,
    query: &ListQuery,
    shape: &Shape,
    too_large: TooLarge,
) -> Result<Rows, AppError> {
    let mut system: Vec<&str> = shape.system().collect();
    if query.deleted {
        system.push("deleted_at");
    }
    let reader = Reader::some(permit.entry().ty, shape.fields().to_vec()).with_system(&system);
    page(ctx, permit, query, &reader, too_large).await
}

async fn page(
    ctx: &Ctx,
    permit: &AnyPermit,
    query: &ListQuery,
    reader: &Reader,
    too_large: TooLarge,
) -> Result<Rows, AppError> {
    let question = understand(ctx, permit, query)?;
    let start = Start::of(query)?;
    let limit = u64::from(size(query));
    let end = limit + if let Start::Offset(offset) = start { offset } else { 0 };
    // An unfiltered list needs no count to be planned; the count comes after the rows.
    let count = if question.is_filtered { Some(question.count(ctx).await?) } else { question.known_count(ctx) };

    // One row more than asked for tells whether there is a next page.
    let sparing = reader.sparing();
    let mut rows = if question.is_in_order(ctx, count, end).await? {
        in_order(ctx, &question, &sparing, &start, limit + 1).await?
    } else {
        gather(ctx, &question, &sparing, &start, limit + 1).await?
    };
    let mut has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let fitting = fitting(rows.iter().map(|keyed| keyed.left_out));
    if fitting < rows.len() {
        if too_large == TooLarge::Refuse || question.sort.len() > 1 {
            return Err(AppError::TooLarge(format!(
                "the texts of this page take up more than {ANSWER} bytes: ask for fewer records at a time, or for fewer fields"
            )));
        }
        rows.truncate(fitting);
        has_more = true;
    }
    let next = match rows.last() {
        Some(Keyed { row, key, .. }) if has_more && question.sort.len() == 1 => Some(Start::cursor(key, row.id)),
        _ => None,
    };
    let count = match (count, &start) {
        (None, Start::Offset(0)) if !has_more => Some(Count { rows: rows.len() as u64, is_exact: true }),
        (count, _) => count,
    };
    let left_out = rows.iter().map(|keyed| keyed.left_out).sum::<u64>();
    // As they are read, and as they are told.
    let held = ctx.app.room().take(ctx.actor.user, 2 * left_out).await?;
    let mut rows = rows.into_iter().map(|Keyed { row, left_out, .. }| (row, left_out)).collect();
    complete(ctx, &[permit], reader, &mut rows).await?;
    Ok(Rows { rows: rows.into_iter().map(|(row, _)| row).collect(), count, next, has_more, large: left_out, held })
}

/// The ids of all rows that match, in their own order.
pub async fn list_ids(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery) -> Result<Vec<Uuid>, AppError> {
    const AT_ONCE: usize = 10_000;
    let question = understand(ctx, permit, query)?;
    let mut ids: Vec<Uuid> = vec![];
    loop {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push("select t.id");
        question.rows(Way::Filter, &mut sql);
        if let Some(last) = ids.last() {
            sql.push(" and t.id > ");
            sql.bind(*last);
        }
        sql.push(&format!(" order by t.id limit {AT_ONCE}"));
        let (text, args) = sql.finish();
        let rows = question.db(ctx).fetch_all(&text, args).await?;
        for row in &rows {
            ids.push(row.get(0)?);
        }
        if rows.len() < AT_ONCE {
            return Ok(ids);
        }
    }
}

/// A page for the browser: cells in the order in which [`super::describe`] names the fields, with the labels of what
/// they refer to.
pub async fn list(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery) -> Result<Page, AppError> {
    let found = list_cells(ctx, permit, query, None).await?;
    let labels = labels::labels(ctx, permit, &found.rows).await?;
    let rows = found.rows.into_iter().map(|row| show(ctx, permit, row)).collect();
    Ok(Page { rows, labels, count: found.count, next: found.next })
}

/// A record for the browser.
pub(super) fn show(ctx: &Ctx, permit: &AnyPermit, row: Stored) -> RecordInfo {
    let may = |action| ctx.find_permit(permit.entry(), action).is_some_and(|p| p.allows(row.meta.owner, row.meta.team));
    let title = labels::title(permit, &row);
    let (may_edit, may_delete) = (may(Action::Edit), may(Action::Delete));
    let visible = |(i, value)| permit.may_see(i).then_some(value);
    let mut cells: Vec<_> = row.cells.0.into_iter().enumerate().filter_map(visible).collect();
    cells.extend(storage::SYSTEM_FIELDS.iter().map(|f| row.meta.value(&f.name)));
    RecordInfo {
        id: row.id,
        version: row.meta.version,
        title,
        cells,
        created_at: row.meta.created_at,
        created_by: row.meta.created_by,
        updated_at: row.meta.updated_at,
        updated_by: row.meta.updated_by,
        deleted_at: row.meta.deleted_at,
        may_edit,
        may_delete,
    }
}
