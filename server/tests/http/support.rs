//! The whole service on a database of its own, asked without a network.

mod contract;

use std::{collections::BTreeMap, fs, net::SocketAddr, os::unix::fs::symlink, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use contract::Asked;
use identity::server::Strength;
use kernel::server::{Clock, Db, EVERYTHING, Engine, Rng, testing::TestDb};
use records::server::App;
use server::{
    config::{Config, Environment},
    modules,
    state::{State, database_options},
    web::{self, Impatient, Peer},
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// What is served as it is.
pub const PUBLIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../public");
/// The hash in the names of the compiled files.
pub const HASH: &str = "4ZhX5u_F-Su_zhH6GsmTSw";

pub struct Service {
    pub state: State,
    router: Router,
    db: Arc<TestDb>,
    folder: Arc<TempDir>,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Service {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With these variables set besides.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        fs::create_dir_all(site.join("pkg")).unwrap();
        for file in fs::read_dir(PUBLIC).unwrap().flatten() {
            symlink(file.path(), site.join(file.file_name())).unwrap();
        }
        fs::write(site.join(format!("pkg/mainstay.{HASH}.js")), "plain").unwrap();
        fs::write(site.join(format!("pkg/mainstay.{HASH}.js.br")), "brotli").unwrap();
        let mut environment = Environment::from([
            ("MAINSTAY_ENV".to_owned(), "test".to_owned()),
            ("MAINSTAY_DATA".to_owned(), folder.path().display().to_string()),
            ("MAINSTAY_SITE".to_owned(), site.display().to_string()),
        ]);
        environment.extend(variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        // Beside the running test, where the names of the compiled files are looked up.
        let hashes = std::env::current_exe().unwrap().with_file_name("hash.txt");
        fs::write(hashes, format!("js: {HASH}\nwasm: {HASH}\ncss: {HASH}\n")).unwrap();
        let config = Config::read("", &environment).unwrap();
        let key = config.secret_key().unwrap();
        let db = TestDb::new().await;
        let app =
            App::new(Self::open(&db, &config).await, modules::registry().unwrap(), Clock::default(), Rng::system());
        let state = State::new(config, &key, app, Strength::TESTS).unwrap();
        Self { router: web::router(&state), state, db: Arc::new(db), folder: Arc::new(folder) }
    }

    /// The database as this configuration opens it, where that makes a difference.
    async fn open(db: &TestDb, config: &Config) -> Db {
        if config.storage.redis_url.is_none() {
            return (**db).clone();
        }
        Db::open_with(db.url(), &database_options(config, &config.secret_key().unwrap())).await.unwrap()
    }

    /// Starts to work on jobs, for as long as what this gives is kept.
    pub fn work(&self) -> tokio::sync::watch::Sender<bool> {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        tokio::spawn(self.state.worker().run(stopped.clone()));
        let (app, actors) = (self.state.app.clone(), self.state.actors());
        tokio::spawn(notifications::server::watch(app, actors, stopped));
        stop
    }

    /// Serves on a port of its own, and passes on what happens.
    pub async fn listen(&self) -> SocketAddr {
        self.listen_for(Duration::from_secs(30)).await
    }

    /// The same, giving up those who read nothing for so long.
    pub async fn listen_for(&self, patience: Duration) -> SocketAddr {
        let (hub, db) = (self.state.hub.clone(), self.state.db().clone());
        tokio::spawn(async move { hub.run().await });
        let mut told = db.listen();
        if db.engine() == Engine::Postgres {
            tokio::spawn(async move { db.hear_others().await });
            // From here on it hears the others.
            while told.next().await.is_some_and(|signal| &*signal != EVERYTHING) {}
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self.router.clone().into_make_service_with_connect_info::<Peer>();
        tokio::spawn(async move { axum::serve(Impatient::new(listener, patience), service).await });
        address
    }

    /// The same data served by a second process, as far as the database can be shared.
    pub async fn beside(&self) -> Option<Self> {
        if self.state.db().engine() == Engine::Sqlite {
            return None;
        }
        let key = self.state.config.secret_key().unwrap();
        let db = Db::open_with(self.db.url(), &database_options(&self.state.config, &key)).await.unwrap();
        let app = App::new(db, modules::registry().unwrap(), Clock::default(), Rng::system());
        let state = State::new(self.state.config.clone(), &key, app, Strength::TESTS).unwrap();
        Some(Self { router: web::router(&state), state, db: self.db.clone(), folder: self.folder.clone() })
    }

    /// Every route with its methods, as the router itself tells them. Whole services beneath a path have none.
    pub fn routes(&self) -> BTreeMap<String, Vec<String>> {
        let told = format!("{:?}", self.router);
        let (routes, paths) = told.split_once("node: ").unwrap();
        // A path holds braces, but no quotation mark.
        let paths = paths.split_once("paths: {").and_then(|(_, paths)| paths.split_once("\"}")).unwrap().0;
        let paths = paths.split("RouteId(").skip(1).filter_map(|part| {
            let (id, rest) = part.split_once("): \"")?;
            Some((id.to_owned(), rest.split('"').next()?.to_owned()))
        });
        let paths: BTreeMap<String, String> = paths.collect();
        let methods = routes.split("RouteId(").skip(1).map(|part| {
            let (id, rest) = part.split_once(')').unwrap();
            let allowed = rest.split("Bytes(b\"").nth(1).and_then(|list| list.split('"').next()).unwrap_or_default();
            (paths[id].clone(), allowed.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect())
        });
        methods.collect()
    }

    /// What nobody may ever read over HTTP.
    pub fn secret_key(&self) -> String {
        fs::read_to_string(self.folder.path().join("secret.key")).unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    /// What is answered under `/api/v1/` must be described.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, read) = response.into_parts();
        let read = to_bytes(read, usize::MAX).await.unwrap();
        let answer = Answer { status: parts.status, headers: parts.headers, body: read };
        contract::check(&Asked { method, address: path, headers, body }, &answer);
        answer
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}
