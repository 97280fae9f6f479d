//! A person who works meanwhile, and what they see of the others.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{PASSWORD, Scene};
use crate::Failure;

/// How long the person takes between two things.
const PAUSE: Duration = Duration::from_millis(50);

/// How long each kind of request took, in milliseconds, and what went wrong.
#[derive(Default)]
pub struct Seen {
    times: BTreeMap<&'static str, Vec<u128>>,
    failed: Vec<String>,
}

pub async fn until_ready(scene: &Scene) -> Result<(), Failure> {
    let began = Instant::now();
    let client = Client::new();
    while began.elapsed() < Duration::from_mins(2) {
        if client.get(scene.url("/healthz/")).send().await.is_ok_and(|answer| answer.status() == 200) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the program does not serve".into())
}

/// Signs in, and gives the token.
pub async fn sign_in(client: &Client, scene: &Scene, name: &str) -> Result<String, Failure> {
    let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    let request = client.post(scene.url("/api/v1/auth/login/")).header("content-type", "application/json");
    let answer = request.body(body.to_string()).send().await?;
    let answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(answer["tokens"]["access"].as_str().ok_or_else(|| format!("{name} was not signed in: {answer}"))?.to_owned())
}

/// Works for so long.
pub async fn go_on(scene: &Scene, time: Duration) -> Result<Seen, Failure> {
    let (began, client, mut seen) = (Instant::now(), Client::new(), Seen::default());
    let token = sign_in(&client, scene, "worker").await?;
    let json = |request: RequestBuilder, body: Value| {
        request.bearer_auth(&token).header("content-type", "application/json").body(body.to_string())
    };
    let new = json(client.post(scene.url("/api/v1/companies/")), json!({ "name": "Own" }));
    let own = seen.note("create", new).await;
    seen.ensure_good()?;
    let own: Value = serde_json::from_slice(&own)?;
    let own = scene.url(&format!("/api/v1/companies/{}/", own["id"].as_str().ok_or("nothing was created")?));
    for n in 0.. {
        if began.elapsed() > time {
            break;
        }
        let list = "/api/v1/companies/?fields=name,status,owner&sort=name&status=customer&page_size=50";
        seen.note("list", client.get(scene.url(list)).bearer_auth(&token)).await;
        seen.note("record", client.get(&own).bearer_auth(&token)).await;
        if n % 10 == 0 {
            let saved = client.patch(&own).header("if-match", "*");
            seen.note("save", json(saved, json!({ "employees": n }))).await;
            seen.note("health", client.get(scene.url("/healthz/"))).await;
        }
        if n % 40 == 0 {
            let body = json!({ "email": "worker@example.com", "password": PASSWORD });
            seen.note("sign-in", json(client.post(scene.url("/api/v1/auth/login/")), body)).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(seen)
}

impl Seen {
    async fn note(&mut self, what: &'static str, request: RequestBuilder) -> Vec<u8> {
        let began = Instant::now();
        let answer = request.send().await;
        let (status, body) = match answer {
            Ok(answer) => (answer.status().as_u16(), answer.bytes().await.unwrap_or_default().to_vec()),
            Err(error) => return self.fail(format!("{what}: {error}")),
        };
        self.times.entry(what).or_default().push(began.elapsed().as_millis());
        if status >= 400 {
            return self.fail(format!("{what}: {status} {}", String::from_utf8_lossy(&body)));
        }
        body
    }

    fn fail(&mut self, why: String) -> Vec<u8> {
        self.failed.push(why);
        vec![]
    }

    /// Everything the person asked for was answered.
    pub fn ensure_good(&self) -> Result<(), Failure> {
        match self.failed.first() {
            None => Ok(()),
            Some(first) => Err(format!("{} requests of somebody else failed, first {first}", self.failed.len()).into()),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("beside five greedy accounts")?;
        for (what, times) in &self.times {
            let mut times = times.clone();
            times.sort_unstable();
            let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100];
            write!(f, ", {} × {what}: p50 {} ms, p99 {} ms, at most {} ms", times.len(), at(50), at(99), at(100))?;
        }
        Ok(())
    }
}
