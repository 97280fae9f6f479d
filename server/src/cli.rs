//! The command line: what was asked, in words, and the exit status of doing it.

mod backup;
mod jobs;
mod parse;
mod user;

use std::process::ExitCode;

pub use parse::Role;
use parse::{Command, Help};

use crate::{
    config::{Config, Environment},
    log,
    state::State,
    web,
};

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
    let runtime = tokio::runtime::Runtime::new().map_err(|e| format!("no threads could be started: {e}"))?;
    runtime.block_on(async {
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
            Command::UserCreate(user) => {
                user::create(&State::start(config).await.map_err(|e| e.0)?, user, &mut std::io::stdin()).await
            }
            Command::SampleLoad { if_empty } => {
                user::load_sample(&State::start(config).await.map_err(|e| e.0)?, if_empty).await
            }
            Command::Jobs(asked) => jobs::run(&State::start(config).await.map_err(|e| e.0)?, asked).await,
            Command::ConfigCheck | Command::ConfigPrint | Command::OpenApi => Ok(()),
        }
    })
}
