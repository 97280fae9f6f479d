//! What people are told about their own account.

use kernel::{AppError, server::Tx};
use notifications::{
    Channel, Mode, Priority,
    server::{Kind, Kinds, Notice, notify},
};
use request::device;
use uuid::Uuid;

use super::{Identity, store};

pub const NEW_DEVICE: Kind = Kind {
    name: "new_device",
    title: "A sign-in from a new device",
    reason: "You get this because somebody signed in to your account from a device that had not been used for it.",
    icon: "warning",
    button: "Open Mainstay",
    priority: Priority::High,
    channels: &[(Channel::InApp, Mode::AtOnce), (Channel::Email, Mode::AtOnce), (Channel::Push, Mode::AtOnce)],
};

/// Adds identity's kinds of notifications.
pub fn add_notifications(kinds: Kinds) -> Kinds {
    kinds.with(&NEW_DEVICE)
}

/// Tells somebody of a sign-in from a device that none of their sessions came from. The first of all is no news.
pub async fn note_device(
    identity: &Identity,
    tx: &mut Tx,
    user: Uuid,
    session: Uuid,
    (address, agent): (&str, &str),
) -> Result<(), AppError> {
    let known = store::agents_of(tx, user, session).await?;
    if known.is_empty() || known.iter().any(|other| kind_of(other) == kind_of(agent)) {
        return Ok(());
    }
    let device = device(agent);
    let message = format!(
        "It was {device}, at the network address {address}. If it was not you, change your password: that ends all \
         other sessions."
    );
    let notice = Notice {
        kind: &NEW_DEVICE,
        to: vec![user],
        title: "Somebody signed in to your account from a new device".to_owned(),
        message,
        link: None,
        priority: None,
        about: None,
    };
    notify(tx, &identity.system(), notice).await
}

/// A program without its version, which changes every few weeks.
fn kind_of(agent: &str) -> String {
    agent.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36";

    #[test]
    fn a_new_version_is_no_new_device() {
        assert_eq!(kind_of(CHROME), kind_of(&CHROME.replace("123.0", "124.1")));
        assert_ne!(kind_of(CHROME), kind_of(&CHROME.replace("X11; Linux", "Windows NT 10.0; Win64")));
    }
}
