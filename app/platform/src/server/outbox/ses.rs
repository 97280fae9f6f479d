//! Handing messages to Amazon SES, which takes a message for all its recipients or for none.

use kernel::Timestamp;

use super::{mailer::Mailer, send::Handed};
use crate::outbox::settings::Ses;

pub async fn hand_over(
    mailer: &Mailer,
    account: &Ses,
    now: Timestamp,
    from: &str,
    to: &[String],
    message: &[u8],
) -> Handed {
    let config = aws::Config {
        region: account.region.clone(),
        access_key_id: account.access_key_id.clone(),
        secret_access_key: account.secret_access_key.clone(),
        endpoint: mailer.ses_endpoint.clone(),
    };
    match aws::ses::send(mailer.client.http(), &config, now, from, to, message).await {
        Ok(number) => Handed::Accepted(format!("Amazon SES took it as {number}")),
        Err(error @ (aws::Error::Unreachable(_) | aws::Error::Busy(_))) => Handed::Temporary(error.to_string()),
        Err(error @ aws::Error::Refused(_)) => Handed::Permanent(error.to_string()),
        Err(error @ aws::Error::Lost(_)) => Handed::Uncertain(error.to_string()),
    }
}
