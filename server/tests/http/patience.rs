//! Readers that do not read.

use std::time::Duration;

use kernel::server::testing::until;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::api::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_reads_is_given_up_with_what_it_takes_up() {
    let world = World::new().await;
    let notes = "x".repeat(99_000);
    for i in 0..80 {
        world.create("ada", "companies", json!({ "name": format!("Company {i}"), "notes": notes })).await;
    }
    let address = world.service.listen_for(Duration::from_millis(300)).await;
    let request = format!(
        "GET /api/v1/companies/?page_size=200 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
        world.token("ada")
    );
    let room = world.service.state.app.room().clone();
    let mut sockets = vec![];
    for _ in 0..2 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        sockets.push(socket);
    }
    until("the answers are there", async || room.taken_up() > 8 << 20).await;
    until("nothing is held of them any more", async || room.taken_up() == 0).await;
    for mut socket in sockets {
        let mut read = vec![];
        // It ends before its time, with an error or without one.
        let _ = socket.read_to_end(&mut read).await;
        assert!(read.starts_with(b"HTTP/1.1 200") && read.len() < 7 << 20, "{} bytes were sent", read.len());
    }
    // Whoever reads gets it all, in as many pages as it takes.
    let first = world.get("ada", "/api/v1/companies/?page_size=200").await.json();
    let next = first["next"].as_str().unwrap().split_once("/api/").unwrap().1.to_owned();
    let second = world.get("ada", &format!("/api/{next}")).await.json();
    let count = |page: &serde_json::Value| page["results"].as_array().unwrap().len();
    assert_eq!((count(&first) + count(&second), first["count"].as_u64()), (80, Some(80)));
    assert_eq!(second["next"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_page_asked_for_by_number_holds_so_much_and_no_more() {
    let world = World::new().await;
    let notes = "x".repeat(99_000);
    for i in 0..70 {
        world.create("ada", "companies", json!({ "name": format!("Company {i}"), "notes": notes })).await;
    }
    let answer = world.get("ada", "/api/v1/companies/?page=1&page_size=200").await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["detail"].as_str().unwrap().contains("ask for fewer records at a time"));
    assert_eq!(world.get("ada", "/api/v1/companies/?page=1&page_size=60").await.status, 200);
    assert_eq!(world.get("ada", "/api/v1/companies/?page=1&page_size=200&fields=name").await.status, 200);
    // A question that weighs too much says so.
    let leaf = "%7B%22field%22:%22parent.parent.notes%22,%22op%22:%22contains%22,%22value%22:%22x%22%7D";
    let filter = format!("%7B%22or%22:%5B{}%5D%7D", [leaf; 12].join(","));
    let refused = world.get("ada", &format!("/api/v1/companies/?filter={filter}")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["detail"].as_str().unwrap().contains("weigh 216 together"), "{}", refused.text());
}
