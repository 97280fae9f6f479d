//! What a list is asked for in its address.

use kernel::AppError;
use records::{
    Filter, Kind, ListQuery, Op, SortKey,
    server::{Action, AnyPermit, Ctx, SYSTEM_FIELDS, json::Shape},
};
use serde_json::Value as Json;

/// An address, understood.
pub struct Asked {
    pub query: ListQuery,
    pub shape: Shape,
    /// Whether the caller turns pages by number.
    pub is_by_page: bool,
}

/// Reads the parameters. `search`, `sort`, `filter`, `fields`, `page`, `page_size`, `cursor` and `deleted` mean what the
/// contract says; any other is the name of a field, which must equal the value. What is neither is refused by name.
pub fn read(ctx: &Ctx, permit: &AnyPermit, raw: &str) -> Result<Asked, AppError> {
    let mut query = ListQuery::default();
    let mut shape = None;
    let mut is_by_page = false;
    let mut seen: Vec<String> = vec![];
    for (name, value) in pairs(raw)? {
        if seen.contains(&name) {
            return Err(bad(format!("the parameter `{name}` is given twice")));
        }
        match name.as_str() {
            "search" => query.search = value,
            "sort" => query.sort = SortKey::parse_list(&value),
            "filter" => both(&mut query, Filter::parse(&value).map_err(bad)?),
            "fields" => shape = Some(chosen(permit, &value)?),
            "page" => {
                query.page = number(&name, &value, u32::MAX)?;
                is_by_page = true;
            }
            "page_size" => query.page_size = number(&name, &value, ListQuery::MAX_PAGE_SIZE)?,
            "cursor" => query.cursor = Some(value),
            "deleted" => query.deleted = boolean(&value).ok_or_else(|| bad("`deleted` takes true or false".into()))?,
            field => both(&mut query, equality(ctx, permit, field, value)?),
        }
        seen.push(name);
    }
    if is_by_page && query.cursor.is_some() {
        return Err(bad("`page` and `cursor` exclude each other".into()));
    }
    Ok(Asked { query, shape: shape.unwrap_or_else(|| Shape::all(permit)), is_by_page })
}

/// The parameters with another page or cursor. The others stay as they were written.
pub fn with(raw: &str, name: &str, value: &str) -> String {
    let is_kept = |part: &&str| !part.is_empty() && !["page", "cursor"].contains(&part.split('=').next().unwrap_or(""));
    let mut parts: Vec<&str> = raw.split('&').filter(is_kept).collect();
    let own = format!("{name}={value}");
    parts.push(&own);
    parts.join("&")
}

pub(super) fn pairs(raw: &str) -> Result<Vec<(String, String)>, AppError> {
    let uri = axum::http::Uri::builder().path_and_query(format!("/?{raw}")).build();
    let pairs = uri.ok().and_then(|uri| axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    pairs.map(|pairs| pairs.0).ok_or_else(|| bad("the parameters cannot be read".into()))
}

fn both(query: &mut ListQuery, filter: Filter) {
    query.filter = Some(match query.filter.take() {
        Some(first) => Filter::And(vec![first, filter]),
        None => filter,
    });
}

fn chosen(permit: &AnyPermit, names: &str) -> Result<Shape, AppError> {
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|n| !n.is_empty()).collect();
    Shape::only(permit, &names).map_err(|name| bad(format!("unknown field `{name}` in `fields`")))
}

fn number(name: &str, value: &str, most: u32) -> Result<u32, AppError> {
    let number = value.parse().ok().filter(|n| (1..=most).contains(n));
    number.ok_or_else(|| bad(format!("`{name}` takes a whole number from 1 to {most}")))
}

/// `?sector=Energy`; without a value, the records that have none.
fn equality(ctx: &Ctx, permit: &AnyPermit, name: &str, value: String) -> Result<Filter, AppError> {
    let kind = kind(ctx, permit, name).ok_or_else(|| bad(format!("unknown parameter `{name}`")))?;
    if value.is_empty() {
        return Ok(Filter::leaf(name, Op::Empty, true));
    }
    let value = match kind {
        Kind::Bool => Json::Bool(boolean(&value).ok_or_else(|| bad(format!("`{name}` takes true or false")))?),
        _ => Json::String(value),
    };
    Ok(Filter::leaf(name, Op::Eq, value))
}

/// The kind of the field at the end of a path.
fn kind(ctx: &Ctx, permit: &AnyPermit, path: &str) -> Option<Kind> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if name == "id" && rest.is_none() {
        return Some(Kind::Ref(permit.entry().ty.name.into()));
    }
    let own = permit.entry().ty.field(name).filter(|(i, _)| permit.may_see(*i)).map(|(_, f)| f);
    let field = own.or_else(|| SYSTEM_FIELDS.iter().find(|f| f.name == name))?;
    match rest {
        None => Some(field.kind.clone()),
        Some(rest) => kind(ctx, &ctx.permit_any(field.kind.target()?, Action::View).ok()?, rest),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

const fn bad(message: String) -> AppError {
    AppError::BadRequest(message)
}

#[cfg(test)]
mod tests {
    use super::with;

    #[test]
    fn the_next_page_asks_for_the_same_otherwise() {
        assert_eq!(with("page=2&sector=A%20%26%20B&sort=-name", "page", "3"), "sector=A%20%26%20B&sort=-name&page=3");
        assert_eq!(with("", "cursor", "5b"), "cursor=5b");
    }
}
