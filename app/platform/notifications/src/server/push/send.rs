//! One message to one browser.

use std::{error::Error, time::Duration};

use chrono::DateTime;
use kernel::{AppError, Timestamp, server::unexpected};
use outside::OutsideError;
use records::server::Ctx;
use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use super::{
    PushServices,
    seal::{self, Reader},
    vapid::Vapid,
};
use crate::{Priority, server::store::Found};

/// For how many seconds a push service keeps a message for a browser that is off.
const KEPT: u32 = 86_400;
/// About what browsers show of a text.
const SHOWN: usize = 300;
/// The longest link that has room beside it.
const LINK: usize = 1_000;
/// Where all of them stand.
const LIST: &str = "/notifications";
/// The longest a push service may have us wait.
const LONGEST: Duration = Duration::from_hours(6);

/// A browser that subscribed.
#[derive(Clone, Debug)]
pub struct Target {
    pub id: Uuid,
    pub endpoint: String,
    pub reader: Reader,
}

/// What a browser is to show, as `public/sw.js` reads it.
#[derive(Debug, Serialize)]
pub struct Message {
    /// The same for the same notification: a second message about it takes the place of the first.
    tag: String,
    title: String,
    body: String,
    /// A path of the web app.
    link: String,
    /// The notification that is read once this is clicked.
    #[serde(skip_serializing_if = "Option::is_none")]
    notification: Option<Uuid>,
    urgent: bool,
}

impl Message {
    pub fn new(found: &Found) -> Self {
        Self {
            tag: found.notification.simple().to_string(),
            title: found.title.clone(),
            body: found.message.chars().take(SHOWN).collect(),
            link: found.link.clone().filter(|link| link.len() <= LINK).unwrap_or_else(|| LIST.to_owned()),
            notification: Some(found.notification),
            urgent: found.priority == Priority::High,
        }
    }

    /// One to see whether it works.
    pub fn trial(organisation: &str, id: &Uuid) -> Self {
        Self {
            tag: id.simple().to_string(),
            title: "Push messages work".to_owned(),
            body: format!("This browser shows what {organisation} tells you."),
            link: "/settings/preferences#push".to_owned(),
            notification: None,
            urgent: false,
        }
    }
}

/// What the push service said.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Taken,
    /// There is no such subscription any more.
    Gone,
    /// Not now, and perhaps when to come back.
    Later(String, Option<Duration>),
    /// Not ever.
    Refused(String),
    /// No service was asked: why, in words for administrators alone, and whether time may heal it.
    Unreached(String, bool),
}

pub async fn send(ctx: &Ctx, vapid: &Vapid, target: &Target, message: &Message) -> Result<Answer, AppError> {
    let url = Url::parse(&target.endpoint).map_err(unexpected)?;
    let host = url.host_str().unwrap_or_default();
    let text = serde_json::to_vec(message).map_err(unexpected)?;
    let body = seal::seal(ctx.app.rng(), &target.reader, &text)?;
    let request = match ctx.app.service::<PushServices>()?.0.request(Method::POST, &target.endpoint) {
        Ok(request) => request,
        Err(error) => return Ok(Answer::Unreached(format!("{error}."), false)),
    };
    let request = request
        .header("authorization", vapid.authorization(&url, ctx.now())?)
        .header("content-encoding", "aes128gcm")
        .header("content-type", "application/octet-stream")
        .header("ttl", KEPT)
        .header("urgency", if message.urgent { "high" } else { "normal" })
        // What the browser has not fetched yet is replaced by what comes after it (RFC 8030, section 5.4).
        .header("topic", &message.tag)
        .body(body);
    Ok(match request.send().await {
        Ok(answer) => judge(host, answer.status(), answer.headers(), ctx.now()),
        Err(error) => trouble(host, &error),
    })
}

fn judge(host: &str, status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Answer {
    let number = status.as_u16();
    match number {
        200..=299 => Answer::Taken,
        404 | 410 => Answer::Gone,
        408 | 429 | 500..=599 => Answer::Later(format!("{host} answered {number}."), retry_after(headers, now)),
        _ => Answer::Refused(format!("{host} refused it with {number}.")),
    }
}

/// When a push service wants to be asked again: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = if let Ok(seconds) = text.parse::<u64>() {
        seconds
    } else {
        let at = DateTime::parse_from_rfc2822(text).ok()?.timestamp_micros();
        u64::try_from(Timestamp::from_micros(at).seconds_since(now)).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds).min(LONGEST))
}

/// It is safe to send again what may have arrived: the browser shows the two as one.
fn trouble(host: &str, error: &reqwest::Error) -> Answer {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(known) = cause {
        match known.downcast_ref::<OutsideError>() {
            Some(OutsideError::Unknown(_)) | None => cause = known.source(),
            Some(refusal) => return Answer::Unreached(format!("{refusal}."), false),
        }
    }
    Answer::Unreached(format!("{host} could not be reached."), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, after: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if !after.is_empty() {
            headers.insert(RETRY_AFTER, after.parse().unwrap());
        }
        let now = Timestamp::parse("1994-11-06T08:49:00Z").unwrap();
        judge("push.example", StatusCode::from_u16(status).unwrap(), &headers, now)
    }

    #[test]
    fn each_answer_is_one_of_four() {
        for status in [200, 201, 202, 204] {
            assert_eq!(judged(status, ""), Answer::Taken);
        }
        for status in [404, 410] {
            assert_eq!(judged(status, ""), Answer::Gone);
        }
        for status in [429, 500, 503] {
            assert_eq!(judged(status, ""), Answer::Later(format!("push.example answered {status}."), None));
        }
        for status in [304, 400, 401, 403, 413] {
            assert_eq!(judged(status, "5"), Answer::Refused(format!("push.example refused it with {status}.")));
        }
    }

    #[test]
    fn it_is_waited_for_as_long_as_the_service_wants() {
        let wait = |after: &str| match judged(429, after) {
            Answer::Later(_, wait) => wait.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(37));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(wait("99999999"), Some(6 * 3_600));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn the_longest_notification_fits_into_a_message() {
        let wide = |n: usize| "\u{1F600}\"".chars().cycle().take(n).collect::<String>();
        let mut message = Message::trial("x", &Uuid::nil());
        (message.title, message.body, message.link) = (wide(200), wide(SHOWN), "x".repeat(LINK));
        assert!(serde_json::to_vec(&message).unwrap().len() <= seal::LONGEST);
    }
}
