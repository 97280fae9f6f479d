//! An open page, as far as the server can tell.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use realtime::{
    Message,
    server::{Event, tell_user},
};
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message as Frame, client::IntoClientRequest},
};
use uuid::Uuid;

use crate::http::api::world::World;

/// Long enough for the slowest machine; only a test that fails waits for so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Listener(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    /// Opens a socket, and reads its greeting; or why not: the status, or the code with which it is closed at once.
    pub async fn open(at: SocketAddr, rest: &str, headers: &[(&str, &str)]) -> Result<(Self, Message), u16> {
        let mut request = format!("ws://{at}/ws/notifications/{rest}").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => {
                let mut listener = Self(stream);
                let hello = listener.next().await?;
                assert_eq!(hello.event, "hello");
                Ok((listener, hello))
            }
            Err(tokio_tungstenite::tungstenite::Error::Http(refusal)) => Err(refusal.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next message, or the code with which the server closed.
    pub async fn next(&mut self) -> Result<Message, u16> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Frame::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Frame::Close(close))) => return Err(close.map_or(1005, |c| c.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The next message of this kind.
    pub async fn hear(&mut self, event: &str) -> Message {
        loop {
            let message = self.next().await.unwrap();
            if message.event == event {
                return message;
            }
        }
    }

    /// The code with which the server closes, in the end.
    pub async fn hear_end(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    pub async fn say(&mut self, text: &str) {
        self.0.send(Frame::text(text)).await.unwrap();
    }

    pub async fn look(&mut self, record_type: &str, id: Uuid) {
        self.say(&json!({ "look": [record_type, id] }).to_string()).await;
    }

    /// What came before this mark did, which is told after it.
    pub async fn heard_before(&mut self, mark: &str) -> Vec<Message> {
        let mut heard = vec![];
        loop {
            let message = self.next().await.unwrap();
            if message.event == "mention" && message.data == json!(mark) {
                return heard;
            }
            if !matches!(message.event.as_str(), "hello" | "beat" | "resync") {
                heard.push(message);
            }
        }
    }
}

pub async fn listen(world: &World, at: SocketAddr, who: &str) -> Listener {
    let token = format!("Bearer {}", world.token(who));
    Listener::open(at, "", &[("authorization", &token)]).await.unwrap().0
}

pub async fn tell(world: &World, who: &str, event: Event) {
    let mut tx = world.service.state.db().begin().await.unwrap();
    tell_user(&mut tx, world.id(who), &event);
    tx.commit().await.unwrap();
}

pub async fn mark(world: &World, who: &str, mark: &str) {
    tell(world, who, Event::Mention(json!(mark))).await;
}

pub fn people(presence: &Message) -> Vec<&str> {
    presence.data["people"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect()
}
