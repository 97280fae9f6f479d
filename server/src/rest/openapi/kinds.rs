//! The JSON schema of each kind of field.

use records::{
    Field, Flags, Kind,
    text::{MAX_LINE, MAX_TEXT, MAX_VALUES},
};
use serde_json::{Value as Json, json};

use super::link;

/// A field as it is read.
pub fn read(field: &Field) -> Json {
    let mut schema = match &field.kind {
        Kind::Ref(target) => described(link("schemas", "Reference"), &format!("Of `{target}`.")),
        kind => plain(kind),
    };
    if !field.is(Flags::REQUIRED) && !field.kind.is_many() {
        schema = nullable(schema);
    }
    let is_read_only = field.is(Flags::COMPUTED) || field.is(Flags::GUARDED);
    if is_read_only {
        schema["readOnly"] = json!(true);
    }
    annotate(schema, field)
}

/// A field as it is written.
pub fn write(field: &Field) -> Json {
    let schema = match &field.kind {
        Kind::Ref(target) => {
            json!({ "type": "string", "format": "uuid", "description": format!("The id of one of `{target}`.") })
        }
        kind => plain(kind),
    };
    annotate(if field.is(Flags::REQUIRED) { schema } else { nullable(schema) }, field)
}

/// What `?field=value` takes.
pub fn equal(field: &Field) -> Json {
    match &field.kind {
        Kind::Choice(_) | Kind::Bool | Kind::Date | Kind::Int | Kind::Year => plain(&field.kind),
        Kind::Ref(_) => json!({ "type": "string", "description": "An id, or `@me` and `@my_team`." }),
        _ => json!({ "type": "string" }),
    }
}

fn plain(kind: &Kind) -> Json {
    let list = |items: Json| json!({ "type": "array", "items": items, "maxItems": MAX_VALUES });
    let values = || kind.options().iter().map(|o| o.value.as_ref()).collect::<Vec<_>>();
    match kind {
        Kind::Text => json!({ "type": "string", "maxLength": MAX_LINE }),
        Kind::LongText => json!({
            "type": "string",
            "maxLength": MAX_TEXT,
            "description": format!("At most {MAX_TEXT} bytes of UTF-8."),
        }),
        Kind::Email => json!({ "type": "string", "format": "email", "examples": ["ana@example.com"] }),
        Kind::Phone => json!({ "type": "string", "pattern": r"^\+[0-9]{8,15}$", "examples": ["+442079460958"] }),
        Kind::Url => json!({ "type": "string", "format": "uri", "examples": ["https://example.com"] }),
        Kind::Int => json!({ "type": "integer", "format": "int64", "examples": [42] }),
        Kind::Year => json!({ "type": "integer", "minimum": 1, "maximum": 9999, "examples": [1998] }),
        Kind::Decimal(scale) => {
            let pattern = format!(r"^-?[0-9]+(\.[0-9]{{1,{scale}}})?$");
            json!({ "type": "string", "pattern": pattern, "examples": ["1.5"] })
        }
        Kind::Percent => json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,2})?$", "examples": ["12.50"] }),
        Kind::Money => link("schemas", "Money"),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Date => json!({ "type": "string", "format": "date", "examples": ["2026-03-31"] }),
        Kind::DateTime => {
            json!({ "type": "string", "format": "date-time", "examples": ["2026-03-31T09:30:00.000000Z"] })
        }
        Kind::Choice(_) => json!({ "type": "string", "enum": values() }),
        Kind::Choices(_) => list(json!({ "type": "string", "enum": values() })),
        Kind::Ref(_) => link("schemas", "Reference"),
        Kind::Emails => list(plain(&Kind::Email)),
        Kind::Phones => list(plain(&Kind::Phone)),
        Kind::Tags => list(json!({ "type": "string", "maxLength": MAX_LINE })),
        Kind::Address => link("schemas", "Address"),
    }
}

/// A description beside a reference, which OpenAPI 3.1 allows.
fn described(mut schema: Json, description: &str) -> Json {
    schema["description"] = json!(description);
    schema
}

fn nullable(mut schema: Json) -> Json {
    if schema.get("$ref").is_some() {
        let description = schema.as_object_mut().and_then(|s| s.remove("description"));
        let mut either = json!({ "anyOf": [schema, { "type": "null" }] });
        if let Some(description) = description {
            either["description"] = description;
        }
        return either;
    }
    schema["type"] = json!([schema["type"], "null"]);
    if let Some(values) = schema.get_mut("enum").and_then(Json::as_array_mut) {
        values.push(Json::Null);
    }
    schema
}

/// The label, help and marks of a field.
fn annotate(mut schema: Json, field: &Field) -> Json {
    let own = schema["description"].as_str().unwrap_or_default().to_owned();
    let mut sentences = vec![format!("{}.", field.label)];
    if !field.help.is_empty() {
        sentences.push(format!("{}.", field.help.trim_end_matches('.')));
    }
    if !own.is_empty() {
        sentences.push(own);
    }
    let marks = [(Flags::UNIQUE, "No two records share it."), (Flags::FIXED, "It does not change once it is set.")];
    sentences.extend(marks.into_iter().filter(|(flag, _)| field.is(*flag)).map(|(_, mark)| mark.to_owned()));
    schema["description"] = json!(sentences.join(" "));
    if let (Kind::Choice(_), false) = (&field.kind, field.default.is_empty()) {
        schema["default"] = json!(field.default);
    }
    schema
}
