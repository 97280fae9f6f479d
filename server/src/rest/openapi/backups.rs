//! Backups.

use backups::{Cause, Status};
use serde_json::{Map, Value as Json, json};

use super::{Operation, answer, fixed::object, link};

pub fn operations() -> [(&'static str, &'static str, Operation<'static>); 4] {
    [
        (
            "/api/v1/backups/",
            "get",
            Operation::new("Backups", "list_backups", "Tells where backups go and lists them, the latest first")
                .answers(200, answer("The last hundred.", "Backups", &[]))
                .refuses(&[403]),
        ),
        (
            "/api/v1/backups/",
            "post",
            Operation::new("Backups", "create_backup", "Makes a backup, or gives the one that is being made")
                .takes(&["Idempotency-Key"])
                .answers(202, answer("It is being made.", "Backup", &["Location"]))
                .refuses(&[400, 403, 409, 413, 422, 507]),
        ),
        (
            "/api/v1/backups/{id}/",
            "get",
            Operation::new("Backups", "get_backup", "Tells how far a backup is")
                .takes(&["id"])
                .answers(200, answer("The backup.", "Backup", &[]))
                .refuses(&[403, 404]),
        ),
        (
            "/api/v1/backups/{id}/download/",
            "get",
            Operation::new("Backups", "download_backup", "Hands over the archive, sealed as it is")
                .takes(&["id"])
                .answers(200, json!({ "description": "The archive.", "content": { "application/octet-stream": {} } }))
                .refuses(&[403, 404]),
        ),
    ]
}

pub fn schemas() -> Map<String, Json> {
    let id = json!({ "type": "string", "format": "uuid" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let time = json!({ "type": "string", "format": "date-time" });
    let no_time = json!({ "type": ["string", "null"], "format": "date-time" });
    let backup = object(
        &["id", "job", "cause", "status", "name"],
        json!({
            "id": id,
            "job": id,
            "cause": { "type": "string", "enum": Cause::ALL.map(Cause::name),
                "description": "One made before a migration is of the database alone." },
            "status": { "type": "string", "enum": Status::ALL.map(Status::name),
                "description": "Proven: it was restored aside and every table and file was the same." },
            "name": { "type": "string", "description": "Of the archive, where backups go." },
            "bytes": count,
            "rows": count,
            "files": count,
            "error": { "type": ["string", "null"], "description": "Why it failed." },
            "started_at": time,
            "made_at": no_time,
            "proven_at": no_time,
            "removed_at": { "type": ["string", "null"], "format": "date-time", "description": "When it made room for later ones." },
            "download_url": { "type": ["string", "null"], "format": "uri-reference" },
        }),
    );
    let list = object(
        &["place", "keep", "key", "last_proven_at", "results"],
        json!({
            "place": { "type": "string", "description": "Where backups go." },
            "keep": { "type": "string", "description": "Which of them stay." },
            "key": { "type": "string", "description": "The id of the key that seals them." },
            "last_proven_at": no_time,
            "results": { "type": "array", "items": link("schemas", "Backup") },
        }),
    );
    let all = [("Backup", backup), ("Backups", list)];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}
