//! Arguments into commands. Few enough to be read by hand.

use std::collections::BTreeSet;

/// What the program is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Serve { roles: BTreeSet<Role> },
    Migrate,
    UserCreate(NewUser),
    SampleLoad { if_empty: bool },
    ConfigCheck,
    ConfigPrint,
    OpenApi,
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

  serve [--roles web,worker,scheduler]   serves the app (all roles by default)
  migrate                                brings the database's schema up to date
  user create --email E --role R --password-stdin [--first-name F] [--last-name L]
                                         adds a person; the password is read from standard input
  sample load [--if-empty]               fills an empty database with a sample company
  config check                           says whether the configuration can be used
  config print                           shows every setting and where it comes from, without secrets
  openapi                                prints the description of the REST interface

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
        (Some("serve"), _) => serve(Options::read(&arguments[1..], &["--roles"], &[])?),
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
        (Some(first), second) => {
            let words = second.filter(|_| matches!(first, "user" | "sample" | "config"));
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
    let Some(list) = options.take("--roles") else {
        return Ok(Command::Serve { roles: [Role::Web, Role::Worker, Role::Scheduler].into() });
    };
    let role = |word: &str| match word.trim() {
        "web" => Ok(Role::Web),
        "worker" => Ok(Role::Worker),
        "scheduler" => Ok(Role::Scheduler),
        other => Err(needed(&format!("There is no role '{other}'"))),
    };
    Ok(Command::Serve { roles: list.split(',').map(role).collect::<Result<_, _>>()? })
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

/// Options by name, each given at most once.
struct Options(Vec<(String, String)>);

impl Options {
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
            if options.has(name) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Command, Help> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn commands_are_read() {
        assert_eq!(words("serve"), Ok(Command::Serve { roles: [Role::Web, Role::Worker, Role::Scheduler].into() }));
        assert_eq!(words("serve --roles web,worker"), Ok(Command::Serve { roles: [Role::Web, Role::Worker].into() }));
        assert_eq!(words("sample load --if-empty"), Ok(Command::SampleLoad { if_empty: true }));
        assert_eq!(words("config print"), Ok(Command::ConfigPrint));
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
            ("serve --roles", "needs a value"),
            ("serve --roles web --roles web", "twice"),
            ("migrate now", "'now'"),
            ("user create --email a@b.example --password-stdin", "--role"),
            ("user create --email a@b.example --role Admin", "--password-stdin"),
        ] {
            let Err(Help::Needed(text)) = words(line) else { panic!("{line}") };
            assert!(text.contains(why) && text.contains("Usage:"), "{line}: {text}");
        }
        assert!(matches!(words("serve --help"), Err(Help::Asked(_))));
    }
}
