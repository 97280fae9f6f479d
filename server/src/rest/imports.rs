//! Records from files.

use std::collections::BTreeMap;

use axum::{
    Extension, Json,
    extract::{FromRequest, Multipart, Query, Request},
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jobs::server::Jobs;
use kernel::{AppError, FieldErrors, server::Problem};
use serde_json::{Value, json};
use transfer::{
    import::{ImportInfo, Mapping, Mode, OnError, ProblemKind},
    server::import::{self, Aim, Form, Imports},
};
use uuid::Uuid;

use super::caller::{Caller, RecordId};

const FIELDS: [&str; 6] = ["record_type", "mapping", "match_on", "mode", "dry_run", "on_error"];
/// As lists have it.
const PAGE_SIZE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// Takes a file in and starts to check or to import it.
pub async fn create(
    Caller(ctx): Caller,
    Extension(imports): Extension<Imports>,
    request: Request,
) -> Result<Response, Problem> {
    let parts = Multipart::from_request(request, &()).await;
    let parts = parts.map_err(|_| AppError::UnsupportedMedia("send a form as multipart/form-data".into()))?;
    import::may_bring(&ctx)?;
    let form = import::receive(&ctx, &imports, parts, &FIELDS).await?;
    let asked = Asked::read(&form)?;
    let info = import::accept(&ctx, &imports, form, &asked.record_type).await?;
    let begun = begin(&ctx, info.id, asked).await;
    if let Err(error) = begun {
        import::forget(&ctx, info.id).await?;
        return Err(error.into());
    }
    let info = import::open(&ctx, info.id).await?;
    let mut response = (StatusCode::ACCEPTED, Json(write(&info))).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/imports/{}/", info.id)) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

async fn begin(ctx: &records::server::Ctx, id: Uuid, asked: Asked) -> Result<(), AppError> {
    let mapping = import::complete(ctx, id, asked.mapping).await?;
    let mut settings = import::settings(mapping, asked.match_on, asked.mode);
    settings.on_error = asked.on_error;
    import::begin(ctx, id, settings, if asked.is_dry { Aim::Check } else { Aim::Run }).await
}

/// What the form asks for besides its file.
struct Asked {
    record_type: String,
    mapping: Mapping,
    match_on: Option<String>,
    mode: Option<Mode>,
    on_error: OnError,
    is_dry: bool,
}

impl Asked {
    fn read(form: &Form) -> Result<Self, AppError> {
        let text = |name: &str| form.texts.get(name).map(|t| t.trim()).filter(|t| !t.is_empty());
        let mut errors = FieldErrors::default();
        let mut wrong = |field: &str, why: &str| errors.add(field, why);
        let mapping = text("mapping").map_or_else(|| Some(Mapping::new()), |json| serde_json::from_str(json).ok());
        if mapping.is_none() {
            wrong("mapping", "This must be a JSON object of columns, each with a field's name, an object or null.");
        }
        let mode = text("mode").map(Mode::parse);
        if mode == Some(None) {
            wrong("mode", "This must be create, update or both.");
        }
        let on_error = text("on_error").map_or_else(|| Some(OnError::default()), OnError::parse);
        if on_error.is_none() {
            wrong("on_error", "This must be skip_row or skip_cell.");
        }
        let is_dry = match text("dry_run").map(str::to_lowercase).as_deref() {
            None | Some("false" | "0" | "no") => false,
            Some("true" | "1" | "yes") => true,
            Some(_) => {
                wrong("dry_run", "This must be true or false.");
                false
            }
        };
        if text("record_type").is_none() {
            wrong("record_type", "Say what the file holds, such as companies.");
        }
        match (text("record_type"), mapping, on_error, errors.is_empty()) {
            (Some(record_type), Some(mapping), Some(on_error), true) => Ok(Self {
                record_type: record_type.to_owned(),
                mapping,
                match_on: text("match_on").map(str::to_owned),
                mode: mode.flatten(),
                on_error,
                is_dry,
            }),
            _ => Err(AppError::Invalid(errors)),
        }
    }
}

pub async fn show(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Json<Value>, Problem> {
    Ok(Json(write(&import::open(&ctx, id).await?)))
}

/// What did not fit; `?kind=skipped` for rows left out on purpose, `?kind=conflict` for what could not be undone.
pub async fn errors(
    Caller(ctx): Caller,
    RecordId(id): RecordId,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let bad = |why: String| Problem(AppError::BadRequest(why));
    let (mut page, mut size, mut kind) = (1, PAGE_SIZE, ProblemKind::Error);
    for (name, value) in &query {
        let number = value.parse::<u32>().ok().filter(|n| *n > 0);
        match name.as_str() {
            "page" => page = number.ok_or_else(|| bad("`page` is a number from 1".into()))?,
            "page_size" => size = number.ok_or_else(|| bad("`page_size` is a number from 1".into()))?.min(LARGEST_PAGE),
            "kind" => {
                kind = ProblemKind::parse(value).ok_or_else(|| bad("`kind` is error, skipped or conflict".into()))?;
            }
            other => return Err(bad(format!("unknown parameter `{other}`"))),
        }
    }
    let (problems, count) = import::problems(&ctx, id, Some(kind), page, size).await?;
    let at = |page: u32| format!("/api/v1/imports/{id}/errors/?kind={}&page={page}&page_size={size}", kind.name());
    let results: Vec<Value> = problems
        .iter()
        .map(|p| json!({ "row": p.row, "column": p.column, "value": p.value, "message": p.message }))
        .collect();
    Ok(Json(json!({
        "count": count,
        "next": (i64::from(page) * i64::from(size) < count).then(|| at(page + 1)),
        "previous": (page > 1).then(|| at(page - 1)),
        "results": results,
    })))
}

/// Stops checking or importing; what was written until then can be taken back.
pub async fn cancel(
    Caller(ctx): Caller,
    Extension(jobs): Extension<Jobs>,
    RecordId(id): RecordId,
) -> Result<Response, Problem> {
    import::cancel(&ctx, &jobs, id).await?;
    Ok((StatusCode::ACCEPTED, Json(write(&import::open(&ctx, id).await?))).into_response())
}

/// Starts to take everything back.
pub async fn undo(Caller(ctx): Caller, RecordId(id): RecordId) -> Result<Response, Problem> {
    import::undo(&ctx, id).await?;
    Ok((StatusCode::ACCEPTED, Json(write(&import::open(&ctx, id).await?))).into_response())
}

fn write(info: &ImportInfo) -> Value {
    let counts = &info.counts;
    let ignored = info.columns.iter().filter(|c| info.settings.mapping.get(&c.name).is_none_or(Option::is_none));
    let differences = info.differences.iter().map(|d| {
        let fields =
            d.fields.iter().map(|(field, before, after)| json!({ "field": field, "before": before, "after": after }));
        json!({
            "row": d.row,
            "title": d.title,
            "action": if d.is_new { "create" } else { "edit" },
            "fields": fields.collect::<Vec<_>>(),
        })
    });
    json!({
        "id": info.id,
        "record_type": info.record_type,
        "file_name": info.file_name,
        "status": info.status.name(),
        "encoding": info.encoding,
        "delimiter": info.delimiter,
        "mapping": info.settings.mapping,
        "ignored": ignored.map(|c| c.name.as_str()).collect::<Vec<_>>(),
        "warnings": info.warnings,
        "total": counts.total,
        "progress": counts.progress,
        "created": counts.created,
        "updated": counts.updated,
        // Rows left as they are: skipped as the mode asks, or without a difference.
        "skipped": counts.skipped + counts.unchanged,
        "unchanged": counts.unchanged,
        "failed": counts.failed,
        "errors": counts.errors,
        "differences": differences.collect::<Vec<_>>(),
        "change_set": info.change_set,
        "job": info.job,
        "error": info.error,
    })
}
