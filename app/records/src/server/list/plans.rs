//! The two plans: the same rows in the same order, whichever is followed.

use kernel::{
    AppError,
    server::{Db, DbError, Engine},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    question::{Order, Question},
    size,
};
use crate::{
    ListQuery,
    server::{Ctx, Entry, Sql, Stored, condition::Way, storage::Reader},
};

/// Pages further in than this are reached by cursor or by a narrower question.
const FURTHEST: u64 = 1_000_000;

/// Where a page starts.
pub enum Start {
    Offset(u64),
    /// After a row, by its key of the sort (`null` where missing) and its id.
    After(Json, Uuid),
}

impl Start {
    pub fn of(query: &ListQuery) -> Result<Self, AppError> {
        let Some(cursor) = &query.cursor else {
            let offset = u64::from(query.page.max(1) - 1) * u64::from(size(query));
            return if offset > FURTHEST {
                Err(AppError::BadRequest(format!(
                    "pages end at row {FURTHEST}: narrow the list down or use the cursor"
                )))
            } else {
                Ok(Self::Offset(offset))
            };
        };
        let read = || {
            let bytes = (0..cursor.len()).step_by(2).map(|i| u8::from_str_radix(cursor.get(i..i + 2)?, 16).ok());
            let (key, id): (Json, Uuid) = serde_json::from_slice(&bytes.collect::<Option<Vec<_>>>()?).ok()?;
            Some(Self::After(key, id))
        };
        read().ok_or_else(|| AppError::BadRequest("the cursor is none that a list gave".into()))
    }

    pub fn cursor(key: &Json, id: Uuid) -> String {
        use std::fmt::Write;
        let mut cursor = String::new();
        for byte in json!([key, id]).to_string().bytes() {
            let _ = write!(cursor, "{byte:02x}");
        }
        cursor
    }
}

/// A row with its key of the sort.
pub struct Keyed {
    pub row: Stored,
    /// The bytes of what was not read.
    pub left_out: u64,
    pub key: Json,
}

async fn fetch(db: &Db, sql: Sql, reader: &Reader, order: &Order, missing: bool) -> Result<Vec<Keyed>, AppError> {
    let (text, args) = sql.finish();
    let rows = db.fetch_all(&text, args).await?;
    let width = reader.width();
    let read = rows.iter().map(|row| {
        let key = if missing { Json::Null } else { order.read(row, width)? };
        let (row, left_out) = reader.read_sparing(row)?;
        Ok(Keyed { row, left_out, key })
    });
    Ok(read.collect::<Result<_, DbError>>()?)
}

/// Follows the sort: first the rows that have the value, then those that miss it.
pub async fn in_order(
    ctx: &Ctx,
    question: &Question,
    reader: &Reader,
    start: &Start,
    limit: u64,
) -> Result<Vec<Keyed>, AppError> {
    let (entry, order) = (question.entry(), &question.sort[0]);
    let (direction, beyond) = (order.direction(), if order.descending { "<" } else { ">" });
    let along = question.along();
    let mut rows = vec![];
    if !matches!(start, Start::After(Json::Null, _)) {
        let mut sql = Sql::new(ctx.db().engine());
        // Found one by one among others, rows would wake their reader one by one: on SQLite that costs more than all
        // else. With their places collected first, they come together. Where an index has those that match, they do so
        // by themselves.
        let is_collected = sql.engine() == Engine::Sqlite && question.is_filtered && along.is_none();
        if is_collected {
            sql.push("with page (n, id, k0) as materialized (select t.rowid, t.id, ");
        } else {
            sql.push(&format!("select {}, ", reader.select("t")));
        }
        order.expression(entry, &mut sql);
        question.rows(Way::Sorted(along), &mut sql);
        if !order.is_never_missing {
            sql.push(" and ");
            order.expression(entry, &mut sql);
            sql.push(" is not null");
        }
        if let Start::After(key, id) = start {
            after(order, key, *id, beyond, entry, &mut sql)?;
        }
        sql.push(" order by ");
        order.expression(entry, &mut sql);
        sql.push(&format!(" {direction}, t.id {direction} limit {limit}"));
        if let Start::Offset(offset @ 1..) = start {
            sql.push(&format!(" offset {offset}"));
        }
        if is_collected {
            sql.push(") ");
            rows_of_page(reader, entry, &format!(" order by p.k0 {direction}, p.id {direction}"), &mut sql);
        }
        rows = fetch(&question.db(ctx), sql, reader, order, false).await?;
    }
    if order.is_never_missing || rows.len() as u64 >= limit {
        return Ok(rows);
    }

    let mut sql = Sql::new(ctx.db().engine());
    sql.push(&format!("select {}", reader.select("t")));
    question.rows(Way::Sorted(along), &mut sql);
    sql.push(" and ");
    order.expression(entry, &mut sql);
    sql.push(" is null");
    if let Start::After(Json::Null, id) = start {
        sql.push(&format!(" and t.id {beyond} "));
        sql.bind(*id);
    }
    sql.push(&format!(" order by t.id {direction} limit {}", limit - rows.len() as u64));
    if let Start::Offset(offset @ 1..) = start
        && rows.is_empty()
    {
        sql.push(&format!(" offset {}", offset.saturating_sub(present(ctx, question).await?)));
    }
    rows.extend(fetch(&question.db(ctx), sql, reader, order, true).await?);
    Ok(rows)
}

/// How many rows have the value sorted by.
async fn present(ctx: &Ctx, question: &Question) -> Result<u64, AppError> {
    let mut sql = Sql::new(ctx.db().engine());
    sql.push("select count(*)");
    question.rows(Way::Filter, &mut sql);
    sql.push(" and ");
    question.sort[0].expression(question.entry(), &mut sql);
    sql.push(" is not null");
    let (text, args) = sql.finish();
    let row = question.db(ctx).fetch_optional(&text, args).await?;
    Ok(row.map(|r| r.get::<i64>(0)).transpose()?.unwrap_or(0).unsigned_abs())
}

fn after(order: &Order, key: &Json, id: Uuid, beyond: &str, entry: &Entry, sql: &mut Sql) -> Result<(), AppError> {
    sql.push(" and (");
    order.expression(entry, sql);
    sql.push(&format!(", t.id) {beyond} ("));
    sql.bind(order.arg(key)?);
    sql.push(", ");
    sql.bind(id);
    sql.push(")");
    Ok(())
}

/// Finds the rows that match, then orders them.
pub async fn gather(
    ctx: &Ctx,
    question: &Question,
    reader: &Reader,
    start: &Start,
    limit: u64,
) -> Result<Vec<Keyed>, AppError> {
    let (entry, first) = (question.entry(), &question.sort[0]);
    let mut sql = Sql::new(ctx.db().engine());
    let place = if sql.engine() == Engine::Sqlite { "t.rowid as n, " } else { "" };
    sql.push(&format!("with matching as materialized (select {place}t.id as id"));
    for (i, order) in question.sort.iter().enumerate() {
        sql.push(", ");
        order.expression(entry, &mut sql);
        sql.push(&format!(" as k{i}"));
    }
    question.rows(Way::Filter, &mut sql);
    sql.push(")");
    let by = |row: &str| {
        let keys = question.sort.iter().enumerate();
        let keys = keys.map(|(i, order)| format!("({row}.k{i} is null), {row}.k{i} {}, ", order.direction()));
        format!(" order by {}{row}.id {}", keys.collect::<String>(), first.direction())
    };
    sql.push(", page as (select * from matching m");
    if let Start::After(key, id) = start {
        if question.sort.len() > 1 {
            return Err(AppError::BadRequest("a cursor follows one sort field".into()));
        }
        let beyond = if first.descending { "<" } else { ">" };
        if key.is_null() {
            sql.push(&format!(" where m.k0 is null and m.id {beyond} "));
            sql.bind(*id);
        } else {
            sql.push(&format!(" where m.k0 is null or (m.k0, m.id) {beyond} ("));
            sql.bind(first.arg(key)?);
            sql.push(", ");
            sql.bind(*id);
            sql.push(")");
        }
    }
    sql.push(&format!("{} limit {limit}", by("m")));
    if let Start::Offset(offset @ 1..) = start {
        sql.push(&format!(" offset {offset}"));
    }
    sql.push(") ");
    rows_of_page(reader, entry, &by("p"), &mut sql);
    fetch(&question.db(ctx), sql, reader, first, false).await
}

/// The rows whose places and keys `page` holds: by their place in the table on SQLite, which finds them soonest there.
fn rows_of_page(reader: &Reader, entry: &Entry, order: &str, sql: &mut Sql) {
    let place = if sql.engine() == Engine::Sqlite { "t.rowid = p.n" } else { "t.id = p.id" };
    let (columns, table) = (reader.select("t"), entry.ty.name);
    sql.push(&format!("select {columns}, p.k0 from page p join {table} t on {place}{order}"));
}
