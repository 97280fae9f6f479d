//! Notifications as text messages, by the company's account at Amazon.

use kernel::AppError;
use outbox::server::amazon;
use outside::Client;
use records::server::Ctx;

use super::{deliver::Trouble, email::Site, store::Found};

/// About what two parts of a message hold.
const LONGEST: usize = 300;

/// A text message with all that sending it needs.
pub struct Message {
    client: Client,
    config: aws::Config,
    phone: String,
    text: String,
}

/// Whether anybody gets any.
pub async fn can_text(ctx: &Ctx) -> Result<bool, AppError> {
    Ok(amazon(&ctx.app).await?.is_ok())
}

/// Writes it, or says why it cannot be sent.
pub async fn write(ctx: &Ctx, found: &Found) -> Result<Result<Message, Trouble>, AppError> {
    let Some(phone) = preferences::server::of(ctx, found.reader).await?.phone else {
        return Ok(Err(Trouble::Never("They gave no telephone number for text messages.".to_owned())));
    };
    let (client, config) = match amazon(&ctx.app).await? {
        Ok(account) => account,
        Err(why) => return Ok(Err(Trouble::Never(why))),
    };
    let site = ctx.app.service::<Site>()?;
    let mut text: String = found.title.chars().take(LONGEST).collect();
    if let Some(link) = &found.link {
        text = format!("{text} {}", site.at(link));
    }
    let stop = site.at(&format!("/settings/preferences#{}", found.kind));
    Ok(Ok(Message { client, config, phone, text: format!("{text}\nWhy, and how to stop: {stop}") }))
}

impl Message {
    /// Sends it, and says what the service called it.
    pub async fn send(self, ctx: &Ctx) -> Result<String, Trouble> {
        let Self { client, config, phone, text } = self;
        match aws::sns::publish(client.http(), &config, ctx.app.clock().now(), &phone, &text).await {
            Ok(number) => Ok(format!("Amazon SNS took it as {number}.")),
            Err(error @ (aws::Error::Unreachable(_) | aws::Error::Busy(_))) => {
                Err(Trouble::Later(error.to_string(), None))
            }
            // It may have arrived: a second one would be one too many.
            Err(error @ aws::Error::Lost(_)) => Err(Trouble::Lost(error.to_string())),
            Err(error @ aws::Error::Refused(_)) => Err(Trouble::Failed(error.to_string())),
        }
    }
}
