//! Notifications as text messages, by the Amazon account that mail is sent with.

use kernel::AppError;
use records::server::Ctx;

use super::{deliver::Trouble, email::Site, store::Found};
use crate::server::{outbox::amazon, outside::Client, preferences};

/// About what two parts of a message hold.
const LONGEST: usize = 300;

/// A text message with all that sending it needs.
pub struct Message {
    client: Client,
    config: aws::Config,
    phone: String,
    text: String,
}

/// Writes it, or says why it cannot be sent.
pub async fn write(ctx: &Ctx, found: &Found) -> Result<Result<Message, Trouble>, AppError> {
    let Some(phone) = preferences::of(ctx, found.reader).await?.phone else {
        return Ok(Err(Trouble::Never("They gave no telephone number for text messages.".to_owned())));
    };
    let Some((client, config)) = amazon(&ctx.app).await? else {
        return Ok(Err(Trouble::Never(
            "Text messages need an account at Amazon, which is set up with mail by Amazon SES.".to_owned(),
        )));
    };
    let mut text: String = found.title.chars().take(LONGEST).collect();
    if let Some(link) = &found.link {
        text = format!("{text} {}", ctx.app.service::<Site>()?.at(link));
    }
    Ok(Ok(Message { client, config, phone, text }))
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
            Err(error @ (aws::Error::Refused(_) | aws::Error::Lost(_))) => Err(Trouble::Failed(error.to_string())),
        }
    }
}
