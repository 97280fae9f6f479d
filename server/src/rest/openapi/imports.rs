//! Imports.

use serde_json::{Value as Json, json};
use transfer::import::{DELIMITERS, Mode, Status};

use super::{Operation, answer, fixed::object, link};

pub fn operations() -> [(&'static str, &'static str, Operation<'static>); 5] {
    [
        ("/api/v1/imports/", "post", creation()),
        (
            "/api/v1/imports/{id}/",
            "get",
            Operation::new("Imports", "get_import", "Tells how far an import is")
                .takes(&["id"])
                .answers(200, answer("The import.", "Import", &[]))
                .refuses(&[404]),
        ),
        ("/api/v1/imports/{id}/errors/", "get", errors()),
        (
            "/api/v1/imports/{id}/cancel/",
            "post",
            Operation::new("Imports", "cancel_import", "Stops the work on an import; what it wrote can be undone")
                .takes(&["id", "Idempotency-Key"])
                .answers(202, answer("It stops.", "Import", &[]))
                .refuses(&[400, 403, 404, 409, 413, 422, 507]),
        ),
        (
            "/api/v1/imports/{id}/undo/",
            "post",
            Operation::new("Imports", "undo_import", "Starts to take an import back")
                .takes(&["id", "Idempotency-Key"])
                .answers(202, answer("It is being taken back.", "Import", &[]))
                .refuses(&[400, 403, 404, 409, 413, 422, 507]),
        ),
    ]
}

fn creation() -> Operation<'static> {
    let mut operation = Operation::new("Imports", "create_import", "Imports a file, or finds out what that would do")
        .takes(&["Idempotency-Key"])
        .answers(202, answer("The file is being worked on.", "Import", &["Location"]))
        .refuses(&[400, 403, 404, 409, 413, 415, 422, 507]);
    operation.body = Some(json!({
        "required": true,
        "content": { "multipart/form-data": { "schema": link("schemas", "ImportForm") } },
    }));
    operation
}

fn errors() -> Operation<'static> {
    let mut operation = Operation::new("Imports", "list_import_errors", "Lists what did not fit")
        .takes(&["id", "page", "page_size"])
        .answers(200, answer("A page of the list.", "ImportErrors", &[]))
        .refuses(&[400, 404]);
    operation.parameters.push(json!({
        "name": "kind", "in": "query",
        "description": "What did not fit, rows left out on purpose, or what could not be undone.",
        "schema": { "type": "string", "enum": ["error", "skipped", "conflict"], "default": "error" },
    }));
    operation
}

pub fn schemas() -> Vec<(&'static str, Json)> {
    let text = json!({ "type": "string" });
    let no_text = json!({ "type": ["string", "null"] });
    let id = json!({ "type": "string", "format": "uuid" });
    let no_id = json!({ "type": ["string", "null"], "format": "uuid" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let texts = json!({ "type": "array", "items": text });
    let form = object(
        &["file", "record_type"],
        json!({
            "file": { "type": "string", "contentMediaType": "application/octet-stream" },
            "record_type": { "type": "string", "examples": ["companies"] },
            "mapping": { "type": "string", "contentMediaType": "application/json",
                "description": "The field for each column; without it, columns are matched by name." },
            "match_on": { "type": "string", "description": "The field by which a row finds its record." },
            "mode": { "type": "string", "enum": Mode::ALL.map(Mode::name) },
            "on_error": { "type": "string", "enum": ["skip_row", "skip_cell"] },
            "dry_run": { "type": "string", "enum": ["true", "false"], "default": "false" },
            "encoding": { "type": "string", "examples": ["windows-1250"],
                "description": "By a name of the Encoding Standard; without it, it is found out." },
            "delimiter": { "type": "string", "enum": DELIMITERS.map(|(delimiter, _)| delimiter),
                "description": "What stands between cells; without it, it is found out." },
        }),
    );
    let difference = object(
        &["row", "title", "action", "fields"],
        json!({
            "row": count, "title": text,
            "action": { "type": "string", "enum": ["create", "edit"] },
            "fields": { "type": "array", "items": object(
                &["field", "before", "after"],
                json!({ "field": text, "before": text, "after": text }),
            ) },
        }),
    );
    let import = object(
        &["id", "record_type", "file_name", "status", "total", "progress", "created", "updated", "skipped", "failed"],
        json!({
            "id": id, "record_type": text, "file_name": text,
            "status": { "type": "string", "enum": Status::ALL.map(Status::name) },
            "encoding": text, "delimiter": text,
            "mapping": { "type": "object", "additionalProperties": { "type": ["object", "null"], "additionalProperties": true },
                "description": "The field for each column, and how it is read; null for one that is left out." },
            "ignored": { "type": "array", "items": text, "description": "Columns that are left out." },
            "warnings": texts,
            "total": { "type": "integer", "minimum": 0, "description": "Rows of the file." },
            "progress": { "type": "integer", "minimum": 0, "description": "Rows looked at." },
            "created": count, "updated": count,
            "skipped": { "type": "integer", "minimum": 0, "description": "Rows left as they are: as the mode asks, or without a difference." },
            "unchanged": { "type": "integer", "minimum": 0, "description": "Of those, rows without a difference." },
            "failed": count,
            "errors": { "type": "integer", "minimum": 0, "description": "Cells and rows that do not fit." },
            "differences": { "type": "array", "items": difference, "description": "The first of what a dry run found." },
            "change_set": no_id, "job": no_id,
            "error": { "type": ["string", "null"], "description": "Why it failed." },
        }),
    );
    let error = object(
        &["row", "column", "value", "message"],
        json!({
            "row": { "type": "integer", "minimum": 1, "description": "As a spreadsheet counts: the heading is row 1." },
            "column": { "type": "string", "description": "Empty for the whole row." },
            "value": text, "message": text,
        }),
    );
    let errors = object(
        &["count", "next", "previous", "results"],
        json!({ "count": count, "next": no_text, "previous": no_text, "results": { "type": "array", "items": error } }),
    );
    vec![("ImportForm", form), ("Import", import), ("ImportErrors", errors)]
}
