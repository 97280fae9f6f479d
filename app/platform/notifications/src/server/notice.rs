//! The one call by which anybody is told anything.

use std::{collections::BTreeSet, sync::Arc};

use kernel::{AppError, server::Tx};
use records::server::{Actor, Ctx};
use uuid::Uuid;

use super::{Kind, Tell};
use crate::Priority;

/// The most characters of a title and of a message.
const TITLE: usize = 200;
const MESSAGE: usize = 2_000;
/// Readers that one job takes care of.
const READERS: usize = 1_000;

/// Something to tell to some people.
#[derive(Clone, Debug)]
pub struct Notice {
    pub kind: &'static Kind,
    pub to: Vec<Uuid>,
    /// One line; whose work it is, then what.
    pub title: String,
    pub message: String,
    /// Where one goes from it: a path of the web app.
    pub link: Option<String>,
    /// Where it matters more or less than its kind usually does.
    pub priority: Option<Priority>,
    /// The record it is about, by type and id. Who may not see that is not told.
    pub about: Option<(String, Uuid)>,
}

/// Tells somebody something, once the caller's transaction is committed.
pub async fn notify(tx: &mut Tx, ctx: &Ctx, notice: Notice) -> Result<(), AppError> {
    // The program tells it: whoever caused it may be gone by then.
    let own = ctx.app.ctx(Arc::new(Actor::system()));
    let to: Vec<Uuid> = notice.to.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let id = ctx.new_id();
    for some in to.chunks(READERS) {
        let tell = Tell {
            notice: id,
            kind: notice.kind.name.to_owned(),
            to: some.to_vec(),
            title: plain(&notice.title, TITLE).replace('\n', " "),
            message: plain(&notice.message, MESSAGE),
            link: notice.link.clone().filter(|link| is_local(link)),
            priority: notice.priority.unwrap_or(notice.kind.priority),
            about: notice.about.clone(),
        };
        jobs::server::enqueue(&own, tx, &tell).await?;
    }
    Ok(())
}

/// Text that looks like what it says: without control characters, and without those that turn the direction of what
/// follows or cannot be seen (Unicode Technical Report 36, bidirectional text spoofing).
fn plain(text: &str, most: usize) -> String {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}');
    let kept = text.trim().chars().filter(|c| !hidden(*c)).map(|c| match c {
        '\n' => '\n',
        c if c.is_control() => ' ',
        c => c,
    });
    let mut plain: String = kept.clone().take(most).collect();
    if kept.count() > most {
        plain.pop();
        plain.push('…');
    }
    plain
}

/// Whether a link stays on this site. Browsers read `//host` and `/\host` as another's address.
fn is_local(link: &str) -> bool {
    link.starts_with('/')
        && !link.starts_with("//")
        && !link.contains('\\')
        && link.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_looks_like_what_it_says() {
        assert_eq!(plain(" Invoice\u{202e}fdp.exe\r\nBcc:\u{0} x ", 200), "Invoicefdp.exe \nBcc:  x");
        assert_eq!(plain("ab\u{200b}c<b>日本</b>", 200), "abc<b>日本</b>");
        assert_eq!(plain("12345", 4), "123…");
    }

    #[test]
    fn links_stay_on_this_site() {
        assert!(is_local("/companies/1?x=%20#y"));
        for bad in ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "javascript:alert(1)"]
        {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
