//! What the queue can do, and what it survives: run by `bin/bench` and `bin/test drills`.
//!
//!   jobs speed DATABASE                   no-op jobs and small writes a second, and the wait of one on an idle queue,
//!                                         as JSON
//!   jobs drill DATABASE JOBS KILLS        many jobs while workers are killed: none lost, each second run explained;
//!                                         then one that takes its workers down with it: given up, the others done
//!   jobs work DATABASE                    a worker, to be killed

use std::{
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::{
    AppError, Timestamp,
    server::{
        Arg, Clock, Db, Rng,
        migrate::{self, MIGRATIONS},
    },
};
use platform::{
    jobs::{JobFilter, State},
    server::jobs::{self, Job, JobCx, Jobs, Kinds, Outcome, Policy, Queue, Services, Worker, enqueue},
};
use records::server::{Actor, App, Ctx, Registry};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

type Failure = Box<dyn std::error::Error>;

/// As short as a lease can be without a busy machine passing for a dead one.
const LEASE: Duration = Duration::from_secs(2);

/// Does nothing.
#[derive(Serialize, Deserialize)]
struct Noop {
    n: u32,
}

impl Job for Noop {
    const KIND: &'static str = "noop";
    const TITLE: &'static str = "Nothing";
    const QUEUE: Queue = Queue { name: "noop", concurrency: 64 };

    async fn run(&self, _: &JobCx) -> Result<Outcome, AppError> {
        Ok(Outcome::DONE)
    }
}

const MARKS: &str = "create table drill_marks (n bigint not null, attempt bigint not null)";

/// Notes that it ran.
#[derive(Serialize, Deserialize)]
struct Mark {
    n: i64,
}

impl Job for Mark {
    const KIND: &'static str = "mark";
    const TITLE: &'static str = "Leave a mark";
    const QUEUE: Queue = Queue { name: "mark", concurrency: 16 };
    /// Each kill costs an attempt.
    const POLICY: Policy = Policy { attempts: 1_000, ..Policy::USUAL };

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let mut tx = cx.ctx.db().begin().await?;
        let args = vec![self.n.into(), i64::from(cx.attempt).into()];
        tx.execute("insert into drill_marks (n, attempt) values ($1, $2)", args).await?;
        tx.commit().await?;
        Ok(Outcome::DONE)
    }
}

/// Takes memory until there is none left, which ends the process.
#[derive(Serialize, Deserialize)]
struct Greedy {}

impl Job for Greedy {
    const KIND: &'static str = "greedy";
    const TITLE: &'static str = "Take all memory";
    const QUEUE: Queue = Queue { name: "greedy", concurrency: 1 };
    const POLICY: Policy = Policy { attempts: 3, ..Policy::USUAL };

    async fn run(&self, _: &JobCx) -> Result<Outcome, AppError> {
        const PIECE: usize = 64 << 20;
        let mut taken: Vec<Vec<u8>> = vec![];
        loop {
            taken.push(std::hint::black_box(Vec::with_capacity(PIECE)));
        }
    }
}

fn kinds() -> Kinds {
    Kinds::default().with::<Noop>().with::<Mark>().with::<Greedy>()
}

async fn open(url: &str) -> Result<Ctx, Failure> {
    let db = Db::open(url).await?;
    migrate::run(&db, MIGRATIONS).await?;
    let app = App::new(db, Registry::build(server::modules::modules())?, Clock::default(), Rng::system());
    Ok(app.ctx(Arc::new(Actor::system())))
}

fn services() -> Services {
    Services::new(Arc::new(|_| Box::pin(async { Ok(None) })))
}

fn worker(ctx: &Ctx) -> Worker {
    Worker::new(ctx.app.clone(), kinds(), services()).scheduling(false).lease(LEASE)
}

async fn number(db: &Db, sql: &str, args: Vec<Arg>) -> Result<i64, Failure> {
    Ok(db.fetch_optional(sql, args).await?.map(|row| row.get(0)).transpose()?.unwrap_or(0))
}

async fn put<J: Job>(ctx: &Ctx, jobs: impl Iterator<Item = J>) -> Result<(), Failure> {
    let mut tx = ctx.db().begin().await?;
    for job in jobs {
        enqueue(ctx, &mut tx, &job).await?;
    }
    Ok(tx.commit().await?)
}

async fn speed(url: &str) -> Result<(), Failure> {
    const JOBS: u32 = 20_000;
    const WRITES: u32 = 5_000;
    const WAITS: usize = 100;
    let ctx = open(url).await?;
    ctx.db().execute_alone(MARKS).await?;
    for from in (0..JOBS).step_by(1_000) {
        put(&ctx, (from..from + 1_000).map(|n| Noop { n })).await?;
    }
    let (stop, stopped) = watch::channel(false);
    let began = Instant::now();
    let working = tokio::spawn(worker(&ctx).run(stopped));
    while number(ctx.db(), "select count(*) from jobs where kind = 'noop' and state = 'completed'", vec![]).await?
        < i64::from(JOBS)
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let rate = f64::from(JOBS) / began.elapsed().as_secs_f64();
    for from in (0..WRITES).step_by(1_000) {
        put(&ctx, (from..from + 1_000).map(|n| Mark { n: n.into() })).await?;
    }
    let began = Instant::now();
    while number(ctx.db(), "select count(*) from drill_marks", vec![]).await? < i64::from(WRITES) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let writes = f64::from(WRITES) / began.elapsed().as_secs_f64();
    let mut waits = vec![];
    for n in 0..WAITS {
        tokio::time::sleep(Duration::from_millis(30)).await;
        let mut tx = ctx.db().begin().await?;
        let id = enqueue(&ctx, &mut tx, &Noop { n: u32::try_from(n)? }).await?;
        tx.commit().await?;
        let row = loop {
            let sql = "select created_at, started_at from jobs where id = $1 and state = 'completed'";
            match ctx.db().fetch_optional(sql, vec![id.into()]).await? {
                Some(row) => break row,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        };
        waits.push(row.get::<Timestamp>(1)?.micros() - row.get::<Timestamp>(0)?.micros());
    }
    waits.sort_unstable();
    stop.send_replace(true);
    working.await?;
    let p95 = Duration::from_micros(u64::try_from(waits[WAITS * 95 / 100])?).as_secs_f64() * 1_000.0;
    println!("{{\"rate\": {rate:.0}, \"writes\": {writes:.0}, \"wait\": {p95:.2}}}");
    Ok(())
}

fn start(url: &str) -> Result<Child, Failure> {
    Ok(Command::new(std::env::current_exe()?).args(["work", url]).stdout(Stdio::null()).spawn()?)
}

/// With 4 GiB of addresses to give away.
fn start_bounded(url: &str) -> Result<Child, Failure> {
    let mut command = Command::new("sh");
    command.arg("-c").arg("ulimit -c 0; ulimit -v 4194304; exec \"$0\" work \"$1\"").arg(std::env::current_exe()?);
    Ok(command.arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// What was lost with a worker again and again waits before it is tried anew; nobody here waits for it.
async fn hurry(db: &Db) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    tx.execute("update jobs set run_at = created_at where state = 'retryable'", vec![]).await?;
    Ok(tx.commit().await?)
}

async fn work(url: &str) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let (_stop, stopped) = watch::channel(false);
    worker(&ctx).run(stopped).await;
    Ok(())
}

/// Kills workers with SIGKILL at odd moments until all jobs are done, then counts.
async fn drill(url: &str, jobs: i64, kills: u32) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let db = ctx.db();
    db.execute_alone(MARKS).await?;
    for from in (0..jobs).step_by(1_000) {
        put(&ctx, (from..jobs.min(from + 1_000)).map(|n| Mark { n })).await?;
    }
    let left = "select count(*) from jobs where kind = 'mark' and state <> 'completed'";
    let (mut killed, mut child) = (0, start(url)?);
    let rng = Rng::system();
    while number(db, left, vec![]).await? > 0 {
        let [chance] = rng.bytes();
        tokio::time::sleep(Duration::from_millis(100 + 3 * u64::from(chance))).await;
        hurry(db).await?;
        if killed < kills {
            child.kill()?;
            child.wait()?;
            killed += 1;
            child = start(url)?;
        } else if let Some(status) = child.try_wait()? {
            return Err(format!("the worker ended by itself: {status}").into());
        }
    }
    child.kill()?;
    child.wait()?;
    let marked = number(db, "select count(distinct n) from drill_marks", vec![]).await?;
    let again = number(db, "select count(*) from drill_marks", vec![]).await? - marked;
    let doubled = "select count(*) from (select n from drill_marks group by n, attempt having count(*) > 1) d";
    let doubled = number(db, doubled, vec![]).await?;
    let explained = number(db, "select count(*) from job_errors", vec![]).await?;
    println!("{jobs} jobs, {killed} kills: {marked} done, {again} runs again, {explained} attempts lost with a worker");
    if marked != jobs || again > explained || doubled > 0 {
        return Err(
            format!("{} lost, {} unexplained, {doubled} attempts ran twice", jobs - marked, again - explained).into()
        );
    }
    greed(&ctx, url).await
}

/// Starts workers as long as a job among others takes each of them down, then looks at what the monitor says of it.
async fn greed(ctx: &Ctx, url: &str) -> Result<(), Failure> {
    let db = ctx.db();
    put(ctx, std::iter::once(Greedy {})).await?;
    put(ctx, (0..200).map(|n| Mark { n })).await?;
    let left = "select count(*) from jobs where state not in ('completed', 'discarded')";
    let (mut deaths, mut child) = (0, start_bounded(url)?);
    while number(db, left, vec![]).await? > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        hurry(db).await?;
        if child.try_wait()?.is_some() {
            deaths += 1;
            child = start_bounded(url)?;
        }
    }
    child.kill()?;
    child.wait()?;
    let jobs = Jobs { kinds: kinds(), services: services() };
    let discarded = JobFilter { state: Some(State::Discarded), ..JobFilter::default() };
    let given_up = jobs::list(ctx, &jobs, &discarded, None).await?.jobs;
    let [job] = given_up.as_slice() else { return Err(format!("given up were {given_up:?}").into()) };
    let errors = jobs::detail(ctx, &jobs, job.id).await?.errors;
    let known = errors.iter().filter(|error| error.message == "The program stopped in the middle of this.").count();
    if job.kind != Greedy::KIND || (deaths, known, job.attempt) != (3, 3, 3) {
        return Err(format!("{deaths} workers died of {job:?}, of which {errors:?} is known").into());
    }
    println!("a job that takes all memory took {deaths} workers down and was given up, 200 others beside it are done");
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["speed", url] => speed(url).await,
        ["work", url] => work(url).await,
        ["drill", url, jobs, kills] => match (jobs.parse(), kills.parse()) {
            (Ok(jobs), Ok(kills)) => drill(url, jobs, kills).await,
            _ => Err("how many jobs and kills are numbers".into()),
        },
        _ => Err("jobs speed DATABASE | drill DATABASE JOBS KILLS | work DATABASE".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
