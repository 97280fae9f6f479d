//! Text messages, by the Simple Notification Service.

use kernel::Timestamp;
use reqwest::Client;
use url::form_urlencoded::Serializer;

use crate::{
    Config, Error,
    call::{Call, call, element},
};

/// Sends a text to a phone, whose number is in the notation of E.164, and gives the service's own number of it.
pub async fn publish(
    client: &Client,
    config: &Config,
    now: Timestamp,
    phone: &str,
    text: &str,
) -> Result<String, Error> {
    let fields = [("Action", "Publish"), ("Version", "2010-03-31"), ("PhoneNumber", phone), ("Message", text)];
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    let content_type = "application/x-www-form-urlencoded";
    let asked = Call { service: "sns", host: "sns", path: "/", content_type, body: &body };
    let answer = call(client, config, now, asked).await?;
    Ok(element(&answer, "MessageId").unwrap_or_default())
}
