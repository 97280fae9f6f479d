//! What was written together, and taking it back.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use kernel::server::{Problem, to_the_end};
use records::server::{ChangeSetInfo, Conflict, Undone, change_set, undo as take_back};
use serde_json::{Value, json};

use super::caller::{Caller, RecordId};

pub async fn show(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    Ok(Json(write(&change_set(&ctx, id).await?)))
}

pub async fn undo(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Response, Problem> {
    let undone = to_the_end(async move { take_back(&ctx, id).await }).await?;
    Ok(Json(outcome(&undone)).into_response())
}

fn write(set: &ChangeSetInfo) -> Value {
    json!({
        "id": set.id,
        "source": set.source,
        "title": set.title,
        "actor": set.actor,
        "at": set.at.to_string(),
        "status": set.status,
        "undoes": set.undoes,
        "records": set.records,
    })
}

fn outcome(undone: &Undone) -> Value {
    let conflict = |c: &Conflict| json!({ "collection": c.record_type, "id": c.id, "title": c.title, "field": c.field, "message": c.why });
    json!({
        "change_set": undone.change_set,
        "records": undone.records,
        "conflict_count": undone.conflict_count,
        "conflicts": undone.conflicts.iter().map(conflict).collect::<Vec<_>>(),
    })
}
