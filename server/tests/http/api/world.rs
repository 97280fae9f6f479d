//! A service with somebody in each role, who call it with tokens.

use std::collections::BTreeMap;

use identity::{
    Role,
    server::users::{self, NewUser},
};
use kernel::server::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::support::{Answer, Service};

const PASSWORD: &str = "correct horse battery";

/// Text that would do harm wherever it is not treated as text.
pub const HARMFUL: &str = "Robert'); drop table companies;-- <script>alert(\"x\")</script> & %_\\ $1 'ä' 日本";

pub struct World {
    pub service: Service,
    pub people: BTreeMap<&'static str, Person>,
}

pub struct Person {
    pub id: Uuid,
    token: String,
}

impl World {
    /// Ada administers; Max manages a team in which Rita and Tom sell; Vera may look, Gus is a guest; Sam sells in
    /// another team.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let lifted = [("MAINSTAY_LIMITS_API", "off"), ("MAINSTAY_LIMITS_ANONYMOUS", "off")];
        let variables: Vec<_> = lifted.into_iter().chain(variables.iter().copied()).collect();
        let service = Service::start_with(&variables).await;
        let mut world = Self { service, people: BTreeMap::new() };
        world.add("ada", Role::Admin, None).await;
        let own = world.create("ada", "teams", json!({ "name": "North" })).await;
        let other = world.create("ada", "teams", json!({ "name": "South" })).await;
        let (own, other) = (id_of(&own), id_of(&other));
        for (name, role, team) in [
            ("max", Role::Manager, own),
            ("rita", Role::SalesRep, own),
            ("tom", Role::SalesRep, own),
            ("vera", Role::Viewer, own),
            ("gus", Role::Guest, own),
            ("sam", Role::SalesRep, other),
        ] {
            world.add(name, role, Some(team)).await;
        }
        world
    }

    async fn add(&mut self, name: &'static str, role: Role, team: Option<Uuid>) {
        let email = format!("{name}@example.com");
        let identity = &self.service.state.identity;
        let new = NewUser {
            email: email.clone(),
            first_name: Some(name.to_owned()),
            last_name: None,
            role,
            team,
            password: Some(PASSWORD.to_owned()),
        };
        let id = users::create(identity, &identity.system(), new).await.unwrap();
        let body = json!({ "email": email, "password": PASSWORD });
        let json = [("content-type", "application/json")];
        let answer = self.service.ask("POST", "/api/v1/auth/login/", &json, &body.to_string()).await;
        let token = answer.json()["tokens"]["access"].as_str().unwrap().to_owned();
        self.people.insert(name, Person { id, token });
    }

    /// Signs somebody in with a browser, and gives the cookie.
    pub async fn sign_in(&self, who: &str) -> String {
        let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        let body = format!("email={who}%40example.com&password={}&next=", PASSWORD.replace(' ', "+"));
        let answer = self.service.ask("POST", "/api/identity/sign-in", &form, &body).await;
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    pub fn id(&self, who: &str) -> Uuid {
        self.people[who].id
    }

    pub fn token(&self, who: &str) -> &str {
        &self.people[who].token
    }

    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.ask(who, "GET", path, &[], None).await
    }

    pub async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.ask(who, "POST", path, &[], Some(body)).await
    }

    pub async fn patch(&self, who: &str, path: &str, version: &str, body: Value) -> Answer {
        self.ask(who, "PATCH", path, &[("if-match", version)], Some(body)).await
    }

    pub async fn delete(&self, who: &str, path: &str, version: &str) -> Answer {
        self.ask(who, "DELETE", path, &[("if-match", version)], None).await
    }

    pub async fn ask(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let authorization = self.people.get(who).map(|p| format!("Bearer {}", p.token)).unwrap_or_default();
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        if !authorization.is_empty() {
            all.push(("authorization", &authorization));
        }
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        self.service.ask(method, path, &all, &body.map(|b| b.to_string()).unwrap_or_default()).await
    }

    /// Makes a record and returns it as it was answered.
    pub async fn create(&self, who: &str, collection: &str, body: Value) -> Value {
        let answer = self.post(who, &format!("/api/v1/{collection}/"), body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// How many rows a table holds.
    pub async fn rows(&self, table: &str) -> i64 {
        let sql = format!("select count(*) from {table}");
        self.service.state.db().fetch_optional(&sql, Args::new()).await.unwrap().unwrap().get(0).unwrap()
    }
}

pub fn id_of(record: &Value) -> Uuid {
    record["id"].as_str().unwrap().parse().unwrap()
}

/// Asserts that the answer is a problem of this status which tells nothing of the inside.
#[track_caller]
pub fn refuses(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    let text = answer.text().to_lowercase();
    for word in ["sqlite", "postgres", "sqlx", "select ", "panicked", ".rs:"] {
        assert!(!text.contains(word), "{text}");
    }
    problem
}
