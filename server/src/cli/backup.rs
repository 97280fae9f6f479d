//! Backups, from the command line.

use backups::{BackupInfo, Cause, server::Backups};
use jobs::Progress;
use kernel::server::{Clock, Rng};
use tokio::sync::watch;

use super::parse::Backup;
use crate::{
    config::{Config, SecretKey},
    state::{self, State},
};

/// Does what was asked of backups.
pub async fn run(config: Config, asked: Backup) -> Result<(), String> {
    match asked {
        Backup::Make => make(&State::start(config).await.map_err(|e| e.0)?).await,
        Backup::List => list(&opened(&config)?.0).await,
        Backup::Prove(name) => prove(&State::start(config).await.map_err(|e| e.0)?, name).await,
    }
}

/// With the key there is: without it, no backup can be read, and a new one would hide that.
fn opened(config: &Config) -> Result<(Backups, SecretKey), String> {
    let path = &config.storage.secret_key_file;
    if !path.exists() {
        return Err(format!(
            "the secret key {} is missing: put the one there that the backup was sealed with",
            path.display()
        ));
    }
    let key = config.secret_key().map_err(|e| e.0)?;
    Ok((state::backups(config, &key).map_err(|e| e.0)?, key))
}

async fn make(state: &State) -> Result<(), String> {
    let backups = state.app.service::<Backups>().map_err(|e| e.sentence())?;
    let (progress, mut told) = watch::channel(Progress::default());
    let telling = tokio::spawn(async move {
        let mut before = None;
        while told.changed().await.is_ok() {
            let message = told.borrow_and_update().message.clone();
            if message != before {
                if let Some(message) = &message {
                    eprintln!("{message} …");
                }
                before = message;
            }
        }
    });
    let id = state.app.clock().new_id(state.app.rng());
    let made = backups.back_up(&state.app, id, Cause::Manual, None, &progress).await;
    drop(progress);
    telling.await.ok();
    let BackupInfo { name, bytes, rows, files, .. } = match made {
        Ok(made) => made,
        Err(error) => {
            let why = error.to_string();
            backups.fail(&state.app, id, &why).await.map_err(|e| e.to_string())?;
            return Err(why);
        }
    };
    println!("{name}: {rows} rows and {files} files in {bytes} bytes, restored aside and found the same.");
    Ok(())
}

async fn list(backups: &Backups) -> Result<(), String> {
    let found = backups.find().await.map_err(|e| e.sentence())?;
    for backup in &found {
        println!("{:<52}  {:>14}  {}", backup.name, backup.bytes, backup.since);
    }
    if found.is_empty() {
        println!("There are no backups in {}.", backups.shown());
    }
    Ok(())
}

async fn prove(state: &State, name: Option<String>) -> Result<(), String> {
    let backups = state.app.service::<Backups>().map_err(|e| e.sentence())?;
    let proof = backups.prove_by_name(&state.app, name.as_deref().unwrap_or("latest")).await;
    let (name, restored) = proof.map_err(|e| e.to_string())?;
    println!("{name}: {} rows and {} files, restored aside and found the same.", restored.rows, restored.files);
    Ok(())
}

/// Puts a backup back into an empty database. What waited then waits on: whoever restores decides when it goes on.
pub async fn restore(config: Config, archive: &str) -> Result<(), String> {
    let (backups, _) = opened(&config)?;
    let ids = (Clock::default(), Rng::system());
    let id = ids.0.new_id(&ids.1);
    let restored = backups::server::restore(&backups, archive, &config.storage.database_url, id).await;
    let restored = restored.map_err(|e| e.to_string())?;
    let state = State::start(config).await.map_err(|e| e.0)?;
    backups::server::settle(&state.identity.system(), &state.jobs()).await.map_err(|e| e.sentence())?;
    state.db().close().await;
    println!("{} rows and {} files are back as they were at {}.", restored.rows, restored.files, restored.taken_at);
    if !restored.is_whole {
        println!("This was a copy of the database alone: the content of files is not in it.");
    }
    println!(
        "The queues are paused, so that nothing goes out a second time: look at the outbox and the jobs, then resume \
         them there or with 'mainstay jobs resume QUEUE'."
    );
    Ok(())
}
