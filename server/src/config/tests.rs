use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn refusal(file: &str, pairs: &[(&str, &str)]) -> String {
    Config::read(file, &environment(pairs)).unwrap_err().0
}

#[test]
fn nothing_set_is_a_working_configuration() {
    let config = Config::read("", &Environment::new()).unwrap();
    assert_eq!(config.web.addr.to_string(), "127.0.0.1:3000");
    assert_eq!(config.web.public_url, "http://localhost:3000");
    assert_eq!(config.storage.database_url, "sqlite://./data/mainstay.db");
    assert_eq!(config.storage.secret_key_file, PathBuf::from("./data/secret.key"));
    assert!(config.log.json);
    assert!(config.outside.allow.is_empty() && config.outside.push_allow.is_empty());
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_profile() {
    let file = "env = \"development\"\nlog = \"text,debug\"\n[web]\naddr = \"127.0.0.1:4000\"\npublic_url = \"https://a.example\"";
    let config = Config::read(file, &environment(&[("MAINSTAY_ADDR", "[::1]:5000")])).unwrap();
    assert_eq!(config.web.addr.to_string(), "[::1]:5000");
    assert_eq!(config.web.public_url, "https://a.example");
    assert_eq!((config.log.json, config.log.levels.as_str()), (false, "debug"));
    assert_eq!(config.profile, Profile::Development);
}

#[test]
fn an_unknown_name_is_refused_with_its_nearest_neighbour() {
    let message = refusal("", &[("MAINSTAY_ADR", "127.0.0.1:1")]);
    assert!(message.contains("MAINSTAY_ADR") && message.contains("MAINSTAY_ADDR"), "{message}");
    let message = refusal("[web]\nadress = \"127.0.0.1:1\"", &[]);
    assert!(message.contains("web.adress") && message.contains("web.addr"), "{message}");
}

#[test]
fn a_wrong_value_is_refused_with_what_was_expected() {
    for (name, value, expected) in [
        ("MAINSTAY_ADDR", "localhost", "127.0.0.1:3000"),
        ("MAINSTAY_ENV", "prod", "production"),
        ("MAINSTAY_PUBLIC_URL", "crm.example", "https://"),
        ("MAINSTAY_PUBLIC_URL", "https://crm.example/path", "https://"),
        ("DATABASE_URL", "mysql://x", "postgres://"),
        ("REDIS_URL", "http://x", "rediss://"),
        ("REDIS_URL", "redis://", "rediss://"),
        ("MAINSTAY_LOG", "json,loud", "json or text"),
        ("MAINSTAY_TRUSTED_PROXIES", "10.0.0.0/40", "10.0.0.0/8"),
        ("MAINSTAY_MAX_UPLOAD", "a lot", "50 MiB"),
    ] {
        let message = refusal("", &[(name, value)]);
        assert!(message.contains(name) && message.contains(value) && message.contains(expected), "{message}");
    }
    assert!(refusal("[web]\naddr = 3000", &[]).contains("web.addr"));
}

#[test]
fn a_bucket_is_whole_or_not_there() {
    let bucket = ("MAINSTAY_S3_BUCKET", "files");
    let endpoint = ("MAINSTAY_S3_ENDPOINT", "http://127.0.0.1:5000/");
    assert!(Config::read("", &Environment::new()).unwrap().s3.is_none());
    assert!(refusal("", &[endpoint]).contains("MAINSTAY_S3_BUCKET"));
    assert!(refusal("", &[bucket, endpoint]).contains("MAINSTAY_S3_ALLOW_HTTP"));
    assert!(refusal("", &[bucket, ("MAINSTAY_S3_KEY_ID", "x")]).contains("MAINSTAY_S3_SECRET"));
    assert!(refusal("", &[bucket, ("MAINSTAY_S3_PATH_STYLE", "perhaps")]).contains("yes or no"));
    let all = [bucket, endpoint, ("MAINSTAY_S3_ALLOW_HTTP", "yes"), ("MAINSTAY_S3_PATH_STYLE", "yes")];
    let config = Config::read("", &environment(&all)).unwrap();
    assert_eq!(config.s3.unwrap().endpoint, "http://127.0.0.1:5000");
    let secret = [bucket, ("MAINSTAY_S3_KEY_ID", "x"), ("MAINSTAY_S3_SECRET", "hunter2")];
    assert!(!Config::read("", &environment(&secret)).unwrap().to_string().contains("hunter2"));
}

#[test]
fn backups_go_beside_the_data_or_to_a_folder_or_to_a_bucket() {
    let to = |value: &str| {
        let pairs = [("MAINSTAY_BACKUPS_TO", value), ("MAINSTAY_S3_KEY_ID", "x"), ("MAINSTAY_S3_SECRET", "y")];
        Config::read("", &environment(&pairs[..if value.starts_with("s3:") { 3 } else { 1 }])).map(|c| c.backups.to)
    };
    assert_eq!(to(""), Ok(Target::Folder("./data/backups".into())));
    assert_eq!(to("/mnt/other"), Ok(Target::Folder("/mnt/other".into())));
    let bucket = |prefix: &str| Target::Bucket { bucket: "safe".into(), prefix: prefix.into() };
    assert_eq!(to("s3://safe"), Ok(bucket("")));
    assert_eq!(to("s3://safe/crm/daily/"), Ok(bucket("crm/daily/")));
    assert_eq!(to("s3://safe/crm"), Ok(bucket("crm/")));
    for bad in ["s3://", "s3:///x", "https://safe.example.com", "s3://sa fe"] {
        assert!(to(bad).is_err(), "{bad}");
    }
    assert!(refusal("", &[("MAINSTAY_BACKUPS_KEEP", "for ever")]).contains("7 days"));
}

#[test]
fn a_refused_address_does_not_show_its_password() {
    for (name, url) in [("DATABASE_URL", "mysql://u:hunter2@db/x"), ("REDIS_URL", "http://:hunter2@db")] {
        let message = refusal("", &[(name, url)]);
        assert!(message.contains(name) && !message.contains("hunter2"), "{message}");
    }
}

#[test]
fn what_is_printed_says_where_it_comes_from_and_hides_secrets() {
    let config = Config::read(
        "[storage]\ndata = \"/srv/data\"",
        &environment(&[("DATABASE_URL", "postgres://u:hunter2@db/x"), ("REDIS_URL", "rediss://:hunter2@cache")]),
    );
    let shown = config.unwrap().to_string();
    assert!(shown.contains("storage.data = \"/srv/data\"  # mainstay.toml"), "{shown}");
    assert!(shown.contains("postgres://u:…@db/x") && shown.contains("# DATABASE_URL"), "{shown}");
    assert!(shown.contains("rediss://:…@cache") && !shown.contains("hunter2"), "{shown}");
}
