//! What is exported and imported again, elsewhere and with columns matched by their names alone, is what it was.

use serde_json::{Value, json};

use super::world::{HARMFUL, World};

/// Texts that a careless table would lose, split or run.
const HOSTILE: [&str; 14] = [
    HARMFUL,
    "=1+1",
    "+44 20 7946 0958",
    "-1",
    "@SUM(A1:A9)",
    "'=already marked",
    "''",
    "＝HYPERLINK(\"http://x\")",
    "a,b;c|d",
    "\"quoted\" and \"\"doubled\"\"",
    "Zoë 日本 🦀 \u{200d} e\u{301}",
    "true",
    "2026-03-31",
    "0000066740",
];
const LINES: &str = "=first\n\n  indented, \"quoted\"\n'mark\n-last ";

/// The records of a type by their title, without what is different everywhere.
async fn records(world: &World, collection: &str, title: &str) -> Vec<(String, Value)> {
    let listed = world.get("ada", &format!("/api/v1/{collection}/?page_size=200")).await.json();
    let mut all: Vec<(String, Value)> = listed["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let mut record = record.as_object().unwrap().clone();
            record.retain(|name, _| {
                !["id", "version", "created_at", "updated_at", "created_by", "updated_by"].contains(&name.as_str())
            });
            for value in record.values_mut() {
                if value["label"].is_string() {
                    *value = value["label"].clone();
                }
            }
            (record[title].as_str().unwrap_or_default().to_owned(), Value::Object(record))
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

async fn fill(world: &World) {
    let mut companies = vec![];
    for (i, text) in HOSTILE.iter().enumerate() {
        let company = world
            .create(
                "ada",
                "companies",
                json!({
                    "name": format!("{text} {i}"),
                    "status": (["prospect", "customer", "at_risk", "former"][i % 4]),
                    "sector": text,
                    "headquarters": text,
                    "founded": format!("{} (1888)", 1900 + i),
                    "annual_revenue": { "amount": (["1054.00", "-0.01", "92233720368547.58"][i % 3]), "currency": (["USD", "EUR"][i % 2]) },
                    "employees": i64::try_from(i).unwrap() * 1_000_000 - 3,
                    "domain": format!("example{i}.com"),
                    "cik": "0000066740",
                    "listed_since": "1888-01-02",
                    "parent": companies.last(),
                    "tags": [text, "a, b", "\"half", "x;y"],
                    "notes": LINES,
                    "owner": world.id(["ada", "rita"][i % 2]),
                }),
            )
            .await;
        companies.push(company["id"].clone());
    }
    // Empty but for what is needed.
    world.create("ada", "companies", json!({ "name": "Bare" })).await;
    for (i, text) in HOSTILE.iter().enumerate() {
        let address = json!({
            "street": text, "city": "Zürich, \"Kreis 4\"", "region": "", "postal_code": "0801", "country": "=CH",
        });
        world
            .create(
                "ada",
                "contacts",
                json!({
                    "first_name": format!("{text} {i}"),
                    "last_name": text,
                    "status": (["active", "on_leave", "left"][i % 3]),
                    "job_title": text,
                    "company": companies[i],
                    "emails": [format!("a{i}@example.com"), format!("b.{i}+tag@example.org")],
                    "phones": [format!("+44207946{:04}", i), "+41446681800"],
                    "address": if i % 3 == 0 { Value::Null } else { address },
                    "notes": LINES,
                }),
            )
            .await;
    }
}

#[tokio::test]
async fn every_field_comes_back_equal_by_columns_matched_by_name() {
    let (one, other) = (World::with(&[("MAINSTAY_LIMITS_EXPORTS", "off")]).await, World::new().await);
    let (_here, _there) = (one.service.work(), other.service.work());
    fill(&one).await;
    for (collection, title) in [("companies", "name"), ("contacts", "full_name")] {
        for sort in ["", "-created_at"] {
            let table = one.fetch("ada", json!({ "format": "csv", "entities": [collection], "sort": sort })).await;
            if sort.is_empty() {
                let texts = [("record_type", collection)];
                let (status, begun) = other.send("ada", &texts, Some(table.text())).await;
                assert_eq!(status, 202, "{begun}");
                let id = begun["id"].as_str().unwrap();
                let done = other.over("ada", id).await;
                let errors = other.get("ada", &format!("/api/v1/imports/{id}/errors/")).await;
                assert_eq!((&done["status"], &done["failed"]), (&json!("done"), &json!(0)), "{}", errors.text());
            }
        }
        let (before, after) = (records(&one, collection, title).await, records(&other, collection, title).await);
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after);
        }
    }
}

#[tokio::test]
async fn rows_that_share_a_name_are_told_apart_by_their_id() {
    let world = World::with(&[("MAINSTAY_LIMITS_EXPORTS", "off")]).await;
    let _working = world.service.work();
    let twins = [
        world.create("ada", "companies", json!({ "name": "Twin" })).await,
        world.create("ada", "companies", json!({ "name": "twin" })).await,
    ];
    let child = world.create("ada", "companies", json!({ "name": "Child", "parent": twins[1]["id"] })).await;
    let wanted = json!({ "format": "csv", "entities": ["companies"], "fields": ["name", "parent"], "sort": "name" });
    let table = world.fetch("ada", wanted).await;
    assert!(table.text().contains(&format!("Child,{}", twins[1]["id"].as_str().unwrap())), "{}", table.text());
    let own: Vec<&str> = table.text().lines().filter(|line| !line.to_lowercase().starts_with("twin")).collect();
    let texts = [("record_type", "companies"), ("match_on", "name"), ("mode", "update")];
    let (_, begun) = world.send("ada", &texts, Some(&(own.join("\n") + "\n"))).await;
    let done = world.over("ada", begun["id"].as_str().unwrap()).await;
    assert_eq!((&done["unchanged"], &done["failed"]), (&json!(1), &json!(0)), "{done}");
    let again = world.get("ada", &format!("/api/v1/companies/{}/", child["id"].as_str().unwrap())).await.json();
    assert_eq!(again["parent"]["id"], twins[1]["id"]);
}
