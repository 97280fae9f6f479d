//! A mail server that does what a test wants, down to the moment at which it fails.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    NoGreeting,
    /// Reads the command that starts so, and never answers.
    SilentAt(&'static str),
    /// Closes the connection when the command that starts so comes.
    DropAt(&'static str),
    /// Answers the command that starts so with this.
    Answer(&'static str, &'static str),
    /// Closes the connection in the middle of a message.
    DropInMessage,
    /// Closes the connection when it has the message, without a word.
    DropAfterMessage,
    /// Has the message and says nothing until it is told to.
    HoldAnswer,
    /// Answers the message with this.
    AnswerMessage(&'static str),
    /// Closes each connection after its first message, without a word.
    CloseWhenIdle,
}

#[derive(Default)]
pub struct Seen {
    pub connections: usize,
    pub commands: Vec<String>,
    /// Messages as they were taken, with whom they were for.
    pub messages: Vec<(Vec<String>, String)>,
}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    fault: Arc<Mutex<Fault>>,
    seen: Arc<Mutex<Seen>>,
    /// Told when a message is there whose answer is held back.
    pub arrived: Arc<Notify>,
    pub answer: Arc<Notify>,
}

impl Server {
    pub async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            fault: Arc::new(Mutex::new(fault)),
            seen: Arc::default(),
            arrived: Arc::default(),
            answer: Arc::default(),
        };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.seen.lock().unwrap().connections += 1;
                let own = own.clone();
                // Who was let down closes the connection; that is not this server's concern.
                tokio::spawn(async move { drop(own.serve(stream).await) });
            }
        });
        server
    }

    pub fn becomes(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    pub fn seen<T>(&self, look: impl Fn(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        if self.fault() == Fault::NoGreeting {
            return std::future::pending().await;
        }
        stream.write_all(b"220 test.example ESMTP\r\n").await?;
        let mut recipients = vec![];
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_owned();
            self.seen.lock().unwrap().commands.push(line.clone());
            let answer = match self.fault() {
                Fault::SilentAt(command) if line.starts_with(command) => return std::future::pending().await,
                Fault::DropAt(command) if line.starts_with(command) => return Ok(()),
                Fault::Answer(command, answer) if line.starts_with(command) => answer,
                _ if line.starts_with("EHLO") => "250-test.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
                _ if line.starts_with("AUTH") => "235 signed in",
                _ if line.starts_with("DATA") => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let to = std::mem::take(&mut recipients);
                    if !self.take(&mut stream, to).await? {
                        return Ok(());
                    }
                    continue;
                }
                _ if line.starts_with("QUIT") => return stream.write_all(b"221 bye\r\n").await,
                _ => {
                    if let Some(to) = line.strip_prefix("RCPT TO:<").and_then(|to| to.strip_suffix('>')) {
                        recipients.push(to.to_owned());
                    }
                    "250 fine"
                }
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    /// Takes a message. False where the connection is over.
    async fn take(&self, stream: &mut BufReader<TcpStream>, recipients: Vec<String>) -> std::io::Result<bool> {
        if self.fault() == Fault::DropInMessage {
            stream.read_exact(&mut [0; 16]).await?;
            return Ok(false);
        }
        let mut message = vec![];
        while !message.ends_with(b"\r\n.\r\n") {
            if stream.read_until(b'\n', &mut message).await? == 0 {
                return Ok(false);
            }
        }
        let message = String::from_utf8_lossy(&message).into_owned();
        self.seen.lock().unwrap().messages.push((recipients, message));
        let answer = match self.fault() {
            Fault::DropAfterMessage => return Ok(false),
            Fault::AnswerMessage(answer) => answer,
            Fault::HoldAnswer => {
                self.arrived.notify_one();
                self.answer.notified().await;
                "250 taken"
            }
            _ => "250 taken",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        Ok(self.fault() != Fault::CloseWhenIdle)
    }
}
