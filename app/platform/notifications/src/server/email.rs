//! Notifications as letters.

use kernel::AppError;
use outbox::server::{Button, Letter, LetterData, Recipient, letter};
use records::server::Ctx;

use super::{Kind, Kinds, store::Found};
use crate::Mode;

/// The most notifications a digest lists; the rest stand in the program.
const LISTED: usize = 50;

/// Where people find the program: `https://crm.example.com`. Provided to it once.
#[derive(Clone, Debug)]
pub struct Site(pub String);

impl Site {
    pub fn at(&self, path: &str) -> String {
        [self.0.trim_end_matches('/'), path].concat()
    }
}

/// A letter to somebody about one notification.
pub fn single(ctx: &Ctx, theirs: &Ctx, kind: &'static Kind, found: &Found) -> Result<Letter, AppError> {
    let site = ctx.app.service::<Site>()?;
    let button = |label: &str, path: &str| Button { label: label.to_owned(), address: site.at(path) };
    let data = LetterData {
        title: found.title.clone(),
        paragraphs: found.message.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        button: Some(button(kind.button, found.link.as_deref().unwrap_or("/notifications"))),
        why: kind.reason.to_owned(),
        stop: Some(button("Change how you are told", &format!("/settings/preferences#{}", kind.name))),
    };
    to(ctx, theirs, &data, found.title.clone(), kind.name, found.about.clone())
}

/// One letter about all that was collected, the latest last.
pub fn digest(ctx: &Ctx, theirs: &Ctx, kinds: &Kinds, mode: Mode, all: &[Found]) -> Result<Letter, AppError> {
    let site = ctx.app.service::<Site>()?;
    let name = ctx.organisation().name.clone();
    let span = if mode == Mode::Weekly { "week" } else { "day" };
    let subject = match all.len() {
        1 => format!("Your {span} at {name}: 1 notification"),
        n => format!("Your {span} at {name}: {n} notifications"),
    };
    let mut paragraphs = vec![];
    for kind in kinds.all() {
        let of_kind: Vec<&Found> = all.iter().filter(|found| found.kind == kind.name).collect();
        if of_kind.is_empty() {
            continue;
        }
        paragraphs.push(format!("{}:", kind.title));
        paragraphs.extend(of_kind.iter().take(LISTED).map(|found| format!("• {}. {}", found.title, found.message)));
        if of_kind.len() > LISTED {
            paragraphs.push(format!("… and {} more.", of_kind.len() - LISTED));
        }
    }
    let data = LetterData {
        title: subject.clone(),
        paragraphs,
        button: Some(Button { label: "Open them".to_owned(), address: site.at("/notifications") }),
        why: format!("You get this because you want to be told of these once a {span}."),
        stop: Some(Button {
            label: "Change how you are told".to_owned(),
            address: site.at("/settings/preferences#notifications"),
        }),
    };
    to(ctx, theirs, &data, subject, "digest", None)
}

fn to(
    ctx: &Ctx,
    theirs: &Ctx,
    data: &LetterData,
    subject: String,
    kind: &'static str,
    about: Option<(String, uuid::Uuid)>,
) -> Result<Letter, AppError> {
    let (html, text) = letter(&ctx.organisation(), data)?;
    let recipient = Recipient { address: theirs.actor.email.clone(), name: theirs.actor.name.clone() };
    Ok(Letter { to: vec![recipient], subject, html, text, kind, about, headers: vec![] })
}
