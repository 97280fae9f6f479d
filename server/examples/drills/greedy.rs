//! Five accounts that ask for as much as they may, beside a person who works.
//!
//! They ask for lists by the heaviest conditions and hang up, rewrite hundreds of records with long texts, try the same
//! without writing, and let large answers lie. The person goes on reading lists and records, saves one and signs in.

mod crowd;
mod work;

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command},
    time::Duration,
};

use identity::{
    Role,
    server::users::{self, NewUser},
};
use kernel::server::Engine;
use server::{
    cli,
    config::{Config, Environment},
    state::State,
    web,
};
use uuid::Uuid;

use super::{
    Failure,
    killed::open,
    place::{Place, fill},
};

const PASSWORD: &str = "correct horse battery";
/// Accounts that ask for much.
const GREEDY: usize = 5;
/// Records with a text as long as may be.
const LONG: i64 = 400;
/// What the program may take up at its worst, in MB.
const MEMORY: u64 = 600;

/// The program as it is served, until it is killed.
pub async fn serve(url: &str, folder: &Path, port: &str) -> Result<(), Failure> {
    let config = config(url, folder, port)?;
    server::log::start(&config.log);
    let state = State::start(config).await?;
    let all = [cli::Role::Web, cli::Role::Worker, cli::Role::Scheduler].into();
    Ok(web::serve(state, &all, None).await?)
}

fn config(url: &str, folder: &Path, port: &str) -> Result<Config, Failure> {
    let site = folder.join("site");
    fs::create_dir_all(&site)?;
    let variables = [
        ("MAINSTAY_ENV", "test"),
        ("MAINSTAY_DATA", folder.to_str().unwrap_or_default()),
        ("MAINSTAY_SITE", site.to_str().unwrap_or_default()),
        ("DATABASE_URL", url),
        ("MAINSTAY_ADDR", &format!("127.0.0.1:{port}")),
        // Only what else holds them back is tried here.
        ("MAINSTAY_LIMITS_API", "off"),
        ("MAINSTAY_LIMITS_ANONYMOUS", "off"),
        ("MAINSTAY_LOG", "warn,server::web=off,sqlx=off"),
    ];
    let environment: Environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Ok(Config::read("", &environment)?)
}

/// Where the program listens, and the accounts.
pub struct Scene {
    pub address: String,
    pub companies: Vec<Uuid>,
}

impl Scene {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // One that is gone already cannot be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub async fn drill(url: &str, rows: u32, seconds: u32) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let place = Place::make(&ctx)?;
    let folder = Path::new(place.path());
    fill(&ctx, rows).await?;
    let companies = lengthen(&ctx).await?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let state = State::start(config(url, folder, &port)?).await?;
    for name in (0..GREEDY).map(|n| format!("greedy{n}")).chain(["worker".to_owned()]) {
        let new = NewUser {
            email: format!("{name}@example.com"),
            first_name: Some(name),
            last_name: None,
            role: Role::Admin,
            team: None,
            password: Some(PASSWORD.to_owned()),
        };
        users::create(&state.identity, &state.identity.system(), new).await?;
    }
    state.db().close().await;
    // Where the names of the compiled files are looked up; there are none.
    let exe = std::env::current_exe()?;
    fs::write(exe.with_file_name("hash.txt"), "js: none\nwasm: none\ncss: none\n")?;
    let program = Program(Command::new(exe).args(["serve", url, place.path(), &port]).spawn()?);
    let scene = Scene { address: format!("127.0.0.1:{port}"), companies };
    work::until_ready(&scene).await?;

    let mut crowd = crowd::start(&scene).await?;
    let seen = work::go_on(&scene, Duration::from_secs(seconds.into())).await;
    crowd.abort_all();
    let seen = seen?;
    let memory = peak(program.0.id())?;
    println!("{seen}, {memory} MB at most");
    if memory > MEMORY {
        return Err(format!("{memory} MB of memory were taken up, and {MEMORY} is the most").into());
    }
    seen.ensure_good()
}

/// Gives all companies a parent and notes, some of them as long as may be. Gives those.
async fn lengthen(ctx: &records::server::Ctx) -> Result<Vec<Uuid>, Failure> {
    let mut tx = ctx.db().begin().await?;
    let all =
        "update companies set notes = $1, notes_key = $1, parent = (select id from companies order by id limit 1)";
    tx.execute(all, vec!["Renews in the first quarter. ".repeat(40).into()]).await?;
    let some = tx.fetch_all("select id from companies order by id limit $1", vec![LONG.into()]).await?;
    let some: Vec<Uuid> = some.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    for id in &some {
        let long = "update companies set notes = $1, notes_key = $1 where id = $2";
        tx.execute(long, vec!["x".repeat(99_000).into(), (*id).into()]).await?;
    }
    tx.commit().await?;
    if ctx.db().engine() == Engine::Sqlite {
        // What is written past the records is in no index of theirs.
        ctx.db().execute_alone("insert into companies_search (companies_search) values ('rebuild')").await?;
    }
    Ok(some)
}

/// The most memory a process took up, in MB.
fn peak(process: u32) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the program is gone")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024)
}
