//! The routes of outgoing mail.

use outbox::{Delivery, State, settings::SECTION};
use serde_json::{Map, Value as Json, json};
use settings::Kind;

use super::{Operation, answer, link};

pub fn operations() -> Vec<(&'static str, &'static str, Operation<'static>)> {
    let state = json!({
        "name": "state", "in": "query", "description": "Only messages that stand so.",
        "schema": { "type": "string", "enum": State::ALL.map(State::name) },
    });
    let mut list = Operation::new("Mail", "list_messages", "Lists the outbox, the newest first")
        .takes(&["search", "cursor"])
        .answers(200, answer("A page of the list.", "Messages", &[]))
        .refuses(&[400, 403]);
    list.parameters.push(state);
    let decided = |id: &'static str, summary: &'static str| {
        Operation::new("Mail", id, summary)
            .takes(&["id", "Idempotency-Key"])
            .answers(202, answer("The message as it stands now.", "Message", &[]))
            .refuses(&[400, 403, 404, 409, 413, 422, 507])
    };
    vec![
        ("/api/v1/mail/outbox/", "get", list),
        (
            "/api/v1/mail/outbox/{id}/",
            "get",
            Operation::new("Mail", "get_message", "Reads a message and what became of it for each recipient")
                .takes(&["id"])
                .answers(200, answer("The message.", "Message", &[]))
                .refuses(&[403, 404]),
        ),
        (
            "/api/v1/mail/outbox/{id}/send/",
            "post",
            decided("send_message", "Sends a message that is held, failed, was discarded, or may have arrived already"),
        ),
        (
            "/api/v1/mail/outbox/{id}/discard/",
            "post",
            decided("discard_message", "Decides that a message goes nowhere"),
        ),
        (
            "/api/v1/mail/settings/",
            "get",
            Operation::new("Mail", "get_mail_settings", "Tells how mail is sent; secrets are not shown")
                .answers(200, answer("The settings.", "MailSettings", &[]))
                .refuses(&[403]),
        ),
        (
            "/api/v1/mail/settings/",
            "patch",
            Operation::new("Mail", "set_mail_settings", "Sets some of it; what is left out stays")
                .takes(&["Idempotency-Key"])
                .reads("MailSettingsChange")
                .answers(200, answer("The settings.", "MailSettings", &[]))
                .refuses(&[400, 403, 409, 413, 415, 422, 507]),
        ),
        (
            "/api/v1/mail/test/",
            "post",
            Operation::new("Mail", "test_mail", "Sends a message to try the settings")
                .takes(&["Idempotency-Key"])
                .reads("MailTest")
                .answers(202, answer("The message, on its way.", "Message", &[]))
                .refuses(&[400, 403, 409, 413, 415, 422, 507]),
        ),
    ]
}

pub fn schemas() -> Vec<(&'static str, Json)> {
    let text = json!({ "type": "string" });
    let no_text = json!({ "type": ["string", "null"] });
    let id = json!({ "type": "string", "format": "uuid" });
    let at = json!({ "type": "string", "format": "date-time" });
    let no_at = json!({ "type": ["string", "null"], "format": "date-time" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let field = json!({
        "type": "object", "required": ["value", "is_set", "fixed_by", "trouble"],
        "properties": {
            "value": { "type": "string", "description": "Empty for a secret." },
            "is_set": { "type": "boolean" },
            "fixed_by": { "type": ["string", "null"], "description": "The variable that goes before what is set here." },
            "trouble": { "type": ["string", "null"], "description": "Why a secret cannot be used." },
        },
    });
    let shown: Map<String, Json> = SECTION.fields.iter().map(|f| (f.key.to_owned(), field.clone())).collect();
    let settable = SECTION.fields.iter().map(|field| {
        let schema = match field.kind {
            Kind::Choice(options) => {
                let names: Vec<&str> = options.iter().map(|(name, _)| *name).collect();
                json!({ "type": "string", "enum": names, "description": field.label })
            }
            Kind::Secret => json!({ "type": "string", "format": "password", "description": field.label }),
            _ => json!({ "type": "string", "description": field.label }),
        };
        (field.key.to_owned(), schema)
    });
    let settable: Map<String, Json> = settable.collect();
    vec![
        (
            "Message",
            json!({
                "type": "object", "required": ["id", "kind", "subject", "to", "state", "created_at"],
                "properties": {
                    "id": id, "kind": text, "subject": text,
                    "to": { "type": "string", "description": "The first recipient." },
                    "recipients": count, "accepted": count, "refused": count,
                    "state": { "type": "string", "enum": State::ALL.map(State::name) },
                    "attempt": count, "trouble": no_text, "retry_at": no_at, "created_at": at, "finished_at": no_at,
                    "message_id": text, "sender": no_text, "text": text, "handed_over_at": no_at,
                    "headers": { "type": "array", "items": {
                        "type": "object", "required": ["name", "value"], "properties": { "name": text, "value": text },
                    } },
                    "deliveries": { "type": "array", "items": {
                        "type": "object", "required": ["address", "state"],
                        "properties": {
                            "address": text, "name": text,
                            "state": { "type": "string", "enum": Delivery::ALL.map(Delivery::name) },
                            "answer": { "type": ["string", "null"], "description": "The server's words." },
                        },
                    } },
                },
            }),
        ),
        (
            "Messages",
            json!({
                "type": "object", "required": ["next", "counts", "hindrance", "results"],
                "properties": {
                    "next": { "type": ["string", "null"], "description": "The `cursor` of the next page." },
                    "counts": { "type": "object", "additionalProperties": count },
                    "hindrance": { "type": ["string", "null"], "description": "Why nothing can be sent." },
                    "results": { "type": "array", "items": link("schemas", "Message") },
                },
            }),
        ),
        ("MailSettings", json!({ "type": "object", "properties": shown })),
        ("MailSettingsChange", json!({ "type": "object", "additionalProperties": false, "properties": settable })),
        (
            "MailTest",
            json!({
                "type": "object", "required": ["to"], "additionalProperties": false,
                "properties": { "to": { "type": "string", "format": "email" } },
            }),
        ),
    ]
}
