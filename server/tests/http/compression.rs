use serde_json::json;

use super::{api::world::World, support::Answer};

const ACCEPT: (&str, &str) = ("accept-encoding", "gzip, deflate, br, zstd");

async fn world() -> World {
    let world = World::new().await;
    for n in 0..50 {
        world.create("ada", "companies", json!({ "name": format!("Company {n}"), "sector": "Energy" })).await;
    }
    world
}

fn kilobytes(answer: &Answer) -> usize {
    answer.body.len() / 1024
}

#[tokio::test]
async fn pages_and_lists_are_sent_compressed_to_who_takes_that() {
    let world = world().await;
    let cookie = world.sign_in("ada").await;
    for path in ["/companies", "/api/v1/companies/"] {
        let mut sizes = vec![];
        for (accepts, sent) in [
            ("identity", ""),
            ("gzip", "gzip"),
            ("gzip, deflate, br", "br"),
            (ACCEPT.1, "zstd"),
            ("br;q=0, gzip", "gzip"),
        ] {
            let headers = [("cookie", cookie.as_str()), ("accept-encoding", accepts)];
            let answer = world.service.ask("GET", path, &headers, "").await;
            assert_eq!((answer.status.as_u16(), answer.header("content-encoding")), (200, sent), "{path} {accepts}");
            assert_eq!(answer.headers.get_all("vary").iter().collect::<Vec<_>>(), ["accept-encoding"], "{path}");
            sizes.push(kilobytes(&answer));
        }
        assert!(sizes[1..].iter().all(|size| *size < 25 && size * 5 < sizes[0]), "{path}: {sizes:?}");
    }
}

#[tokio::test]
async fn what_is_short_or_named_by_its_tag_or_to_be_kept_as_a_file_is_sent_as_it_is() {
    let world = World::new().await;
    let notes = "A long story. ".repeat(200);
    let company = world.create("ada", "companies", json!({ "name": "Acme", "notes": notes })).await;
    let record = format!("/api/v1/companies/{}/", company["id"].as_str().unwrap());
    for path in [record.as_str(), "/api/v1/auth/me/", "/api/v1/jobs/", "/icons/icon-192.b3e08ee611ac7aa663dfa0.png"] {
        let answer = world.ask("ada", "GET", path, &[ACCEPT], None).await;
        assert_eq!(answer.header("content-encoding"), "", "{path}");
    }
    let answer = world.ask("ada", "GET", &record, &[ACCEPT], None).await;
    assert_eq!(answer.header("etag"), "\"1\"");
}

#[tokio::test]
async fn what_another_site_asks_for_tells_nothing_by_its_length() {
    let world = world().await;
    let cookie = world.sign_in("ada").await;
    for (site, sent) in [("same-origin", "zstd"), ("none", "zstd"), ("cross-site", ""), ("same-site", "")] {
        let headers = [("cookie", cookie.as_str()), ACCEPT, ("sec-fetch-site", site)];
        let answer = world.service.ask("GET", "/companies?search=Company", &headers, "").await;
        assert_eq!((answer.status.as_u16(), answer.header("content-encoding")), (200, sent), "{site}");
    }
}
