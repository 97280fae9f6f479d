//! How mail leaves the house, by which way and as whom; and the account that text messages are sent with.

use std::fmt;

use kernel::{EmailAddress, FieldErrors};

use settings::{Field, Kind, Section, Texts};

const TRANSPORTS: &[(&str, &str)] =
    &[("none", "Keep it in the outbox"), ("smtp", "A mail server (SMTP)"), ("ses", "Amazon SES")];
const ENCRYPTIONS: &[(&str, &str)] = &[
    ("starttls", "STARTTLS, from the first command on"),
    ("tls", "TLS from the start"),
    ("none", "None; passwords and messages can be read on the way"),
];
const SENDER: &str = "Enter the address mail is sent from.";
const SMTP: Option<(&str, &str)> = Some(("mail.transport", "smtp"));

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
    Field {
        help: "What recipients see, and where undeliverable mail returns to.",
        ..Field::new("mail.sender", "Sender's address", Kind::Email)
    },
    Field { help: "Empty for the organisation's name.", ..Field::new("mail.sender_name", "Sender's name", Kind::Text) },
    Field { help: "Where answers go, if not to the sender.", ..Field::new("mail.reply_to", "Reply to", Kind::Email) },
    Field {
        help: "For mail by Amazon SES, and for text messages whatever mail is sent by. Such as eu-central-1.",
        ..Field::new("ses.region", "Amazon account: region", Kind::Text)
    },
    Field::new("ses.access_key_id", "Amazon account: access key ID", Kind::Text),
    Field::new("ses.secret_access_key", "Amazon account: secret access key", Kind::Secret),
];

pub const SECTION: Section = Section {
    name: "mail",
    fields: FIELDS,
    check: |texts| {
        let mut errors = MailSettings::of(texts).err().unwrap_or_default();
        if errors.is_empty() && Amazon::is_meant(texts) {
            errors = Amazon::of(texts).err().unwrap_or_default();
        }
        errors
    },
};

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
pub struct Amazon {
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl fmt::Debug for Amazon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amazon in {}", self.region)
    }
}

impl Amazon {
    /// Whether anything of one was entered.
    pub fn is_meant(texts: &Texts) -> bool {
        let is_there = |key: &str| texts.get(key).is_some_and(|text| !text.is_empty());
        ["ses.region", "ses.access_key_id", "ses.secret_access_key"].into_iter().any(is_there)
    }

    /// The account, or what is wrong with it.
    pub fn of(texts: &Texts) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut needed = |key: &str, why: &str| {
            let value = texts.get(key).cloned().unwrap_or_default();
            if value.is_empty() {
                errors.add(key, why);
            }
            value
        };
        let account = Self {
            region: needed("ses.region", "Enter the region."),
            access_key_id: needed("ses.access_key_id", "Enter the access key's ID."),
            secret_access_key: needed("ses.secret_access_key", "Enter the secret access key."),
        };
        // A region becomes part of an address.
        let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !account.region.chars().all(is_region) {
            errors.add("ses.region", "This must be a region like eu-central-1.");
        }
        if errors.is_empty() { Ok(account) } else { Err(errors) }
    }
}

/// The way mail takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    None,
    Smtp(Smtp),
    Ses(Amazon),
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
            "ses" => match Amazon::of(texts) {
                Ok(account) => Transport::Ses(account),
                Err(wrong) => {
                    needed("mail.sender", SENDER);
                    errors.merge(wrong);
                    return Err(errors);
                }
            },
            _ => Transport::None,
        };
        if transport != Transport::None {
            needed("mail.sender", SENDER);
        }
        let sender = EmailAddress::parse(&text("mail.sender")).map(|a| a.to_string()).unwrap_or_default();
        let settings =
            Self { transport, sender, sender_name: text("mail.sender_name"), reply_to: text("mail.reply_to") };
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }
}
