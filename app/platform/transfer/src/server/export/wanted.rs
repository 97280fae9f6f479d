//! What a person asked for, understood and found allowed.

use std::sync::Arc;

use chrono::Datelike;
use kernel::{AppError, Date, FieldErrors, Timestamp};
use records::{
    Address, Filter, Kind, ListQuery, Op, RecordType,
    server::{Action, AnyPermit, Ctx, SYSTEM_FIELDS, Walk, json::Shape},
};

use crate::export::{DateRange, Wanted};

/// The most columns a table has.
const MOST_COLUMNS: usize = 500;

/// From one instant up to another.
pub type Span = (Option<Timestamp>, Option<Timestamp>);

/// The records of a type that are to be exported.
pub struct Table {
    pub walk: Walk,
    /// To view, under which references are named.
    pub view: AnyPermit,
    pub layout: Arc<Layout>,
    pub is_sorted: bool,
}

/// What is written of each record.
#[derive(Debug)]
pub struct Layout {
    pub ty: &'static RecordType,
    pub columns: Vec<Column>,
    /// The same for a document.
    pub shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub heading: String,
    pub from: From,
}

/// Where the values of a column come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Id,
    /// By its place in the type.
    Field(usize),
    /// A part of an address.
    Part(usize, &'static str),
    /// By its place in [`SYSTEM_FIELDS`].
    System(usize),
}

impl Table {
    pub fn ty(&self) -> &'static RecordType {
        self.layout.ty
    }
}

fn invalid<T>(field: &str, why: impl Into<String>) -> Result<T, AppError> {
    Err(AppError::Invalid(FieldErrors::one(field, why)))
}

/// The days that are meant now, as instants.
pub fn span(ctx: &Ctx, range: DateRange) -> Result<Span, AppError> {
    let (zone, today) = (ctx.organisation().zone, ctx.today().0);
    let since = |day: chrono::NaiveDate| Ok((Some(zone.start_of_day(Date(day))), Some(zone.end_of_day(Date(today)))));
    match range {
        DateRange::All => Ok((None, None)),
        DateRange::Today => since(today),
        DateRange::Week => since(today.week(ctx.organisation().first_day).first_day()),
        DateRange::Month => since(today.with_day(1).unwrap_or(today)),
        DateRange::Quarter => {
            let first = chrono::NaiveDate::from_ymd_opt(today.year(), today.month0() / 3 * 3 + 1, 1);
            since(first.unwrap_or(today))
        }
        DateRange::Year => since(chrono::NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(today)),
        DateRange::Between { from: None, to: None } => invalid("date_range", "Say from which day, or to which."),
        DateRange::Between { from: Some(from), to: Some(to) } if from > to => {
            invalid("date_range", format!("{from} is after {to}."))
        }
        DateRange::Between { from, to } => Ok((from.map(|d| zone.start_of_day(d)), to.map(|d| zone.end_of_day(d)))),
    }
}

/// The tables of an export that was asked for earlier. `None` where its asker may not export all of it any more, or it
/// makes no sense by now.
pub fn still(ctx: &Ctx, wanted: &Wanted, span: Span) -> Result<Option<Vec<Table>>, AppError> {
    match tables(ctx, wanted, span) {
        Err(AppError::Invalid(_) | AppError::Forbidden | AppError::NotFound) => Ok(None),
        tables => tables.map(Some),
    }
}

/// The tables of an export, under the rights its asker has at this moment.
pub fn tables(ctx: &Ctx, wanted: &Wanted, span: Span) -> Result<Vec<Table>, AppError> {
    if wanted.entities.is_empty() {
        return invalid("entities", "Say which records, such as companies.");
    }
    let is_narrowed =
        wanted.filter.is_some() || !wanted.search.is_empty() || !wanted.sort.is_empty() || !wanted.fields.is_empty();
    if is_narrowed && wanted.entities.len() > 1 {
        return invalid("entities", "A filter, a search, a sort and fields are for records of one kind.");
    }
    for (at, name) in wanted.entities.iter().enumerate() {
        if wanted.entities[..at].contains(name) {
            return invalid("entities", format!("`{name}` is named twice."));
        }
    }
    wanted.entities.iter().map(|name| table(ctx, wanted, span, name)).collect()
}

fn table(ctx: &Ctx, wanted: &Wanted, span: Span, name: &str) -> Result<Table, AppError> {
    let Ok(view) = ctx.permit_any(name, Action::View) else {
        return invalid("entities", format!("There are no records called `{name}`."));
    };
    let permit = ctx.permit_any(name, Action::Export)?;
    let layout = Arc::new(layout(&view, &wanted.fields)?);
    let query = ListQuery { search: wanted.search.clone(), ..ListQuery::default() };
    let bounds = [(Op::Gte, span.0), (Op::Lt, span.1)];
    let bounds = bounds.into_iter().filter_map(|(op, at)| Some(Filter::leaf("created_at", op, at?.to_string())));
    let filter = wanted.filter.iter().cloned().chain(bounds).reduce(|all, one| Filter::And(vec![all, one]));
    let walk = |query: &ListQuery, field: &str| match Walk::new(ctx, &permit, &view, query, &layout.shape) {
        Err(AppError::BadRequest(why)) => invalid(field, AppError::BadRequest(why).sentence()),
        walk => walk,
    };
    let filtered = ListQuery { filter, ..query };
    let plain = walk(&filtered, "filter")?;
    let is_sorted = !wanted.sort.is_empty();
    let walk = if is_sorted { walk(&ListQuery { sort: wanted.sort.clone(), ..filtered }, "sort")? } else { plain };
    Ok(Table { walk, view, layout, is_sorted })
}

/// The columns named, or all that the permit shows.
fn layout(view: &AnyPermit, names: &[String]) -> Result<Layout, AppError> {
    let ty = view.entry().ty;
    let mut columns = vec![];
    let mut add = |name: &str| {
        let system = SYSTEM_FIELDS.iter().position(|f| f.name == name);
        match (ty.field(name).filter(|(i, _)| view.may_see(*i)), system) {
            (Some((i, field)), _) if field.kind == Kind::Address => {
                columns.extend(Address::PARTS.map(|(part, label)| Column {
                    heading: format!("{}: {label}", field.label),
                    from: From::Part(i, part),
                }));
            }
            (Some((i, field)), _) => {
                columns.push(Column { heading: field.label.clone().into_owned(), from: From::Field(i) });
            }
            (None, Some(i)) => {
                let heading = SYSTEM_FIELDS[i].label.clone().into_owned();
                columns.push(Column { heading, from: From::System(i) });
            }
            (None, None) if name == "id" => columns.push(Column { heading: "ID".to_owned(), from: From::Id }),
            (None, None) => return invalid("fields", format!("There is no field `{name}`.")),
        }
        Ok(())
    };
    if names.is_empty() {
        let own = ty.fields.iter().enumerate().filter(|(i, _)| view.may_see(*i)).map(|(_, f)| f.name.as_ref());
        std::iter::once("id").chain(own).chain(SYSTEM_FIELDS.iter().map(|f| f.name.as_ref())).try_for_each(&mut add)?;
    } else {
        names.iter().try_for_each(|name| add(name))?;
    }
    for (at, column) in columns.iter().enumerate() {
        if columns[..at].iter().any(|other| other.from == column.from) {
            return invalid("fields", format!("`{}` is named twice.", column.heading));
        }
    }
    if columns.len() > MOST_COLUMNS {
        return invalid("fields", format!("A table has at most {MOST_COLUMNS} columns."));
    }
    let shape = if names.is_empty() {
        Shape::all(view)
    } else {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Shape::only(view, &names).or_else(|name| invalid("fields", format!("There is no field `{name}`.")))?
    };
    Ok(Layout { ty, columns, shape })
}
