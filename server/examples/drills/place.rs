//! Where the program of a drill keeps its files, and what its workers need.

use std::path::{Path, PathBuf};

use backups::server::{Backups, Secret, Target};
use files::server::{Bucket, Files};
use jobs::server::{Actors, Services, Worker};
use records::server::{Ctx, Sql};
use tokio::sync::watch;
use transfer::server::export::Keep;

use super::{
    Failure,
    killed::{LEASE, asker, open},
};

/// So long an export is to be fetched, in seconds.
const KEPT: u32 = 3_600;
const SECRET: [u8; 32] = [7; 32];

/// A folder that goes with what is given.
pub struct Place(PathBuf);

impl Place {
    pub fn make(ctx: &Ctx) -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("mainstay_drill_{}", ctx.new_id().simple()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub fn files(&self) -> Result<Files, Failure> {
        Ok(Files::new(&self.0, None, &SECRET)?)
    }

    /// What was put where backups go.
    pub fn archives(&self) -> Result<usize, Failure> {
        let all = std::fs::read_dir(self.0.join("backups"))?;
        Ok(all
            .filter(|entry| entry.as_ref().is_ok_and(|e| e.path().extension().is_some_and(|e| e == "backup")))
            .count())
    }

    /// Whether nothing lies where files are made.
    pub fn ensure_tidy(&self) -> Result<(), Failure> {
        let count = |folder: PathBuf| std::fs::read_dir(folder).map_or(0, Iterator::count);
        match count(self.0.join("spool")) + count(self.0.join("backups/.making")) {
            0 => Ok(()),
            left => Err(format!("{left} half files are left").into()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// All that the platform does, until it is killed.
pub async fn work(url: &str, folder: &Path) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let files = Files::new(folder, None, &SECRET)?;
    let nowhere = Bucket {
        name: String::new(),
        prefix: String::new(),
        endpoint: String::new(),
        region: String::new(),
        key_id: String::new(),
        secret: String::new(),
        path_style: false,
        allow_http: false,
        patience: std::time::Duration::from_secs(1),
    };
    let target = Target::Folder(folder.join("backups"));
    let secrets = vec![Secret::new(&SECRET)];
    let keep = backups::server::Keep { days: 1, weeks: 0, months: 0 };
    ctx.app.provide(Backups::new(files.clone(), folder, &target, &nowhere, secrets, keep)?);
    let actors: Actors = std::sync::Arc::new(|_| Box::pin(async { Ok(Some(asker())) }));
    let services = Services::new(actors)
        .with(files)
        .with(Keep(KEPT))
        .with(notifications::server::add(notifications::server::Kinds::default()));
    let kinds = server::modules::jobs();
    let (_stop, stopped) = watch::channel(false);
    Worker::new(ctx.app.clone(), kinds, services).scheduling(false).lease(LEASE).run(stopped).await;
    Ok(())
}

/// Companies whose names are in no order.
pub async fn fill(ctx: &Ctx, rows: u32) -> Result<(), Failure> {
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
