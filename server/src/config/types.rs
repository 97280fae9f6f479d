//! What the texts of settings mean, each as a type that is read from one.

use std::str::FromStr;

use backups::server::Target;

use super::{Log, Profile};

pub(super) struct Origin(pub String);

impl FromStr for Origin {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let uri: http::Uri = text.parse().map_err(|_| ())?;
        let (scheme, authority) = (uri.scheme_str().ok_or(())?, uri.authority().ok_or(())?);
        let bare = uri.path().len() <= 1 && uri.query().is_none() && !authority.as_str().contains('@');
        let known = matches!(scheme, "http" | "https");
        if bare && known { Ok(Self(format!("{scheme}://{authority}").to_ascii_lowercase())) } else { Err(()) }
    }
}

pub(super) struct DatabaseUrl(pub String);

impl FromStr for DatabaseUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let known = ["sqlite://", "postgres://", "postgresql://"].iter().any(|s| text.starts_with(s));
        if known { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

pub(super) struct RedisUrl(pub String);

impl FromStr for RedisUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let host = ["redis://", "rediss://"].iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or(())?;
        if host.is_empty() { Err(()) } else { Ok(Self(text.to_owned())) }
    }
}

pub(super) struct Size(pub u64);

impl FromStr for Size {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let size = quantity(text, |unit| match unit {
            "" | "B" => Some(1),
            "KiB" => Some(1 << 10),
            "MiB" => Some(1 << 20),
            "GiB" => Some(1 << 30),
            _ => None,
        });
        size.map(Self).ok_or(())
    }
}

/// A time of at least a second.
pub(super) struct Span(pub u32);

impl FromStr for Span {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let seconds = quantity(text, |unit| match unit {
            "s" => Some(1),
            "min" => Some(60),
            "h" => Some(3_600),
            "day" | "days" => Some(86_400),
            _ => None,
        });
        seconds.and_then(|n| n.try_into().ok()).map(Self).ok_or(())
    }
}

/// A number and its unit, multiplied; nothing is no quantity.
fn quantity(text: &str, unit: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    number.checked_mul(unit(text[digits..].trim())?).filter(|n| *n > 0)
}

pub(super) struct BackupTarget(pub Target);

impl FromStr for BackupTarget {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self(Target::Folder(text.into()))) };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = !bucket.is_empty() && bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        if scheme != "s3" || !is_name {
            return Err(());
        }
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self(Target::Bucket { bucket: bucket.to_owned(), prefix }))
    }
}

pub(super) struct Switch(pub bool);

impl FromStr for Switch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "yes" | "true" | "on" | "1" => Ok(Self(true)),
            "no" | "false" | "off" | "0" => Ok(Self(false)),
            _ => Err(()),
        }
    }
}

impl FromStr for Profile {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "development" => Ok(Self::Development),
            "test" => Ok(Self::Test),
            "staging" => Ok(Self::Staging),
            "production" => Ok(Self::Production),
            _ => Err(()),
        }
    }
}

impl FromStr for Log {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (format, levels) = text.split_once(',').unwrap_or((text, "info"));
        let (json, levels) = match format.trim() {
            "json" => (true, levels),
            "text" => (false, levels),
            // A level alone keeps the format for machines.
            _ => (true, text),
        };
        let known = |level: &str| ["off", "error", "warn", "info", "debug", "trace"].contains(&level.trim());
        let good = levels.split(',').all(|part| known(part.rsplit_once('=').map_or(part, |(_, level)| level)));
        if good { Ok(Self { json, levels: levels.to_owned() }) } else { Err(()) }
    }
}
