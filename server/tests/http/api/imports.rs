//! `/api/v1/imports/`, and where browsers send files.

use kernel::server::testing::wait_for;
use serde_json::{Value, json};

use super::world::World;

const FILE: &str = "Symbol,Security,Founded,revenue,subsidiary_of\r\nAAA,Alpha,1888,1100.04,Beta\r\nBBB,Beta,2013 (1888),7,\r\nCCC,Gamma,1900,lots,\r\n";
const MAPPING: &str = r#"{"revenue": {"field": "annual_revenue", "multiply": 1000000, "currency": "USD"}}"#;

/// A form of texts and, where there is one, a file.
pub fn form(texts: &[(&str, &str)], file: Option<&str>) -> String {
    const NAMED: &str = "--sep\r\nContent-Disposition: form-data; name=";
    let mut body = String::new();
    if let Some(file) = file {
        body.extend([NAMED, "\"file\"; filename=\"companies.csv\"\r\nContent-Type: text/csv\r\n\r\n", file, "\r\n"]);
    }
    for (name, text) in texts {
        body.extend([NAMED, "\"", name, "\"\r\n\r\n", text, "\r\n"]);
    }
    body + "--sep--\r\n"
}

pub const KIND: (&str, &str) = ("content-type", "multipart/form-data; boundary=sep");

impl World {
    pub async fn send(&self, who: &str, texts: &[(&str, &str)], file: Option<&str>) -> (u16, Value) {
        let authorization = format!("Bearer {}", self.token(who));
        let headers = [KIND, ("authorization", authorization.as_str())];
        let answer = self.service.ask("POST", "/api/v1/imports/", &headers, &form(texts, file)).await;
        (answer.status.as_u16(), answer.json())
    }

    pub async fn over(&self, who: &str, id: &str) -> Value {
        wait_for("the end of the import", async || {
            let import = self.get(who, &format!("/api/v1/imports/{id}/")).await.json();
            let is_busy = ["checking", "running", "undoing"].contains(&import["status"].as_str().unwrap());
            if is_busy { Err(import) } else { Ok(import) }
        })
        .await
    }
}

#[tokio::test]
async fn a_script_checks_imports_reads_what_failed_and_undoes() {
    let world = World::new().await;
    let _working = world.service.work();
    let texts = [("record_type", "companies"), ("mapping", MAPPING), ("match_on", "ticker")];
    let (status, begun) = world.send("ada", &[&texts[..], &[("dry_run", "true")]].concat(), Some(FILE)).await;
    assert_eq!(status, 202, "{begun}");
    let checked = world.over("ada", begun["id"].as_str().unwrap()).await;
    assert_eq!(
        (&checked["status"], &checked["created"], &checked["failed"]),
        (&json!("checked"), &json!(2), &json!(1))
    );
    assert_eq!(checked["differences"][0]["title"], "Alpha");
    assert_eq!(world.get("ada", "/api/v1/companies/").await.json()["count"], 0);

    let (status, begun) = world.send("ada", &texts, Some(FILE)).await;
    assert_eq!(status, 202);
    let id = begun["id"].as_str().unwrap().to_owned();
    let done = world.over("ada", &id).await;
    let counts = ["total", "created", "updated", "skipped", "failed"].map(|c| done[c].as_i64().unwrap());
    assert_eq!((done["status"].as_str(), counts), (Some("done"), [3, 2, 0, 0, 1]));
    let errors = world.get("ada", &format!("/api/v1/imports/{id}/errors/")).await.json();
    let error =
        json!({ "row": 4, "column": "revenue", "value": "lots", "message": "This must be an amount like 1054.00." });
    assert_eq!((&errors["count"], &errors["results"][0]), (&json!(1), &error));
    let all = world.get("ada", "/api/v1/companies/?sort=name").await.json();
    assert_eq!(all["results"][0]["annual_revenue"], json!({ "amount": "1100040000.00", "currency": "USD" }));
    assert_eq!(all["results"][0]["parent"]["label"], "Beta");
    assert_eq!(
        (&all["results"][1]["founded"], &all["results"][1]["founded_year"]),
        (&json!("2013 (1888)"), &json!(2013))
    );
    let filter = format!(r#"{{"field":"change_set","op":"eq","value":{}}}"#, done["change_set"]);
    let filter = filter.replace('{', "%7b").replace('}', "%7d").replace('"', "%22");
    assert_eq!(world.get("ada", &format!("/api/v1/companies/?filter={filter}")).await.json()["count"], 2);

    let (_, again) = world.send("ada", &texts, Some(FILE)).await;
    let again = world.over("ada", again["id"].as_str().unwrap()).await;
    assert_eq!((&again["created"], &again["skipped"], &again["change_set"]), (&json!(0), &json!(2), &Value::Null));

    // It is nobody else's to see or to undo.
    for path in [format!("/api/v1/imports/{id}/"), format!("/api/v1/imports/{id}/errors/")] {
        assert_eq!(world.get("rita", &path).await.status, 404);
    }
    assert_eq!(world.ask("rita", "POST", &format!("/api/v1/imports/{id}/undo/"), &[], None).await.status, 404);
    assert_eq!(world.ask("ada", "POST", &format!("/api/v1/imports/{id}/undo/"), &[], None).await.status, 202);
    assert_eq!(world.over("ada", &id).await["status"], "undone");
    assert_eq!(world.get("ada", "/api/v1/companies/").await.json()["count"], 0);
    assert_eq!(world.ask("ada", "POST", &format!("/api/v1/imports/{id}/undo/"), &[], None).await.status, 409);
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_with_the_status_and_reason_that_fit() {
    let world = World::with(&[("MAINSTAY_MAX_UPLOAD", "1 MiB")]).await;
    let companies = ("record_type", "companies");
    let large = format!("name\n{}", "x".repeat((1 << 20) + 10));
    for (who, texts, file, status, words) in [
        ("ada", vec![companies], None, 422, "Choose a file."),
        ("ada", vec![], Some(FILE), 422, "record_type"),
        ("ada", vec![companies, ("mapping", "[1]")], Some(FILE), 422, "JSON object"),
        ("ada", vec![companies, ("mapping", r#"{"Symbol": "nothing"}"#)], Some(FILE), 422, "nothing"),
        ("ada", vec![companies, ("mode", "all")], Some(FILE), 422, "create, update or both"),
        ("ada", vec![companies, ("match_on", "sector")], Some(FILE), 422, "sector"),
        ("ada", vec![companies, ("colour", "red")], Some(FILE), 422, "colour"),
        ("ada", vec![companies], Some(""), 422, "empty"),
        ("ada", vec![companies], Some("PK\u{3}\u{4}..."), 415, "Excel"),
        ("ada", vec![companies], Some(&large), 413, "1 MB"),
        ("ada", vec![("record_type", "wonders")], Some(FILE), 404, ""),
        ("vera", vec![companies], Some(FILE), 403, ""),
    ] {
        let (found, body) = world.send(who, &texts, file).await;
        assert_eq!(found, status, "{texts:?} {body}");
        assert!(body.to_string().contains(words), "{body}");
    }
    let answer = world.service.ask("POST", "/api/v1/imports/", &[KIND], &form(&[companies], Some(FILE))).await;
    assert_eq!(answer.status, 401);
    let answer = world.post("ada", "/api/v1/imports/", json!({})).await;
    assert_eq!(answer.status, 415);
    assert_eq!(world.get("ada", "/api/v1/companies/").await.json()["count"], 0);
    let spool = world.service.state.config.storage.data.join("spool");
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0);
    assert_eq!(world.rows("files").await, 0);
}

#[tokio::test]
async fn a_browser_sends_a_file_and_is_led_to_its_import() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let own = [KIND, ("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let body = form(&[("record_type", "companies")], Some(FILE));
    let plain = world.service.ask("POST", "/imports/upload", &own, &body).await;
    assert_eq!(plain.status, 303, "{}", plain.text());
    let place = plain.header("location").to_owned();
    let script = [&own[..], &[("accept", "application/json")]].concat();
    let answer = world.service.ask("POST", "/imports/upload", &script, &body).await;
    assert!(answer.json()["id"].is_string());
    let page = world.service.ask("GET", &place, &own[1..2], "").await;
    assert_eq!(page.status, 200);
    for shown in ["companies.csv", "Symbol", "2013 (1888)", "3 rows"] {
        assert!(page.text().contains(shown), "{shown}");
    }
    let page = world.service.ask("GET", "/companies/import", &own[1..2], "").await;
    assert!(page.text().contains("Drop a CSV file here"));

    let foreign = [KIND, ("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(world.service.ask("POST", "/imports/upload", &foreign, &body).await.status, 403);
    assert_eq!(world.service.ask("POST", "/imports/upload", &[KIND], &body).await.status, 401);
}

#[tokio::test]
async fn a_script_follows_the_job_of_its_import_and_stops_it() {
    let world = World::new().await;
    let texts = [("record_type", "companies"), ("mapping", MAPPING)];
    // Nobody works yet: the job waits.
    let (_, begun) = world.send("max", &texts, Some(FILE)).await;
    let (import, job) = (begun["id"].as_str().unwrap(), begun["job"].as_str().unwrap());
    let at = format!("/api/v1/jobs/{job}/");
    let told = world.get("max", &at).await.json();
    assert_eq!(
        (&told["state"], &told["kind"], &told["error"]),
        (&json!("available"), &json!("imports.run"), &json!(null))
    );
    assert_eq!(world.get("ada", &at).await.status, 200);
    assert_eq!(world.get("rita", &at).await.status, 404);

    let stop = format!("/api/v1/imports/{import}/cancel/");
    assert_eq!(world.post("rita", &stop, json!({})).await.status, 404);
    let stopped = world.post("max", &stop, json!({})).await;
    assert_eq!(stopped.status, 202, "{}", stopped.text());
    assert_eq!((&stopped.json()["status"], &stopped.json()["error"]), (&json!("failed"), &json!("Cancelled.")));
    assert_eq!(world.get("max", &at).await.json()["state"], "cancelled");
    assert_eq!(world.post("max", &stop, json!({})).await.status, 409);
}

#[tokio::test]
async fn who_knows_how_a_file_is_written_says_so() {
    let world = World::new().await;
    let _working = world.service.work();
    // By itself this looks like one column of commas.
    let file = "name|notes\nAcme|a, b, c, d\n";
    let said = [("record_type", "companies"), ("encoding", "utf-8"), ("delimiter", "|")];
    let (status, begun) = world.send("ada", &said, Some(file)).await;
    assert_eq!(status, 202, "{begun}");
    assert_eq!((&begun["encoding"], &begun["delimiter"]), (&json!("UTF-8"), &json!("|")));
    let done = world.over("ada", begun["id"].as_str().unwrap()).await;
    assert_eq!((&done["status"], &done["created"]), (&json!("done"), &json!(1)), "{done}");
    assert_eq!(world.get("ada", "/api/v1/companies/").await.json()["results"][0]["notes"], "a, b, c, d");

    let wrong = [("record_type", "companies"), ("encoding", "ebcdic"), ("delimiter", "x")];
    let (status, refused) = world.send("ada", &wrong, Some(file)).await;
    assert_eq!(status, 422);
    assert!(refused["errors"]["encoding"].is_array() && refused["errors"]["delimiter"].is_array(), "{refused}");
    let (status, refused) =
        world.send("ada", &[("record_type", "companies"), ("encoding", "utf-16le")], Some("name\nAcme\n!")).await;
    assert_eq!(status, 422, "{refused}");
}
