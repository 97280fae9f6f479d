//! What the program survives: run by `bin/test drills`. Most do their work while its workers are killed with SIGKILL at odd
//! moments.
//!
//!   drills jobs DATABASE JOBS KILLS       none is lost, each second run is explained; what takes its workers down is given up
//!   drills exports DATABASE ROWS KILLS    each file is whole, and nothing else is left
//!   drills imports DATABASE ROWS KILLS    what was written is what is counted, and all of it can be undone
//!   drills backups DATABASE ROWS KILLS    each is proven in the end, and nothing else is left
//!   drills greedy DATABASE ROWS SECONDS   somebody works undisturbed beside others who ask for as much as they may
//!   drills work DATABASE [FOLDER]         a worker, to be killed
//!   drills serve DATABASE FOLDER PORT     the program, to be asked for much

mod backups;
mod exports;
mod greedy;
mod imports;
mod jobs;
mod killed;
mod place;

use std::path::Path;

/// As the program has it: what memory it takes up is part of what is tried.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

async fn drill(what: &str, url: &str, much: u32, kills: u32) -> Result<(), Failure> {
    match what {
        "jobs" => jobs::drill(url, much.into(), kills).await,
        "exports" => exports::drill(url, much, kills).await,
        "imports" => imports::drill(url, much, kills).await,
        "backups" => backups::drill(url, much, kills).await,
        "greedy" => greedy::drill(url, much, kills).await,
        _ => Err("the drills are jobs, exports, imports, backups and greedy".into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["work", url] => jobs::work(url).await,
        ["serve", url, folder, port] => greedy::serve(url, Path::new(folder), port).await,
        ["work", url, folder] => place::work(url, Path::new(folder)).await,
        [what, url, much, kills] => match (much.parse(), kills.parse()) {
            (Ok(much), Ok(kills)) => drill(what, url, much, kills).await,
            _ => Err("how much and how many kills or seconds are numbers".into()),
        },
        _ => Err("drills jobs|exports|imports|backups|greedy DATABASE HOW_MUCH KILLS_OR_SECONDS".into()),
    }
}
