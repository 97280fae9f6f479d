//! From the filter a person or a script wrote to a condition over known fields.

use std::sync::Arc;

use kernel::{AppError, Timestamp, fold};
use serde_json::Value as Json;

use super::{Action, AnyPermit, Check, Condition, Ctx, Entry, Place, SYSTEM_FIELDS, Scalar, condition, json, within};
use crate::{Field, Filter, Kind, Leaf, Op, Value, text};

/// Resolves a filter for the holder of `permit`. Fields one may not see do not exist.
pub fn resolve(ctx: &Ctx, permit: &AnyPermit, filter: &Filter) -> Result<Condition, AppError> {
    let each = |all: &[Filter]| all.iter().map(|f| resolve(ctx, permit, f)).collect::<Result<Vec<_>, _>>();
    match filter {
        Filter::And(all) => each(all).map(Condition::All),
        Filter::Or(all) => each(all).map(Condition::Any),
        Filter::Not(inner) => resolve(ctx, permit, inner).map(|c| Condition::Not(Box::new(c))),
        Filter::Leaf(leaf) if leaf.field == "change_set" => changed_by(leaf),
        Filter::Leaf(leaf) => resolve_leaf(ctx, permit, &leaf.field, leaf),
    }
}

/// The records that one change-set changed, such as one import.
fn changed_by(leaf: &Leaf) -> Result<Condition, AppError> {
    let id = leaf.value.as_str().and_then(|id| id.parse().ok()).filter(|_| leaf.op == Op::Eq);
    id.map(Condition::ChangedBy).ok_or_else(|| bad("`change_set` takes `eq` and an id".into()))
}

/// The deepest path through references.
const DEEPEST: usize = 3;

fn resolve_leaf(ctx: &Ctx, permit: &AnyPermit, path: &str, leaf: &Leaf) -> Result<Condition, AppError> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let place = place(permit, name).ok_or_else(|| bad(format!("unknown filter field `{}`", leaf.field)))?;
    let Some(rest) = rest else { return test(ctx, permit.entry(), place, leaf) };
    if rest.split('.').count() >= DEEPEST {
        return Err(bad(format!("the path `{}` is too long", leaf.field)));
    }
    let target = place.field(permit.entry()).and_then(|f| f.kind.target());
    let target = target.ok_or_else(|| bad(format!("`{name}` in `{}` is no reference", leaf.field)))?;
    let permit =
        ctx.permit_any(target, Action::View).map_err(|_| bad(format!("unknown filter field `{}`", leaf.field)))?;
    let inner = Box::new(resolve_leaf(ctx, &permit, rest, leaf)?);
    Ok(Condition::Through { place, permit: Box::new(permit), inner })
}

/// Finds a field by name, as far as the permit shows it.
pub(super) fn place(permit: &AnyPermit, name: &str) -> Option<Place> {
    if name == "id" {
        return Some(Place::Id);
    }
    match permit.entry().ty.field(name) {
        Some((i, _)) => permit.may_see(i).then_some(Place::Cell(i)),
        None => SYSTEM_FIELDS.iter().position(|f| f.name == name).map(Place::System),
    }
}

fn bad(message: String) -> AppError {
    AppError::BadRequest(message)
}

fn test(ctx: &Ctx, entry: &Arc<Entry>, place: Place, leaf: &Leaf) -> Result<Condition, AppError> {
    let kind = place.field(entry).map_or(&Kind::Ref(std::borrow::Cow::Borrowed("")), |f| &f.kind).clone();
    let test = |check| Condition::Test { place, check };
    let not = |condition| Condition::Not(Box::new(condition));
    let wrong = |why: &str| bad(format!("`{}` {}: {why}", leaf.field, leaf.op));
    let ordered = |from, to| {
        let is_ordered = kind.is_sortable() && !matches!(kind, Kind::Ref(_) | Kind::Bool);
        if is_ordered { Ok(test(Check::Range { from, to })) } else { Err(wrong("the field has no order")) }
    };
    let scalar = |value: &Json| scalar(ctx, &kind, value).map_err(|why| wrong(&why));
    let span = |value: &Json| span(ctx, &kind, value);
    match leaf.op {
        Op::Eq | Op::Ne | Op::In => {
            let positive = match (&leaf.value, span(&leaf.value)) {
                (Json::Null, _) => not(test(Check::Present)),
                (_, Some((from, to))) => ordered(Some((from, true)), Some((to, false)))?,
                (Json::Array(values), _) if leaf.op == Op::In => equal_to(ctx, entry, place, leaf, values)?,
                (value, _) => equal_to(ctx, entry, place, leaf, std::slice::from_ref(value))?,
            };
            Ok(if leaf.op == Op::Ne { not(positive) } else { positive })
        }
        Op::Lt | Op::Lte | Op::Gt | Op::Gte => {
            // A day compared with a moment stands for all of that day.
            let (from, to) = match span(&leaf.value) {
                Some(day) => day,
                None => scalar(&leaf.value).map(|s| (s.clone(), s))?,
            };
            let is_day = from != to;
            match leaf.op {
                Op::Lt => ordered(None, Some((from, false))),
                Op::Lte => ordered(None, Some((to, !is_day))),
                Op::Gt => ordered(Some((to, is_day)), None),
                _ => ordered(Some((from, true)), None),
            }
        }
        Op::Between => {
            let Json::Array(ends) = &leaf.value else { return Err(wrong("takes a list of two values")) };
            let [from, to] = ends.as_slice() else { return Err(wrong("takes a list of two values")) };
            let start = span(from).map_or_else(|| scalar(from), |(start, _)| Ok(start))?;
            let end = match span(to) {
                Some((_, end)) => (end, false),
                None => (scalar(to)?, true),
            };
            ordered(Some((start, true)), Some(end))
        }
        Op::Contains | Op::Starts => {
            let Json::String(part) = &leaf.value else { return Err(wrong("takes text")) };
            let part = match kind {
                Kind::Phone | Kind::Phones => part.chars().filter(|c| !" -().".contains(*c)).collect(),
                _ => fold::key(part),
            };
            if let Kind::Ref(_) = kind {
                return titled(ctx, entry, place, leaf, part);
            }
            if !condition::has_parts(&kind) {
                return Err(wrong("the field is not text"));
            }
            Ok(test(if leaf.op == Op::Contains { Check::Contains(part) } else { Check::Starts(part) }))
        }
        Op::Empty => match &leaf.value {
            Json::Null | Json::Bool(true) => Ok(not(test(Check::Present))),
            Json::Bool(false) => Ok(test(Check::Present)),
            _ => Err(wrong("takes true or false")),
        },
        Op::Within => {
            let Json::String(phrase) = &leaf.value else { return Err(wrong("takes a phrase like `last 30 days`")) };
            let span = within::parse(phrase, ctx.today().0, ctx.organisation().first_day);
            let (from, to) = span.ok_or_else(|| wrong("is no phrase like `this month` or `last 30 days`"))?;
            let end = |day: chrono::NaiveDate| match kind {
                Kind::Date => Ok(Scalar::Date(kernel::Date(day))),
                Kind::DateTime => Ok(Scalar::At(start_of(ctx, kernel::Date(day)))),
                _ => Err(wrong("the field is no date")),
            };
            let from = from.map(|day| end(day).map(|s| (s, true))).transpose()?;
            let to = to.map(|day| end(day).map(|s| (s, false))).transpose()?;
            ordered(from, to)
        }
    }
}

fn equal_to(ctx: &Ctx, entry: &Arc<Entry>, place: Place, leaf: &Leaf, values: &[Json]) -> Result<Condition, AppError> {
    let field = place.field(entry);
    let wrong = |why: String| bad(format!("`{}` {}: {why}", leaf.field, leaf.op));
    let kind = field.map_or(Kind::Ref(std::borrow::Cow::Borrowed("")), |f| f.kind.clone());
    let mut any = vec![];
    let mut scalars = vec![];
    for value in values {
        match value {
            Json::Null => any.push(Condition::Not(Box::new(Condition::Test { place, check: Check::Present }))),
            Json::String(word) if word == "@my_team" => any.push(mine(ctx, place, field).map_err(wrong)?),
            value => scalars.push(scalar(ctx, &kind, value).map_err(wrong)?),
        }
    }
    let test = Condition::Test { place, check: Check::In(scalars) };
    if any.is_empty() {
        return Ok(test);
    }
    any.push(test);
    Ok(Condition::Any(any))
}

/// `@my_team`: the team itself, or a user in it.
fn mine(ctx: &Ctx, place: Place, field: Option<&Field>) -> Result<Condition, String> {
    let teams = Check::In(ctx.actor.teams.iter().map(|t| Scalar::Id(*t)).collect());
    match field.and_then(|f| f.kind.target()) {
        Some("teams") => Ok(Condition::Test { place, check: teams }),
        Some("users") => {
            let permit = ctx.permit_any("users", Action::View).map_err(|_| "`@my_team` is not for you".to_owned())?;
            let team = self::place(&permit, "team").ok_or("users have no team")?;
            let inner = Box::new(Condition::Test { place: team, check: teams });
            Ok(Condition::Through { place, permit: Box::new(permit), inner })
        }
        _ => Err("`@my_team` is for fields of users and teams".into()),
    }
}

/// A reference whose record's title has the part.
fn titled(ctx: &Ctx, entry: &Arc<Entry>, place: Place, leaf: &Leaf, part: String) -> Result<Condition, AppError> {
    let target = place.field(entry).and_then(|f| f.kind.target());
    let target = target.ok_or_else(|| bad(format!("`{}` is not text", leaf.field)))?;
    let permit = ctx.permit_any(target, Action::View).map_err(|_| AppError::Forbidden)?;
    let title = permit.entry().ty.title_field();
    if !permit.may_see(title) {
        return Err(AppError::Forbidden);
    }
    let check = if leaf.op == Op::Contains { Check::Contains(part) } else { Check::Starts(part) };
    let inner = Box::new(Condition::Test { place: Place::Cell(title), check });
    Ok(Condition::Through { place, permit: Box::new(permit), inner })
}

/// The moments of a whole day, where a moment's field is compared with a date.
fn span(ctx: &Ctx, kind: &Kind, value: &Json) -> Option<(Scalar, Scalar)> {
    let (Kind::DateTime, Json::String(text)) = (kind, value) else { return None };
    let day = kernel::Date::parse(text)?;
    let next = kernel::Date(day.0.succ_opt()?);
    Some((Scalar::At(start_of(ctx, day)), Scalar::At(start_of(ctx, next))))
}

fn start_of(ctx: &Ctx, day: kernel::Date) -> Timestamp {
    ctx.organisation().zone.start_of_day(day)
}

/// The value to compare with, as the field's kind has it.
fn scalar(ctx: &Ctx, kind: &Kind, value: &Json) -> Result<Scalar, String> {
    if let (Kind::Ref(_), Json::String(word)) = (kind, value)
        && word == "@me"
    {
        return Ok(Scalar::Id(ctx.actor.user.unwrap_or_default()));
    }
    match (kind, value) {
        (Kind::Tags | Kind::Emails, Json::String(item)) => Ok(Scalar::Text(fold::key(item))),
        (Kind::Phones, Json::String(item)) => {
            Ok(Scalar::Text(item.chars().filter(|c| !" -().".contains(*c)).collect()))
        }
        // A value that is no longer an option is compared as it stands: rows may still hold it.
        (Kind::Choice(_) | Kind::Choices(_), Json::String(option)) => Ok(Scalar::Text(option.clone())),
        // Half an address or number is no error when one searches for it.
        (Kind::Text | Kind::LongText | Kind::Email | Kind::Url | Kind::Address, Json::String(line)) => {
            Ok(Scalar::Text(fold::key(line)))
        }
        _ => {
            let value = json::read(kind, value, ctx.reading())?;
            Ok(match text::check(kind, value)? {
                Value::Int(i) => Scalar::Int(i),
                Value::Text(t) => Scalar::Text(t),
                Value::Bool(b) => Scalar::Bool(b),
                Value::Date(d) => Scalar::Date(d),
                Value::At(at) => Scalar::At(at),
                Value::Id(id) => Scalar::Id(id),
                Value::Money(m) => Scalar::Money { minor: m.minor, currency: m.currency.code().to_owned() },
                Value::Null | Value::List(_) | Value::Address(_) => return Err("takes one value".into()),
            })
        }
    }
}
