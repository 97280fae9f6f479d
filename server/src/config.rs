//! What the program can be told from outside, read once at the start.
//!
//! Each setting has a key in `mainstay.toml`, a variable in the environment and a default, which may depend on the
//! profile; the variable wins over the file, the file over the default. Nothing is ignored: a name that does not exist
//! and a value that cannot be read stop the start.

mod rates;
mod secret;
mod settings;
mod types;

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf};

use ::settings::server::Fixed;
use backups::server::{Keep, Target};
use files::server::Bucket;
use outbox::server::Endpoints;
pub use outside::Network;
pub use rates::{Rates, Window};
pub use secret::SecretKey;
use settings::{SETTINGS, Values};

/// A collection of variables, as the process was given them.
pub type Environment = BTreeMap<String, String>;

/// Where the configuration cannot be used: a sentence that names the setting and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// What kind of installation this is. It only chooses defaults, and whether the component gallery is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Development,
    Test,
    Staging,
    Production,
}

/// The configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub profile: Profile,
    pub web: Web,
    pub storage: Storage,
    /// Where files are kept instead of the data folder.
    pub s3: Option<Bucket>,
    pub backups: Backups,
    /// For how many seconds the file of an export is kept.
    pub exports_kept: u32,
    pub outside: Outside,
    /// What goes before the settings that administrators make in screens.
    pub fixed: Fixed,
    pub limits: Limits,
    pub log: Log,
    values: Values,
}

#[derive(Clone, Debug)]
pub struct Web {
    pub addr: SocketAddr,
    /// How the outside reaches the program: scheme, host and perhaps port, no trailing slash.
    pub public_url: String,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Who may read health details and figures without signing in.
    pub monitoring: Vec<Network>,
    /// The largest file somebody may send, in bytes.
    pub max_upload: u64,
    /// The folder with the compiled browser code, styles and fonts.
    pub site: PathBuf,
}

#[derive(Clone, Debug)]
pub struct Storage {
    pub data: PathBuf,
    pub database_url: String,
    /// What carries signals between processes in place of PostgreSQL.
    pub redis_url: Option<String>,
    pub secret_key_file: PathBuf,
}

#[derive(Clone, Debug)]
pub struct Backups {
    pub to: Target,
    /// How buckets are reached.
    pub access: Bucket,
    pub keep: Keep,
    /// Whether the database is copied before its schema changes.
    pub before_migration: bool,
}

/// Servers of others.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Private networks with servers that may be asked, where administrators name them.
    pub allow: Vec<Network>,
    /// The same for push services, which anybody signed in names.
    pub push_allow: Vec<Network>,
    /// Authorities trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    pub endpoints: Endpoints,
}

/// How often somebody may call.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A script, by the person it acts for.
    pub api: Rates,
    /// A stranger to the API, by network address.
    pub anonymous: Rates,
    /// The web app itself, by person; far from what a person clicks.
    pub browser: Rates,
    /// Pages, by person, or by address of who is not signed in; far from what a person clicks.
    pub pages: Rates,
    /// Exports somebody starts, however and on whichever process they do.
    pub exports: Rates,
}

#[derive(Clone, Debug)]
pub struct Log {
    pub json: bool,
    /// Levels in the notation of `tracing-subscriber`, like `info,sqlx=warn`.
    pub levels: String,
}

/// The process's variables. Those that are not valid Unicode cannot be settings of ours and are left out.
pub fn environment() -> Environment {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}

impl Config {
    /// Reads `mainstay.toml` (in the working folder, or where `MAINSTAY_CONFIG` says) and the environment.
    pub fn load(environment: &Environment) -> Result<Self, ConfigError> {
        let (path, wanted) = match environment.get("MAINSTAY_CONFIG") {
            Some(path) => (PathBuf::from(path), true),
            None => (PathBuf::from("mainstay.toml"), false),
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if !wanted && e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(ConfigError(format!("{} cannot be read: {e}", path.display()))),
        };
        Self::read(&text, environment)
    }

    /// Reads the text of a `mainstay.toml` and the environment.
    pub fn read(file: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let values = Values::collect(file, environment)?;
        let profile = values.parse("env")?;
        let addr: SocketAddr = values.parse("web.addr")?;
        let data: PathBuf = values.text("storage.data").into();
        let backups_beside = data.join("backups");
        let config = Self {
            profile,
            web: Web {
                addr,
                public_url: match values.text("web.public_url") {
                    "" => format!("http://localhost:{}", addr.port()),
                    _ => values.parse::<types::Origin>("web.public_url")?.0,
                },
                trusted_proxies: values.list("web.trusted_proxies")?,
                monitoring: values.list("web.monitoring")?,
                max_upload: values.parse::<types::Size>("web.max_upload")?.0,
                site: match values.text("web.site") {
                    "" => settings::default_site(environment),
                    site => site.into(),
                },
            },
            storage: Storage {
                database_url: match values.text("storage.database_url") {
                    "" => format!("sqlite://{}", data.join("mainstay.db").display()),
                    _ => values.parse::<types::DatabaseUrl>("storage.database_url")?.0,
                },
                redis_url: match values.text("storage.redis_url") {
                    "" => None,
                    _ => Some(values.parse::<types::RedisUrl>("storage.redis_url")?.0),
                },
                secret_key_file: match values.text("storage.secret_key_file") {
                    "" => data.join("secret.key"),
                    path => path.into(),
                },
                data,
            },
            s3: bucket(&values)?,
            backups: Backups {
                to: match values.text("backups.to") {
                    "" => Target::Folder(backups_beside),
                    _ => values.parse::<types::BackupTarget>("backups.to")?.0,
                },
                access: access(&values)?,
                keep: values.parse("backups.keep")?,
                before_migration: values.parse::<types::Switch>("backups.before_migration")?.0,
            },
            exports_kept: values.parse::<types::Span>("exports.keep")?.0,
            outside: Outside {
                allow: values.list("outside.allow")?,
                push_allow: values.list("push.allow")?,
                ca_file: Some(values.text("outside.ca_file")).filter(|f| !f.is_empty()).map(PathBuf::from),
                endpoints: Endpoints {
                    ses: endpoint(&values, "ses.endpoint")?,
                    sns: endpoint(&values, "sns.endpoint")?,
                },
            },
            fixed: values.fixed()?,
            limits: Limits {
                api: values.parse("limits.api")?,
                anonymous: values.parse("limits.anonymous")?,
                browser: values.parse("limits.browser")?,
                pages: values.parse("limits.pages")?,
                exports: values.parse("limits.exports")?,
            },
            log: values.parse("log")?,
            values,
        };
        Ok(config)
    }

    pub fn is_https(&self) -> bool {
        self.web.public_url.starts_with("https://")
    }

    /// Opens the secret key, making it at the first start.
    pub fn secret_key(&self) -> Result<SecretKey, ConfigError> {
        SecretKey::open_or_create(&self.storage.secret_key_file)
    }
}

/// An address in place of a service's own.
fn endpoint(values: &Values, key: &str) -> Result<Option<String>, ConfigError> {
    Ok(match values.text(key) {
        "" => None,
        _ => Some(values.parse::<types::Origin>(key)?.0),
    })
}

/// The bucket for files, where there is one. What only makes sense with one is refused without.
fn bucket(values: &Values) -> Result<Option<Bucket>, ConfigError> {
    let is_set = |key: &&str| !values.text(key).trim().is_empty();
    if is_set(&"s3.bucket") {
        return access(values).map(Some);
    }
    let is_meant = ["s3.endpoint", "s3.key_id", "s3.secret"].iter().any(is_set);
    if is_meant && !values.text("backups.to").starts_with("s3://") {
        return Err(ConfigError("MAINSTAY_S3_BUCKET is missing; other settings of S3 are there".to_owned()));
    }
    Ok(None)
}

/// How buckets are reached.
fn access(values: &Values) -> Result<Bucket, ConfigError> {
    let text = |key: &str| values.text(key).trim().to_owned();
    let bucket = Bucket {
        name: text("s3.bucket"),
        prefix: text("s3.prefix").trim_matches('/').to_owned(),
        endpoint: text("s3.endpoint").trim_end_matches('/').to_owned(),
        region: text("s3.region"),
        key_id: text("s3.key_id"),
        secret: text("s3.secret"),
        path_style: values.parse::<types::Switch>("s3.path_style")?.0,
        allow_http: values.parse::<types::Switch>("s3.allow_http")?.0,
        patience: std::time::Duration::from_mins(1),
    };
    let refuse = |why: &str| Err(ConfigError(why.to_owned()));
    if bucket.key_id.is_empty() != bucket.secret.is_empty() {
        return refuse("MAINSTAY_S3_KEY_ID and MAINSTAY_S3_SECRET are set together or not at all");
    }
    match bucket.endpoint.split_once("://") {
        Some(("http", _)) if !bucket.allow_http => {
            refuse("MAINSTAY_S3_ENDPOINT begins with http://; expected https://, or MAINSTAY_S3_ALLOW_HTTP=yes")
        }
        Some(("http" | "https", host)) if !host.is_empty() => Ok(bucket),
        None if bucket.endpoint.is_empty() => Ok(bucket),
        _ => refuse("MAINSTAY_S3_ENDPOINT is no address; expected one like https://s3.example.com"),
    }
}

/// Every setting with its value and where that came from; secrets are masked.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for setting in SETTINGS {
            let (value, source) = self.values.shown(setting);
            let value = match setting.key {
                "web.public_url" => self.web.public_url.clone(),
                "web.site" => self.web.site.display().to_string(),
                "storage.secret_key_file" => self.storage.secret_key_file.display().to_string(),
                "storage.database_url" => settings::without_password(&self.storage.database_url),
                "storage.redis_url" => {
                    settings::without_password(self.storage.redis_url.as_deref().unwrap_or_default())
                }
                _ => value,
            };
            writeln!(f, "{} = {value:?}  # {source}", setting.key)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
