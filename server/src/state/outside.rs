//! What the program needs to ask others: the vault their passwords lie in, the guard over where it may ask, mail.

use std::fs;

use notifications::server::{Site, push::PushServices};
use outbox::server::Mailer;
use outside::{Client, Guard};
use records::server::App;
use settings::server::vault::Vault;

use super::StartError;
use crate::{
    config::{Config, SecretKey},
    modules,
};

pub fn provide(config: &Config, secret_key: &SecretKey, app: &App) -> Result<(), StartError> {
    let authorities = match &config.outside.ca_file {
        None => vec![],
        Some(path) => {
            let pem = fs::read(path)
                .map_err(|e| StartError(format!("MAINSTAY_OUTSIDE_CA_FILE: {} cannot be read: {e}", path.display())))?;
            vec![pem]
        }
    };
    let client = |guard: &Guard| {
        Client::new(guard.clone(), &authorities)
            .map_err(|e| StartError(format!("MAINSTAY_OUTSIDE_CA_FILE holds no certificates: {e}")))
    };
    let guard = Guard::new(config.outside.allow.clone());
    let push = client(&Guard::new(config.outside.push_allow.clone()))?;
    let client = client(&guard)?;
    let host = config.web.public_url.split("://").nth(1).and_then(|rest| rest.split(':').next()).unwrap_or("localhost");
    app.provide(Site(config.web.public_url.clone()));
    app.provide(Vault::new(secret_key.bytes(), secret_key.former(), app.rng().clone()));
    app.provide(modules::SETTINGS);
    app.provide(config.fixed.clone());
    app.provide(PushServices(push));
    app.provide(Mailer::new(host, guard, client, authorities, config.outside.endpoints.clone()));
    Ok(())
}
