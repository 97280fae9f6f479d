//! The routes and schemas that every record type has.

use records::{Flags, RecordType, server::SYSTEM_FIELDS};
use serde_json::{Map, Value as Json, json};

use super::{Operation, answer, kinds, link};

/// Adds a type's schemas and paths.
pub fn describe(ty: &RecordType, paths: &mut Map<String, Json>, schemas: &mut Map<String, Json>) {
    let name = schema_name(ty);
    schemas.insert(name.clone(), record(ty));
    schemas.insert(format!("{name}Create"), written(ty, true));
    schemas.insert(format!("{name}Edit"), written(ty, false));
    schemas.insert(format!("{name}List"), list(&name));
    let at = |rest: &str| format!("/api/v1/{}/{rest}", ty.name);
    paths.insert(at(""), json!({ "get": listing(ty, &name), "post": creation(ty, &name) }));
    paths.insert(at("bulk/"), json!({ "post": bulk(ty) }));
    paths.insert(at("{id}/"), one(ty, &name));
    paths.insert(at("{id}/history/"), json!({ "get": history(ty) }));
    paths.insert(at("{id}/restore/"), json!({ "post": restoration(ty, &name) }));
}

/// `Company`: the singular without spaces.
fn schema_name(ty: &RecordType) -> String {
    ty.singular.split_whitespace().collect()
}

fn record(ty: &RecordType) -> Json {
    let mut properties = Map::new();
    properties.insert("id".to_owned(), json!({ "type": "string", "format": "uuid", "readOnly": true }));
    properties.insert("version".to_owned(), json!({ "type": "integer", "minimum": 1, "readOnly": true }));
    for field in ty.fields.iter().chain(&SYSTEM_FIELDS) {
        properties.insert(field.name.to_string(), kinds::read(field));
    }
    let deleted = json!({ "type": "string", "format": "date-time", "readOnly": true,
        "description": "When it was moved to the recycle bin; absent of live records." });
    properties.insert("deleted_at".to_owned(), deleted);
    json!({
        "type": "object",
        "title": ty.singular,
        "description": "Fields that are not yours to see are absent.",
        "required": ["id", "version"],
        "properties": properties,
    })
}

/// The fields a script may set.
fn written(ty: &RecordType, is_new: bool) -> Json {
    let open =
        ty.fields.iter().filter(|f| !f.is(Flags::COMPUTED) && !f.is(Flags::GUARDED) && (is_new || !f.is(Flags::FIXED)));
    let properties: Map<_, _> = open.clone().map(|f| (f.name.to_string(), kinds::write(f))).collect();
    let needed = open.filter(|f| is_new && f.is(Flags::REQUIRED) && f.default.is_empty()).map(|f| f.name.as_ref());
    json!({
        "type": "object",
        "title": if is_new { format!("New {}", ty.singular.to_lowercase()) } else { format!("Changes to a {}", ty.singular.to_lowercase()) },
        "required": needed.collect::<Vec<_>>(),
        "properties": properties,
        "additionalProperties": false,
    })
}

fn list(name: &str) -> Json {
    let address = json!({ "type": ["string", "null"], "format": "uri" });
    json!({
        "type": "object",
        "required": ["count", "next", "previous", "results"],
        "properties": {
            "count": { "type": "integer", "minimum": 0, "description": "How many records match." },
            "count_is_exact": { "type": "boolean", "description": "False where counting stopped at `count`." },
            "next": address,
            "previous": address,
            "results": { "type": "array", "items": link("schemas", name) },
        },
    })
}

fn listing(ty: &RecordType, name: &str) -> Json {
    let mut operation = Operation::new(ty.plural, format!("list_{}", ty.name), format!("Lists {}", lower(ty.plural)))
        .takes(&["search", "sort", "filter", "fields", "page", "page_size", "cursor", "deleted"])
        .answers(200, answer("A page of the list.", &format!("{name}List"), &RATES))
        .refuses(&[400, 403, 413]);
    for field in ty.fields.iter().chain(&SYSTEM_FIELDS).filter(|f| f.kind.is_sortable()) {
        operation.parameters.push(json!({
            "name": field.name, "in": "query", "schema": kinds::equal(field),
            "description": format!("{}, equal to this; with nothing, the records that have none.", field.label),
        }));
    }
    operation.write()
}

const RATES: [&str; 3] = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

fn creation(ty: &RecordType, name: &str) -> Json {
    Operation::new(ty.plural, format!("create_{}", ty.name), format!("Makes a {}", lower(ty.singular)))
        .takes(&["Idempotency-Key"])
        .reads(&format!("{name}Create"))
        .answers(201, answer("It was made.", name, &["ETag", "Location"]))
        .refuses(&[400, 403, 409, 413, 415, 422, 507])
        .write()
}

fn one(ty: &RecordType, name: &str) -> Json {
    let (singular, tag) = (lower(ty.singular), ty.plural);
    let get = Operation::new(tag, format!("get_{}", ty.name), format!("Reads a {singular}"))
        .takes(&["If-None-Match"])
        .answers(200, answer("The record.", name, &["ETag"]))
        .answers(304, json!({ "description": "It is the version you know." }))
        .refuses(&[403, 404]);
    let patch = Operation::new(tag, format!("edit_{}", ty.name), format!("Changes fields of a {singular}"))
        .takes(&["If-Match", "Idempotency-Key"])
        .reads(&format!("{name}Edit"))
        .answers(200, answer("It is so now.", name, &["ETag"]))
        .refuses(&[400, 403, 404, 409, 412, 413, 415, 422, 428, 507]);
    let delete = Operation::new(tag, format!("delete_{}", ty.name), format!("Moves a {singular} to the recycle bin"))
        .takes(&["If-Match"])
        .answers(204, json!({ "description": "It is gone, and can be restored." }))
        .refuses(&[400, 403, 404, 409, 412, 422, 428, 507]);
    json!({
        "parameters": [link("parameters", "id")],
        "get": get.write(),
        "patch": patch.write(),
        "delete": delete.write(),
    })
}

fn bulk(ty: &RecordType) -> Json {
    let summary = format!("Changes, deletes or assigns many {}", lower(ty.plural));
    Operation::new(ty.plural, format!("bulk_{}", ty.name), summary)
        .takes(&["Idempotency-Key"])
        .reads("BulkOrder")
        .answers(200, answer("What was done, or would be.", "BulkOutcome", &[]))
        .refuses(&[400, 403, 409, 413, 415, 422, 507])
        .write()
}

fn history(ty: &RecordType) -> Json {
    let summary = format!("Tells what happened to a {}, newest first", lower(ty.singular));
    Operation::new(ty.plural, format!("history_{}", ty.name), summary)
        .takes(&["id"])
        .answers(200, answer("Up to 200 changes.", "History", &[]))
        .refuses(&[403, 404])
        .write()
}

fn restoration(ty: &RecordType, name: &str) -> Json {
    let summary = format!("Takes a {} out of the recycle bin", lower(ty.singular));
    Operation::new(ty.plural, format!("restore_{}", ty.name), summary)
        .takes(&["id", "Idempotency-Key"])
        .answers(200, answer("It is live again.", name, &["ETag"]))
        .refuses(&[400, 403, 404, 409, 413, 422, 507])
        .write()
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}
