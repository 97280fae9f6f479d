//! Exports under `/api/v1/settings/export/`.

use axum::{
    Extension, Json,
    extract::{Request, State as Extracted},
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use files::server::Files;
use jobs::server::Jobs;
use kernel::{AppError, Date, FieldErrors, server::Problem};
use records::{Filter, SortKey, server::Ctx};
use serde_json::{Map, Value, json};
use transfer::{
    export::{DateRange, ExportInfo, Format, Status, Wanted},
    server::export::{self, Standing},
};

use super::{
    body,
    caller::{Caller, RecordId},
};
use crate::{state::State, web::rate};

/// Starts an export, and tells how many more there may be.
pub async fn create(Extracted(state): Extracted<State>, Caller(ctx): Caller, request: Request) -> Response {
    let mut response = begin(&ctx, request).await.into_response();
    if let Ok(Some(Standing { limit, remaining, reset })) = export::standing(&ctx).await {
        rate::tell(response.headers_mut(), &state.config.limits.exports, [limit, remaining, reset]);
    }
    response
}

/// The job is the answer.
async fn begin(ctx: &Ctx, request: Request) -> Result<Response, Problem> {
    let wanted = read(&body::object(request).await?)?;
    let id = export::start(ctx, wanted).await?;
    let mut response = (StatusCode::ACCEPTED, Json(write(&export::open(ctx, id).await?))).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/settings/export/{id}/status/")) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// The caller's own, the latest first.
pub async fn list(Caller(ctx): Caller) -> Result<Json<Value>, Problem> {
    let all = export::list(&ctx).await?;
    Ok(Json(json!({ "results": all.iter().map(write).collect::<Vec<_>>() })))
}

pub async fn status(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    Ok(Json(write(&export::open(&ctx, id).await?)))
}

pub async fn download(
    Caller(ctx): Caller,
    Extension(files): Extension<Files>,
    RecordId(id): RecordId,
) -> Result<Response, Problem> {
    Ok(export::download(&ctx, &files, id).await?)
}

/// Stops an export; what was written of its file goes.
pub async fn cancel(
    Caller(ctx): Caller,
    Extension(jobs): Extension<Jobs>,
    RecordId(id): RecordId,
) -> Result<Response, Problem> {
    export::cancel(&ctx, &jobs, id).await?;
    Ok((StatusCode::ACCEPTED, Json(write(&export::open(&ctx, id).await?))).into_response())
}

/// Reads what is wanted, with all that is wrong with it at once.
fn read(object: &Map<String, Value>) -> Result<Wanted, AppError> {
    let mut wanted = Wanted::default();
    let mut errors = FieldErrors::default();
    let mut has_format = false;
    for (name, value) in object {
        let done = match name.as_str() {
            "format" => {
                has_format = true;
                let format = value.as_str().and_then(Format::parse).ok_or("This must be csv, xlsx or json.".to_owned());
                format.map(|format| wanted.format = format)
            }
            "entities" => texts(value).map(|names| wanted.entities = names),
            "date_range" => date_range(value).map(|range| wanted.date_range = range),
            "filter" if value.is_null() => Ok(()),
            "filter" => Filter::try_from(value.clone()).map(|filter| wanted.filter = Some(filter)),
            "search" => text(value).map(|search| wanted.search = search),
            "sort" => text(value).map(|sort| wanted.sort = SortKey::parse_list(&sort)),
            "fields" => texts(value).map(|fields| wanted.fields = fields),
            _ => Err("This is not a field of an export.".to_owned()),
        };
        if let Err(why) = done {
            errors.add(name, why);
        }
    }
    if !has_format {
        errors.add("format", "Say csv, xlsx or json.");
    }
    if wanted.entities.is_empty() && !errors.0.contains_key("entities") {
        errors.add("entities", "Say which records, such as companies.");
    }
    if errors.is_empty() { Ok(wanted) } else { Err(AppError::Invalid(errors)) }
}

fn text(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| "This must be text.".to_owned())
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let all = value.as_array().and_then(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect());
    all.ok_or_else(|| "This must be a list of names.".to_owned())
}

fn date_range(value: &Value) -> Result<DateRange, String> {
    const WRONG: &str = "This must be all, today, week, month, quarter, year, or an object with `from` and `to`.";
    match value {
        Value::Null => Ok(DateRange::All),
        Value::String(name) => DateRange::parse(name).ok_or_else(|| WRONG.to_owned()),
        Value::Object(ends) if ends.keys().all(|key| key == "from" || key == "to") => {
            let day = |name: &str| match ends.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => {
                    let day = value.as_str().and_then(Date::parse);
                    day.map(Some).ok_or_else(|| format!("`{name}` must be a date like 2026-03-31."))
                }
            };
            Ok(DateRange::Between { from: day("from")?, to: day("to")? })
        }
        _ => Err(WRONG.to_owned()),
    }
}

fn write(info: &ExportInfo) -> Value {
    let wanted = &info.wanted;
    let range = match wanted.date_range {
        DateRange::Between { from, to } => {
            json!({ "from": from.map(|d| d.to_string()), "to": to.map(|d| d.to_string()) })
        }
        named => json!(named.name()),
    };
    let place = format!("/api/v1/settings/export/{}", info.id);
    json!({
        "id": info.id,
        "job": info.id,
        "status": info.status.name(),
        "format": wanted.format.name(),
        "entities": wanted.entities,
        "date_range": range,
        "progress": { "done": info.rows, "total": info.total, "percent": info.percent() },
        "rows": info.rows,
        "bytes": info.bytes,
        "file_name": info.file_name,
        "error": info.error,
        "created_at": info.created_at.to_string(),
        "finished_at": info.finished_at.map(|at| at.to_string()),
        "expires_at": info.expires_at.map(|at| at.to_string()),
        "status_url": format!("{place}/status/"),
        "download_url": (info.status == Status::Done).then(|| format!("{place}/download/")),
    })
}
