//! The routes that are there whatever the record types.

use identity::Role;
use records::ChoiceValue;
use serde_json::{Map, Value as Json, json};

use super::{Operation, answer, backups, exports, health, imports, link, mail, push};

pub fn tags() -> Vec<Json> {
    let tag = |name: &str, description: &str| json!({ "name": name, "description": description });
    vec![
        tag("Signing in", "Tokens for scripts."),
        tag("Changes", "What was written together, and taking it back."),
        tag("Imports", "Records from files."),
        tag("Mail", "The outbox and the settings for mail, for administrators."),
        tag("Exports", "Records as files."),
        tag("Backups", "Copies of everything, for administrators."),
        tag("Jobs", "Work that goes on after its request was answered."),
        tag("Health", "Whether the program is well."),
    ]
}

pub fn paths() -> Map<String, Json> {
    let operations = [
        (
            "/api/v1/auth/login/",
            "post",
            Operation::new("Signing in", "login", "Signs in with e-mail and password")
                .reads("Login")
                .answers(200, answer("Who you are, what you may do, and your tokens.", "Session", &[]))
                .refuses(&[400, 413, 415])
                .public(),
        ),
        (
            "/api/v1/auth/refresh/",
            "post",
            Operation::new("Signing in", "refresh", "Exchanges a refresh token for new tokens")
                .reads("Refresh")
                .answers(200, answer("The next tokens.", "Tokens", &[]))
                .refuses(&[400, 413, 415])
                .public(),
        ),
        (
            "/api/v1/auth/logout/",
            "post",
            Operation::new("Signing in", "logout", "Ends the session")
                .answers(204, json!({ "description": "It is over." }))
                .refuses(&[400, 413])
                .public(),
        ),
        (
            "/api/v1/auth/me/",
            "get",
            Operation::new("Signing in", "me", "Says who you are and what you may do")
                .answers(200, answer("You.", "Session", &[])),
        ),
        (
            "/api/v1/auth/socket-ticket/",
            "post",
            Operation::new(
                "Signing in",
                "open_socket",
                "Gives a ticket for the socket at `/ws/notifications/?ticket=…`",
            )
            .answers(201, answer("The ticket: good once, for so many seconds.", "Ticket", &[])),
        ),
        (
            "/api/v1/change-sets/{id}/",
            "get",
            Operation::new("Changes", "get_change_set", "Reads a change-set of one's own")
                .takes(&["id"])
                .answers(200, answer("The change-set.", "ChangeSet", &[]))
                .refuses(&[404]),
        ),
        (
            "/api/v1/change-sets/{id}/undo/",
            "post",
            Operation::new(
                "Changes",
                "undo_change_set",
                "Takes a change-set back, as far as nothing stands against it",
            )
            .takes(&["id", "Idempotency-Key"])
            .answers(200, answer("What was taken back.", "Undone", &[]))
            .refuses(&[400, 404, 409, 413, 422, 507]),
        ),
        (
            "/api/v1/jobs/{id}/",
            "get",
            Operation::new("Jobs", "get_job", "Tells how far work is that the caller started")
                .takes(&["id"])
                .answers(200, answer("The job.", "Job", &[]))
                .refuses(&[404]),
        ),
    ];
    let mut paths = Map::new();
    let more = mail::operations().into_iter().chain(exports::operations()).chain(backups::operations());
    let more = more.chain(push::operations()).chain(imports::operations()).chain(health::operations());
    for (path, method, operation) in operations.into_iter().chain(more) {
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method] = operation.write();
    }
    paths
}

pub(super) fn object(required: &[&str], properties: Json) -> Json {
    json!({ "type": "object", "required": required, "properties": properties })
}

pub fn schemas() -> Map<String, Json> {
    let text = json!({ "type": "string" });
    let no_text = json!({ "type": ["string", "null"] });
    let id = json!({ "type": "string", "format": "uuid" });
    let no_id = json!({ "type": ["string", "null"], "format": "uuid" });
    let at = json!({ "type": "string", "format": "date-time" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let any = json!({ "type": "object", "additionalProperties": true });
    let roles = Role::OPTIONS.iter().map(|role| role.value.as_ref());
    let differences = json!({
        "type": "object", "description": "The value before and after, by field.",
        "additionalProperties": { "type": "array", "minItems": 2, "maxItems": 2 },
    });
    let field = json!({ "type": "string", "description": "Empty for the whole record." });
    let error = json!({ "id": id, "title": text, "field": field, "message": text });
    let mut conflict = error.clone();
    conflict["collection"] = text.clone();
    let schemas = [
        (
            "Money",
            json!({
                "type": "object", "required": ["amount", "currency"], "additionalProperties": false,
                "properties": {
                    "amount": { "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,3})?$" },
                    "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
                },
                "examples": [{ "amount": "1054.00", "currency": "USD" }],
            }),
        ),
        (
            "Reference",
            json!({
                "type": "object", "required": ["id", "label"],
                "properties": {
                    "id": id,
                    "label": { "type": ["string", "null"], "description": "Null where the record is not yours to see." },
                },
            }),
        ),
        (
            "Address",
            json!({
                "type": "object", "additionalProperties": false,
                "properties": { "street": text, "city": text, "region": text, "postal_code": text, "country": text },
            }),
        ),
        (
            "Job",
            object(
                &["id", "kind", "state", "progress", "result", "error"],
                json!({
                    "id": id,
                    "kind": text,
                    "state": { "type": "string", "enum": jobs::State::ALL.map(jobs::State::name) },
                    "progress": object(&["done", "total", "message"], json!({
                        "done": count,
                        "total": { "type": "integer", "minimum": 0, "description": "0 where nobody knows." },
                        "message": { "type": ["string", "null"] },
                    })),
                    "result": { "description": "What came out of it, where there is something to read." },
                    "error": { "type": ["string", "null"], "description": "Why it failed for good." },
                }),
            ),
        ),
        ("Problem", problem(json!({}))),
        ("StaleProblem", problem(json!({ "current": any }))),
        (
            "Login",
            object(
                &["email", "password"],
                json!({
                    "email": { "type": "string", "format": "email" },
                    "password": { "type": "string", "format": "password" },
                }),
            ),
        ),
        ("Refresh", object(&["refresh"], json!({ "refresh": text }))),
        ("Ticket", object(&["ticket", "expires_in"], json!({ "ticket": text, "expires_in": { "type": "integer" } }))),
        ("Tokens", object(&["access", "refresh"], json!({ "access": text, "refresh": text }))),
        (
            "Session",
            object(
                &["user", "permissions"],
                json!({
                    "user": object(
                        &["id", "email", "first_name", "last_name", "full_name", "role", "team"],
                        json!({
                            "id": id, "email": { "type": "string", "format": "email" },
                            "first_name": no_text, "last_name": no_text, "full_name": text,
                            "role": { "type": "string", "enum": roles.collect::<Vec<_>>() }, "team": no_id,
                        }),
                    ),
                    "permissions": { "type": "array", "items": text, "examples": [["view_companies", "access_crm"]] },
                    "tokens": link("schemas", "Tokens"),
                }),
            ),
        ),
        (
            "History",
            object(
                &["count", "next", "previous", "results"],
                json!({
                    "count": count,
                    "next": { "type": "null" },
                    "previous": { "type": "null" },
                    "results": { "type": "array", "items": link("schemas", "Change") },
                }),
            ),
        ),
        (
            "Change",
            object(
                &["change_set", "action", "source", "at", "fields"],
                json!({
                    "change_set": id,
                    "action": { "type": "string", "enum": ["create", "edit", "delete", "restore"] },
                    "source": text,
                    "at": at,
                    "actor": { "anyOf": [link("schemas", "Reference"), { "type": "null" }] },
                    "fields": differences,
                    "undone": { "type": "boolean" },
                }),
            ),
        ),
        (
            "ChangeSet",
            object(
                &["id", "source", "title", "at", "status", "records"],
                json!({
                    "id": id, "source": text, "title": text, "actor": no_id, "at": at,
                    "status": { "type": "string", "enum": ["open", "done", "undone"] },
                    "undoes": no_id, "records": count,
                }),
            ),
        ),
        (
            "Undone",
            object(
                &["change_set", "records", "conflict_count", "conflicts"],
                json!({
                    "change_set": no_id, "records": count, "conflict_count": count,
                    "conflicts": { "type": "array", "items": object(&["collection", "id", "title", "field", "message"], conflict) },
                }),
            ),
        ),
        (
            "BulkOrder",
            json!({
                "type": "object", "additionalProperties": false,
                "description": "Either `ids`, or `filter` and `search`; and exactly one of `set`, `delete` and `assign`.",
                "properties": {
                    "ids": { "type": "array", "items": id, "maxItems": 10_000 },
                    "filter": { "type": "object", "description": "As the parameter of lists; all that matches is meant." },
                    "search": text,
                    "set": { "type": "object", "description": "Fields and their new values.", "additionalProperties": true },
                    "delete": { "type": "boolean", "const": true },
                    "assign": { "type": ["string", "null"], "format": "uuid", "description": "The new owner." },
                    "dry_run": { "type": "boolean", "default": false, "description": "Only tells what it would do." },
                },
            }),
        ),
        (
            "BulkOutcome",
            object(
                &["change_set", "matched", "changed", "skipped", "errors"],
                json!({
                    "change_set": no_id, "matched": count, "changed": count, "skipped": count,
                    "errors": { "type": "array", "items": object(&["id", "title", "field", "message"], error), "description": "The first hundred." },
                    "error_count": count,
                    "differences": {
                        "type": "array", "description": "Of a dry run, the first hundred.",
                        "items": object(&["id", "action", "fields"], json!({ "id": id, "action": text, "fields": differences })),
                    },
                }),
            ),
        ),
    ];
    schemas
        .into_iter()
        .chain(mail::schemas())
        .chain(push::schemas())
        .chain(imports::schemas())
        .chain(health::schemas())
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect()
}

/// RFC 9457.
fn problem(more: Json) -> Json {
    let mut schema = object(
        &["type", "title", "status", "detail"],
        json!({
            "type": { "type": "string", "format": "uri-reference", "const": "about:blank" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "errors": {
                "type": "object", "description": "Of 422: what is wrong with each field.",
                "additionalProperties": { "type": "array", "items": { "type": "string" } },
            },
        }),
    );
    schema["description"] = json!("A problem as of RFC 9457.");
    if let (Some(own), Json::Object(more)) = (schema["properties"].as_object_mut(), more) {
        own.extend(more);
    }
    schema
}
