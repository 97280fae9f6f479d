//! What many operations take and answer.

use records::ListQuery;
use serde_json::{Map, Value as Json, json};

use super::link;

const PROBLEMS: [(u16, &str); 15] = [
    (400, "The request makes no sense; `detail` says why."),
    (401, "Nobody is signed in, or the token is no longer good."),
    (403, "You may not do this."),
    (404, "There is nothing here, or it is not yours to see."),
    (405, "This address does not take that method; `Allow` has those it takes."),
    (409, "It cannot be done in the present state; `detail` says why."),
    (412, "The record was changed meanwhile; `current` is what it is now."),
    (413, "Too large: JSON of more than a mebibyte, a file above the limit, or a page of too many long texts."),
    (415, "The body is of another type than expected."),
    (422, "Some fields need another look; `errors` says which."),
    (428, "`If-Match` is missing."),
    (429, "Too many requests; `Retry-After` says when to come back."),
    (500, "Something went wrong; `detail` has the reference under which it was logged."),
    (503, "The database cannot be reached, or had no time for this; `detail` says which."),
    (507, "The disk is full; nothing was saved."),
];

/// What any operation may answer.
pub fn always() -> Map<String, Json> {
    [401, 429, 500, 503].map(|s: u16| (s.to_string(), link("responses", &format!("Problem{s}")))).into_iter().collect()
}

pub fn responses() -> Json {
    let each = PROBLEMS.iter().map(|(status, description)| {
        let header = match status {
            401 => Some("WWW-Authenticate"),
            405 => Some("Allow"),
            429 | 503 => Some("Retry-After"),
            _ => None,
        };
        let headers: Map<_, _> = header.map(|name| (name.to_owned(), link("headers", name))).into_iter().collect();
        let schema = if *status == 412 { "StaleProblem" } else { "Problem" };
        let response = json!({
            "description": description,
            "headers": headers,
            "content": { "application/problem+json": { "schema": link("schemas", schema) } },
        });
        (format!("Problem{status}"), response)
    });
    Json::Object(each.collect())
}

pub fn headers() -> Json {
    let header = |description: &str, is_always: bool, schema: Json| json!({ "description": description, "required": is_always, "schema": schema });
    let (text, whole) = (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
    json!({
        "ETag": header("The record's version.", true, json!({ "type": "string", "pattern": "^\"[0-9]+\"$", "examples": ["\"7\""] })),
        "Location": header("Where it is.", true, json!({ "type": "string", "format": "uri-reference" })),
        "Repr-Digest": header("The hash of an answer that was not kept whole.", false, text.clone()),
        "Allow": header("The methods there are, with commas between.", true, text.clone()),
        "WWW-Authenticate": header("How one signs in: `Bearer`.", true, text),
        "Retry-After": header("Seconds to wait.", true, whole.clone()),
        "RateLimit-Limit": header("Requests of the nearest window, where there is a limit.", false, whole.clone()),
        "RateLimit-Remaining": header("Requests that are left of it.", false, whole.clone()),
        "RateLimit-Reset": header("Seconds until it is over.", false, whole),
    })
}

pub fn parameters() -> Json {
    let query = |name: &str, description: &str, schema: Json| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let header = |name: &str, is_required: bool, description: &str, schema: Json| json!({ "name": name, "in": "header", "required": is_required, "description": description, "schema": schema });
    let filter = "A tree of conditions in JSON: `{\"field\", \"op\", \"value\"}`, joined by `and`, `or` and `not`. \
                  Operators: `eq`, `ne`, `lt`, `lte`, `gt`, `gte`, `in`, `contains`, `starts`, `empty`, `between`, `within`. \
                  A field may be a path through references, such as `company.sector`; values include `@me`, `@my_team` and, \
                  for `within`, phrases like `this month` and `last 30 days`.";
    json!({
        "id": {
            "name": "id", "in": "path", "required": true, "description": "The record's id.",
            "schema": { "type": "string", "format": "uuid" },
        },
        "search": query("search", "Words that the searched fields hold.", json!({ "type": "string" })),
        "sort": query("sort", "Fields with commas between; `-` turns one round: `-created_at,name`. At most four.",
            json!({ "type": "string" })),
        "filter": query("filter", filter, json!({
            "type": "string", "contentMediaType": "application/json",
            "examples": ["{\"field\":\"created_at\",\"op\":\"within\",\"value\":\"last 30 days\"}"],
        })),
        "fields": query("fields", "The fields to answer with, with commas between. `id` and `version` always come.",
            json!({ "type": "string" })),
        "page": query("page", "The number of the page, from 1.", json!({ "type": "integer", "minimum": 1, "default": 1 })),
        "page_size": query("page_size", "Records on a page.", json!({
            "type": "integer", "minimum": 1, "maximum": ListQuery::MAX_PAGE_SIZE, "default": ListQuery::PAGE_SIZE,
        })),
        "cursor": query("cursor", "Where the last page ended, as its `next` has it. Faster than `page` far into a list.",
            json!({ "type": "string" })),
        "deleted": query("deleted", "The recycle bin instead of the live records.",
            json!({ "type": "boolean", "default": false })),
        "If-Match": header("If-Match", true, "The version that is to be changed, or `*` for whichever there is.",
            json!({ "type": "string", "examples": ["\"7\""] })),
        "If-None-Match": header("If-None-Match", false, "A version that is known already.",
            json!({ "type": "string", "examples": ["\"7\""] })),
        "Idempotency-Key": header("Idempotency-Key", false, "Names the request, so that it is done once.",
            json!({ "type": "string", "minLength": 1, "maxLength": 255 })),
    })
}
