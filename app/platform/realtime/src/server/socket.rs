//! One connection: what it is sent, what it may say, and when it is over.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, close_code};
use records::server::Actor;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    hub::{Check, Hub, message},
    seat::Taken,
};
use crate::Look;

/// How often a connection shows that it is alive.
const BEAT: Duration = Duration::from_secs(25);
/// Who has not been heard for so long, not even answering a beat, is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// Who does not take a message in this time is gone too.
const PATIENCE: Duration = Duration::from_secs(20);
/// A page tells where it looks no more often than this.
const HASTE: Duration = Duration::from_millis(50);
/// Close code for who is no longer signed in; codes from 4000 on are the application's (RFC 6455, section 7.4.2).
const SIGNED_OUT: u16 = 4401;
const NOBODY: &str = "signed out";

/// Where a client that was here before left off.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    hub: Option<String>,
    after: Option<u64>,
}

impl Resume {
    /// The name of the hub that greeted it, and the place of the last thing it heard of.
    pub const fn new(hub: Option<String>, after: Option<u64>) -> Self {
        Self { hub, after }
    }

    fn place(&self) -> Option<(&str, u64)> {
        Some((self.hub.as_deref()?, self.after?))
    }
}

/// Closes a connection at once, whose page is to know that nobody is signed in: why a connection was not opened at all a
/// browser keeps to itself.
pub async fn turn_away(mut socket: WebSocket) {
    close(&mut socket, SIGNED_OUT, NOBODY).await;
}

/// Serves a connection until either side ends it.
pub async fn talk(mut socket: WebSocket, hub: Hub, actor: Arc<Actor>, check: Check, resume: Resume) {
    let mut taken = hub.enter(actor, check, resume.place());
    let mut closing = hub.closing();
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.tick().await;
    let mut heard = Instant::now();
    let last_word = loop {
        tokio::select! {
            next = taken.queue.recv() => {
                let Some(next) = next else { break None };
                if !pass_on(&mut socket, &mut taken, &next).await {
                    break None;
                }
            }
            said = socket.recv() => match said {
                Some(Ok(Frame::Text(text))) => {
                    heard = Instant::now();
                    listen(&taken, &text).await;
                }
                Some(Ok(Frame::Close(_)) | Err(_)) | None => break None,
                Some(Ok(_)) => heard = Instant::now(),
            },
            _ = beat.tick() => {
                if heard.elapsed() > SILENCE {
                    break None;
                }
                taken.hub.look_again(&taken.seat).await;
                let alive = message(crate::BEAT, None, &());
                // Browsers answer a ping by themselves and show it to nobody; the message is for the page.
                if !sent(&mut socket, Frame::Ping(vec![].into())).await || !pass_on(&mut socket, &mut taken, &alive).await {
                    break None;
                }
            }
            () = taken.seat.ended() => break Some((SIGNED_OUT, NOBODY)),
            () = closed(&mut closing) => break Some((close_code::RESTART, "the server stops")),
        }
    };
    if let Some((code, reason)) = last_word {
        close(&mut socket, code, reason).await;
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    sent(socket, Frame::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
}

/// Sends a message; to who missed something, that they did instead. Where they are by then comes last: who does not hear
/// all of it comes back as one who missed something. False when the client is gone.
async fn pass_on(socket: &mut WebSocket, taken: &mut Taken, next: &str) -> bool {
    if !taken.seat.has_missed() {
        return sent(socket, Frame::text(next)).await;
    }
    while taken.queue.try_recv().is_ok() {}
    let at = taken.hub.since().at;
    let words = [taken.hub.hello(None), message(crate::RESYNC, None, &()), taken.hub.hello(Some(at))];
    for word in words {
        if !sent(socket, Frame::text(&*word)).await {
            return false;
        }
    }
    true
}

async fn sent(socket: &mut WebSocket, frame: Frame) -> bool {
    matches!(timeout(PATIENCE, socket.send(frame)).await, Ok(Ok(())))
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // The sender lives as long as the hub, of which this socket holds a part.
    let _ = closing.wait_for(|closing| *closing).await;
}

async fn listen(taken: &Taken, text: &str) {
    // What is none of this is ignored: a client newer than the server may say more.
    let Ok(Look { look }) = serde_json::from_str(text) else { return };
    if let Err(error) = taken.hub.look(&taken.seat, look).await {
        tracing::debug!(%error, "it cannot be told who looks at a record");
    }
    tokio::time::sleep(HASTE).await;
}
