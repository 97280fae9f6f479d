//! Handing messages to Amazon SES, which takes a message for all its recipients or for none.

use kernel::Timestamp;

use super::{mailer::Mailer, send::Handed};
use crate::settings::Amazon;

pub async fn hand_over(
    mailer: &Mailer,
    account: &Amazon,
    now: Timestamp,
    from: &str,
    to: &[String],
    message: &[u8],
) -> Handed {
    let config = account.config(mailer.endpoints.ses.clone());
    match aws::ses::send(mailer.client.http(), &config, now, from, to, message).await {
        Ok(number) => Handed::Accepted(format!("Amazon SES took it as {number}")),
        Err(error @ (aws::Error::Unreachable(_) | aws::Error::Busy(_))) => Handed::Temporary(error.to_string()),
        Err(error @ aws::Error::Refused(_)) => Handed::Permanent(error.to_string()),
        Err(error @ aws::Error::Lost(_)) => Handed::Uncertain(error.to_string()),
    }
}
