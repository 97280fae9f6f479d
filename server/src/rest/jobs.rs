//! How far work is that a caller started.

use axum::Json;
use kernel::server::Problem;

use serde_json::Value;

use super::caller::{Caller, RecordId};

pub async fn show(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    let (job, result) = jobs::server::own(&ctx, id).await?;
    Ok(Json(jobs::server::as_json(&job, result)?))
}
