//! How mail leaves the house: by which way, and as whom.

use std::fmt;

use kernel::{EmailAddress, FieldErrors};

use crate::settings::{Field, Kind, Section, Texts};

const TRANSPORTS: &[(&str, &str)] =
    &[("none", "Keep it in the outbox"), ("smtp", "A mail server (SMTP)"), ("ses", "Amazon SES")];
const ENCRYPTIONS: &[(&str, &str)] = &[
    ("starttls", "STARTTLS, from the first command on"),
    ("tls", "TLS from the start"),
    ("none", "None; passwords and messages can be read on the way"),
];
const SMTP: Option<(&str, &str)> = Some(("mail.transport", "smtp"));
const SES: Option<(&str, &str)> = Some(("mail.transport", "ses"));

const FIELDS: &[Field] = &[
    Field { usual: "none", ..Field::new("mail.transport", "Send mail by", Kind::Choice(TRANSPORTS)) },
    Field {
        only: SMTP,
        help: "Such as mail.example.com. In the company's own network, an operator has to allow it.",
        ..Field::new("smtp.host", "Server", Kind::Text)
    },
    Field {
        only: SMTP,
        help: "587 with STARTTLS, 465 with TLS from the start.",
        usual: "587",
        ..Field::new("smtp.port", "Port", Kind::Port)
    },
    Field { only: SMTP, usual: "starttls", ..Field::new("smtp.encryption", "Encryption", Kind::Choice(ENCRYPTIONS)) },
    Field {
        only: SMTP,
        help: "Empty where the server asks nobody to sign in.",
        ..Field::new("smtp.user", "User", Kind::Text)
    },
    Field { only: SMTP, ..Field::new("smtp.password", "Password", Kind::Secret) },
    Field { only: SES, help: "Such as eu-central-1.", ..Field::new("ses.region", "Region", Kind::Text) },
    Field { only: SES, ..Field::new("ses.access_key_id", "Access key ID", Kind::Text) },
    Field { only: SES, ..Field::new("ses.secret_access_key", "Secret access key", Kind::Secret) },
    Field {
        help: "What recipients see, and where undeliverable mail returns to.",
        ..Field::new("mail.sender", "Sender's address", Kind::Email)
    },
    Field { help: "Empty for the organisation's name.", ..Field::new("mail.sender_name", "Sender's name", Kind::Text) },
    Field { help: "Where answers go, if not to the sender.", ..Field::new("mail.reply_to", "Reply to", Kind::Email) },
];

pub const SECTION: Section =
    Section { name: "mail", fields: FIELDS, check: |texts| MailSettings::of(texts).err().unwrap_or_default() };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    None,
    StartTls,
    Tls,
}

/// A mail server to hand messages to.
#[derive(Clone, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    /// User and password.
    pub account: Option<(String, String)>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// An account at Amazon.
#[derive(Clone, PartialEq, Eq)]
pub struct Ses {
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl fmt::Debug for Ses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amazon SES in {}", self.region)
    }
}

/// The way mail takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    None,
    Smtp(Smtp),
    Ses(Ses),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    pub transport: Transport,
    pub sender: String,
    pub sender_name: String,
    pub reply_to: String,
}

impl MailSettings {
    /// The settings, or what is wrong with them.
    pub fn of(texts: &Texts) -> Result<Self, FieldErrors> {
        let text = |key: &str| texts.get(key).cloned().unwrap_or_default();
        let mut errors = FieldErrors::default();
        let mut needed = |key: &str, why: &str| {
            let value = text(key);
            if value.is_empty() {
                errors.add(key, why);
            }
            value
        };
        let transport = match text("mail.transport").as_str() {
            "smtp" => {
                let (user, password) = (text("smtp.user"), text("smtp.password"));
                if !user.is_empty() {
                    needed("smtp.password", "Enter the password that goes with the user.");
                }
                Transport::Smtp(Smtp {
                    host: needed("smtp.host", "Enter the name of the server."),
                    port: text("smtp.port").parse().unwrap_or(0),
                    encryption: match text("smtp.encryption").as_str() {
                        "none" => Encryption::None,
                        "tls" => Encryption::Tls,
                        _ => Encryption::StartTls,
                    },
                    account: (!user.is_empty()).then_some((user, password)),
                })
            }
            "ses" => Transport::Ses(Ses {
                region: needed("ses.region", "Enter the region."),
                access_key_id: needed("ses.access_key_id", "Enter the access key's ID."),
                secret_access_key: needed("ses.secret_access_key", "Enter the secret access key."),
            }),
            _ => Transport::None,
        };
        if transport != Transport::None {
            needed("mail.sender", "Enter the address mail is sent from.");
        }
        // A region becomes part of an address.
        let is_region = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if matches!(&transport, Transport::Ses(ses) if !is_region(&ses.region)) {
            errors.add("ses.region", "This must be a region like eu-central-1.");
        }
        let sender = EmailAddress::parse(&text("mail.sender")).map(|a| a.to_string()).unwrap_or_default();
        let settings =
            Self { transport, sender, sender_name: text("mail.sender_name"), reply_to: text("mail.reply_to") };
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }
}
