//! The program as a person at a terminal meets it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
};

use kernel::server::migrate::{MIGRATIONS, Migration};

fn start(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mainstay"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn mainstay(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let mut child = start(folder, arguments, variables);
    // Some commands end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn wrong_usage_is_2_and_shows_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let done = mainstay(folder.path(), &["dance"], &[], "");
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("'dance'") && text(&done.stderr).contains("Usage: mainstay"));
    assert_eq!(mainstay(folder.path(), &["--help"], &[], "").status.code(), Some(0));
}

#[test]
fn a_setting_that_does_not_exist_stops_every_command_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["config", "check"][..], &["migrate"], &["serve"]] {
        let done = mainstay(folder.path(), arguments, &[("MAINSTAY_PORT", "3000")], "");
        assert_eq!(done.status.code(), Some(1));
        assert!(text(&done.stderr).contains("MAINSTAY_PORT"));
        assert_eq!(text(&done.stderr).lines().count(), 1);
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_sample_company_is_loaded_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = mainstay(folder.path(), &["sample", "load", "--if-empty"], &[], "");
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    assert!(text(&first.stdout).contains("admin@example.com"));
    let again = mainstay(folder.path(), &["sample", "load", "--if-empty"], &[], "");
    assert_eq!((again.status.code(), text(&again.stdout)), (Some(0), ""));
    assert_eq!(mainstay(folder.path(), &["sample", "load"], &[], "").status.code(), Some(1));
}

#[test]
fn a_person_is_added_with_a_password_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let create = |role: &str, password: &str| {
        let arguments = ["user", "create", "--email", "ann@example.com", "--role", role, "--password-stdin"];
        mainstay(folder.path(), &arguments, &[], password)
    };
    let done = create("Sales Rep", "correct horse battery staple\n");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(!text(&done.stdout).contains("horse") && !text(&done.stderr).contains("horse"));
    for (role, password, why) in
        [("King", "correct horse battery staple", "King"), ("Admin", "short", "password"), ("Admin", "", "password")]
    {
        let done = create(role, password);
        assert_eq!(done.status.code(), Some(1), "{role}");
        assert!(text(&done.stderr).contains(why), "{}", text(&done.stderr));
    }
}

#[test]
fn started_without_a_word_it_serves_for_cargo_leptos_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(mainstay(folder.path(), &[], &[], "").status.code(), Some(2));
    // A setting that cannot be used shows that it got as far as to want to serve.
    let variables = [("LEPTOS_SITE_ROOT", "target/site"), ("MAINSTAY_ADDR", "nowhere")];
    let done = mainstay(folder.path(), &[], &variables, "");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("MAINSTAY_ADDR"), "{}", text(&done.stderr));
}

#[test]
fn a_company_is_backed_up_and_put_back_on_another_machine() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = |folder: &Path, words: &[&str]| mainstay(folder, words, &[("MAINSTAY_LOG", "text,error")], "");
    assert_eq!(run(home.path(), &["sample", "load", "--if-empty"]).status.code(), Some(0));
    let none = run(home.path(), &["backup", "list"]);
    assert!(text(&none.stdout).contains("There are no backups"), "{}", text(&none.stderr));
    let made = run(home.path(), &["backup"]);
    assert!(text(&made.stdout).contains("found the same"), "{}", text(&made.stderr));
    let listed = run(home.path(), &["backup", "list"]);
    let name = text(&listed.stdout).split_whitespace().next().unwrap().to_owned();
    assert!(text(&run(home.path(), &["backup", "prove"]).stdout).starts_with(&name));
    let refused = run(home.path(), &["restore", "latest"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("not empty"), "{}", text(&refused.stderr));

    // Another machine has the archive; without the key it gets nowhere.
    let archive = home.path().join("data/backups").join(&name);
    let carried = other.path().join("carried.backup");
    std::fs::copy(archive, &carried).unwrap();
    let restore = || run(other.path(), &["restore", "carried.backup"]);
    let refused = restore();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("secret.key is missing"), "{}", text(&refused.stderr));
    std::fs::create_dir_all(other.path().join("data")).unwrap();
    std::fs::copy(home.path().join("data/secret.key"), other.path().join("data/secret.key")).unwrap();
    let restored = restore();
    assert_eq!(restored.status.code(), Some(0), "{}", text(&restored.stderr));
    assert!(text(&restored.stdout).contains("The queues are paused"));
    // The people are there again, and one more can be added.
    let again = mainstay(other.path(), &["sample", "load", "--if-empty"], &[], "");
    assert_eq!((again.status.code(), text(&again.stdout)), (Some(0), ""));
    assert_eq!(restore().status.code(), Some(1), "what is there now is not overwritten");
}

#[test]
fn the_next_migration_is_drafted_in_a_checkout_without_any_configuration() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing else can be done with a setting like this.
    let draft = |words: &[&str]| {
        mainstay(folder.path(), &[&["schema", "draft"], words].concat(), &[("MAINSTAY_PORT", "3000")], "")
    };
    let refused = draft(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("run this in a checkout"), "{}", text(&refused.stderr));

    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations).unwrap();
    for Migration { version, name, sql } in MIGRATIONS {
        std::fs::write(migrations.join(format!("{version:04}_{name}.sql")), sql).unwrap();
    }
    let same = draft(&[]);
    assert_eq!(text(&same.stdout), "The migrations match the declarations.\n", "{}", text(&same.stderr));
    let refused = draft(&["--drop", "companies.name"]);
    assert_eq!((refused.status.code(), text(&refused.stderr).lines().count()), (Some(1), 1));
    assert!(text(&refused.stderr).contains("companies.name is declared"), "{}", text(&refused.stderr));
    assert_eq!(std::fs::read_dir(&migrations).unwrap().count(), MIGRATIONS.len());

    let drafted = draft(&["--name", "no_passwords", "--drop", "users.password_hash"]);
    let path = text(&drafted.stdout).trim_end();
    assert!(path.starts_with("migrations/") && path.ends_with("_no_passwords.sql"), "{}", text(&drafted.stderr));
    let sql = std::fs::read_to_string(folder.path().join(path)).unwrap();
    assert!(sql.contains("alter table users drop column password_hash;"), "{sql}");
    let refused = draft(&[]);
    assert!(text(&refused.stderr).contains("build it again"), "{}", text(&refused.stderr));
    assert!(!folder.path().join("data").exists());
}

#[test]
fn the_queue_is_looked_after_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = |words: &[&str]| mainstay(folder.path(), &[&["jobs"], words].concat(), &[], "");
    let run = jobs(&["run", "sweep_imports"]);
    assert!(text(&run.stdout).starts_with("Enqueued "), "{}", text(&run.stderr));
    let id = text(&run.stdout).trim_start_matches("Enqueued ").trim().trim_end_matches('.').to_owned();
    let listed = jobs(&["list", "--state", "available"]);
    assert!(text(&listed.stdout).contains(&id) && text(&listed.stdout).contains("imports.sweep"));
    assert_eq!(text(&jobs(&["cancel", &id]).stdout), "Cancelled 1 job.\n");
    assert_eq!(text(&jobs(&["retry", "--state", "cancelled"]).stdout), "Retried 1 job.\n");
    assert_eq!(text(&jobs(&["cancel", &id]).stdout), "Cancelled 1 job.\n");
    jobs(&["run", "sweep_imports"]);
    let held = "Retried 0 jobs. 1 left alone: another job for the same thing is under way.\n";
    assert_eq!(text(&jobs(&["retry", "--state", "cancelled"]).stdout), held);
    assert_eq!(text(&jobs(&["pause", "imports"]).stdout), "The queue imports is paused.\n");
    let unknown = jobs(&["run", "nothing"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("There is no schedule 'nothing'"), "{}", text(&unknown.stderr));
}

/// A server without pages, killed when this goes.
struct Serving {
    process: Child,
    /// What nobody reads could not be written any more.
    _log: BufReader<ChildStderr>,
}

impl Serving {
    /// Waits until it works.
    fn start(folder: &Path) -> Self {
        let mut process = start(folder, &["serve", "--roles", "worker"], &[("MAINSTAY_LOG", "text,info")]);
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let (mut line, mut all) = (String::new(), String::new());
        while !line.contains("working") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "{all}");
            all.push_str(&line);
        }
        Self { process, _log: log }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn a_sqlite_database_is_served_by_one_process_and_open_to_every_other_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str], input: &str| mainstay(folder.path(), words, &[("MAINSTAY_LOG", "text,error")], input);
    let server = Serving::start(folder.path());
    for words in [&["serve"][..], &["serve", "--roles", "worker"], &["serve", "--roles", "web"]] {
        let refused = run(words, "");
        assert_eq!(refused.status.code(), Some(1));
        let said = text(&refused.stderr);
        assert!(
            said.starts_with("mainstay: another process serves ") && said.contains("mainstay.db already"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    for words in [&["jobs", "run", "sweep_imports"][..], &["jobs", "list"], &["migrate"], &["backup"]] {
        let done = run(words, "");
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    }
    let create = ["user", "create", "--email", "ann@example.com", "--role", "Admin", "--password-stdin"];
    let done = run(&create, "correct horse battery staple\n");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    // However it ends, the next one may serve.
    drop(server);
    Serving::start(folder.path());
}

#[test]
fn who_cannot_listen_leaves_the_jobs_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let run = |words: &[&str]| mainstay(folder.path(), words, &[("MAINSTAY_ADDR", &addr)], "");
    assert_eq!(run(&["jobs", "run", "sweep_imports"]).status.code(), Some(0));
    let refused = run(&["serve"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("cannot be listened on"), "{}", text(&refused.stderr));
    let listed = run(&["jobs", "list", "--state", "available"]);
    assert!(text(&listed.stdout).contains("imports.sweep"), "{}", text(&listed.stdout));
}
