//! The table of settings, and where the text of each comes from.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use settings::server::Fixed;

use super::{ConfigError, Environment};
use crate::modules;

/// One thing that can be set.
pub(super) struct Setting {
    /// Its place in `mainstay.toml`.
    pub key: &'static str,
    /// Its variable in the environment.
    pub variable: &'static str,
    /// What an acceptable value looks like, as it follows "expected".
    pub expected: &'static str,
    /// What holds where nothing is set: in production and staging, and in development and test. An empty text is
    /// worked out from the other settings.
    defaults: [&'static str; 2],
    secret: bool,
}

const fn setting(key: &'static str, variable: &'static str, default: &'static str, expected: &'static str) -> Setting {
    Setting { key, variable, expected, defaults: [default, default], secret: false }
}

impl Setting {
    /// With another value in development and test.
    const fn relaxed(mut self, default: &'static str) -> Self {
        self.defaults[1] = default;
        self
    }
}

const RATES: &str = "rates like 60/min, 1000/h, or off";

pub(super) const SETTINGS: &[Setting] = &[
    setting("env", "MAINSTAY_ENV", "production", "development, test, staging or production"),
    setting("web.addr", "MAINSTAY_ADDR", "127.0.0.1:3000", "an address and port like 127.0.0.1:3000"),
    setting("web.public_url", "MAINSTAY_PUBLIC_URL", "", "an address like https://crm.example.com, without a path"),
    setting(
        "web.trusted_proxies",
        "MAINSTAY_TRUSTED_PROXIES",
        "",
        "addresses or networks like 10.0.0.0/8, with commas between",
    ),
    setting("web.monitoring", "MAINSTAY_MONITORING", "", "addresses or networks like 10.0.0.0/8, with commas between"),
    setting("web.max_upload", "MAINSTAY_MAX_UPLOAD", "100 MiB", "a size like 50 MiB"),
    setting("web.site", "MAINSTAY_SITE", "", "the folder with the compiled browser code"),
    setting("storage.data", "MAINSTAY_DATA", "./data", "a folder"),
    Setting {
        secret: true,
        ..setting("storage.database_url", "DATABASE_URL", "", "sqlite://path/to/file or postgres://user@host/database")
    },
    Setting {
        secret: true,
        ..setting("storage.redis_url", "REDIS_URL", "", "redis://:password@host:6379, or rediss:// for TLS")
    },
    setting("storage.secret_key_file", "MAINSTAY_SECRET_KEY_FILE", "", "a file with mode 600"),
    setting("s3.bucket", "MAINSTAY_S3_BUCKET", "", "the name of a bucket"),
    setting("s3.prefix", "MAINSTAY_S3_PREFIX", "files", "a folder of the bucket"),
    setting("s3.endpoint", "MAINSTAY_S3_ENDPOINT", "", "an address like https://s3.example.com"),
    setting("s3.region", "MAINSTAY_S3_REGION", "us-east-1", "a region like eu-central-1"),
    setting("s3.key_id", "MAINSTAY_S3_KEY_ID", "", "the id of an access key"),
    Setting { secret: true, ..setting("s3.secret", "MAINSTAY_S3_SECRET", "", "the secret of the access key") },
    setting("s3.path_style", "MAINSTAY_S3_PATH_STYLE", "no", "yes or no"),
    setting("s3.allow_http", "MAINSTAY_S3_ALLOW_HTTP", "no", "yes or no"),
    setting("backups.to", "MAINSTAY_BACKUPS_TO", "", "a folder, or a bucket like s3://name/prefix"),
    setting(
        "backups.keep",
        "MAINSTAY_BACKUPS_KEEP",
        "7 days, 4 weeks, 6 months",
        "how many stay, like 7 days, 4 weeks, 6 months",
    ),
    setting("backups.before_migration", "MAINSTAY_BACKUPS_BEFORE_MIGRATION", "yes", "yes or no"),
    setting("exports.keep", "MAINSTAY_EXPORTS_KEEP", "24 h", "a time like 24 h or 7 days"),
    setting(
        "outside.allow",
        "MAINSTAY_OUTSIDE_ALLOW",
        "",
        "private networks with servers that may be asked, like 10.0.0.0/8, with commas between",
    )
    .relaxed("127.0.0.0/8, ::1"),
    setting("outside.ca_file", "MAINSTAY_OUTSIDE_CA_FILE", "", "a file with certificates in PEM"),
    setting(
        "push.allow",
        "MAINSTAY_PUSH_ALLOW",
        "",
        "private networks with push services, like 10.0.0.0/8, with commas between",
    )
    .relaxed("127.0.0.0/8, ::1"),
    setting("mail.transport", "MAINSTAY_MAIL_TRANSPORT", "none", "none, smtp or ses"),
    setting("mail.sender", "MAINSTAY_MAIL_SENDER", "", "an e-mail address"),
    setting("mail.sender_name", "MAINSTAY_MAIL_SENDER_NAME", "", "a name"),
    setting("mail.reply_to", "MAINSTAY_MAIL_REPLY_TO", "", "an e-mail address"),
    setting("smtp.host", "MAINSTAY_SMTP_HOST", "", "a server like mail.example.com"),
    setting("smtp.port", "MAINSTAY_SMTP_PORT", "587", "a port like 587"),
    setting("smtp.encryption", "MAINSTAY_SMTP_ENCRYPTION", "starttls", "starttls, tls or none"),
    setting("smtp.user", "MAINSTAY_SMTP_USER", "", "a user of the mail server"),
    Setting { secret: true, ..setting("smtp.password", "MAINSTAY_SMTP_PASSWORD", "", "that user's password") },
    setting("ses.region", "MAINSTAY_SES_REGION", "", "a region like eu-central-1"),
    setting("ses.access_key_id", "MAINSTAY_SES_ACCESS_KEY_ID", "", "the ID of an access key"),
    Setting { secret: true, ..setting("ses.secret_access_key", "MAINSTAY_SES_SECRET_ACCESS_KEY", "", "its secret") },
    setting(
        "ses.endpoint",
        "MAINSTAY_SES_ENDPOINT",
        "",
        "an address in place of Amazon's own, like https://ses.example.com",
    ),
    setting(
        "sns.endpoint",
        "MAINSTAY_SNS_ENDPOINT",
        "",
        "an address in place of Amazon's own, like https://sns.example.com",
    ),
    setting("limits.api", "MAINSTAY_LIMITS_API", "60/min, 1000/h", RATES),
    setting("limits.anonymous", "MAINSTAY_LIMITS_ANONYMOUS", "20/min, 100/h", RATES),
    setting("limits.browser", "MAINSTAY_LIMITS_BROWSER", "3000/min", RATES),
    setting("limits.pages", "MAINSTAY_LIMITS_PAGES", "1200/min", RATES),
    setting("limits.exports", "MAINSTAY_LIMITS_EXPORTS", "10/h", RATES),
    Setting {
        defaults: ["json,info", "text,info"],
        ..setting("log", "MAINSTAY_LOG", "", "json or text, then levels, like json,info or text,debug,sqlx=warn")
    },
];

/// Variables of ours that are no settings: where the file is, and what the test runner tells the tests.
fn is_other(name: &str) -> bool {
    name == "MAINSTAY_CONFIG" || name.starts_with("MAINSTAY_TEST_")
}

/// The text of every setting with the place it came from.
#[derive(Clone, Debug)]
pub(super) struct Values(BTreeMap<&'static str, (String, &'static str)>);

impl Values {
    pub fn collect(file: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let mut values = BTreeMap::new();
        for (key, text) in flatten(file)? {
            let Some(setting) = SETTINGS.iter().find(|s| s.key == key) else {
                return Err(unknown(&key, "mainstay.toml", SETTINGS.iter().map(|s| s.key)));
            };
            let Some(text) = text else {
                return Err(ConfigError(format!("{key} in mainstay.toml: expected {}, in quotes", setting.expected)));
            };
            values.insert(setting.key, (text, "mainstay.toml"));
        }
        for (name, text) in environment {
            if let Some(setting) = SETTINGS.iter().find(|s| s.variable == name) {
                // An empty variable is how many tools say "not set".
                if !text.is_empty() {
                    values.insert(setting.key, (text.clone(), setting.variable));
                }
            } else if name.starts_with("MAINSTAY_") && !is_other(name) {
                return Err(unknown(name, "the environment", SETTINGS.iter().map(|s| s.variable)));
            }
        }
        let own = values.get("env").map_or("production", |(text, _)| text.as_str());
        let relaxed = usize::from(matches!(own, "development" | "test"));
        for setting in SETTINGS {
            values.entry(setting.key).or_insert_with(|| (setting.defaults[relaxed].to_owned(), "default"));
        }
        Ok(Self(values))
    }

    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |(text, _)| text)
    }

    pub fn parse<T: FromStr>(&self, key: &str) -> Result<T, ConfigError> {
        self.text(key).trim().parse().map_err(|_| self.refuse(key))
    }

    pub fn list<T: FromStr>(&self, key: &str) -> Result<Vec<T>, ConfigError> {
        let parts = self.text(key).split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|_| self.refuse(key))).collect()
    }

    /// What was set of the settings that administrators could set in a screen, with where; each is checked.
    pub fn fixed(&self) -> Result<Fixed, ConfigError> {
        let mut fixed = Fixed::default();
        for (key, (text, source)) in self.0.iter().filter(|(_, (_, source))| *source != "default") {
            let Some(field) = modules::SETTINGS.field(key) else { continue };
            field.check(text).map_err(|_| self.refuse(key))?;
            fixed.0.insert(field.key, (text.clone(), source));
        }
        Ok(fixed)
    }

    /// The text and its source as they may be shown.
    pub fn shown(&self, setting: &Setting) -> (String, &'static str) {
        let (text, source) = self.0.get(setting.key).cloned().unwrap_or_default();
        (if setting.secret && !text.is_empty() { "…".to_owned() } else { text }, source)
    }

    fn refuse(&self, key: &str) -> ConfigError {
        let Some(setting) = SETTINGS.iter().find(|s| s.key == key) else { return ConfigError(key.to_owned()) };
        let (text, source) = self.0.get(key).cloned().unwrap_or_default();
        let name = if source == setting.variable { setting.variable } else { setting.key };
        let text = match setting.key {
            "storage.database_url" | "storage.redis_url" => without_password(&text),
            _ if setting.secret => "…".to_owned(),
            _ => text,
        };
        ConfigError(format!("{name} is {text:?}; expected {}", setting.expected))
    }
}

/// The dotted keys of a TOML text. A value that is neither text nor a list of texts is `None`.
fn flatten(file: &str) -> Result<Vec<(String, Option<String>)>, ConfigError> {
    fn walk(prefix: &str, table: toml::Table, found: &mut Vec<(String, Option<String>)>) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(table) => walk(&key, table, found),
                toml::Value::String(text) => found.push((key, Some(text))),
                toml::Value::Array(parts) => {
                    let parts: Option<Vec<_>> = parts.iter().map(toml::Value::as_str).collect();
                    found.push((key, parts.map(|p| p.join(","))));
                }
                _ => found.push((key, None)),
            }
        }
    }
    let table: toml::Table =
        file.parse().map_err(|e: toml::de::Error| ConfigError(format!("mainstay.toml: {}", e.to_string().trim())))?;
    let mut found = vec![];
    walk("", table, &mut found);
    Ok(found)
}

fn unknown(name: &str, place: &str, names: impl Iterator<Item = &'static str>) -> ConfigError {
    let near = names.map(|n| (distance(name, n), n)).min().filter(|(d, _)| *d <= 4).map(|(_, n)| n);
    let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
    ConfigError(format!("{name} in {place} is not a setting{hint}"))
}

/// How many letters have to be added, dropped or changed (Levenshtein, 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// An address with what stands between `user:` and `@` left out.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((account, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = account.split(':').next().unwrap_or_default();
    if user == account { url.to_owned() } else { format!("{scheme}://{user}:…@{host}") }
}

/// Beside the program where it is installed, else where cargo-leptos puts it.
pub(super) fn default_site(environment: &Environment) -> PathBuf {
    if let Some(site) = environment.get("LEPTOS_SITE_ROOT") {
        return site.into();
    }
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("site")));
    beside.filter(|site| site.is_dir()).unwrap_or_else(|| "target/site".into())
}
