//! Bringing secrets under the present key of the installation.

use jobs::server::{Job, JobCx, Missed, Outcome, Schedule};
use kernel::AppError;
use serde::{Deserialize, Serialize};

use super::{place, store};
use crate::server::vault::Vault;

/// Seals with the present key what a former one sealed; the former may then leave the key file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct RenewSecrets {}

impl RenewSecrets {
    pub fn schedule() -> Schedule {
        Schedule::new("renew_secrets", "10 3 * * *", Missed::Skip, |_| Self {})
    }
}

impl Job for RenewSecrets {
    const KIND: &'static str = "platform.renew_secrets";
    const TITLE: &'static str = "Seal secrets with the present key";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    /// What no key opens stays as it is, and is counted.
    async fn run(&self, cx: &JobCx) -> Result<Outcome, AppError> {
        let vault = cx.ctx.app.service::<Vault>()?;
        let (mut renewed, mut unreadable) = (0, 0);
        for (name, (_, sealed)) in store::all(cx.ctx.db()).await? {
            let Some(sealed) = sealed else { continue };
            match vault.renew(place(&name), &sealed) {
                Ok(None) => {}
                Ok(Some(after)) => {
                    let mut tx = cx.ctx.db().begin().await?;
                    store::renew(&mut tx, &name, sealed, after).await?;
                    tx.commit().await?;
                    renewed += 1;
                }
                Err(_) => unreadable += 1,
            }
        }
        Ok(Outcome::Done(Some(serde_json::json!({ "renewed": renewed, "unreadable": unreadable }))))
    }
}
