//! The domain from outside: over HTTP, and through its use cases, on a database of its own.

mod api;
mod browser;
mod first_run;
mod people;

use std::net::SocketAddr;

use axum::{
    Extension, Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
    middleware,
    routing::{get, post},
};
use http_body_util::BodyExt;
use kernel::{
    Timestamp,
    server::{Clock, testing::TestDb},
};
use records::server::{Actor, Ctx, testing};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use uuid::Uuid;

use super::{
    Identity, Settings, Strength,
    users::{self, NewUser},
};
use crate::Role;

pub const PASSWORD: &str = "correct horse battery";
pub const EMAIL: &str = "ana@example.com";

/// A program with nobody in it.
pub struct World {
    pub db: TestDb,
    pub clock: Clock,
    pub identity: Identity,
    pub router: Router,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The cookie it sets, as a browser would send it back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }
}

async fn who(actor: Option<Extension<Arc<Actor>>>) -> String {
    actor.map_or("nobody".into(), |a| a.0.email.clone())
}

impl World {
    pub async fn empty() -> Self {
        Self::at("http://localhost:3000").await
    }

    pub async fn at(public_url: &str) -> Self {
        let db = TestDb::new().await;
        let clock = Clock::fixed(Timestamp::parse("2026-03-02T09:00:00Z").unwrap());
        let modules = vec![super::module(), organisation::server::module()];
        let app = testing::app((*db).clone(), clock.clone(), modules);
        let identity = Identity::new(app, settings(public_url));
        let router = router(&identity);
        Self { db, clock, identity, router }
    }

    /// A program whose administrator is Ana.
    pub async fn with_ana() -> (Self, Uuid) {
        let world = Self::empty().await;
        let ana = world.add(EMAIL, Role::Admin).await;
        (world, ana)
    }

    pub async fn add(&self, email: &str, role: Role) -> Uuid {
        users::create(&self.identity, &self.identity.system(), person(email, role)).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from("192.0.2.1", request).await
    }

    pub async fn send_from(&self, address: &str, mut request: Request<Body>) -> Answer {
        let peer = SocketAddr::new(address.parse().unwrap(), 4000);
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(json(path, body)).await
    }

    pub async fn get(&self, path: &str, header: (&str, &str)) -> Answer {
        self.send(Request::get(path).header(header.0, header.1).body(Body::empty()).unwrap()).await
    }

    /// The access and refresh tokens of a fresh sign-in.
    pub async fn tokens(&self, email: &str) -> (String, String) {
        let answer = self.post("/api/v1/auth/login/", serde_json::json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        pair(&answer.json()["tokens"])
    }

    /// Who the program takes the sender of a header for.
    pub async fn who(&self, header: (&str, &str)) -> String {
        self.get("/who", header).await.text
    }

    pub async fn who_bearer(&self, access: &str) -> String {
        self.who(("authorization", &format!("Bearer {access}"))).await
    }

    /// A context as a user who signed in has it.
    pub async fn ctx(&self, email: &str) -> Ctx {
        let (access, _) = self.tokens(email).await;
        let (_, session) = self.identity.keys().read_access_token(&access, self.identity.now()).unwrap();
        let live = super::sessions::find(&self.identity, super::sessions::Key::Id(session)).await.unwrap().unwrap();
        self.identity.app().ctx(live.actor)
    }

    /// What another process does to the database, behind this one's back.
    pub async fn elsewhere(&self, sql: &str) {
        let mut tx = self.db.begin().await.unwrap();
        tx.execute(sql, vec![]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

pub fn settings(public_url: &str) -> Settings {
    Settings { secret_key: [7; 32], public_url: public_url.to_owned(), strength: Strength::TESTS }
}

pub fn router(identity: &Identity) -> Router {
    let app = identity.app().clone();
    let functions = move |request: Request<Body>| {
        let app = app.clone();
        leptos_axum::handle_server_fns_with_context(move || leptos::prelude::provide_context(app.clone()), request)
    };
    Router::new()
        .route("/who", get(who))
        .route("/api/{*function}", post(functions))
        .merge(super::routes())
        .layer(middleware::from_fn_with_state(identity.clone(), super::authenticate))
}

pub fn person(email: &str, role: Role) -> NewUser {
    NewUser {
        email: email.to_owned(),
        first_name: Some("Ana".into()),
        last_name: Some("Lima".into()),
        role,
        team: None,
        password: Some(PASSWORD.into()),
    }
}

pub fn json(path: &str, body: Value) -> Request<Body> {
    let request = Request::builder().method(Method::POST).uri(path);
    request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
}

pub fn form(path: &str, accept: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, accept)
        .header(header::REFERER, "http://localhost:3000/sign-in?next=/companies")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

pub fn pair(tokens: &Value) -> (String, String) {
    (tokens["access"].as_str().unwrap().into(), tokens["refresh"].as_str().unwrap().into())
}
