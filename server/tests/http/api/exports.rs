//! `/api/v1/settings/export/`, and where browsers fetch files.

use identity::{Role, server::users};
use kernel::server::testing::{until, wait_for};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::support::Answer,
    world::{HARMFUL, World, refuses},
};

pub const EXPORT: &str = "/api/v1/settings/export/";

impl World {
    /// Starts an export and gives its id.
    pub async fn export(&self, who: &str, wanted: Value) -> String {
        let answer = self.post(who, EXPORT, wanted).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let begun = answer.json();
        assert_eq!((&begun["job"], answer.header("location")), (&begun["id"], begun["status_url"].as_str().unwrap()));
        begun["id"].as_str().unwrap().to_owned()
    }

    /// Waits until an export is over.
    async fn exported(&self, who: &str, id: &str) -> Value {
        wait_for("the end of the export", async || {
            let export = self.get(who, &format!("{EXPORT}{id}/status/")).await.json();
            if ["waiting", "running"].contains(&export["status"].as_str().unwrap()) { Err(export) } else { Ok(export) }
        })
        .await
    }

    /// Exports, waits and fetches.
    pub async fn fetch(&self, who: &str, wanted: Value) -> Answer {
        let id = self.export(who, wanted).await;
        let done = self.exported(who, &id).await;
        assert_eq!(done["status"], "done", "{done}");
        let answer = self.get(who, &format!("{EXPORT}{id}/download/")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(Some(answer.body.len() as u64), done["bytes"].as_u64());
        answer
    }
}

async fn world() -> World {
    World::with(&[("MAINSTAY_LIMITS_EXPORTS", "off")]).await
}

#[tokio::test]
async fn a_script_exports_follows_and_fetches_what_nobody_else_gets() {
    let world = world().await;
    for name in ["Beta", "Alpha", HARMFUL] {
        world.create("ada", "companies", json!({ "name": name, "sector": "Energy" })).await;
    }
    world.create("ada", "companies", json!({ "name": "Gamma", "sector": "Health" })).await;
    let wanted = json!({
        "format": "csv", "entities": ["companies"], "date_range": "today", "sort": "name",
        "filter": { "field": "sector", "op": "eq", "value": "Energy" }, "fields": ["name", "sector", "annual_revenue"],
    });
    let id = world.export("ada", wanted).await;
    let at = |rest: &str| format!("{EXPORT}{id}/{rest}/");
    // Nobody is at it yet.
    assert_eq!(world.get("ada", &at("status")).await.json()["status"], "waiting");
    refuses(&world.get("ada", &at("download")).await, 409);
    let _working = world.service.work();
    let done = world.exported("ada", &id).await;
    assert_eq!(
        (&done["status"], &done["rows"], &done["progress"]["percent"]),
        (&json!("done"), &json!(3), &json!(100))
    );
    assert!(done["expires_at"].as_str() > done["finished_at"].as_str());
    // The queue writes down that the job is over a moment after the file is there.
    let job = wait_for("the end of the job", async || {
        let job = world.get("ada", &format!("/api/v1/jobs/{id}/")).await.json();
        if job["state"] == "running" { Err(job) } else { Ok(job) }
    })
    .await;
    assert_eq!((&job["state"], &job["result"]["rows"]), (&json!("completed"), &json!(3)));

    let file = world.get("ada", &at("download")).await;
    let quoted = format!("\"{}\"", HARMFUL.replace('"', "\"\""));
    let lines = format!("Name,Sector,Annual revenue\r\nAlpha,Energy,\r\nBeta,Energy,\r\n{quoted},Energy,\r\n");
    assert_eq!(file.text().replace(HARMFUL, &quoted), lines);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let disposition = file.header("content-disposition").to_owned();
    assert!(disposition.starts_with("attachment; filename=\"companies-2"), "{disposition}");
    assert_eq!((file.header("x-content-type-options"), file.header("cache-control")), ("nosniff", "no-store"));

    // In a browser, by a link that is signed for her.
    let led = world.get("ada", &format!("/exports/{id}/download")).await;
    assert_eq!(led.status, 303);
    assert_eq!(world.get("ada", led.header("location")).await.text(), file.text());
    refuses(&world.get("rita", led.header("location")).await, 404);
    for who in ["rita", "max"] {
        for path in [at("status"), at("download"), format!("/exports/{id}/download")] {
            refuses(&world.get(who, &path).await, 404);
        }
        refuses(&world.ask(who, "POST", &at("cancel"), &[], None).await, 404);
        assert_eq!(world.get(who, EXPORT).await.json()["results"], json!([]));
    }
    refuses(&world.get("nobody", &at("download")).await, 401);
    assert_eq!(world.get("ada", EXPORT).await.json()["results"][0]["id"], json!(id));
    refuses(&world.ask("ada", "POST", &at("cancel"), &[], None).await, 409);
}

#[tokio::test]
async fn several_types_are_an_archive_a_document_or_sheets() {
    let world = world().await;
    let _working = world.service.work();
    let company = world.create("ada", "companies", json!({ "name": "Alpha" })).await;
    world.create("ada", "contacts", json!({ "last_name": "Lovelace", "company": company["id"] })).await;
    let both = |format: &str| json!({ "format": format, "entities": ["companies", "contacts"] });
    let archive = world.fetch("ada", both("csv")).await;
    assert!(archive.body.starts_with(b"PK") && archive.header("content-type") == "application/zip");
    for name in ["companies.csv", "contacts.csv"] {
        assert!(archive.body.windows(name.len()).any(|part| part == name.as_bytes()), "{name}");
    }
    let document = world.fetch("ada", both("json")).await.json();
    assert_eq!(document["companies"][0], world.get("ada", "/api/v1/companies/").await.json()["results"][0]);
    assert_eq!(document["contacts"][0]["company"]["label"], "Alpha");
    let book = world.fetch("ada", both("xlsx")).await;
    assert!(book.body.starts_with(b"PK"));
    assert!(book.header("content-type").ends_with("spreadsheetml.sheet"));
}

#[tokio::test]
async fn nothing_to_export_is_a_file_with_headings() {
    let world = world().await;
    let _working = world.service.work();
    let wanted =
        |format: &str| json!({ "format": format, "entities": ["contacts"], "fields": ["last_name", "address"] });
    let table = world.fetch("ada", wanted("csv")).await;
    let parts = "Address: Street,Address: City,Address: State or region,Address: Postal code,Address: Country";
    assert_eq!(table.text(), format!("Last name,{parts}\r\n"));
    assert_eq!(world.fetch("ada", wanted("json")).await.json(), json!({ "contacts": [] }));
    assert!(world.fetch("ada", wanted("xlsx")).await.body.starts_with(b"PK"));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_field_that_does_not() {
    let world = world().await;
    let with = |name: &str, value: Value| {
        let mut wanted = json!({ "format": "csv", "entities": ["companies"] });
        wanted[name] = value;
        wanted
    };
    for (wanted, field, words) in [
        (with("format", json!("pdf")), "format", "csv, xlsx or json"),
        (json!({ "entities": ["companies"] }), "format", "csv"),
        (json!({ "format": "csv" }), "entities", "companies"),
        (with("entities", json!([])), "entities", "companies"),
        (with("entities", json!("companies")), "entities", "list"),
        (with("entities", json!(["wonders"])), "entities", "wonders"),
        (with("entities", json!(["companies", "companies"])), "entities", "twice"),
        (with("date_range", json!("fortnight")), "date_range", "quarter"),
        (with("date_range", json!({})), "date_range", "from which day"),
        (with("date_range", json!({ "from": "2026-02-30" })), "date_range", "2026-03-31"),
        (with("date_range", json!({ "from": "2026-03-02", "to": "2026-03-01" })), "date_range", "after"),
        (with("date_range", json!({ "since": "2026-03-02" })), "date_range", "`from` and `to`"),
        (with("fields", json!(["name", "colour"])), "fields", "colour"),
        (with("fields", json!(["name", "name"])), "fields", "twice"),
        (with("filter", json!({ "field": "colour", "op": "eq", "value": 1 })), "filter", "colour"),
        (with("filter", json!({ "or": 1 })), "filter", "list of filters"),
        (with("sort", json!("colour")), "sort", "colour"),
        (with("colour", json!("red")), "colour", "not a field"),
    ] {
        let answer = world.post("ada", EXPORT, wanted.clone()).await;
        let problem = refuses(&answer, 422);
        let why = problem["errors"][field][0].as_str().unwrap_or_else(|| panic!("{wanted}: {problem}"));
        assert!(why.contains(words), "{why}");
    }
    let narrowed = json!({ "format": "csv", "entities": ["companies", "contacts"], "sort": "name" });
    assert!(refuses(&world.post("ada", EXPORT, narrowed).await, 422)["errors"]["entities"].is_array());
    // Who may look may not take away; whom a type is not shown to does not learn of it.
    refuses(&world.post("vera", EXPORT, with("format", json!("csv"))).await, 403);
    refuses(&world.post("vera", EXPORT, with("entities", json!(["organisations_x"]))).await, 422);
    refuses(&world.post("nobody", EXPORT, with("format", json!("csv"))).await, 401);
    refuses(&world.ask("ada", "POST", EXPORT, &[("content-type", "text/csv")], Some(json!({}))).await, 415);
    assert_eq!((world.rows("exports").await, world.rows("jobs").await), (0, 0));
}

#[tokio::test]
async fn an_export_holds_what_its_asker_may_see_and_no_more() {
    let world = world().await;
    let _working = world.service.work();
    for who in ["ada", "max", "rita", "sam"] {
        world.create(who, "companies", json!({ "name": format!("Of {who}"), "owner": world.id(who) })).await;
    }
    // Managers take away what is their team's, sales representatives what is their own though they see more.
    for (who, names) in [("ada", 4), ("max", 2), ("rita", 1), ("sam", 1)] {
        let wanted = json!({ "format": "csv", "entities": ["companies"], "fields": ["name"], "sort": "name" });
        let file = world.fetch(who, wanted).await;
        let listed = world.get(who, "/api/v1/companies/").await.text().to_owned();
        let lines: Vec<&str> = file.text().lines().skip(1).collect();
        assert_eq!(lines.len(), names, "{who}: {lines:?}");
        assert!(lines.iter().all(|name| listed.contains(name)) && lines.contains(&format!("Of {who}").as_str()));
    }
}

#[tokio::test]
async fn what_waits_is_cancelled_at_once_and_leaves_no_file() {
    let world = world().await;
    let id = world.export("ada", json!({ "format": "csv", "entities": ["companies"] })).await;
    let answer = world.ask("ada", "POST", &format!("{EXPORT}{id}/cancel/"), &[], None).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (202, &json!("cancelled")));
    refuses(&world.get("ada", &format!("{EXPORT}{id}/download/")).await, 409);
    assert_eq!(world.rows("files").await, 0);
}

#[tokio::test]
async fn a_file_is_handed_over_for_as_long_as_one_may_export_what_is_in_it() {
    let world = world().await;
    let _working = world.service.work();
    let id = world.export("max", json!({ "format": "csv", "entities": ["companies"] })).await;
    world.exported("max", &id).await;
    let places = [format!("{EXPORT}{id}/download/"), format!("/exports/{id}/download")];
    for (place, status) in places.iter().zip([200, 303]) {
        assert_eq!(world.get("max", place).await.status, status);
    }
    let identity = &world.service.state.identity;
    users::set_role(identity, &identity.system(), world.id("max"), Role::Viewer).await.unwrap();
    for place in places {
        refuses(&world.get("max", &place).await, 403);
    }
}

impl World {
    /// Writes companies past all rules, for many take their time.
    async fn fill(&self, companies: i64) {
        let now = self.service.state.app.clock().now();
        for hundred in 0..companies / 100 {
            let mut sql = records::server::Sql::new(self.service.state.db().engine());
            sql.push("insert into companies (id, version, created_at, updated_at, name, name_key, status, search_key) values ");
            for n in hundred * 100..hundred * 100 + 100 {
                sql.push(if n % 100 > 0 { ", (" } else { "(" });
                sql.bind(Uuid::from_u128(u128::from(n.unsigned_abs()) + 1));
                sql.push(", 1, ");
                sql.bind(now);
                sql.push(", ");
                sql.bind(now);
                let name = format!("Company {n:06}");
                for text in [name.clone(), name.to_lowercase(), "customer".to_owned(), name.to_lowercase()] {
                    sql.push(", ");
                    sql.bind(text);
                }
                sql.push(")");
            }
            let (text, args) = sql.finish();
            let mut tx = self.service.state.db().begin().await.unwrap();
            tx.execute_bulk(&text, args).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    /// Waits until an export has written some of its rows.
    async fn under_way(&self, who: &str, id: &str) {
        until("some rows are written", async || {
            let export = self.get(who, &format!("{EXPORT}{id}/status/")).await.json();
            assert!(["waiting", "running"].contains(&export["status"].as_str().unwrap()), "{export}");
            export["rows"].as_i64().unwrap() > 0
        })
        .await;
    }

    fn spooled(&self) -> usize {
        std::fs::read_dir(self.service.state.config.storage.data.join("spool")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn what_runs_is_stopped_by_its_asker_or_by_the_loss_of_a_right_and_leaves_no_file() {
    let world = world().await;
    // So many that they take longer than rights are remembered, on a fast machine too.
    world.fill(120_000).await;
    let _working = world.service.work();
    let all = json!({ "format": "xlsx", "entities": ["companies"], "sort": "-name" });
    let id = world.export("ada", all.clone()).await;
    world.under_way("ada", &id).await;
    let asked = world.ask("ada", "POST", &format!("{EXPORT}{id}/cancel/"), &[], None).await;
    assert_eq!(asked.status, 202);
    let over = world.exported("ada", &id).await;
    assert_eq!((&over["status"], &over["error"]), (&json!("cancelled"), &Value::Null));
    assert!(over["rows"].as_i64().unwrap() < 120_000, "{over}");

    let id = world.export("ada", all).await;
    world.under_way("ada", &id).await;
    let mut tx = world.service.state.db().begin().await.unwrap();
    let sql = "update users set role = 'viewer' where id = $1";
    tx.execute(sql, vec![world.id("ada").into()]).await.unwrap();
    tx.commit().await.unwrap();
    let (status, error) = wait_for("the end of the export", async || {
        let sql = "select status, error from exports where id = $1";
        let id = id.parse::<Uuid>().unwrap();
        let row = world.service.state.db().fetch_optional(sql, vec![id.into()]).await.unwrap().unwrap();
        let found = (row.get::<String>(0).unwrap(), row.get::<Option<String>>(1).unwrap());
        // Between an attempt that failed and what becomes of it, it waits.
        if ["running", "waiting"].contains(&found.0.as_str()) { Err(found) } else { Ok(found) }
    })
    .await;
    assert_eq!(status, "failed");
    assert!(error.as_deref().is_some_and(|why| why.contains("may not")), "{error:?}");
    assert_eq!((world.spooled(), world.rows("files").await), (0, 0));
}

#[tokio::test]
async fn many_rows_come_once_each_whatever_their_order() {
    let world = world().await;
    world.fill(5_000).await;
    let _working = world.service.work();
    for sort in ["", "name", "-name", "sector,-name", "owner"] {
        let wanted = json!({ "format": "csv", "entities": ["companies"], "sort": sort, "fields": ["name"] });
        let file = world.fetch("ada", wanted).await;
        let mut names: Vec<&str> = file.text().lines().skip(1).collect();
        if sort == "-name" || sort == "sector,-name" {
            assert!(names.is_sorted_by(|a, b| a > b), "{sort}");
            names.reverse();
        }
        let expected: Vec<String> = (0..5_000).map(|n| format!("Company {n:06}")).collect();
        assert!(names == expected, "{sort}");
    }
}

#[tokio::test]
async fn a_file_expires_and_goes() {
    let world = World::with(&[("MAINSTAY_EXPORTS_KEEP", "1 s")]).await;
    let _working = world.service.work();
    let id = world.export("ada", json!({ "format": "json", "entities": ["companies"] })).await;
    let status = wait_for("the end of its time", async || {
        let export = world.exported("ada", &id).await;
        if export["status"] == "done" { Err(export) } else { Ok(export["status"].clone()) }
    })
    .await;
    assert_eq!(status, "expired");
    refuses(&world.get("ada", &format!("{EXPORT}{id}/download/")).await, 404);
    let state = &world.service.state;
    let ctx = state.app.ctx(std::sync::Arc::new(records::server::Actor::system()));
    jobs::server::run_now(&ctx, &state.jobs(), "sweep_exports").await.unwrap();
    until("the file is gone", async || world.rows("files").await == 0).await;
}
