//! Those who ask for as much as they may.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, Url};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use super::{GREEDY, Scene, work::sign_in};
use crate::Failure;

/// Lists asked for at a time by each account.
const LISTS: usize = 8;
/// Answers that each account lets lie at a time.
const UNREAD: usize = 4;

/// What one account does, in several ways at once.
struct Greedy {
    client: Client,
    token: String,
    address: String,
    companies: Arc<[uuid::Uuid]>,
}

/// Signs them in, and lets them go on until the set is given up.
pub async fn start(scene: &Scene) -> Result<JoinSet<()>, Failure> {
    let mut crowd = JoinSet::new();
    let companies: Arc<[uuid::Uuid]> = scene.companies.as_slice().into();
    for n in 0..GREEDY {
        let client = Client::new();
        let token = sign_in(&client, scene, &format!("greedy{n}")).await?;
        let greedy = Arc::new(Greedy { client, token, address: scene.address.clone(), companies: companies.clone() });
        for place in 0..LISTS {
            let greedy = greedy.clone();
            crowd.spawn(async move { greedy.list_and_hang_up(place).await });
        }
        for _ in 0..UNREAD {
            let greedy = greedy.clone();
            crowd.spawn(async move { greedy.let_answers_lie().await });
        }
        for is_dry_run in [false, true, true] {
            let greedy = greedy.clone();
            crowd.spawn(async move { greedy.rewrite(is_dry_run).await });
        }
    }
    Ok(crowd)
}

impl Greedy {
    fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token)
    }

    /// The heaviest conditions that are not refused. Every second time nobody waits for the answer.
    async fn list_and_hang_up(&self, place: usize) {
        for n in place.. {
            let leaf = format!(r#"{{"field":"parent.parent.notes","op":"contains","value":"{n} of nothing"}}"#);
            let filter = format!(r#"{{"or":[{}]}}"#, vec![leaf; 11].join(","));
            let list = format!("http://{}/api/v1/companies/", self.address);
            let Ok(list) = Url::parse_with_params(&list, [("filter", filter.as_str()), ("sort", "name")]) else {
                return;
            };
            let request = self.ask(self.client.get(list));
            let request = if n % 2 == 0 { request.timeout(Duration::from_millis(100)) } else { request };
            pause_after(request).await;
        }
    }

    async fn let_answers_lie(&self) {
        loop {
            let request = format!(
                "GET /api/v1/companies/?fields=notes&sort=created_at&page_size=200 HTTP/1.1\r\nhost: {}\r\n\
                 authorization: Bearer {}\r\n\r\n",
                self.address, self.token
            );
            if let Ok(mut socket) = TcpStream::connect(&self.address).await
                && socket.write_all(request.as_bytes()).await.is_ok()
            {
                // The beginning, so that the rest was made.
                let _ = socket.read(&mut [0; 1024]).await;
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn rewrite(&self, is_dry_run: bool) {
        for n in 0.. {
            let notes = format!("{n}{}", "y".repeat(99_000));
            let body = json!({ "ids": &*self.companies, "set": { "notes": notes }, "dry_run": is_dry_run });
            let request = self.client.post(format!("http://{}/api/v1/companies/bulk/", self.address));
            pause_after(self.ask(request).header("content-type", "application/json").body(body.to_string())).await;
        }
    }
}

/// Whatever comes of it, the next follows soon.
async fn pause_after(request: RequestBuilder) {
    if let Ok(answer) = request.send().await {
        let _ = answer.bytes().await;
    }
    tokio::time::sleep(Duration::from_millis(10)).await;
}
