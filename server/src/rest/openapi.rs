//! The description of the interface as OpenAPI 3.1, made from the record types' declarations.

mod answers;
mod backups;
mod exports;
mod fixed;
mod health;
mod imports;
mod kinds;
mod mail;
mod people;
mod push;
mod records;

use ::records::server::Registry;
use serde_json::{Map, Value as Json, json};

/// The whole document.
pub fn document(registry: &Registry) -> Json {
    let (mut paths, mut schemas) = (fixed::paths(), fixed::schemas());
    schemas.extend(exports::schemas());
    schemas.extend(backups::schemas());
    let mut tags = vec![];
    for entry in registry.entries() {
        tags.push(json!({ "name": entry.ty.plural, "description": format!("Module {}.", entry.module) }));
        records::describe(entry.ty, &mut paths, &mut schemas);
    }
    paths.extend(people::paths(registry));
    complete(&mut paths);
    schemas.extend(people::schemas());
    schemas.values_mut().for_each(close);
    tags.extend(fixed::tags().into_iter().chain(people::tags()));
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Mainstay",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The access token that `POST /api/v1/auth/login/` answers with. It is good for ten minutes; \
                                exchange the refresh token for the next.",
            } },
            "schemas": schemas,
            "parameters": answers::parameters(),
            "headers": answers::headers(),
            "responses": answers::responses(),
        },
    })
}

const INTRODUCTION: &str = "\
Every record type has the same routes. Paths end with a slash; bodies are JSON; unknown parameters and fields are \
refused by name; what you may not see answers 404.

**Values.** Ids are UUIDs, times RFC 3339 in UTC, dates ISO 8601, money `{\"amount\": \"1054.00\", \"currency\": \
\"USD\"}`. A reference is read as `{\"id\", \"label\"}` and written as an id.

**Concurrency.** A record's `ETag` is its version. PATCH and DELETE want it in `If-Match`: without it they answer 428, \
and 412 with the current record when it is stale; `*` overrides knowingly.

**Repeating.** A POST or PATCH with an `Idempotency-Key` is done once: sent again within a day it is answered as the \
first time. What was refused is not kept and may be put right. Of an answer above 16 KiB its fields are kept, with \
`Repr-Digest`, and said again with 204.

**Size of questions.** Conditions weigh by what they cost: comparing a value 1, looking into long text 10, going through a \
reference 4; one list may weigh 200. A list holds 6 MiB of long texts at most: it may end before its `page_size`, and \
`next` leads on; asked for by `page`, it is refused with 413. What takes longer than ten seconds is given up with 503.

**Limits.** 60 requests a minute and 1,000 an hour unless set otherwise, and 10 exports an hour; the `RateLimit-…` \
fields of each answer say what is left, and 429 when to come back.

**Size.** Lists and other long answers come compressed for who takes Zstandard, Brotli or gzip; a record, whose `ETag` names \
it as it is, and files do not.

**Errors** are problems as of RFC 9457; a 422 says under `errors` what is wrong with each field. A method that an \
address does not take is 405, with those it takes in `Allow`.

**Additions.** What is described here is what this version answers. Later ones may answer more: skip what you do not \
know.";

/// Adds what any write may answer: to the page of another site, and where the body is too large.
fn complete(paths: &mut Map<String, Json>) {
    for (method, operation) in paths.values_mut().filter_map(Json::as_object_mut).flatten() {
        if ["post", "put", "patch", "delete"].contains(&method.as_str())
            && let Some(answers) = operation["responses"].as_object_mut()
        {
            for status in [403, 413] {
                answers.entry(status.to_string()).or_insert_with(|| link("responses", &format!("Problem{status}")));
            }
        }
    }
}

/// Says of every object that it has no other members, unless it says so itself: what the program takes and answers is
/// described whole.
fn close(schema: &mut Json) {
    match schema {
        Json::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Json::is_object) && members.contains_key("type") {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// One operation: what it does, what it takes, how it answers.
struct Operation<'a> {
    tag: &'a str,
    id: String,
    summary: String,
    parameters: Vec<Json>,
    body: Option<Json>,
    answers: Map<String, Json>,
    is_public: bool,
}

impl<'a> Operation<'a> {
    fn new(tag: &'a str, id: impl Into<String>, summary: impl Into<String>) -> Self {
        let (id, summary) = (id.into(), summary.into());
        Self { tag, id, summary, parameters: vec![], body: None, answers: answers::always(), is_public: false }
    }

    fn takes(mut self, names: &[&str]) -> Self {
        self.parameters.extend(names.iter().map(|name| link("parameters", name)));
        if names.contains(&"Idempotency-Key") {
            let done = "It was done before, by the same `Idempotency-Key`, and the answer was too large to be kept.";
            let headers = json!({ "Repr-Digest": link("headers", "Repr-Digest") });
            self.answers.entry("204").or_insert_with(|| json!({ "description": done, "headers": headers }));
        }
        self
    }

    fn reads(mut self, schema: &str) -> Self {
        self.body = Some(json!({
            "required": true,
            "content": { "application/json": { "schema": link("schemas", schema) } },
        }));
        self
    }

    fn answers(mut self, status: u16, answer: Json) -> Self {
        self.answers.insert(status.to_string(), answer);
        self
    }

    fn refuses(mut self, statuses: &[u16]) -> Self {
        self.answers.extend(statuses.iter().map(|s| (s.to_string(), link("responses", &format!("Problem{s}")))));
        self
    }

    fn public(mut self) -> Self {
        self.is_public = true;
        self
    }

    fn write(self) -> Json {
        let mut operation = json!({
            "tags": [self.tag],
            "operationId": self.id,
            "summary": self.summary,
            "responses": self.answers,
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = Json::Array(self.parameters);
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        if self.is_public {
            operation["security"] = json!([]);
        }
        operation
    }
}

fn link(part: &str, name: &str) -> Json {
    json!({ "$ref": format!("#/components/{part}/{name}") })
}

/// An answer whose body follows a schema.
fn answer(description: &str, schema: &str, headers: &[&str]) -> Json {
    let headers: Map<String, Json> = headers.iter().map(|h| ((*h).to_owned(), link("headers", h))).collect();
    json!({
        "description": description,
        "headers": headers,
        "content": { "application/json": { "schema": link("schemas", schema) } },
    })
}
