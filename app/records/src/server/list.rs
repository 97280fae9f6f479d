//! A page of a list.
//!
//! Two plans serve all lists. *In order*: follow the index of the sort and test each row, good where many rows match.
//! *Gather*: find the matching rows first, then order them, good where few match. Which one is decided by how many
//! rows match, counted up to a cap and remembered while the rows stand still. Missing values come last, whatever the
//! direction, and ids break ties, so that a page can be continued exactly where it ended.

use std::sync::Arc;

use kernel::{
    AppError, Date, Money, Timestamp,
    server::{Arg, DbError, Row},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Action, AnyPermit, Condition, Ctx, Entry, Place, Scope, Sql, Stored,
    condition::{self, Way},
    json::Shape,
    labels, resolve, storage,
    storage::Reader,
};
use crate::{Count, Flags, Kind, ListQuery, Page, RecordInfo, SortKey, Total, Value};

/// Counting stops here: beyond, the exact number tells a person nothing and costs them time.
const CAP: u64 = 10_000;
/// Pages further in than this are reached by cursor or by a narrower question.
const FURTHEST: u64 = 1_000_000;

/// What a list is asked for, understood.
pub(super) struct Question {
    pub permit: AnyPermit,
    condition: Condition,
    deleted: bool,
    /// Whether more than the permit's scope narrows the rows down.
    is_filtered: bool,
    pub sort: Vec<Order>,
}

/// One key of the sort.
pub(super) struct Order {
    by: By,
    kind: Kind,
    descending: bool,
    is_indexed: bool,
    pub is_never_missing: bool,
}

enum By {
    Own(Place),
    /// The title of the record a reference leads to.
    Title(Place, Box<AnyPermit>),
}

impl Order {
    pub fn expression(&self, entry: &Entry, sql: &mut Sql) {
        match &self.by {
            By::Own(place) => sql.push(&place.column(entry, "t")),
            By::Title(place, permit) => {
                let target = permit.entry().ty;
                let title = storage::key_column(&target.fields[target.title_field()]);
                sql.push(&format!(
                    "(select s.{title} from {} s where s.id = {} and ",
                    target.name,
                    place.column(entry, "t")
                ));
                permit.predicate(sql, "s");
                sql.push(")");
            }
        }
    }

    pub fn direction(&self) -> &'static str {
        if self.descending { "desc" } else { "asc" }
    }

    /// The key of a row, as a cursor holds it.
    fn read(&self, row: &Row, at: usize) -> Result<Json, DbError> {
        if let By::Title(..) = self.by {
            return Ok(json!(row.get::<Option<String>>(at)?));
        }
        Ok(match self.kind {
            Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent | Kind::Money => {
                json!(row.get::<Option<i64>>(at)?)
            }
            Kind::Bool => json!(row.get::<Option<bool>>(at)?),
            Kind::Date => json!(row.get::<Option<Date>>(at)?.map(|d| d.to_string())),
            Kind::DateTime => json!(row.get::<Option<Timestamp>>(at)?.map(|t| t.to_string())),
            Kind::Ref(_) => json!(row.get::<Option<Uuid>>(at)?),
            _ => json!(row.get::<Option<String>>(at)?),
        })
    }

    /// A key from a cursor.
    fn arg(&self, key: &Json) -> Option<Arg> {
        if let By::Title(..) = self.by {
            return Some(key.as_str()?.into());
        }
        Some(match self.kind {
            Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent | Kind::Money => key.as_i64()?.into(),
            Kind::Bool => key.as_bool()?.into(),
            Kind::Date => Date::parse(key.as_str()?)?.into(),
            Kind::DateTime => Timestamp::parse(key.as_str()?)?.into(),
            Kind::Ref(_) => key.as_str()?.parse::<Uuid>().ok()?.into(),
            _ => key.as_str()?.into(),
        })
    }
}

/// Where a page starts.
enum Start {
    Offset(u64),
    /// After a row, by its key of the sort (`null` where missing) and its id.
    After(Json, Uuid),
}

impl Start {
    fn of(query: &ListQuery) -> Result<Self, AppError> {
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

    fn cursor(key: &Json, id: Uuid) -> String {
        use std::fmt::Write;
        let mut cursor = String::new();
        for byte in json!([key, id]).to_string().bytes() {
            let _ = write!(cursor, "{byte:02x}");
        }
        cursor
    }
}

fn size(query: &ListQuery) -> u32 {
    query.page_size.clamp(1, ListQuery::MAX_PAGE_SIZE)
}

pub(super) fn understand(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery) -> Result<Question, AppError> {
    let mut all = vec![];
    if let Some(filter) = &query.filter {
        all.push(resolve(ctx, permit, filter)?);
    }
    let terms = condition::terms(&query.search);
    if !terms.is_empty() {
        all.push(Condition::Search(terms));
    }
    let default = SortKey::parse_list(permit.entry().ty.sort);
    let keys = if query.sort.is_empty() { &default } else { &query.sort };
    let sort = keys.iter().map(|key| order(ctx, permit, key)).collect::<Result<Vec<_>, _>>()?;
    if sort.len() > 4 {
        return Err(AppError::BadRequest("a list is sorted by at most four fields".into()));
    }
    let is_filtered = !all.is_empty() || query.deleted || *permit.scope() != Scope::All;
    Ok(Question { permit: permit.clone(), condition: Condition::All(all), deleted: query.deleted, is_filtered, sort })
}

fn order(ctx: &Ctx, permit: &AnyPermit, key: &SortKey) -> Result<Order, AppError> {
    let unknown = || AppError::BadRequest(format!("unknown sort field `{}`", key.field));
    let place = resolve::place(permit, &key.field).ok_or_else(unknown)?;
    let Some(field) = place.field(permit.entry()) else { return Err(unknown()) };
    if !field.kind.is_sortable() {
        return Err(AppError::BadRequest(format!("`{}` cannot be sorted by", key.field)));
    }
    let titled = field.kind.target().and_then(|target| ctx.permit_any(target, Action::View).ok());
    let is_titled = titled.is_some();
    let by = titled.map_or(By::Own(place), |permit| By::Title(place, Box::new(permit)));
    Ok(Order {
        by,
        kind: field.kind.clone(),
        descending: key.descending,
        is_indexed: field.is(Flags::INDEX) && !is_titled,
        is_never_missing: !is_titled
            && (field.is(Flags::REQUIRED) || field.name == "created_at" || field.name == "updated_at"),
    })
}

impl Question {
    pub fn entry(&self) -> &Arc<Entry> {
        self.permit.entry()
    }

    /// ` from t where …`: the rows that match.
    pub fn rows(&self, way: Way, sql: &mut Sql) {
        let deleted = if self.deleted { "is not null" } else { "is null" };
        sql.push(&format!(" from {} t where t.deleted_at {deleted} and ", self.entry().ty.name));
        self.permit.predicate(sql, "t");
        sql.push(" and ");
        self.condition.compile(self.entry(), "t", way, sql);
    }

    fn at(&self, ctx: &Ctx) -> u64 {
        if self.condition.looks_elsewhere() { ctx.app.changes() } else { self.entry().changes() }
    }

    fn count_statement(&self, ctx: &Ctx) -> Sql {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push("select count(*) from (select 1 as one");
        self.rows(Way::Filter, &mut sql);
        sql.push(&format!(" limit {}) counted", CAP + 1));
        sql
    }

    fn known_count(&self, ctx: &Ctx) -> Option<Count> {
        let sql = self.count_statement(ctx);
        ctx.app.known_count(&count_key(self.entry(), &sql), self.at(ctx))
    }

    async fn count(&self, ctx: &Ctx) -> Result<Count, AppError> {
        let sql = self.count_statement(ctx);
        let (key, at) = (count_key(self.entry(), &sql), self.at(ctx));
        if let Some(count) = ctx.app.known_count(&key, at) {
            return Ok(count);
        }
        let (text, args) = sql.finish();
        let row = ctx.db().fetch_optional(&text, args).await?;
        let rows = row.map(|r| r.get::<i64>(0)).transpose()?.unwrap_or(0).unsigned_abs();
        let count = Count { rows: rows.min(CAP), is_exact: rows <= CAP };
        ctx.app.remember_count(key, at, count);
        Ok(count)
    }

    /// The field whose value all rows share, where an index has those rows in the order of the sort.
    fn along(&self) -> Option<Place> {
        let [Order { by: By::Own(place), .. }] = self.sort.as_slice() else { return None };
        let by = place.field(self.entry())?;
        let ty = self.entry().ty;
        let pairs = ty.pairs.iter().filter(|(_, second)| *second == by.name);
        let firsts: Vec<Place> = pairs.filter_map(|(first, _)| ty.field(first)).map(|(i, _)| Place::Cell(i)).collect();
        if self.deleted { None } else { self.condition.equal(&firsts) }
    }

    /// Whether following the sort's index reaches the page sooner than gathering all rows that match.
    async fn is_in_order(&self, ctx: &Ctx, count: Option<Count>, end: u64) -> Result<bool, AppError> {
        let [first] = self.sort.as_slice() else { return Ok(false) };
        let Some(count) = count.filter(|_| self.is_filtered) else { return Ok(true) };
        if !count.is_exact {
            return Ok(true);
        }
        if !first.is_indexed || count.rows == 0 {
            return Ok(false);
        }
        if self.along().is_some() {
            return Ok(true);
        }
        let total = total(ctx, self.entry()).await?;
        let in_order = end.saturating_mul(total) / count.rows;
        let gather = if self.condition.is_indexed(self.entry()) { count.rows } else { total };
        Ok(in_order < gather)
    }
}

fn count_key(entry: &Entry, sql: &Sql) -> super::ctx::CountKey {
    (entry.ty.name, format!("{}{:?}", sql.text(), sql.args()))
}

/// About how many rows the table has. An estimate serves: it is not counted again at every change.
async fn total(ctx: &Ctx, entry: &Arc<Entry>) -> Result<u64, AppError> {
    const CHANGES: u64 = 1_000;
    let (key, at) = ((entry.ty.name, "total".to_owned()), entry.changes() / CHANGES);
    if let Some(count) = ctx.app.known_count(&key, at) {
        return Ok(count.rows);
    }
    let row = ctx.db().fetch_optional(&format!("select count(*) from {}", entry.ty.name), vec![]).await?;
    let rows = row.map(|r| r.get::<i64>(0)).transpose()?.unwrap_or(0).unsigned_abs();
    ctx.app.remember_count(key, at, Count { rows, is_exact: true });
    Ok(rows)
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
    page(ctx, permit, query, Reader::some(ty, visible.filter(asked).collect())).await
}

/// A page of rows with only the fields and system columns of a shape read; what it leaves out is empty.
pub async fn list_shape(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery, shape: &Shape) -> Result<Rows, AppError> {
    let mut system: Vec<&str> = shape.system().collect();
    if query.deleted {
        system.push("deleted_at");
    }
    let reader = Reader::some(permit.entry().ty, shape.fields().to_vec()).with_system(&system);
    page(ctx, permit, query, reader).await
}

async fn page(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery, reader: Reader) -> Result<Rows, AppError> {
    let question = understand(ctx, permit, query)?;
    let start = Start::of(query)?;
    let limit = u64::from(size(query));
    let end = limit + if let Start::Offset(offset) = start { offset } else { 0 };
    // An unfiltered list needs no count to be planned; the count comes after the rows.
    let count = if question.is_filtered { Some(question.count(ctx).await?) } else { question.known_count(ctx) };

    // One row more than asked for tells whether there is a next page.
    let mut rows = if question.is_in_order(ctx, count, end).await? {
        in_order(ctx, &question, &reader, &start, limit + 1).await?
    } else {
        gather(ctx, &question, &reader, &start, limit + 1).await?
    };
    let has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = match rows.last() {
        Some((row, key)) if has_more && question.sort.len() == 1 => Some(Start::cursor(key, row.id)),
        _ => None,
    };
    let count = match (count, &start) {
        (None, Start::Offset(0)) if !has_more => Some(Count { rows: rows.len() as u64, is_exact: true }),
        (count, _) => count,
    };
    Ok(Rows { rows: rows.into_iter().map(|(row, _)| row).collect(), count, next, has_more })
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
        let rows = ctx.db().fetch_all(&text, args).await?;
        for row in &rows {
            ids.push(row.get(0)?);
        }
        if rows.len() < AT_ONCE {
            return Ok(ids);
        }
    }
}

type Keyed = Vec<(Stored, Json)>;

async fn fetch(ctx: &Ctx, sql: Sql, reader: &Reader, order: &Order, missing: bool) -> Result<Keyed, AppError> {
    let (text, args) = sql.finish();
    let rows = ctx.db().fetch_all(&text, args).await?;
    let width = reader.width();
    let read = rows.iter().map(|row| {
        let key = if missing { Json::Null } else { order.read(row, width)? };
        Ok((reader.read(row)?, key))
    });
    Ok(read.collect::<Result<_, DbError>>()?)
}

/// Follows the sort: first the rows that have the value, then those that miss it.
async fn in_order(
    ctx: &Ctx,
    question: &Question,
    reader: &Reader,
    start: &Start,
    limit: u64,
) -> Result<Keyed, AppError> {
    let (entry, order) = (question.entry(), &question.sort[0]);
    let (direction, beyond) = (order.direction(), if order.descending { "<" } else { ">" });
    let begin = || {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push(&format!("select {}", reader.select("t")));
        sql
    };
    let mut rows = vec![];
    if !matches!(start, Start::After(Json::Null, _)) {
        let mut sql = Sql::new(ctx.db().engine());
        // Found one by one among others, rows would wake their reader one by one: on SQLite that costs more than all
        // else. Collected first, they come together. Where an index has those that match, they do so by themselves.
        let along = question.along();
        let is_collected = question.is_filtered && along.is_none();
        let width = reader.width();
        if is_collected {
            let columns: Vec<String> = (0..=width).map(|i| format!("c{i}")).collect();
            sql.push(&format!("with page ({}) as materialized (", columns.join(", ")));
        }
        sql.push(&format!("select {}, ", reader.select("t")));
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
            sql.push(&format!(") select * from page order by c{width} {direction}, c0 {direction}"));
        }
        rows = fetch(ctx, sql, reader, order, false).await?;
    }
    if order.is_never_missing || rows.len() as u64 >= limit {
        return Ok(rows);
    }

    let mut sql = begin();
    question.rows(Way::Sorted(question.along()), &mut sql);
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
    rows.extend(fetch(ctx, sql, reader, order, true).await?);
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
    let row = ctx.db().fetch_optional(&text, args).await?;
    Ok(row.map(|r| r.get::<i64>(0)).transpose()?.unwrap_or(0).unsigned_abs())
}

fn after(order: &Order, key: &Json, id: Uuid, beyond: &str, entry: &Entry, sql: &mut Sql) -> Result<(), AppError> {
    let wrong = || AppError::BadRequest("the cursor belongs to a list sorted otherwise".into());
    let key = order.arg(key).ok_or_else(wrong)?;
    sql.push(" and (");
    order.expression(entry, sql);
    sql.push(&format!(", t.id) {beyond} ("));
    sql.bind(key);
    sql.push(", ");
    sql.bind(id);
    sql.push(")");
    Ok(())
}

/// Finds the rows that match, then orders them.
async fn gather(ctx: &Ctx, question: &Question, reader: &Reader, start: &Start, limit: u64) -> Result<Keyed, AppError> {
    let (entry, first) = (question.entry(), &question.sort[0]);
    let mut sql = Sql::new(ctx.db().engine());
    sql.push("with matching as materialized (select t.id as id");
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
            let wrong = || AppError::BadRequest("the cursor belongs to a list sorted otherwise".into());
            sql.push(&format!(" where m.k0 is null or (m.k0, m.id) {beyond} ("));
            sql.bind(first.arg(key).ok_or_else(wrong)?);
            sql.push(", ");
            sql.bind(*id);
            sql.push(")");
        }
    }
    sql.push(&format!("{} limit {limit}", by("m")));
    if let Start::Offset(offset @ 1..) = start {
        sql.push(&format!(" offset {offset}"));
    }
    sql.push(&format!(
        ") select {}, p.k0 from page p join {} t on t.id = p.id{}",
        reader.select("t"),
        entry.ty.name,
        by("p")
    ));
    fetch(ctx, sql, reader, first, false).await
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

/// The figures at the foot of a list: sums and averages of the fields that declare them, amounts by currency.
pub async fn totals(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery) -> Result<Vec<Total>, AppError> {
    let question = understand(ctx, permit, query)?;
    let mut totals = vec![];
    for (i, field) in permit.entry().ty.fields.iter().enumerate() {
        let (is_sum, is_average) = (field.is(Flags::SUM), field.is(Flags::AVERAGE));
        if !(permit.may_see(i) && field.kind.is_number() && (is_sum || is_average)) {
            continue;
        }
        let currency = if field.kind == Kind::Money { format!("t.{}_currency", field.name) } else { "''".to_owned() };
        let column = storage::key_column(field);
        let mut sql = Sql::new(ctx.db().engine());
        sql.push(&format!("select {currency}, cast(sum(t.{column}) as bigint), count(t.{column})"));
        question.rows(Way::Filter, &mut sql);
        sql.push(&format!(" and t.{column} is not null"));
        if field.kind == Kind::Money {
            sql.push(&format!(" group by {currency} order by 3 desc limit 3"));
        }
        let (text, args) = sql.finish();
        for row in ctx.db().fetch_all(&text, args).await? {
            let (code, sum, count): (String, Option<i64>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            // No row has the field: there is nothing to add up.
            let Some(sum) = sum else { continue };
            let (what, units) = if is_sum { ("Sum of", sum) } else { ("Average", rounded(sum, count)) };
            let currency = kernel::Currency::parse(&code);
            let value = currency.map_or(Value::Int(units), |currency| Value::Money(Money { minor: units, currency }));
            let (field, kind) = (field.label.clone().into_owned(), field.kind.clone());
            totals.push(Total { field, what: what.to_owned(), kind, value });
        }
    }
    Ok(totals)
}

/// The mean to the nearest unit, halves away from zero.
fn rounded(sum: i64, count: i64) -> i64 {
    let (sum, count) = (i128::from(sum), i128::from(count.max(1)));
    let half = if sum < 0 { -count / 2 } else { count / 2 };
    i64::try_from((sum + half) / count).unwrap_or(i64::MAX)
}

/// How many live records of each value of a text or choice field there are, most first.
pub async fn group_counts(
    ctx: &Ctx,
    permit: &AnyPermit,
    field: usize,
    limit: u32,
) -> Result<Vec<(String, u64)>, AppError> {
    let ty = permit.entry().ty;
    let (column, key) = (&ty.fields[field].name, storage::key_column(&ty.fields[field]));
    let mut sql = Sql::new(ctx.db().engine());
    sql.push(&format!("select min(t.{column}), count(*) from {} t where t.deleted_at is null and ", ty.name));
    permit.predicate(&mut sql, "t");
    sql.push(&format!(" and t.{key} is not null group by t.{key} order by 2 desc, 1 limit {limit}"));
    let (text, args) = sql.finish();
    let rows = ctx.db().fetch_all(&text, args).await?;
    Ok(rows.iter().map(|r| Ok((r.get(0)?, r.get::<i64>(1)?.unsigned_abs()))).collect::<Result<_, DbError>>()?)
}

/// How many records were created on each of the last days, today last, in the company's zone.
pub async fn created_per_day(ctx: &Ctx, permit: &AnyPermit, days: i64) -> Result<Vec<u64>, AppError> {
    let (zone, today) = (ctx.organisation().zone, ctx.today());
    let starts: Vec<Timestamp> =
        (0..days).rev().map(|back| zone.start_of_day(Date(today.0 - chrono::TimeDelta::days(back)))).collect();
    let ends = starts.iter().skip(1).copied().chain([zone.end_of_day(today)]);
    let mut sql = Sql::new(ctx.db().engine());
    sql.push("with days (day, start_at, end_at) as (values ");
    for (i, (start, end)) in starts.iter().zip(ends).enumerate() {
        sql.push(if i > 0 { ", (" } else { "(" });
        sql.push(&format!("{i}, "));
        sql.bind(*start);
        sql.push(", ");
        sql.bind(end);
        sql.push(")");
    }
    sql.push(&format!(
        ") select d.day, (select count(*) from {} t where t.deleted_at is null and t.created_at >= d.start_at and \
         t.created_at < d.end_at and ",
        permit.entry().ty.name
    ));
    permit.predicate(&mut sql, "t");
    sql.push(") from days d order by d.day");
    let (text, args) = sql.finish();
    let rows = ctx.db().fetch_all(&text, args).await?;
    Ok(rows.iter().map(|r| Ok(r.get::<i64>(1)?.unsigned_abs())).collect::<Result<_, DbError>>()?)
}
