//! `POST /api/v1/{collection}/bulk/`: the same done to many records.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Extension, Json as Answer,
    extract::Request,
    response::{IntoResponse, Response},
};
use kernel::{
    AppError, FieldErrors,
    server::{Problem, to_the_end},
};
use records::{
    Filter, ListQuery, Value,
    server::{
        self, Action, AnyPermit, Bulk, Conflict, Ctx, Edit, Entry, Step,
        json::{Shape, ValueJson},
        labels, list_ids, preview,
    },
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{body, caller::Caller, fields};

/// The most ids one request names; a filter has no such limit.
const MOST_IDS: usize = 10_000;

/// What is asked for, understood.
struct Order {
    permit: AnyPermit,
    which: Which,
    change: Change,
    is_dry_run: bool,
}

enum Which {
    Ids(Vec<Uuid>),
    All(Box<ListQuery>),
}

enum Change {
    Set(Vec<(usize, Value)>),
    Delete,
}

impl Change {
    fn edit(&self, id: Uuid) -> Edit {
        match self {
            Self::Set(set) => Edit::Set { id, version: None, set: set.clone() },
            Self::Delete => Edit::Delete { id, version: None },
        }
    }
}

pub async fn bulk(
    Caller(ctx): Caller,
    Extension(entry): Extension<Arc<Entry>>,
    request: Request,
) -> Result<Response, Problem> {
    // Who may do neither need not say which.
    let may = |action| ctx.find_permit(&entry, action).is_some();
    if !may(Action::Edit) && !may(Action::Delete) {
        return Err(Problem(AppError::Forbidden));
    }
    let order = read(&ctx, &entry, body::object(request).await?)?;
    let answer = to_the_end(async move { carry_out(&ctx, &entry, order).await }).await?;
    Ok(Answer(answer).into_response())
}

fn read(ctx: &Ctx, entry: &Entry, mut body: Map<String, Json>) -> Result<Order, AppError> {
    let wrong = |field: &str, why: &str| AppError::Invalid(FieldErrors::one(field, why));
    let which = match (body.remove("ids"), body.remove("filter"), body.remove("search")) {
        (Some(ids), None, None) => Which::Ids(read_ids(&ids).map_err(|why| wrong("ids", &why))?),
        (None, None, None) => return Err(wrong("ids", "Either `ids` or `filter` is needed.")),
        (None, filter, search) => {
            let filter = filter.map(Filter::try_from).transpose().map_err(AppError::BadRequest)?;
            let search = match search {
                None => String::new(),
                Some(Json::String(search)) => search,
                Some(_) => return Err(wrong("search", "This must be text.")),
            };
            Which::All(Box::new(ListQuery { filter, search, ..ListQuery::default() }))
        }
        _ => return Err(wrong("ids", "`ids` and `filter` exclude each other.")),
    };
    let (action, change) = match (body.remove("set"), body.remove("delete"), body.remove("assign")) {
        (Some(Json::Object(set)), None, None) => (Action::Edit, set),
        (None, Some(Json::Bool(true)), None) => (Action::Delete, Map::new()),
        (None, None, Some(owner)) if entry.ty.field("owner").is_some() => {
            (Action::Edit, Map::from_iter([("owner".to_owned(), owner)]))
        }
        (None, None, Some(_)) => return Err(wrong("assign", "These records have no owner.")),
        (Some(_), None, None) => return Err(wrong("set", "This must be an object of fields.")),
        (None, Some(_), None) => return Err(wrong("delete", "This must be true.")),
        _ => return Err(wrong("set", "Exactly one of `set`, `delete` and `assign` is needed.")),
    };
    let is_dry_run = match body.remove("dry_run") {
        None => false,
        Some(Json::Bool(is)) => is,
        Some(_) => return Err(wrong("dry_run", "This must be true or false.")),
    };
    if let Some(unknown) = body.keys().next() {
        return Err(wrong(unknown, "There is no such field."));
    }
    let permit = ctx.permit_any(entry.ty.name, action)?;
    let change = match action {
        Action::Delete => Change::Delete,
        _ => Change::Set(fields::read(ctx, &permit, &change)?),
    };
    Ok(Order { permit, which, change, is_dry_run })
}

fn read_ids(ids: &Json) -> Result<Vec<Uuid>, String> {
    let list = ids.as_array().filter(|ids| ids.len() <= MOST_IDS);
    let list = list.ok_or_else(|| format!("This must be a list of at most {MOST_IDS} ids."))?;
    let mut seen = BTreeSet::new();
    let mut read = Vec::with_capacity(list.len());
    for id in list {
        let id = id.as_str().and_then(|id| Uuid::try_parse(id).ok()).ok_or("This holds what is no id.")?;
        if seen.insert(id) {
            read.push(id);
        }
    }
    Ok(read)
}

async fn carry_out(ctx: &Ctx, entry: &Arc<Entry>, order: Order) -> Result<Json, AppError> {
    let Order { permit, which, change, is_dry_run } = order;
    let ids = match which {
        Which::Ids(ids) => ids,
        Which::All(query) => list_ids(ctx, &ctx.permit_any(entry.ty.name, Action::View)?, &query).await?,
    };
    let edit = |id| change.edit(id);
    if is_dry_run {
        let (bulk, steps) = preview(ctx, &permit, &ids, edit).await?;
        let mut answer = outcome(ids.len(), &bulk);
        answer["differences"] = differences(ctx, entry, &steps).await?;
        return Ok(answer);
    }
    let what = if matches!(change, Change::Delete) { "Deleted" } else { "Edited" };
    let bulk = server::bulk(ctx, &permit, &ids, edit, what).await?;
    Ok(outcome(ids.len(), &bulk))
}

fn outcome(matched: usize, bulk: &Bulk) -> Json {
    let error = |c: &Conflict| json!({ "id": c.id, "title": c.title, "field": c.field, "message": c.why });
    json!({
        "change_set": bulk.change_set,
        "matched": matched,
        "changed": bulk.changed,
        "skipped": bulk.skipped,
        "errors": bulk.conflicts.iter().map(error).collect::<Vec<_>>(),
        "error_count": bulk.conflict_count,
    })
}

/// The first differences, as far as the caller may see the fields.
async fn differences(ctx: &Ctx, entry: &Arc<Entry>, steps: &[Step]) -> Result<Json, AppError> {
    let Some(view) = ctx.find_permit(entry, Action::View) else { return Ok(json!([])) };
    let rows: Vec<_> = steps.iter().flat_map(|s| [&s.before, &s.after]).flatten().cloned().collect();
    let labels = labels(ctx, &view, &rows).await?;
    let shape = Shape::all(&view);
    let shown = steps.iter().map(|step| {
        let fields = step.changed().into_iter().filter(|i| shape.has(*i)).filter_map(|i| {
            let field = &entry.ty.fields[i];
            let write = |value| ValueJson { kind: &field.kind, value, labels: &labels };
            let (before, after) = (step.before.as_ref()?.cells.at(i), step.after.as_ref()?.cells.at(i));
            Some((field.name.to_string(), json!([write(before), write(after)])))
        });
        json!({ "id": step.id, "action": step.action, "fields": fields.collect::<Map<_, _>>() })
    });
    Ok(shown.collect())
}
