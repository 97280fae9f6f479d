//! A program with companies, contacts and one user, and a folder for files.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use files::server::Files;
use jobs::server::{Actors, Jobs, Kinds, Services, Worker};
use kernel::{
    AppError, Timestamp,
    server::{
        Clock,
        testing::{TestDb, wait_for},
    },
};
use records::{
    ListQuery, Record,
    server::{Action, Actor, App, Ctx, Grants, Module, Stored, list_cells, testing},
};
use tokio::sync::watch;
use transfer::{
    import::{ImportInfo, Mapping, Mode, OnError, Problem, Settings, Status},
    server::import::{self, Aim, Form, Imports, Upload},
};
use uuid::Uuid;

/// As much of a user as companies need.
#[derive(Clone, Debug, Record)]
#[record(table = "users", title = "full_name")]
pub struct Person {
    pub full_name: Option<String>,
    #[field(required, unique)]
    pub email: String,
}

pub struct World {
    pub db: TestDb,
    pub app: App,
    pub ctx: Ctx,
    pub imports: Imports,
    pub folder: PathBuf,
    /// Who the user is to the jobs.
    pub actor: Arc<Mutex<Arc<Actor>>>,
    _stop: watch::Sender<bool>,
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

pub const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

impl World {
    pub async fn new() -> Self {
        Self::with(Grants::everything()).await
    }

    pub async fn with(grants: Grants) -> Self {
        let db = TestDb::new().await;
        let modules =
            vec![Module::new("test").record::<Person>(), organisation::server::module(), crm::server::module()];
        let app = testing::app((*db).clone(), Clock::fixed(NOW), modules);
        let user = Uuid::from_u128(7);
        let folder = std::env::temp_dir()
            .join(format!("mainstay_imports_{}", Clock::System.new_id(&kernel::server::Rng::system())));
        let imports = Imports::new(Files::new(&folder, None, b"secret").unwrap(), 1 << 20);
        let ctx = app.ctx(testing::actor(user, None, grants));
        let mut tx = db.begin().await.unwrap();
        let sql = "insert into users (id, version, created_at, updated_at, full_name, full_name_key, email, email_key, role, \
                   active, search_key) values ($1, 1, $2, $3, 'Ana Lima', 'ana lima', 'ana@example.com', \
                   'ana@example.com', 'admin', $4, '')";
        tx.execute(sql, vec![user.into(), NOW.into(), NOW.into(), true.into()]).await.unwrap();
        tx.commit().await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let actor = Arc::new(Mutex::new(ctx.actor.clone()));
        let Jobs { kinds, services } = jobs(&imports, &actor);
        let worker = Worker::new(app.clone(), kinds, services);
        tokio::spawn(worker.scheduling(false).run(stopped));
        Self { db, app, ctx, imports, folder, actor, _stop: stop }
    }

    /// How many files are kept.
    pub async fn files(&self) -> i64 {
        self.db.fetch_optional("select count(*) from files", vec![]).await.unwrap().unwrap().get(0).unwrap()
    }

    pub fn jobs(&self) -> Jobs {
        jobs(&self.imports, &self.actor)
    }

    pub async fn bring(&self, record_type: &str, name: &str, bytes: &[u8]) -> Result<ImportInfo, AppError> {
        let mut upload = Upload::begin(&self.ctx, &self.imports, name).await?;
        for piece in bytes.chunks(10_000) {
            upload.write(piece).await?;
        }
        let form = Form { file: upload, texts: BTreeMap::new() };
        import::accept(&self.ctx, &self.imports, form, record_type).await
    }

    /// Starts the work and waits until it is over.
    pub async fn work(&self, id: Uuid, settings: Settings, aim: Aim) -> Result<ImportInfo, AppError> {
        import::begin(&self.ctx, id, settings, aim).await?;
        self.wait(id).await
    }

    pub async fn wait(&self, id: Uuid) -> Result<ImportInfo, AppError> {
        wait_for("the end of the import", async || match import::open(&self.ctx, id).await {
            Ok(info) if info.status.is_busy() => Err(info),
            over => Ok(over),
        })
        .await
    }

    /// Brings a file and runs it, its columns matched by name.
    pub async fn import(&self, record_type: &str, csv: &str, match_on: Option<&str>) -> ImportInfo {
        let info = self.bring(record_type, "file.csv", csv.as_bytes()).await.unwrap();
        let settings = import::settings(Mapping::new(), match_on.map(str::to_owned), None);
        self.work(info.id, settings, Aim::Run).await.unwrap()
    }

    /// Checks a file and runs it; both must come to the same.
    pub async fn check_and_run(&self, record_type: &str, csv: &str, settings: Settings) -> (ImportInfo, Vec<Problem>) {
        let id = self.bring(record_type, "file.csv", csv.as_bytes()).await.unwrap().id;
        let checked = self.work(id, settings.clone(), Aim::Check).await.unwrap();
        assert_eq!(checked.status, Status::Checked);
        let foreseen = self.problems(id).await;
        let done = self.work(id, settings, Aim::Run).await.unwrap();
        assert_eq!(done.status, Status::Done, "{:?}", done.error);
        let problems = self.problems(id).await;
        assert_eq!(checked.counts, done.counts, "{foreseen:#?} {problems:#?}");
        assert_eq!(foreseen, problems);
        (ImportInfo { differences: checked.differences, ..done }, problems)
    }

    pub async fn undo(&self, id: Uuid) -> Result<ImportInfo, AppError> {
        import::undo(&self.ctx, id).await?;
        self.wait(id).await
    }

    pub async fn problems(&self, id: Uuid) -> Vec<Problem> {
        import::problems(&self.ctx, id, None, 1, 1_000).await.unwrap().0
    }

    /// All live records of a type, by title.
    pub async fn all<R: Record>(&self) -> BTreeMap<String, (Stored, R)> {
        let permit = self.ctx.permit_any(R::NAME, Action::View).unwrap();
        let mut all = BTreeMap::new();
        let title = R::TYPE.title_field();
        let mut query = ListQuery { page_size: 200, ..ListQuery::default() };
        loop {
            let rows = list_cells(&self.ctx, &permit, &query, None).await.unwrap().rows;
            let count = rows.len();
            for row in rows {
                let record = R::from_cells(&row.cells).unwrap();
                let title = row.cells.at(title).as_text().unwrap_or_default().to_owned();
                assert!(all.insert(title, (row, record)).is_none(), "two records of one title");
            }
            if count < 200 {
                return all;
            }
            query.page += 1;
        }
    }
}

fn jobs(imports: &Imports, actor: &Arc<Mutex<Arc<Actor>>>) -> Jobs {
    let actor = actor.clone();
    let actors: Actors = Arc::new(move |_| {
        let actor = actor.lock().unwrap().clone();
        Box::pin(async move { Ok(Some(actor)) })
    });
    let services = Services::new(actors).with(imports.files.clone());
    Jobs { kinds: transfer::server::add_jobs(Kinds::default()), services }
}

/// Settings with a mapping written as scripts write it.
pub fn settings(mapping: &str, match_on: Option<&str>, mode: Mode, on_error: OnError) -> Settings {
    let mapping = serde_json::from_str(mapping).unwrap();
    Settings { mapping, match_on: match_on.map(str::to_owned), mode, on_error }
}

/// A file that lies beside the checkout where the people who made this program work.
pub fn shared(name: &str) -> Option<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    std::fs::read_to_string(path).ok()
}
