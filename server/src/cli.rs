//! The command line: what was asked, in words, and the exit status of doing it.

mod backup;
mod jobs;
mod parse;
mod schema;
mod user;

use std::{process::ExitCode, time::Duration};

pub use parse::Role;
use parse::{Command, Help};
use tokio::runtime::Runtime;

use crate::{
    config::{Config, Environment},
    log,
    state::State,
    web,
};

/// A thread for work that blocks ends after so long without any. The allocator gives the memory of what it let go a
/// second before back to the system then: the 19 MiB of a password's hash, above all.
const SPARE: Duration = Duration::from_secs(2);

/// Runs one command: 0 done, 1 failed with one sentence on standard error, 2 wrong usage.
pub fn main(arguments: Vec<String>, environment: Environment) -> ExitCode {
    let command = match parse::parse(&arguments) {
        Ok(command) => command,
        Err(Help::Asked(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Help::Needed(text)) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    match run(command, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("mainstay: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, environment: &Environment) -> Result<(), String> {
    // Whoever develops the program need not have set it up.
    if let Command::SchemaDraft(asked) = command {
        return runtime()?.block_on(schema::draft(asked));
    }
    let config = Config::load(environment).map_err(|e| e.to_string())?;
    match command {
        Command::ConfigCheck => {
            println!("The configuration is fine.");
            return Ok(());
        }
        Command::ConfigPrint => {
            print!("{config}");
            return Ok(());
        }
        Command::OpenApi => {
            println!("{}", crate::rest::openapi(&crate::modules::registry()?));
            return Ok(());
        }
        _ => {}
    }
    log::start(&config.log);
    runtime()?.block_on(async {
        match command {
            Command::Serve { roles, queues } => {
                web::serve(State::start(config).await.map_err(|e| e.0)?, &roles, queues.as_deref()).await
            }
            Command::Migrate => {
                State::start(config).await.map_err(|e| e.0)?.db().close().await;
                println!("The database is up to date.");
                Ok(())
            }
            Command::Backup(asked) => backup::run(config, asked).await,
            Command::Restore { archive } => backup::restore(config, &archive).await,
            Command::ConfigCheck | Command::ConfigPrint | Command::OpenApi | Command::SchemaDraft(_) => Ok(()),
            Command::UserCreate(_) | Command::SampleLoad { .. } | Command::Jobs(_) => {
                let state = State::start(config).await.map_err(|e| e.0)?;
                let done = write(&state, command).await;
                // What was written is told to the other processes before this one ends.
                state.db().close().await;
                done
            }
        }
    })
}

fn runtime() -> Result<Runtime, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_keep_alive(SPARE).build();
    runtime.map_err(|e| format!("no threads could be started: {e}"))
}

async fn write(state: &State, command: Command) -> Result<(), String> {
    match command {
        Command::UserCreate(user) => user::create(state, user, &mut std::io::stdin()).await,
        Command::SampleLoad { if_empty } => user::load_sample(state, if_empty).await,
        Command::Jobs(asked) => jobs::run(state, asked).await,
        _ => Ok(()),
    }
}
