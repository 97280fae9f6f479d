//! Whether the program is well.

use serde_json::{Value as Json, json};

use super::{Operation, answer, fixed::object};

pub fn operations() -> Vec<(&'static str, &'static str, Operation<'static>)> {
    let ready = |id: &'static str| {
        Operation::new("Health", id, "Says whether the program is ready, to anybody")
            .answers(200, answer("It is: the database answers.", "Ready", &[]))
            .public()
    };
    let details = |id: &'static str| {
        Operation::new("Health", id, "Says how the program is, to administrators and to networks set as monitoring")
            .answers(200, answer("It works; `degraded` where something beside the database does not.", "Health", &[]))
            .answers(503, answer("The database does not answer.", "Health", &[]))
            .refuses(&[403])
    };
    vec![
        ("/healthz/", "get", ready("healthz")),
        ("/health/", "get", details("health")),
        ("/api/v1/healthz/", "get", ready("api_healthz")),
        ("/api/v1/healthz", "get", ready("api_healthz_without_slash")),
        ("/api/v1/health/", "get", details("api_health")),
        ("/api/v1/health", "get", details("api_health_without_slash")),
    ]
}

pub fn schemas() -> Vec<(&'static str, Json)> {
    let text = json!({ "type": "string" });
    let no_text = json!({ "type": ["string", "null"] });
    let yes = json!({ "type": "boolean" });
    let checks = object(
        &["database", "backups", "signals"],
        json!({
            "database": object(&["engine", "ok", "ms"], json!({
                "engine": { "type": "string", "enum": ["sqlite", "postgres"] },
                "ok": yes,
                "ms": { "type": ["number", "null"], "description": "Milliseconds it took to answer." },
            })),
            "backups": object(&["last_proven_at", "age_seconds"], json!({
                "last_proven_at": { "type": ["string", "null"], "format": "date-time" },
                "age_seconds": { "type": ["integer", "null"] },
            })),
            "signals": object(&["carrier", "ok", "trouble"], json!({
                "carrier": { "type": "string", "description": "What carries signals between processes." },
                "ok": yes,
                "trouble": no_text,
            })),
        }),
    );
    vec![
        ("Ready", object(&["status"], json!({ "status": { "type": "string", "const": "ok" } }))),
        (
            "Health",
            object(
                &["status", "version", "checks"],
                json!({
                    "status": { "type": "string", "enum": ["ok", "degraded", "failing"] },
                    "version": text,
                    "checks": checks,
                }),
            ),
        ),
    ]
}
