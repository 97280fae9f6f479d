//! Mail, by the second version of the Simple Email Service.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::Timestamp;
use reqwest::Client;

use crate::{
    Config, Error,
    call::{Call, call},
};

/// Sends a whole message to these addresses, and gives the service's own number of it.
pub async fn send(
    client: &Client,
    config: &Config,
    now: Timestamp,
    from: &str,
    to: &[String],
    message: &[u8],
) -> Result<String, Error> {
    let body = serde_json::json!({
        "FromEmailAddress": from,
        "Destination": { "ToAddresses": to },
        "Content": { "Raw": { "Data": STANDARD.encode(message) } },
    });
    let answer = ask(client, config, now, "/v2/email/outbound-emails", &body.to_string()).await?;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    Ok(answer["MessageId"].as_str().unwrap_or_default().to_owned())
}

/// Begins to prove that an address is one's own; the service accepts no mail from others.
pub async fn verify(client: &Client, config: &Config, now: Timestamp, address: &str) -> Result<(), Error> {
    let body = serde_json::json!({ "EmailIdentity": address });
    ask(client, config, now, "/v2/email/identities", &body.to_string()).await.map(drop)
}

async fn ask(
    client: &Client,
    config: &Config,
    now: Timestamp,
    path: &'static str,
    body: &str,
) -> Result<String, Error> {
    let asked = Call { service: "ses", host: "email", path, content_type: "application/json", body };
    call(client, config, now, asked).await
}
