//! The routes about the caller: what they prefer, and what they are told.

use kernel::format::{DateFormat, NumberFormat, TimeFormat};
use notifications::{Channel, DeliveryState, Mode, Priority, Snooze, Standing};
use preferences::{Density, Theme};
use records::{RecordType, server::Registry};
use serde_json::{Map, Value as Json, json};

use super::{Operation, answer, link};

pub fn tags() -> Vec<Json> {
    vec![
        json!({ "name": "Preferences", "description": "How the caller wants to see and to be told things." }),
        json!({ "name": "Notifications", "description": "What the caller is told." }),
    ]
}

pub fn paths(registry: &Registry) -> Map<String, Json> {
    let mut paths = Map::new();
    let standings = registry.entries().flat_map(|entry| standings(entry.ty));
    let own = preferences().into_iter().chain(notifications()).chain(deliveries());
    let own = own.map(|(path, method, operation)| (path.to_owned(), method, operation));
    for (path, method, operation) in own.chain(standings) {
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method] = operation.write();
    }
    paths
}

type Described = (&'static str, &'static str, Operation<'static>);

fn preferences() -> Vec<Described> {
    let own = |id: &str| {
        Operation::new("Preferences", id, "Reads one's own preferences")
            .answers(200, answer("The preferences.", "Preferences", &[]))
    };
    vec![
        ("/api/v1/settings/preferences/", "get", own("get_preferences")),
        ("/api/v1/settings/preferences/me/", "get", own("get_my_preferences")),
        (
            "/api/v1/settings/preferences/me/",
            "patch",
            Operation::new("Preferences", "change_preferences", "Changes some of one's own preferences")
                .takes(&["Idempotency-Key"])
                .reads("Preferences")
                .answers(200, answer("The preferences as they are now.", "Preferences", &[]))
                .refuses(&[400, 409, 413, 415, 422, 507]),
        ),
    ]
}

fn query(name: &str, description: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn page_from() -> Json {
    query(
        "before",
        "Where the page starts, as `next` of the last one says.",
        json!({ "type": "string", "format": "uuid" }),
    )
}

fn notifications() -> Vec<Described> {
    let mut list = Operation::new("Notifications", "list_notifications", "Lists one's own, the newest first")
        .answers(200, answer("A page of the list.", "NotificationList", &[]))
        .refuses(&[400]);
    let yes = json!({ "type": "boolean" });
    list.parameters = vec![
        query("unread", "Those that were not read.", yes.clone()),
        query("snoozed", "Those put off, instead of the others.", yes),
        query("kind", "Those of a kind.", json!({ "type": "string" })),
        page_from(),
        query("page_size", "", json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 30 })),
    ];
    let unread = || answer("How many are unread now, up to a hundred.", "Unread", &[]);
    let change = |id: &str, what: &str| {
        Operation::new("Notifications", id, what)
            .takes(&["id", "Idempotency-Key"])
            .answers(200, unread())
            .refuses(&[400, 404, 409, 413, 422, 507])
    };
    let mut read_all = change("read_all_notifications", "Marks all as read");
    read_all.parameters.remove(0);
    vec![
        ("/api/v1/notifications/", "get", list),
        (
            "/api/v1/notifications/unread-count/",
            "get",
            Operation::new("Notifications", "count_unread", "Counts what is unread").answers(200, unread()),
        ),
        ("/api/v1/notifications/read-all/", "post", read_all),
        ("/api/v1/notifications/{id}/read/", "post", change("read_notification", "Marks one as read")),
        ("/api/v1/notifications/{id}/unread/", "post", change("unread_notification", "Marks one as unread")),
        (
            "/api/v1/notifications/{id}/snooze/",
            "post",
            change("snooze_notification", "Puts one off; it comes back unread").reads("Snooze").refuses(&[415]),
        ),
    ]
}

fn deliveries() -> Vec<Described> {
    let mut list = Operation::new("Notifications", "list_deliveries", "Lists how notifications left the program")
        .answers(200, answer("A page of the list.", "DeliveryList", &[]))
        .refuses(&[400, 403]);
    let names = |all: Vec<&'static str>| json!({ "type": "string", "enum": all });
    let channel = || query("channel", "", names(Channel::ALL.iter().map(|c| c.name()).collect()));
    let state = query("state", "", names(DeliveryState::ALL.iter().map(|s| s.name()).collect()));
    list.parameters = vec![state, channel(), page_from()];
    let retry = Operation::new("Notifications", "retry_delivery", "Tries one again that failed or was not sent")
        .takes(&["id", "Idempotency-Key"])
        .answers(202, json!({ "description": "It is tried again." }))
        .refuses(&[400, 403, 404, 409, 413, 422, 507]);
    let what = "Tries all again that failed, but for what may have arrived";
    let mut retry_all = Operation::new("Notifications", "retry_all_deliveries", what)
        .takes(&["Idempotency-Key"])
        .answers(202, answer("How many are tried again.", "Retried", &[]))
        .refuses(&[400, 403, 409, 413, 422, 507]);
    retry_all.parameters.push(channel());
    vec![
        ("/api/v1/deliveries/", "get", list),
        ("/api/v1/deliveries/retry-all/", "post", retry_all),
        ("/api/v1/deliveries/{id}/retry/", "post", retry),
    ]
}

/// How one stands to a record.
fn standings(ty: &'static RecordType) -> [(String, &'static str, Operation<'static>); 2] {
    let path = format!("/api/v1/{}/{{id}}/standing/", ty.name);
    let operation = |verb: &str, what: &str| {
        Operation::new(ty.plural, format!("{verb}_{}_standing", ty.name), what.to_owned())
            .takes(&["id"])
            .answers(200, answer("How one stands to it.", "Standing", &[]))
            .refuses(&[403, 404])
    };
    let set = operation("set", "Follows or mutes the record, or neither")
        .reads("Standing")
        .refuses(&[400, 413, 415, 422, 507]);
    [(path.clone(), "get", operation("get", "Tells whether one follows or muted the record")), (path, "put", set)]
}

pub fn schemas() -> Map<String, Json> {
    let names = |all: Vec<&'static str>| json!({ "type": "string", "enum": all });
    let time = json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" });
    let preferences = json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "theme": names(Theme::ALL.map(Theme::name).to_vec()),
            "compact_mode": { "type": "boolean", "description": "Whether `density` is `compact`." },
            "density": names(Density::ALL.map(Density::name).to_vec()),
            "auto_refresh_interval": {
                "type": ["integer", "null"], "minimum": 0, "maximum": 3600,
                "description": "Seconds, from 2; 0 for never, null for what suits each screen.",
            },
            "date_format": names(DateFormat::ALL.iter().map(|f| f.name()).collect()),
            "time_format": names(TimeFormat::ALL.iter().map(|f| f.name()).collect()),
            "number_format": names(NumberFormat::ALL.iter().map(|f| f.name()).collect()),
            "time_zone": { "type": ["string", "null"], "description": "Null for the company's.", "examples": ["Europe/Zurich"] },
            "start_page": { "type": "string", "description": "A path of the web app.", "examples": ["/companies"] },
            "single_key_shortcuts": { "type": "boolean", "description": "Whether keys without a modifier act in the web app." },
            "sms_phone": { "type": ["string", "null"], "description": "Where text messages go, in E.164." },
            "quiet_hours": {
                "type": ["object", "null"], "required": ["from", "until"], "additionalProperties": false,
                "properties": { "from": time, "until": time },
                "description": "In one's own zone; over midnight where it ends before it begins.",
            },
            "high_through_quiet_hours": { "type": "boolean" },
            "notifications": {
                "type": "object", "description": "By kind and channel; what is left out stays as it is.",
                "additionalProperties": { "type": "object", "additionalProperties": names(
                    Mode::ALL.iter().map(|m| m.name()).collect(),
                ) },
            },
        },
    });
    let text = json!({ "type": "string" });
    let id = json!({ "type": "string", "format": "uuid" });
    let at = json!({ "type": "string", "format": "date-time" });
    let perhaps = json!({ "type": ["string", "null"] });
    let perhaps_at = json!({ "type": ["string", "null"], "format": "date-time" });
    let unread = json!({ "type": "integer", "minimum": 0, "maximum": 100 });
    let object = |required: &[&str], properties: Json| json!({ "type": "object", "required": required, "properties": properties });
    let list = |of: &str, mut more: Json| {
        more["next"] = perhaps.clone();
        more["results"] = json!({ "type": "array", "items": link("schemas", of) });
        object(&["next", "results"], more)
    };
    let choices = |name: &str, all: Vec<&'static str>| json!({ "type": "object", "required": [name], "additionalProperties": false, "properties": { name: names(all) } });
    let schemas = [
        ("Preferences", preferences),
        ("Unread", object(&["unread"], json!({ "unread": unread }))),
        ("Snooze", choices("until", Snooze::ALL.iter().map(|s| s.name()).collect())),
        ("Standing", choices("standing", Standing::ALL.iter().map(|s| s.name()).collect())),
        (
            "Notification",
            object(
                &["id", "kind", "title", "message", "created_at"],
                json!({
                    "id": id, "kind": text, "title": text, "message": text,
                    "link": { "type": ["string", "null"], "description": "A path of the web app." },
                    "priority": names(Priority::ALL.iter().map(|p| p.name()).collect()),
                    "about": {
                        "type": ["object", "null"], "description": "The record it is about.",
                        "properties": { "record_type": text, "id": id },
                    },
                    "reason": { "type": "string", "description": "Why one gets it." },
                    "created_at": at, "read_at": perhaps_at, "snoozed_until": perhaps_at,
                }),
            ),
        ),
        ("NotificationList", list("Notification", json!({ "unread": unread }))),
        (
            "Delivery",
            object(
                &["id", "user", "kind", "channel", "mode", "state", "due_at", "created_at"],
                json!({
                    "id": id, "user": text, "kind": text,
                    "channel": names(Channel::ALL.iter().map(|c| c.name()).collect()),
                    "mode": names(Mode::ALL.iter().map(|m| m.name()).collect()),
                    "state": names(DeliveryState::ALL.iter().map(|s| s.name()).collect()),
                    "due_at": at, "created_at": at, "ended_at": perhaps_at, "detail": perhaps,
                    "attempts": { "type": "array", "items": { "type": "object", "properties": {
                        "attempt": { "type": "integer" }, "at": at, "sent": { "type": "boolean" }, "message": text,
                    } } },
                }),
            ),
        ),
        ("DeliveryList", list("Delivery", json!({}))),
        ("Retried", object(&["retried"], json!({ "retried": { "type": "integer", "minimum": 0 } }))),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}
