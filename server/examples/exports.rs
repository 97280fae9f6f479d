//! What exports survive: run by `bin/test drills`.
//!
//!   exports drill DATABASE ROWS KILLS     exports of every kind while their workers are killed: each file is whole, and
//!                                         nothing else is left
//!   exports work DATABASE FOLDER          a worker, to be killed

use std::{
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use kernel::server::{
    Clock, Db, Rng,
    migrate::{self, MIGRATIONS},
};
use platform::{
    export::{Format, Status, Wanted},
    server::{
        export::{self, Keep, Limits},
        files::Files,
        jobs::{Actors, Kinds, Services, Worker},
        notifications,
    },
};
use records::{
    SortKey,
    server::{Actor, App, Ctx, Grants, Registry, Sql},
};
use tokio::sync::watch;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error>;

/// As short as a lease can be without a busy machine passing for a dead one.
const LEASE: Duration = Duration::from_secs(2);
/// An export is given up after five attempts, each of which one kill ends.
const KILLS_A_ROUND: u32 = 4;
/// So long an export is to be fetched, in seconds.
const KEPT: u32 = 3_600;

/// Who asks for the exports.
fn asker() -> Arc<Actor> {
    Arc::new(Actor { user: Some(Uuid::from_u128(1)), grants: Arc::new(Grants::everything()), ..Actor::system() })
}

async fn open(url: &str) -> Result<Ctx, Failure> {
    let db = Db::open(url).await?;
    migrate::run(&db, MIGRATIONS).await?;
    let app = App::new(db, Registry::build(server::modules::modules())?, Clock::default(), Rng::system());
    app.provide(Limits::default());
    Ok(app.ctx(asker()))
}

async fn work(url: &str, folder: &Path) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let actors: Actors = Arc::new(|_| Box::pin(async { Ok(Some(asker())) }));
    let services = Services::new(actors)
        .with(Files::new(folder, None, b"drill")?)
        .with(Keep(KEPT))
        .with(notifications::add(notifications::Kinds::default()));
    let kinds = platform::server::add_jobs(Kinds::default());
    let (_stop, stopped) = watch::channel(false);
    Worker::new(ctx.app.clone(), kinds, services).scheduling(false).lease(LEASE).run(stopped).await;
    Ok(())
}

fn start(url: &str, folder: &Path) -> Result<Child, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.arg("work").arg(url).arg(folder).stdout(Stdio::null()).spawn()?)
}

async fn fill(ctx: &Ctx, rows: u32) -> Result<(), Failure> {
    let now = ctx.app.clock().now();
    let mut tx = ctx.db().begin().await?;
    for from in (0..rows).step_by(500) {
        let mut sql = Sql::new(tx.engine());
        sql.push(
            "insert into companies (id, version, created_at, updated_at, name, name_key, status, search_key) values ",
        );
        for n in from..rows.min(from + 500) {
            sql.push(if n > from { ", (" } else { "(" });
            sql.bind(ctx.new_id());
            sql.push(", 1, ");
            sql.bind(now);
            sql.push(", ");
            sql.bind(now);
            // In no order.
            let name = format!("company {:08x}", n.wrapping_mul(2_654_435_761));
            for text in [name.as_str(), name.as_str(), "customer", name.as_str()] {
                sql.push(", ");
                sql.bind(text);
            }
            sql.push(")");
        }
        let (text, args) = sql.finish();
        tx.execute_bulk(&text, args).await?;
    }
    Ok(tx.commit().await?)
}

/// Every format, in the order of ids and in others, of one type and of two.
fn wanted() -> Vec<Wanted> {
    let one = |format, sort: &str| Wanted {
        format,
        entities: vec!["companies".to_owned()],
        sort: SortKey::parse_list(sort),
        ..Wanted::default()
    };
    let both = Wanted { entities: vec!["companies".to_owned(), "contacts".to_owned()], ..Wanted::default() };
    vec![one(Format::Csv, ""), one(Format::Csv, "-name"), one(Format::Json, "sector,name"), one(Format::Xlsx, ""), both]
}

async fn number(db: &Db, sql: &str) -> Result<i64, Failure> {
    Ok(db.fetch_optional(sql, vec![]).await?.map(|row| row.get(0)).transpose()?.unwrap_or(0))
}

/// What was lost with a worker again and again waits before it is tried anew; nobody here waits for it.
async fn hurry(db: &Db) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    tx.execute("update jobs set run_at = created_at where state = 'retryable'", vec![]).await?;
    Ok(tx.commit().await?)
}

const BUSY: &str = "select count(*) from exports where status in ('waiting', 'running')";

/// Asks for every export and kills the worker at odd moments until all are over.
async fn round(ctx: &Ctx, folder: &Path, url: &str, kills: u32) -> Result<(), Failure> {
    for wanted in wanted() {
        export::start(ctx, wanted).await?;
    }
    let rng = Rng::system();
    let (mut killed, mut child) = (0, start(url, folder)?);
    while number(ctx.db(), BUSY).await? > 0 {
        let [chance] = rng.bytes();
        tokio::time::sleep(Duration::from_millis(200 + 10 * u64::from(chance))).await;
        hurry(ctx.db()).await?;
        if killed < kills {
            child.kill()?;
            child.wait()?;
            killed += 1;
            child = start(url, folder)?;
        } else if let Some(status) = child.try_wait()? {
            return Err(format!("the worker ended by itself: {status}").into());
        }
    }
    // Nobody is at anything any more, and what the killed ones left is gone.
    let left = std::fs::read_dir(folder.join("spool"))?.count();
    child.kill()?;
    child.wait()?;
    if left > 0 { Err(format!("{left} half files are left").into()) } else { Ok(()) }
}

/// Whether the file of an export holds all of it, by what it ends with and how many lines it has.
fn check(wanted: &Wanted, content: &[u8], rows: i64) -> Result<(), Failure> {
    let is_archive =
        content.starts_with(b"PK") && content[content.len().saturating_sub(22)..].starts_with(b"PK\x05\x06");
    let is_whole = match wanted.format {
        Format::Csv if wanted.entities.len() == 1 => {
            let text = std::str::from_utf8(content)?;
            i64::try_from(text.lines().count()) == Ok(rows + 1) && text.ends_with("\r\n")
        }
        Format::Json => {
            let read: serde_json::Value = serde_json::from_slice(content)?;
            read["companies"].as_array().is_some_and(|all| i64::try_from(all.len()) == Ok(rows))
        }
        Format::Csv | Format::Xlsx => is_archive,
    };
    if is_whole { Ok(()) } else { Err(format!("half a file: {wanted:?}").into()) }
}

async fn drill(url: &str, rows: u32, kills: u32) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let folder = std::env::temp_dir().join(format!("mainstay_drill_{}", ctx.new_id().simple()));
    std::fs::create_dir(&folder)?;
    fill(&ctx, rows).await?;
    let mut left = kills;
    while left > 0 {
        let some = left.min(KILLS_A_ROUND);
        round(&ctx, &folder, url, some).await?;
        left -= some;
    }
    // As it is without a kill, to compare with.
    round(&ctx, &folder, url, 0).await?;
    let rows = i64::from(rows);
    let mut whole = 0;
    for row in ctx.db().fetch_all("select id, file from exports", vec![]).await? {
        let export = export::open(&ctx, row.get(0)?).await?;
        if export.status != Status::Done || (export.rows, export.total) != (rows, rows) {
            return Err(format!("an export came to nothing: {export:?}").into());
        }
        let files = Files::new(&folder, None, b"drill")?;
        let content = std::fs::read(files.local(&ctx, row.get(1)?).await?.path())?;
        if i64::try_from(content.len())? != export.bytes {
            return Err(format!("{} of {} bytes are there", content.len(), export.bytes).into());
        }
        check(&export.wanted, &content, rows)?;
        whole += 1;
    }
    // Tables and documents are the same byte for byte, whatever happened on the way, and are kept once.
    let texts = "select count(distinct f.blob) from files f where f.name like '%.csv' or f.name like '%.json'";
    let different = number(ctx.db(), texts).await?;
    if different != 3 {
        return Err(format!("{different} different files of three").into());
    }
    let again = number(ctx.db(), "select count(*) from job_errors e join exports x on x.id = e.job").await?;
    println!(
        "{whole} exports of {rows} rows, {kills} kills: every file is whole, {again} attempts were lost with a worker"
    );
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["work", url, folder] => work(url, Path::new(folder)).await,
        ["drill", url, rows, kills] => match (rows.parse(), kills.parse()) {
            (Ok(rows), Ok(kills)) => drill(url, rows, kills).await,
            _ => Err("how many rows and kills are numbers".into()),
        },
        _ => Err("exports drill DATABASE ROWS KILLS | exports work DATABASE FOLDER".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
