//! Backups under `/api/v1/backups/`. For administrators.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use backups::BackupInfo;
use kernel::server::Problem;
use serde_json::{Value, json};

use super::caller::{Caller, RecordId};

/// The latest first.
pub async fn list(Caller(ctx): Caller) -> Result<Json<Value>, Problem> {
    let overview = backups::server::overview(&ctx).await?;
    Ok(Json(json!({
        "place": overview.place,
        "keep": overview.keep,
        "key": overview.key,
        "last_proven_at": overview.last_proven.map(|at| at.to_string()),
        "results": overview.backups.iter().map(write).collect::<Vec<_>>(),
    })))
}

/// Makes one now; its job is the answer.
pub async fn create(Caller(ctx): Caller) -> Result<Response, Problem> {
    let id = backups::server::start(&ctx).await?;
    let mut response = (StatusCode::ACCEPTED, Json(write(&backups::server::find(&ctx, id).await?))).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/backups/{id}/")) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

pub async fn show(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    Ok(Json(write(&backups::server::find(&ctx, id).await?)))
}

/// The archive, sealed as it is.
pub async fn download(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Response, Problem> {
    Ok(backups::server::fetch(&ctx, id).await?)
}

fn write(backup: &BackupInfo) -> Value {
    let is_there = backup.made_at.is_some() && backup.removed_at.is_none();
    json!({
        "id": backup.id,
        "job": backup.id,
        "cause": backup.cause.name(),
        "status": backup.status.name(),
        "name": backup.name,
        "bytes": backup.bytes,
        "rows": backup.rows,
        "files": backup.files,
        "error": backup.error,
        "started_at": backup.started_at.to_string(),
        "made_at": backup.made_at.map(|at| at.to_string()),
        "proven_at": backup.proven_at.map(|at| at.to_string()),
        "removed_at": backup.removed_at.map(|at| at.to_string()),
        "download_url": is_there.then(|| format!("/api/v1/backups/{}/download/", backup.id)),
    })
}
