//! A worker that is killed at odd moments.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::server::{
    Clock, Db, Rng,
    migrate::{self, MIGRATIONS},
};
use records::server::{Actor, App, Ctx, Grants, Registry};
use transfer::server::export::Limits;
use uuid::Uuid;

use super::Failure;

/// As short as a lease can be without a busy machine passing for a dead one.
pub const LEASE: Duration = Duration::from_secs(2);

/// Who asks for what the drills do.
pub fn asker() -> Arc<Actor> {
    Arc::new(Actor { user: Some(Uuid::from_u128(1)), grants: Arc::new(Grants::everything()), ..Actor::system() })
}

pub async fn open(url: &str) -> Result<Ctx, Failure> {
    let db = Db::open(url).await?;
    migrate::run(&db, MIGRATIONS).await?;
    let app = App::new(db, Registry::build(server::modules::modules())?, Clock::default(), Rng::system());
    app.provide(Limits::default());
    Ok(app.ctx(asker()))
}

pub async fn number(db: &Db, sql: &str) -> Result<i64, Failure> {
    Ok(db.fetch_optional(sql, vec![]).await?.map(|row| row.get(0)).transpose()?.unwrap_or(0))
}

/// What was lost with a worker again and again waits before it is tried anew; nobody here waits for it.
pub async fn hurry(db: &Db) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    tx.execute("update jobs set run_at = created_at where state = 'retryable'", vec![]).await?;
    Ok(tx.commit().await?)
}

/// How long a worker lives once it is at something, in milliseconds.
#[derive(Clone, Copy)]
pub struct Life {
    pub least: u64,
    pub most: u64,
}

pub struct Victim {
    args: Vec<String>,
    life: Life,
    kills: u32,
    /// The attempt in which it was killed last.
    last: Option<Uuid>,
    child: Child,
    rng: Rng,
}

impl Victim {
    /// Starts a worker, which is killed and started again so often.
    pub fn start(args: &[&str], life: Life, kills: u32) -> Result<Self, Failure> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let child = start(&args)?;
        Ok(Self { args, life, kills, last: None, child, rng: Rng::system() })
    }

    pub const fn kills_left(&self) -> u32 {
        self.kills
    }

    /// Lets it work for a moment.
    pub async fn go_on(&mut self, db: &Db) -> Result<(), Failure> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Some(status) = self.child.try_wait()? {
            return Err(format!("the worker ended by itself: {status}").into());
        }
        hurry(db).await
    }

    /// Kills it at an odd moment of an attempt in which it was not killed yet, if there is one and a kill left; otherwise
    /// lets it work for a moment. Says whether it killed it.
    pub async fn strike(&mut self, db: &Db) -> Result<bool, Failure> {
        let sql = "select token from jobs where state = 'running' order by started_at desc, token limit 1";
        let now = db.fetch_optional(sql, vec![]).await?.map(|row| row.get::<Option<Uuid>>(0)).transpose()?.flatten();
        if self.kills == 0 || now.is_none() || now == self.last {
            self.go_on(db).await?;
            return Ok(false);
        }
        let [chance] = self.rng.bytes();
        let Life { least, most } = self.life;
        tokio::time::sleep(Duration::from_millis(least + (most - least) * u64::from(chance) / 255)).await;
        self.kill()?;
        (self.last, self.kills) = (now, self.kills - 1);
        self.child = start(&self.args)?;
        Ok(true)
    }

    /// Strikes as long as something is left by this count. Says how often it was killed.
    pub async fn until_none(mut self, db: &Db, left: &str) -> Result<u32, Failure> {
        let kills = self.kills;
        while number(db, left).await? > 0 {
            self.strike(db).await?;
        }
        Ok(kills - self.kills)
    }

    fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

/// Whatever the drill comes to, nobody works on.
impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Does something once without a kill, then again and again until all kills are spent. `round` does it while its workers
/// live so long and are killed so often at most, and says how often they were. Says how often it was done.
pub async fn rounds(kills: u32, round: impl AsyncFn(Life, u32) -> Result<u32, Failure>) -> Result<u32, Failure> {
    /// What is lost with its worker five times is given up.
    const EACH: u32 = 4;
    let began = Instant::now();
    round(Life { least: 0, most: 0 }, 0).await?;
    // Workers live for a part of the time that it takes without a kill.
    let life = Life { least: 0, most: u64::try_from(began.elapsed().as_millis())? * 2 / 3 };
    let (mut done, mut left, mut barren) = (1, kills, 0);
    while left > 0 {
        let killed = round(life, left.min(EACH)).await?;
        (done, left, barren) = (done + 1, left - killed, if killed > 0 { 0 } else { barren + 1 });
        if barren == 20 {
            return Err("it is over each time before a worker can be killed: let there be more of it".into());
        }
    }
    Ok(done)
}

fn start(args: &[String]) -> Result<Child, Failure> {
    Ok(Command::new(std::env::current_exe()?).arg("work").args(args).stdout(Stdio::null()).spawn()?)
}

/// One with 4 GiB of addresses to give away, which dies of it by itself.
pub fn start_bounded(url: &str) -> Result<Child, Failure> {
    let mut command = Command::new("sh");
    command.arg("-c").arg("ulimit -c 0; ulimit -v 4194304; exec \"$0\" work \"$1\"").arg(std::env::current_exe()?);
    Ok(command.arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}
