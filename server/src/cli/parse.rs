//! Arguments into commands. Few enough to be read by hand.

use std::collections::BTreeSet;

use jobs::{JobAction, JobFilter, State};
use records::server::schema::Dropped;
use uuid::Uuid;

use crate::modules;

/// What the program is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Serve { roles: BTreeSet<Role>, queues: Option<Vec<String>> },
    Migrate,
    UserCreate(NewUser),
    SampleLoad { if_empty: bool },
    ConfigCheck,
    ConfigPrint,
    OpenApi,
    Jobs(Jobs),
    Backup(Backup),
    Restore { archive: String },
    SchemaDraft(SchemaDraft),
}

/// What a draft of the next migration is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaDraft {
    /// What its file is called after the number.
    pub name: Option<String>,
    pub dropped: Vec<Dropped>,
}

/// What is asked of backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backup {
    Make,
    List,
    /// By name; the latest where none is given.
    Prove(Option<String>),
}

/// What is asked of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jobs {
    List(JobFilter),
    /// To the jobs named, or to all that the filter finds.
    Act {
        action: JobAction,
        ids: Vec<Uuid>,
        filter: JobFilter,
    },
    Pause {
        queue: String,
        is_paused: bool,
    },
    Run {
        schedule: String,
    },
}

/// A part of the work that a process takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Web,
    Worker,
    Scheduler,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    pub email: String,
    pub role: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

/// Why there is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Help {
    /// Help was asked for.
    Asked(String),
    /// The arguments make no sense; the text says why, and what would.
    Needed(String),
}

const USAGE: &str = "\
Usage: mainstay <command>

  serve [--roles web,worker,scheduler] [--queues Q,R]
                                         serves the app (all roles and queues by default)
  migrate                                brings the database's schema up to date
  user create --email E --role R --password-stdin [--first-name F] [--last-name L]
                                         adds a person; the password is read from standard input
  sample load [--if-empty]               fills an empty database with a sample company
  config check                           says whether the configuration can be used
  config print                           shows every setting and where it comes from, without secrets
  jobs list [--state S] [--queue Q] [--kind K]
                                         lists jobs, the newest first
  jobs retry|cancel ID… | --state S …    retries or cancels jobs, by id or all that match
  jobs pause|resume QUEUE                stops a queue from being worked on, or lets it go on
  jobs run SCHEDULE                      runs a schedule's job now
  backup                                 makes a backup now and proves that it can be restored
  backup list                            lists what lies where backups go
  backup prove [NAME]                    restores a backup aside and compares it (the latest by default)
  restore NAME|FILE|latest               puts a backup back into an empty database
  openapi                                prints the description of the REST interface
  schema draft [--name N] [--drop TABLE.FIELD]…
                                         writes the next migration from what record types declare, in a checkout

Settings come from mainstay.toml in the working folder, then from the environment; `config print` lists them.";

/// The arguments after the program's name.
pub fn parse(arguments: &[String]) -> Result<Command, Help> {
    let mut words = arguments.iter().map(String::as_str);
    if arguments.iter().any(|a| a == "--help" || a == "-h") || arguments.first().is_some_and(|a| a == "help") {
        return Err(Help::Asked(USAGE.to_owned()));
    }
    if arguments.first().is_some_and(|a| a == "--version" || a == "-V") {
        return Err(Help::Asked(format!("mainstay {}", env!("CARGO_PKG_VERSION"))));
    }
    match (words.next(), arguments.get(1).map(String::as_str)) {
        (Some("serve"), _) => serve(Options::read(&arguments[1..], &["--roles", "--queues"], &[])?),
        (Some("migrate"), _) => Options::read(&arguments[1..], &[], &[]).map(|_| Command::Migrate),
        (Some("openapi"), _) => Options::read(&arguments[1..], &[], &[]).map(|_| Command::OpenApi),
        (Some("user"), Some("create")) => {
            let valued = ["--email", "--role", "--first-name", "--last-name"];
            user_create(Options::read(&arguments[2..], &valued, &["--password-stdin"])?)
        }
        (Some("sample"), Some("load")) => Options::read(&arguments[2..], &[], &["--if-empty"])
            .map(|options| Command::SampleLoad { if_empty: options.has("--if-empty") }),
        (Some("config"), Some("check")) => Options::read(&arguments[2..], &[], &[]).map(|_| Command::ConfigCheck),
        (Some("config"), Some("print")) => Options::read(&arguments[2..], &[], &[]).map(|_| Command::ConfigPrint),
        (Some("jobs"), Some(verb @ ("list" | "retry" | "cancel" | "pause" | "resume" | "run"))) => {
            jobs(verb, &arguments[2..])
        }
        (Some("backup"), None) => Ok(Command::Backup(Backup::Make)),
        (Some("backup"), Some("list")) => {
            Options::read(&arguments[2..], &[], &[]).map(|_| Command::Backup(Backup::List))
        }
        (Some("backup"), Some("prove")) => match &arguments[2..] {
            [] => Ok(Command::Backup(Backup::Prove(None))),
            [name] if !name.starts_with("--") => Ok(Command::Backup(Backup::Prove(Some(name.clone())))),
            _ => Err(needed("backup prove takes the name of a backup and nothing else")),
        },
        (Some("restore"), _) => match &arguments[1..] {
            [archive] if !archive.starts_with("--") => Ok(Command::Restore { archive: archive.clone() }),
            _ => Err(needed("restore needs the name of a backup, a file, or latest")),
        },
        (Some("schema"), Some("draft")) => {
            schema_draft(Options::read(&arguments[2..], &["--name", Options::REPEATED], &[])?)
        }
        (Some(first), second) => {
            let words = second.filter(|_| matches!(first, "user" | "sample" | "config" | "jobs" | "backup" | "schema"));
            Err(needed(&format!(
                "mainstay has no command '{}'",
                [Some(first), words].map(Option::unwrap_or_default).join(" ").trim()
            )))
        }
        (None, _) => Err(needed("mainstay needs a command")),
    }
}

fn needed(sentence: &str) -> Help {
    Help::Needed(format!("{sentence}.\n\n{USAGE}"))
}

fn serve(mut options: Options) -> Result<Command, Help> {
    let queues = options.take("--queues");
    let queue = |word: &str| {
        let known: Vec<&str> = modules::jobs().queues().iter().map(|queue| queue.name).collect();
        let word = word.trim();
        let unknown = || needed(&format!("There is no queue '{word}'; the queues are {}", known.join(", ")));
        known.contains(&word).then(|| word.to_owned()).ok_or_else(unknown)
    };
    let queues = queues.map(|list| list.split(',').map(queue).collect::<Result<_, _>>()).transpose()?;
    let Some(list) = options.take("--roles") else {
        return Ok(Command::Serve { roles: [Role::Web, Role::Worker, Role::Scheduler].into(), queues });
    };
    let role = |word: &str| match word.trim() {
        "web" => Ok(Role::Web),
        "worker" => Ok(Role::Worker),
        "scheduler" => Ok(Role::Scheduler),
        other => Err(needed(&format!("There is no role '{other}'"))),
    };
    Ok(Command::Serve { roles: list.split(',').map(role).collect::<Result<_, _>>()?, queues })
}

fn jobs(verb: &str, arguments: &[String]) -> Result<Command, Help> {
    let named = arguments.iter().take_while(|word| !word.starts_with("--")).count();
    let (named, options) = arguments.split_at(named);
    let filter = |options: &[String]| {
        let mut options = Options::read(options, &["--state", "--queue", "--kind"], &[])?;
        let state = options.take("--state").map(|name| {
            let known = State::ALL.map(State::name).join(", ");
            State::parse(&name).ok_or_else(|| needed(&format!("--state is one of {known}, not '{name}'")))
        });
        Ok(JobFilter { state: state.transpose()?, queue: options.take("--queue"), kind: options.take("--kind") })
    };
    let one = |what: &str| match (named, options) {
        ([one], []) => Ok(one.clone()),
        _ => Err(needed(&format!("jobs {verb} needs {what} and nothing else"))),
    };
    Ok(Command::Jobs(match verb {
        "list" if named.is_empty() => Jobs::List(filter(options)?),
        "list" => return Err(needed(&format!("'{}' means nothing here", named[0]))),
        "pause" | "resume" => Jobs::Pause { queue: one("the name of a queue")?, is_paused: verb == "pause" },
        "run" => Jobs::Run { schedule: one("the name of a schedule")? },
        _ => {
            let id = |word: &String| word.parse().map_err(|_| needed(&format!("'{word}' is no id of a job")));
            let (ids, filter) = (named.iter().map(id).collect::<Result<Vec<_>, _>>()?, filter(options)?);
            // Everything there ever was is hardly meant.
            if ids.is_empty() == (filter == JobFilter::default()) {
                return Err(needed(&format!("jobs {verb} needs ids, or a filter such as --state discarded")));
            }
            let action = if verb == "retry" { JobAction::Retry } else { JobAction::Cancel };
            Jobs::Act { action, ids, filter }
        }
    }))
}

fn user_create(mut options: Options) -> Result<Command, Help> {
    if !options.has("--password-stdin") {
        return Err(needed(
            "user create reads the password from standard input and wants to be told so: --password-stdin",
        ));
    }
    let mut must = |name: &str| options.take(name).ok_or_else(|| needed(&format!("user create needs {name}")));
    let (email, role) = (must("--email")?, must("--role")?);
    Ok(Command::UserCreate(NewUser {
        email,
        role,
        first_name: options.take("--first-name"),
        last_name: options.take("--last-name"),
    }))
}

fn schema_draft(mut options: Options) -> Result<Command, Help> {
    let name = options.take("--name");
    let is_plain = |name: &String| !name.is_empty() && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
    if let Some(name) = name.as_ref().filter(|name| !is_plain(name)) {
        return Err(needed(&format!("--name takes small letters, digits and _, not '{name}'")));
    }
    let field = |word: String| {
        let (table, field) = word.split_once('.').unwrap_or_default();
        let dropped = Dropped { table: table.to_owned(), field: field.to_owned() };
        let is_whole = !table.is_empty() && !field.is_empty();
        is_whole.then_some(dropped).ok_or_else(|| needed(&format!("--drop takes TABLE.FIELD, not '{word}'")))
    };
    let dropped = options.take_all(Options::REPEATED).into_iter().map(field).collect::<Result<_, _>>()?;
    Ok(Command::SchemaDraft(SchemaDraft { name, dropped }))
}

/// Options by name, each given at most once but for one.
struct Options(Vec<(String, String)>);

impl Options {
    const REPEATED: &str = "--drop";

    fn read(arguments: &[String], valued: &[&str], plain: &[&str]) -> Result<Self, Help> {
        let mut options = Self(vec![]);
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(n, v)| (n, Some(v.to_owned())));
            let value = if valued.contains(&name) {
                value.or_else(|| words.next().cloned()).ok_or_else(|| needed(&format!("{name} needs a value")))?
            } else if plain.contains(&name) && value.is_none() {
                String::new()
            } else {
                return Err(needed(&format!("'{word}' means nothing here")));
            };
            if options.has(name) && name != Self::REPEATED {
                return Err(needed(&format!("{name} is given twice")));
            }
            options.0.push((name.to_owned(), value));
        }
        Ok(options)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.swap_remove(place).1)
    }

    fn take_all(&mut self, name: &str) -> Vec<String> {
        self.0.extract_if(.., |(n, _)| n == name).map(|(_, value)| value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Command, Help> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn commands_are_read() {
        let all = [Role::Web, Role::Worker, Role::Scheduler];
        assert_eq!(words("serve"), Ok(Command::Serve { roles: all.into(), queues: None }));
        let worker = Command::Serve { roles: [Role::Worker].into(), queues: Some(vec!["imports".into()]) };
        assert_eq!(words("serve --roles worker --queues imports"), Ok(worker));
        let discarded = JobFilter { state: Some(State::Discarded), ..JobFilter::default() };
        assert_eq!(words("jobs list --state discarded"), Ok(Command::Jobs(Jobs::List(discarded.clone()))));
        let retry = Jobs::Act { action: JobAction::Retry, ids: vec![], filter: discarded };
        assert_eq!(words("jobs retry --state discarded"), Ok(Command::Jobs(retry)));
        let pause = Jobs::Pause { queue: "imports".into(), is_paused: true };
        assert_eq!(words("jobs pause imports"), Ok(Command::Jobs(pause)));
        let run = Jobs::Run { schedule: "sweep_imports".into() };
        assert_eq!(words("jobs run sweep_imports"), Ok(Command::Jobs(run)));
        assert_eq!(words("sample load --if-empty"), Ok(Command::SampleLoad { if_empty: true }));
        assert_eq!(words("config print"), Ok(Command::ConfigPrint));
        assert_eq!(words("backup"), Ok(Command::Backup(Backup::Make)));
        assert_eq!(words("backup prove x.backup"), Ok(Command::Backup(Backup::Prove(Some("x.backup".into())))));
        assert_eq!(words("restore latest"), Ok(Command::Restore { archive: "latest".into() }));
        let dropped = |field: &str| Dropped { table: "companies".into(), field: field.into() };
        let draft = SchemaDraft { name: Some("less".into()), dropped: vec![dropped("fax"), dropped("telex")] };
        let line = "schema draft --drop companies.fax --name less --drop=companies.telex";
        assert_eq!(words(line), Ok(Command::SchemaDraft(draft)));
        let user = NewUser {
            email: "a@b.example".into(),
            role: "Admin".into(),
            first_name: Some("Ann".into()),
            last_name: None,
        };
        let line = "user create --email a@b.example --role=Admin --first-name Ann --password-stdin";
        assert_eq!(words(line), Ok(Command::UserCreate(user)));
    }

    #[test]
    fn what_makes_no_sense_is_wrong_usage_and_says_why() {
        for (line, why) in [
            ("", "needs a command"),
            ("sreve", "'sreve'"),
            ("user delete", "'user delete'"),
            ("serve --roles cook", "'cook'"),
            ("serve --queues exprots", "no queue 'exprots'; the queues are backups, default, exports,"),
            ("serve --queues imports,", "no queue ''"),
            ("serve --roles", "needs a value"),
            ("serve --roles web --roles web", "twice"),
            ("migrate now", "'now'"),
            ("jobs", "'jobs'"),
            ("backup now", "'backup now'"),
            ("backup prove a b", "the name"),
            ("restore", "latest"),
            ("jobs list all", "'all'"),
            ("jobs list --state lost", "'lost'"),
            ("jobs cancel", "needs ids"),
            ("jobs cancel 7", "'7'"),
            ("jobs pause", "a queue"),
            ("jobs run a b", "a schedule"),
            ("schema", "'schema'"),
            ("schema apply", "'schema apply'"),
            ("schema draft --name Less", "'Less'"),
            ("schema draft --drop companies", "'companies'"),
            ("user create --email a@b.example --password-stdin", "--role"),
            ("user create --email a@b.example --role Admin", "--password-stdin"),
        ] {
            let Err(Help::Needed(text)) = words(line) else { panic!("{line}") };
            assert!(text.contains(why) && text.contains("Usage:"), "{line}: {text}");
        }
        assert!(matches!(words("serve --help"), Err(Help::Asked(_))));
    }
}
