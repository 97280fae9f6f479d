//! The routes of browsers that show notifications.

use serde_json::{Value as Json, json};

use super::{Operation, answer};

pub fn operations() -> Vec<(&'static str, &'static str, Operation<'static>)> {
    let subscribed = || answer("Its id.", "PushSubscribed", &["Location"]);
    vec![
        (
            "/api/v1/push-subscriptions/",
            "get",
            Operation::new(
                "Notifications",
                "list_push_subscriptions",
                "Lists one's own browsers that show notifications",
            )
            .answers(200, answer("The browsers, and the key that one subscribes with.", "PushSubscriptions", &[])),
        ),
        (
            "/api/v1/push-subscriptions/",
            "post",
            Operation::new("Notifications", "subscribe_push", "Lets a browser show one's notifications")
                .takes(&["Idempotency-Key"])
                .reads("PushSubscription")
                .answers(200, answer("Its id: it was known.", "PushSubscribed", &[]))
                .answers(201, subscribed())
                .refuses(&[400, 409, 413, 415, 422, 507]),
        ),
        (
            "/api/v1/push-subscriptions/{id}/",
            "delete",
            Operation::new("Notifications", "remove_push_subscription", "Removes a browser")
                .takes(&["id"])
                .answers(204, json!({ "description": "It was removed." }))
                .refuses(&[404, 507]),
        ),
        (
            "/api/v1/push-subscriptions/{id}/test/",
            "post",
            Operation::new("Notifications", "test_push_subscription", "Sends a browser a message to try it")
                .takes(&["id", "Idempotency-Key"])
                .answers(200, answer("What its push service said.", "PushTested", &[]))
                .refuses(&[400, 404, 409, 413, 422, 507]),
        ),
    ]
}

pub fn schemas() -> Vec<(&'static str, Json)> {
    let id = json!({ "type": "string", "format": "uuid" });
    let at = json!({ "type": "string", "format": "date-time" });
    let no_at = json!({ "type": ["string", "null"], "format": "date-time" });
    let text = json!({ "type": "string" });
    let browser = json!({
        "type": "object", "required": ["id", "name", "created_at", "used_at", "is_this_session"],
        "properties": {
            "id": id, "name": text, "created_at": at,
            "used_at": no_at,
            "is_this_session": { "type": "boolean", "description": "Whether the caller's own session subscribed it." },
        },
    });
    vec![
        (
            "PushSubscriptions",
            json!({
                "type": "object", "required": ["key", "results"],
                "properties": {
                    "key": {
                        "type": ["string", "null"],
                        "description": "The `applicationServerKey` to subscribe with, in base64url; null where it cannot be used.",
                    },
                    "results": { "type": "array", "items": browser },
                },
            }),
        ),
        (
            "PushSubscription",
            json!({
                "type": "object", "required": ["endpoint", "keys"], "additionalProperties": false,
                "description": "What `PushSubscription.toJSON()` gives. It ends with the session it was made in.",
                "properties": {
                    "endpoint": { "type": "string", "format": "uri", "maxLength": 2000, "description": "With https://." },
                    "keys": {
                        "type": "object", "required": ["p256dh", "auth"],
                        "properties": { "p256dh": text, "auth": text }, "description": "In base64url (RFC 8291).",
                    },
                    "expirationTime": { "type": ["integer", "null"] },
                    "replaces": { "type": ["string", "null"], "description": "The address it had before." },
                },
            }),
        ),
        ("PushSubscribed", json!({ "type": "object", "required": ["id"], "properties": { "id": id } })),
        (
            "PushTested",
            json!({
                "type": "object", "required": ["taken", "detail"],
                "properties": { "taken": { "type": "boolean" }, "detail": text },
            }),
        ),
    ]
}
