//! How fast the queue is: run by `bin/bench`.
//!
//!   jobs DATABASE    no-op jobs and small writes a second, and the wait of one on an idle queue, as JSON

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jobs::server::{Job, JobCx, Kinds, Outcome, Queue, Services, Worker, enqueue};
use kernel::{
    AppError, Timestamp,
    server::{
        Arg, Clock, Db, Rng,
        migrate::{self, MIGRATIONS},
    },
};
use records::server::{Actor, App, Ctx, Registry};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

type Failure = Box<dyn std::error::Error>;

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

const MARKS: &str = "create table marks (n bigint not null, attempt bigint not null)";

/// Notes that it ran.
#[derive(Serialize, Deserialize)]
struct Mark {
    n: i64,
}

impl Job for Mark {
    const KIND: &'static str = "mark";
    const TITLE: &'static str = "Leave a mark";
    const QUEUE: Queue = Queue { name: "mark", concurrency: 16 };

    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let mut tx = cx.ctx.db().begin().await?;
        let args = vec![self.n.into(), i64::from(cx.attempt).into()];
        tx.execute("insert into marks (n, attempt) values ($1, $2)", args).await?;
        tx.commit().await?;
        Ok(Outcome::DONE)
    }
}

async fn open(url: &str) -> Result<Ctx, Failure> {
    let db = Db::open(url).await?;
    migrate::run(&db, MIGRATIONS).await?;
    let app = App::new(db, Registry::build(server::modules::modules())?, Clock::default(), Rng::system());
    Ok(app.ctx(Arc::new(Actor::system())))
}

fn worker(ctx: &Ctx) -> Worker {
    let services = Services::new(Arc::new(|_| Box::pin(async { Ok(None) })));
    let kinds = Kinds::default().with::<Noop>().with::<Mark>();
    Worker::new(ctx.app.clone(), kinds, services).scheduling(false)
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
    while number(ctx.db(), "select count(*) from marks", vec![]).await? < i64::from(WRITES) {
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

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [url] => speed(url).await,
        _ => Err("jobs DATABASE".into()),
    }
}
