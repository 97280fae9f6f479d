//! Exports.

use serde_json::{Map, Value as Json, json};
use transfer::export::{Format, Status};

use super::{Operation, answer, fixed::object, link};

pub fn operations() -> [(&'static str, &'static str, Operation<'static>); 5] {
    [
        (
            "/api/v1/settings/export/",
            "post",
            Operation::new("Exports", "create_export", "Starts to write records into a file")
                .takes(&["Idempotency-Key"])
                .reads("ExportForm")
                .answers(202, answer("The file is being written.", "Export", &["Location"]))
                .refuses(&[400, 403, 409, 413, 415, 422, 507]),
        ),
        (
            "/api/v1/settings/export/",
            "get",
            Operation::new("Exports", "list_exports", "Lists one's own exports, the latest first")
                .answers(200, answer("The last fifty.", "Exports", &[])),
        ),
        (
            "/api/v1/settings/export/{id}/status/",
            "get",
            Operation::new("Exports", "get_export", "Tells how far an export is")
                .takes(&["id"])
                .answers(200, answer("The export.", "Export", &[]))
                .refuses(&[404]),
        ),
        (
            "/api/v1/settings/export/{id}/download/",
            "get",
            Operation::new(
                "Exports",
                "download_export",
                "Hands over the file, to who asked for it and until it expires",
            )
            .takes(&["id"])
            .answers(200, json!({ "description": "The file.", "content": files() }))
            .refuses(&[403, 404, 409]),
        ),
        (
            "/api/v1/settings/export/{id}/cancel/",
            "post",
            Operation::new("Exports", "cancel_export", "Stops an export")
                .takes(&["id", "Idempotency-Key"])
                .answers(202, answer("It stops.", "Export", &[]))
                .refuses(&[400, 403, 404, 409, 413, 422, 507]),
        ),
    ]
}

/// By what the export is: a table, several of them, a workbook, a document.
fn files() -> Json {
    json!({
        "text/csv": {},
        "application/zip": {},
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {},
        "application/json": {},
    })
}

pub fn schemas() -> Map<String, Json> {
    let text = json!({ "type": "string" });
    let id = json!({ "type": "string", "format": "uuid" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let no_text = json!({ "type": ["string", "null"] });
    let time = json!({ "type": "string", "format": "date-time" });
    let no_time = json!({ "type": ["string", "null"], "format": "date-time" });
    let names = json!({ "type": "array", "items": text });
    let formats = json!({ "type": "string", "enum": Format::ALL.map(Format::name) });
    let day = json!({ "type": ["string", "null"], "format": "date" });
    let range = json!({
        "description": "When the records were created: today, or the present week, month, quarter or year of the \
                        company's calendar, or whole days from one to another.",
        "default": "all",
        "oneOf": [
            { "type": "string", "enum": ["all", "today", "week", "month", "quarter", "year"] },
            { "type": "object", "properties": { "from": day, "to": day }, "additionalProperties": false },
        ],
    });
    let form = object(
        &["format", "entities"],
        json!({
            "format": formats,
            "entities": { "type": "array", "items": text, "minItems": 1, "examples": [["companies"]],
                "description": "Collections. Several as CSV become a ZIP archive with a table of each, as XLSX a sheet of each." },
            "date_range": range,
            "filter": { "description": "As lists have it; for a single collection." },
            "search": text,
            "sort": { "type": "string", "description": "As lists have it; for a single collection." },
            "fields": { "type": "array", "items": text,
                "description": "The columns in their order; all where none is named. For a single collection." },
        }),
    );
    let progress = object(
        &["done", "total", "percent"],
        json!({ "done": count, "total": count, "percent": { "type": ["integer", "null"], "minimum": 0, "maximum": 100 } }),
    );
    let export = object(
        &["id", "job", "status", "format", "entities", "progress"],
        json!({
            "id": id,
            "job": id,
            "status": { "type": "string", "enum": Status::ALL.map(Status::name) },
            "format": formats,
            "entities": names,
            "date_range": range,
            "progress": progress,
            "rows": count,
            "bytes": count,
            "file_name": no_text,
            "error": { "type": ["string", "null"], "description": "Why it failed; while it waits, why the attempt before failed." },
            "created_at": time,
            "finished_at": no_time,
            "expires_at": { "type": ["string", "null"], "format": "date-time", "description": "Until when the file can be fetched." },
            "status_url": { "type": "string", "format": "uri-reference" },
            "download_url": { "type": ["string", "null"], "format": "uri-reference", "description": "Once it is done." },
        }),
    );
    let list = object(&["results"], json!({ "results": { "type": "array", "items": link("schemas", "Export") } }));
    let all = [("ExportForm", form), ("Export", export), ("Exports", list)];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}
