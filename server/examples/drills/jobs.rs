//! Many jobs while workers are killed: none lost, each second run explained. Then one that takes its workers down with it:
//! given up, the others done.

use std::{sync::Arc, time::Duration};

use jobs::{
    JobFilter, State,
    server::{Job, JobCx, Jobs, Kinds, Outcome, Policy, Queue, Services, Worker, enqueue},
};
use kernel::AppError;
use records::server::Ctx;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{
    Failure,
    killed::{LEASE, Life, Victim, asker, hurry, number, open, start_bounded},
};

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
    Kinds::default().with::<Mark>().with::<Greedy>()
}

fn services() -> Services {
    Services::new(Arc::new(|_| Box::pin(async { Ok(Some(asker())) })))
}

/// Does such jobs until it is killed.
pub async fn work(url: &str) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let (_stop, stopped) = watch::channel(false);
    Worker::new(ctx.app.clone(), kinds(), services()).scheduling(false).lease(LEASE).run(stopped).await;
    Ok(())
}

async fn put<J: Job>(ctx: &Ctx, jobs: impl Iterator<Item = J>) -> Result<(), Failure> {
    let mut tx = ctx.db().begin().await?;
    for job in jobs {
        enqueue(ctx, &mut tx, &job).await?;
    }
    Ok(tx.commit().await?)
}

pub async fn drill(url: &str, jobs: i64, kills: u32) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let db = ctx.db();
    db.execute_alone(MARKS).await?;
    for from in (0..jobs).step_by(1_000) {
        put(&ctx, (from..jobs.min(from + 1_000)).map(|n| Mark { n })).await?;
    }
    let left = "select count(*) from jobs where kind = 'mark' and state not in ('completed', 'discarded')";
    // Short enough that there is work left for all kills.
    let life = Life { least: 10, most: u64::try_from(jobs / 200)?.clamp(20, 400) };
    let killed = Victim::start(&[url], life, kills)?.until_none(db, left).await?;
    if killed < kills {
        return Err(format!("all was done after {killed} kills: let there be more jobs").into());
    }
    let marked = number(db, "select count(distinct n) from drill_marks").await?;
    let again = number(db, "select count(*) from drill_marks").await? - marked;
    let doubled = "select count(*) from (select n from drill_marks group by n, attempt having count(*) > 1) d";
    let doubled = number(db, doubled).await?;
    let explained = number(db, "select count(*) from job_errors").await?;
    println!("{jobs} jobs, {kills} kills: {marked} done, {again} runs again, {explained} attempts lost with a worker");
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
    while number(db, left).await? > 0 {
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
    let given_up = jobs::server::list(ctx, &jobs, &discarded, None).await?.jobs;
    let [job] = given_up.as_slice() else { return Err(format!("given up were {given_up:?}").into()) };
    let errors = jobs::server::detail(ctx, &jobs, job.id).await?.errors;
    let known = errors.iter().filter(|error| error.message == "The program stopped in the middle of this.").count();
    if job.kind != Greedy::KIND || (deaths, known, job.attempt) != (3, 3, 3) {
        return Err(format!("{deaths} workers died of {job:?}, of which {errors:?} is known").into());
    }
    println!("a job that takes all memory took {deaths} workers down and was given up, 200 others beside it are done");
    Ok(())
}
