//! A message as it goes over the wire (RFC 5322, MIME).

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lettre::{
    Message,
    address::Envelope,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::{address, store::Mail};
use crate::settings::MailSettings;

/// The image of a letter's head travels with it; data in an address is shown by few.
const LOGO: &str = "logo";

/// Writes a message, or says why it cannot be written.
pub fn write(mail: &Mail, settings: &MailSettings, organisation: &str) -> Result<Vec<u8>, String> {
    let failed = |e: &dyn std::fmt::Display| format!("The message cannot be written: {e}.");
    let sender = address::parse(&settings.sender).ok_or("The sender's address is none.")?;
    let name = if settings.sender_name.is_empty() { organisation } else { &settings.sender_name };
    let micros = u64::try_from(mail.created_at.micros()).unwrap_or(0);
    let mut builder = Message::builder()
        .from(Mailbox::new(Some(address::one_line(name)).filter(|n| !n.is_empty()), sender.clone()))
        .subject(&mail.subject)
        .message_id(Some(mail.message_id.clone()))
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(micros));
    if let Some(reply_to) = address::parse(&settings.reply_to) {
        builder = builder.reply_to(Mailbox::new(None, reply_to));
    }
    let recipients = mail.recipients.iter().filter_map(|(_, to)| Some((&to.name, address::parse(&to.address)?)));
    let recipients: Vec<_> = recipients.collect();
    builder = match recipients.as_slice() {
        [(name, address)] => builder.to(Mailbox::new(Some((*name).clone()).filter(|n| !n.is_empty()), address.clone())),
        // Whom else it goes to is for none of them to know.
        several => {
            let to = HeaderName::new_from_ascii_str("To");
            let addresses = several.iter().map(|(_, address)| address.clone()).collect();
            let envelope = Envelope::new(Some(sender), addresses).map_err(|e| failed(&e))?;
            builder.envelope(envelope).raw_header(HeaderValue::new(to, "undisclosed-recipients:;".to_owned()))
        }
    };
    let own = [("Auto-Submitted".to_owned(), "auto-generated".to_owned())];
    for (name, value) in own.iter().chain(&mail.headers) {
        let name = HeaderName::new_from_ascii(name.clone()).map_err(|e| failed(&e))?;
        builder = builder.raw_header(HeaderValue::new(name, address::one_line(value)));
    }
    let (html, logo) = take_logo(&mail.html);
    let html = SinglePart::html(with_line_ends(&html));
    let alternatives = MultiPart::alternative().singlepart(SinglePart::plain(with_line_ends(&mail.plain)));
    let body = match logo {
        None => alternatives.singlepart(html),
        Some((kind, bytes)) => {
            let image = Attachment::new_inline(LOGO.to_owned()).body(bytes, kind);
            alternatives.multipart(MultiPart::related().singlepart(html).singlepart(image))
        }
    };
    Ok(builder.multipart(body).map_err(|e| failed(&e))?.formatted())
}

/// Lines end as on the wire. The library would do it one insertion at a time, minutes for a few megabytes.
fn with_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// Takes the first image out of HTML that stands in it as data, and leaves a reference to the part it becomes.
fn take_logo(html: &str) -> (String, Option<(ContentType, Vec<u8>)>) {
    let found = html.split_once("src=\"data:").and_then(|(before, rest)| {
        let (data, after) = rest.split_once('"')?;
        let (kind, data) = data.split_once(";base64,")?;
        let image = (ContentType::parse(kind).ok()?, STANDARD.decode(data).ok()?);
        Some((format!("{before}src=\"cid:{LOGO}\"{after}"), image))
    });
    found.map_or_else(|| (html.to_owned(), None), |(html, image)| (html, Some(image)))
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{Delivery, RecipientInfo, State, settings::Transport};

    fn mail(subject: &str, name: &str, html: &str) -> Mail {
        let to = |address: &str, name: &str| RecipientInfo {
            address: address.to_owned(),
            name: name.to_owned(),
            state: Delivery::Waiting,
            answer: None,
        };
        Mail {
            id: Uuid::nil(),
            message_id: "<1@crm.example>".to_owned(),
            kind: "test".to_owned(),
            subject: subject.to_owned(),
            html: html.to_owned(),
            plain: "plain\n.\nafter a dot".to_owned(),
            headers: vec![(
                "List-Unsubscribe".to_owned(),
                "<https://crm.example/stop>\r\nBcc: all@example.com".to_owned(),
            )],
            state: State::Queued,
            round: 0,
            failures: 0,
            attempt: 0,
            created_at: Timestamp::from_micros(1_795_000_000_000_000),
            recipients: vec![(0, to("ann@bücher.example", name))],
        }
    }

    fn settings() -> MailSettings {
        MailSettings {
            transport: Transport::None,
            sender: "crm@example.com".to_owned(),
            sender_name: String::new(),
            reply_to: "office@example.com".to_owned(),
        }
    }

    fn written(mail: &Mail) -> String {
        String::from_utf8(write(mail, &settings(), "Alder & Söhne").unwrap()).unwrap()
    }

    fn headers(text: &str) -> Vec<&str> {
        text.split("\r\n\r\n").next().unwrap().split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).collect()
    }

    #[test]
    fn a_message_has_its_headers_once_and_in_ascii() {
        let text = written(&mail(
            "Grüße, 世界 and a subject that is long enough to need a second line",
            "Ann Ünïcode",
            "<p>Hi</p>",
        ));
        assert!(text.is_ascii());
        for name in [
            "From",
            "Reply-To",
            "To",
            "Subject",
            "Message-ID",
            "Date",
            "MIME-Version",
            "Auto-Submitted",
            "List-Unsubscribe",
        ] {
            assert_eq!(
                headers(&text).iter().filter(|h| h.starts_with(&format!("{name}:"))).count(),
                1,
                "{name}: {text}"
            );
        }
        assert!(text.contains("Message-ID: <1@crm.example>") && text.contains("ann@xn--bcher-kva.example"), "{text}");
        assert!(text.split("\r\n").all(|line| line.len() <= 998), "RFC 5322, section 2.1.1");
    }

    #[test]
    fn several_recipients_do_not_see_each_other() {
        let mut several = mail("Hi", "Ann", "<p>Hi</p>");
        let bob = RecipientInfo { address: "bob@example.com".to_owned(), ..several.recipients[0].1.clone() };
        several.recipients.push((1, bob));
        let text = written(&several);
        let to: Vec<_> = headers(&text).into_iter().filter(|line| line.starts_with("To:")).collect();
        assert_eq!(to, ["To: undisclosed-recipients:;"]);
        for name in ["Ann", "ann@", "bob@"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
    }

    #[test]
    fn nothing_in_a_name_subject_or_header_starts_another_header() {
        let mut hostile = mail(&address::one_line("Hi\r\nBcc: all@example.com"), "x", "<p>Hi</p>");
        hostile.recipients[0].1.name = address::one_line("Ann\r\nBcc: all@example.com");
        let text = written(&hostile);
        assert!(!headers(&text).iter().any(|line| line.to_lowercase().starts_with("bcc")), "{text}");
    }

    #[test]
    fn the_logo_travels_as_a_part_of_its_own() {
        let text = written(&mail("Hi", "", "<img class=\"logo\" src=\"data:image/png;base64,iVBORw0KGgo=\" alt=\"\">"));
        assert!(text.contains("multipart/related") && text.contains("Content-ID: <logo>"), "{text}");
        assert!(text.contains("Content-Type: image/png") && !text.contains("data:image"), "{text}");
    }
}
