//! What a list is asked for, understood: which rows, in which order, how many there are, and so which plan finds them.

use std::sync::Arc;

use kernel::{
    AppError, Date, Timestamp,
    server::{Arg, Db, DbError, Row},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    Count, Flags, Kind, ListQuery, SortKey,
    server::{
        Action, AnyPermit, Check, Condition, Ctx, Entry, Place, Scope, Sql,
        condition::{self, Way},
        ctx::CountKey,
        resolve, search, storage, weight,
    },
};

/// Counting stops here: beyond, the exact number tells a person nothing and costs them time.
const CAP: u64 = 10_000;

/// What a list is asked for, understood.
pub struct Question {
    pub permit: AnyPermit,
    condition: Condition,
    weight: usize,
    deleted: bool,
    /// Whether more than the permit's scope narrows the rows down.
    pub is_filtered: bool,
    pub sort: Vec<Order>,
}

/// One key of the sort.
pub struct Order {
    by: By,
    kind: Kind,
    pub descending: bool,
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
    pub fn read(&self, row: &Row, at: usize) -> Result<Json, DbError> {
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
    pub fn arg(&self, key: &Json) -> Result<Arg, AppError> {
        let text = || key.as_str();
        let is_text = matches!(self.by, By::Title(..));
        let arg: Option<Arg> = match &self.kind {
            _ if is_text => text().map(Into::into),
            Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent | Kind::Money => key.as_i64().map(Into::into),
            Kind::Bool => key.as_bool().map(Into::into),
            Kind::Date => text().and_then(Date::parse).map(Into::into),
            Kind::DateTime => text().and_then(Timestamp::parse).map(Into::into),
            Kind::Ref(_) => text().and_then(|id| id.parse::<Uuid>().ok()).map(Into::into),
            _ => text().map(Into::into),
        };
        arg.ok_or_else(|| AppError::BadRequest("the cursor belongs to a list sorted otherwise".into()))
    }
}

pub fn understand(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery) -> Result<Question, AppError> {
    let mut all = vec![];
    if let Some(filter) = &query.filter {
        all.push(resolve(ctx, permit, filter)?);
    }
    let terms = search::terms(&query.search);
    if !terms.is_empty() {
        let phone = search::phone(&query.search).filter(|_| search::has_phones(permit.entry().ty));
        let asked = std::iter::once(terms).chain(phone.map(|digits| vec![digits]));
        all.push(Condition::Any(asked.map(|terms| searched(permit, terms)).collect()));
    }
    let sort = if query.sort.is_empty() { default_sort(permit) } else { query.sort.clone() };
    let sort = sort.iter().map(|key| order(ctx, permit, key)).collect::<Result<Vec<_>, _>>()?;
    if sort.len() > 4 {
        return Err(AppError::BadRequest("a list is sorted by at most four fields".into()));
    }
    let is_filtered = !all.is_empty() || query.deleted || *permit.scope() != Scope::All;
    let condition = Condition::All(all);
    let weight = condition.weight(permit.entry());
    weight::ensure(weight)?;
    Ok(Question { permit: permit.clone(), condition, weight, deleted: query.deleted, is_filtered, sort })
}

/// Every term in one of the searched fields. What the permit hides is not looked through.
fn searched(permit: &AnyPermit, terms: Vec<String>) -> Condition {
    let fields = permit.entry().ty.fields.iter().enumerate().filter(|(_, f)| f.is(Flags::SEARCH));
    let (seen, hidden): (Vec<_>, Vec<_>) = fields.partition(|(place, _)| permit.may_see(*place));
    if hidden.is_empty() {
        return Condition::Search(terms);
    }
    let holds = |term: String| {
        let tests = seen.iter().filter(|(_, field)| condition::has_parts(&field.kind));
        Condition::Any(
            tests
                .map(|(place, _)| Condition::Test { place: Place::Cell(*place), check: Check::Contains(term.clone()) })
                .collect(),
        )
    };
    Condition::All(terms.into_iter().map(holds).collect())
}

/// As the type declares it, as far as the permit shows that.
fn default_sort(permit: &AnyPermit) -> Vec<SortKey> {
    let mut declared = SortKey::parse_list(permit.entry().ty.sort);
    declared.retain(|key| resolve::place(permit, &key.field).is_some());
    if declared.is_empty() { SortKey::parse_list("-created_at") } else { declared }
}

fn order(ctx: &Ctx, permit: &AnyPermit, key: &SortKey) -> Result<Order, AppError> {
    let unknown = || AppError::BadRequest(format!("unknown sort field `{}`", key.field));
    let place = resolve::place(permit, &key.field).ok_or_else(unknown)?;
    let Some(field) = place.field(permit.entry()) else { return Err(unknown()) };
    if !field.kind.is_sortable() {
        return Err(AppError::BadRequest(format!("`{}` cannot be sorted by", key.field)));
    }
    let titled = field.kind.target().and_then(|target| ctx.permit_any(target, Action::View).ok());
    let titled = titled.filter(|permit| permit.may_see(permit.entry().ty.title_field()));
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

    /// Where it is asked.
    pub fn db(&self, ctx: &Ctx) -> Db {
        if self.weight > weight::HEAVY { ctx.db().heavy() } else { ctx.db().clone() }
    }

    /// ` from t where …`: the rows that match.
    pub fn rows(&self, way: Way, sql: &mut Sql) {
        let deleted = if self.deleted { "is not null" } else { "is null" };
        sql.push(&format!(" from {} t where t.deleted_at {deleted} and ", self.entry().ty.name));
        self.permit.predicate_for(way, sql, "t");
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

    pub fn known_count(&self, ctx: &Ctx) -> Option<Count> {
        let sql = self.count_statement(ctx);
        ctx.app.known_count(&count_key(self.entry(), &sql), self.at(ctx))
    }

    pub async fn count(&self, ctx: &Ctx) -> Result<Count, AppError> {
        let sql = self.count_statement(ctx);
        let (key, at) = (count_key(self.entry(), &sql), self.at(ctx));
        if let Some(count) = ctx.app.known_count(&key, at) {
            return Ok(count);
        }
        let (text, args) = sql.finish();
        let row = self.db(ctx).fetch_optional(&text, args).await?;
        let rows = row.map(|r| r.get::<i64>(0)).transpose()?.unwrap_or(0).unsigned_abs();
        let count = Count { rows: rows.min(CAP), is_exact: rows <= CAP };
        ctx.app.remember_count(key, at, count);
        Ok(count)
    }

    /// The field whose value all rows share, where an index has those rows in the order of the sort.
    pub fn along(&self) -> Option<Place> {
        let [Order { by: By::Own(place), .. }] = self.sort.as_slice() else { return None };
        let by = place.field(self.entry())?;
        let ty = self.entry().ty;
        let pairs = ty.pairs.iter().filter(|(_, second)| *second == by.name);
        let firsts: Vec<Place> = pairs.filter_map(|(first, _)| ty.field(first)).map(|(i, _)| Place::Cell(i)).collect();
        if self.deleted { None } else { self.condition.equal(&firsts) }
    }

    /// Whether following the sort's index reaches the page sooner than gathering all rows that match.
    pub async fn is_in_order(&self, ctx: &Ctx, count: Option<Count>, end: u64) -> Result<bool, AppError> {
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
        // Owners and teams have indexes, so a scope narrows down too.
        let is_narrow = *self.permit.scope() != Scope::All || self.condition.is_indexed(self.entry());
        let gather = if is_narrow { count.rows } else { total };
        Ok(in_order < gather)
    }
}

fn count_key(entry: &Entry, sql: &Sql) -> CountKey {
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
