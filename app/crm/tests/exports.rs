//! Exports of companies whose disk is full, whose program stops and whose asker leaves.
#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "a test says what it has to say by failing")]

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use files::server::{Files, testing::fill_disk};
use jobs::server::{Actors, Kinds, Services, Worker};
use kernel::{
    Date, Timestamp,
    server::{
        Args, Clock, Rng,
        testing::{TestDb, until, wait_for},
        zone::Zone,
    },
};
use records::{
    Record, SortKey,
    server::{Ctx, Grants, Module, Organisation, Sql, testing},
};
use tokio::{sync::watch, task::JoinHandle};
use transfer::{
    export::{DateRange, ExportInfo, Format, Status, Wanted},
    server::export::{self, Keep, Limits, SweepExports},
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
const COMPANIES: u32 = 6_000;

/// As much of a user as companies need.
#[derive(Clone, Debug, Record)]
#[record(table = "users", title = "full_name")]
struct Person {
    full_name: Option<String>,
    #[field(required, unique)]
    email: String,
}

struct World {
    db: TestDb,
    ctx: Ctx,
    files: Files,
    folder: PathBuf,
    stop: watch::Sender<bool>,
    /// Whether who asks may sign in.
    is_here: Arc<AtomicBool>,
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let modules =
            vec![Module::new("test").record::<Person>(), organisation::server::module(), crm::server::module()];
        let app = testing::app((*db).clone(), Clock::fixed(NOW), modules);
        let folder = std::env::temp_dir().join(format!("mainstay_exports_{}", Clock::System.new_id(&Rng::system())));
        let files = Files::new(&folder, None, b"secret").unwrap();
        app.provide(Limits::default());
        let ctx = app.ctx(testing::actor(Uuid::from_u128(7), None, Grants::everything()));
        let world =
            Self { db, ctx, files, folder, stop: watch::Sender::new(false), is_here: Arc::new(AtomicBool::new(true)) };
        world.fill().await;
        world
    }

    /// Who asks, and companies past all rules, for many take their time.
    async fn fill(&self) {
        let mut tx = self.db.begin().await.unwrap();
        let sql = "insert into users (id, version, created_at, updated_at, full_name, full_name_key, email, email_key, \
                   role, active, search_key) values ($1, 1, $2, $3, 'Ana Lima', 'ana lima', 'ana@example.com', \
                   'ana@example.com', 'admin', $4, '')";
        tx.execute(sql, vec![Uuid::from_u128(7).into(), NOW.into(), NOW.into(), true.into()]).await.unwrap();
        for from in (0..COMPANIES).step_by(500) {
            let mut sql = Sql::new(tx.engine());
            sql.push(
                "insert into companies (id, version, created_at, updated_at, name, name_key, status, notes, search_key) values ",
            );
            for n in from..from + 500 {
                sql.push(if n > from { ", (" } else { "(" });
                sql.bind(Uuid::from_u128(u128::from(n) + 1));
                sql.push(", 1, ");
                sql.bind(NOW);
                sql.push(", ");
                sql.bind(NOW);
                let (name, notes) = (format!("company {n:06}"), "Long. ".repeat(40));
                for text in [name.as_str(), &name, "customer", &notes, &name] {
                    sql.push(", ");
                    sql.bind(text);
                }
                sql.push(")");
            }
            let (text, args) = sql.finish();
            tx.execute_bulk(&text, args).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    fn work(&self) -> JoinHandle<()> {
        let (actor, is_here) = (self.ctx.actor.clone(), self.is_here.clone());
        let actors: Actors = Arc::new(move |_| {
            let found = is_here.load(Ordering::Relaxed).then(|| actor.clone());
            Box::pin(async move { Ok(found) })
        });
        let services = Services::new(actors)
            .with(self.files.clone())
            .with(Keep(3_600))
            .with(notifications::server::add(notifications::server::Kinds::default()));
        let kinds = notifications::server::add_jobs(transfer::server::add_jobs(Kinds::default()));
        let worker = Worker::new(self.ctx.app.clone(), kinds, services).scheduling(false);
        let worker = worker.lease(Duration::from_millis(300)).drain(Duration::from_millis(200));
        tokio::spawn(worker.run(self.stop.subscribe()))
    }

    async fn export(&self, format: Format, entities: &[&str], sort: &str) -> Uuid {
        let wanted = Wanted {
            format,
            entities: entities.iter().map(|name| (*name).to_owned()).collect(),
            sort: SortKey::parse_list(sort),
            ..Wanted::default()
        };
        export::start(&self.ctx, wanted).await.unwrap()
    }

    async fn execute(&self, sql: &str, args: Args) {
        let mut tx = self.db.begin().await.unwrap();
        tx.execute(sql, args).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn look(&self, id: Uuid) -> ExportInfo {
        export::open(&self.ctx, id).await.unwrap()
    }

    /// Waits until an export stands somewhere. The clock moves on, so that what is to be tried again is.
    async fn until(&self, id: Uuid, is_there: impl Fn(&ExportInfo) -> bool) -> ExportInfo {
        wait_for("the export", async || {
            let info = self.look(id).await;
            if is_there(&info) {
                return Ok(info);
            }
            self.ctx.app.clock().advance_seconds(1);
            Err(info)
        })
        .await
    }

    async fn text(&self, id: Uuid) -> String {
        let row = self.db.fetch_optional("select file from exports where id = $1", vec![id.into()]).await.unwrap();
        let file = self.files.local(&self.ctx, row.unwrap().get(0).unwrap()).await.unwrap();
        std::fs::read_to_string(file.path()).unwrap()
    }

    /// What is in the making, and what is kept.
    fn lie(&self) -> (usize, usize) {
        let count = |folder: &str| std::fs::read_dir(self.folder.join(folder)).map_or(0, Iterator::count);
        (count("spool"), count("files"))
    }

    /// What who asked was told, as kind, title and message.
    async fn told(&self, least: usize) -> Vec<(String, String, String)> {
        wait_for("what is told", async || {
            let sql = "select kind, title, message from notifications order by id";
            let rows = self.db.fetch_all(sql, vec![]).await.unwrap();
            let told: Vec<_> = rows.iter().map(|r| (r.get(0).unwrap(), r.get(1).unwrap(), r.get(2).unwrap())).collect();
            if told.len() >= least { Ok(told) } else { Err(told) }
        })
        .await
    }
}

#[tokio::test]
async fn a_full_disk_is_told_leaves_nothing_and_heals() {
    let world = World::new().await;
    fill_disk(&world.files, true);
    world.work();
    let id = world.export(Format::Csv, &["companies"], "").await;
    let waiting = world.until(id, |info| info.error.is_some()).await;
    assert_eq!((waiting.status, waiting.rows), (Status::Waiting, 0));
    assert_eq!(waiting.error.as_deref(), Some("The disk is full, nothing was saved."));
    assert_eq!(world.lie(), (0, 0));

    fill_disk(&world.files, false);
    let done = world.until(id, |info| !info.status.is_busy()).await;
    assert_eq!((done.status, done.rows, done.error), (Status::Done, i64::from(COMPANIES), None));
    assert_eq!(world.text(id).await.lines().count(), COMPANIES as usize + 1);
    assert_eq!(world.lie(), (0, 1));
    let told = world.told(1).await;
    assert_eq!((told.len(), told[0].0.as_str()), (1, "export_done"));
}

#[tokio::test]
async fn what_fails_for_good_is_told_once_whatever_it_was_to_become() {
    let world = World::new().await;
    fill_disk(&world.files, true);
    world.work();
    let one = ["companies"].as_slice();
    let all = [
        (Format::Csv, one, ""),
        (Format::Csv, one, "founded"),
        (Format::Csv, &["companies", "contacts"], ""),
        (Format::Json, one, ""),
        (Format::Xlsx, one, ""),
    ];
    for (format, entities, sort) in all {
        let id = world.export(format, entities, sort).await;
        let failed = world.until(id, |info| !info.status.is_busy()).await;
        assert_eq!((failed.status, failed.bytes), (Status::Failed, 0), "{format:?}");
        assert_eq!(failed.error.as_deref(), Some("The disk is full, nothing was saved."), "{format:?}");
        assert_eq!(world.lie(), (0, 0), "{format:?}");
    }
    let told = world.told(all.len()).await;
    assert_eq!(told.len(), all.len());
    let first = &told[0];
    assert_eq!((first.0.as_str(), first.1.as_str()), ("export_failed", "The export of companies failed"));
    assert_eq!(first.2, "The disk is full, nothing was saved.");
    // The queue writes down that a job is over a moment after its export is.
    let going = "select x.id from exports x join jobs j on j.id = x.id where j.state <> 'discarded'";
    until("the jobs are over", async || world.db.fetch_optional(going, vec![]).await.unwrap().is_none()).await;
    let attempts = world
        .db
        .fetch_optional("select count(*) from job_errors e join exports x on x.id = e.job", vec![])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(attempts.get::<i64>(0).unwrap(), 5 * 5);
}

#[tokio::test]
async fn a_program_that_stops_in_the_middle_leaves_its_export_to_the_next() {
    let world = World::new().await;
    let stopped = world.work();
    let id = world.export(Format::Csv, &["companies"], "-name").await;
    world.until(id, |info| info.status == Status::Running).await;
    stopped.abort();
    assert!(stopped.await.unwrap_err().is_cancelled());
    world.work();
    let done = world.until(id, |info| !info.status.is_busy()).await;
    assert_eq!((done.status, done.rows), (Status::Done, i64::from(COMPANIES)));
    let text = world.text(id).await;
    let names: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!((names.len(), names[0]), (COMPANIES as usize, "company 005999"));
    assert!(names.is_sorted_by(|a, b| a > b));
    assert_eq!(world.lie(), (0, 1));
}

#[tokio::test]
async fn who_left_meanwhile_gets_no_file_and_finds_out_why_when_they_are_back() {
    let world = World::new().await;
    let id = world.export(Format::Json, &["companies"], "").await;
    world.is_here.store(false, Ordering::Relaxed);
    world.work();
    let failed = world.until(id, |info| !info.status.is_busy()).await;
    assert_eq!((failed.status, world.lie()), (Status::Failed, (0, 0)));
    assert_eq!(failed.error.as_deref(), Some("Whoever started this may not sign in any more."));
}

#[tokio::test]
async fn an_export_whose_job_ended_without_it_is_ended_in_passing() {
    let world = World::new().await;
    // Whoever cancelled the first died before its export heard of it, and the second's job was lost with a backup.
    let (cancelled, gone, waits) = (
        world.export(Format::Csv, &["companies"], "").await,
        world.export(Format::Json, &["companies"], "").await,
        world.export(Format::Xlsx, &["companies"], "").await,
    );
    world.execute("update jobs set state = 'cancelled' where id = $1", vec![cancelled.into()]).await;
    world.execute("delete from jobs where id = $1", vec![gone.into()]).await;
    world.execute("update exports set status = 'running' where id = $1", vec![gone.into()]).await;
    world.execute("insert into job_pauses (queue, paused_at) values ('exports', $1)", vec![NOW.into()]).await;
    let mut tx = world.db.begin().await.unwrap();
    jobs::server::enqueue(&world.ctx, &mut tx, &SweepExports {}).await.unwrap();
    tx.commit().await.unwrap();
    world.work();
    let over = world.until(cancelled, |info| !info.status.is_busy()).await;
    assert_eq!((over.status, over.error), (Status::Cancelled, None));
    let over = world.until(gone, |info| !info.status.is_busy()).await;
    assert_eq!(
        (over.status, over.error.as_deref()),
        (Status::Failed, Some("The program stopped in the middle of this."))
    );
    let told = world.told(1).await;
    assert_eq!((told.len(), told[0].0.as_str()), (1, "export_failed"));
    assert_eq!(world.look(waits).await.status, Status::Waiting);
}

#[tokio::test]
async fn a_day_has_the_records_of_all_its_instants_where_the_company_is() {
    let world = World::new().await;
    let app = &world.ctx.app;
    let zone = Zone::parse("Pacific/Auckland").unwrap();
    app.set_organisation(app.organisation_read_at().unwrap_or(0), Organisation { zone, ..Organisation::default() });
    let day = Date::parse("2026-11-21").unwrap();
    let (start, end) = (zone.start_of_day(day).micros(), zone.end_of_day(day).micros());
    for (n, at) in [(1, start - 1), (2, start), (3, end - 1), (4, end)] {
        let args = vec![Uuid::from_u128(n).into(), Timestamp::from_micros(at).into()];
        world.execute("update companies set created_at = $2 where id = $1", args).await;
    }
    world.work();
    let wanted = Wanted {
        entities: vec!["companies".to_owned()],
        date_range: DateRange::Between { from: Some(day), to: Some(day) },
        fields: vec!["name".to_owned()],
        ..Wanted::default()
    };
    let id = export::start(&world.ctx, wanted).await.unwrap();
    world.until(id, |info| info.status == Status::Done).await;
    assert_eq!(world.text(id).await, "Name\r\ncompany 000001\r\ncompany 000002\r\n");
}
