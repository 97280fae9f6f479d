//! Redis as the carrier of signals between processes, in place of NOTIFY.
//!
//! What a transaction told is published once it is committed, by a task of its own: no write waits for Redis, and none
//! fails for it. What could not be carried is lost. Once Redis is back, all processes are told that anything may have
//! happened: those that hear by their own connection, those that do not know that something was lost by who could not
//! carry it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{Stream, StreamExt};
use redis::{
    Client, RedisError,
    aio::{MultiplexedConnection, PubSub},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    DbError,
    signal::{EVERYTHING, Signals},
};

/// How long a connection or an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a connection on which nothing comes is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(15);
/// The first wait before another try, and the longest.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);
/// So many signals may wait to be carried, and go at once.
const WAITING: usize = 1024;
const AT_ONCE: usize = 64;

/// Where signals are carried.
#[derive(Clone)]
pub struct Redis {
    /// `redis://` or `rediss://`, with a password where it needs one.
    pub url: String,
    /// What the processes of this installation, and nobody else, publish under.
    pub channel: String,
}

/// The address may hold a password.
impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("channel", &self.channel).finish_non_exhaustive()
    }
}

#[derive(Clone)]
pub(super) struct Carrier(Arc<Shared>);

struct Shared {
    client: Client,
    channel: Arc<str>,
    queue: mpsc::Sender<Word>,
    state: Arc<State>,
}

enum Word {
    /// What the other processes are to be told.
    Tell(String),
    /// Answered once all before it was carried, or lost.
    Flush(oneshot::Sender<()>),
}

/// What is wrong, for who looks after the program.
#[derive(Default)]
struct State {
    publishing: Side,
    hearing: Side,
    /// Whether something was not carried.
    has_lost: AtomicBool,
}

#[derive(Default)]
struct Side(Mutex<Option<String>>);

impl Side {
    /// Notes how it goes, and logs when that changes.
    fn note(&self, what: &str, trouble: Option<&RedisError>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (known.is_some(), trouble) {
            (false, Some(error)) => {
                tracing::warn!(%error, "Redis {what}: pages follow what other processes do more slowly");
            }
            (true, None) => tracing::info!("Redis is back"),
            _ => {}
        }
        *known = trouble.map(|error| format!("Redis {what}: {error}"));
    }

    fn trouble(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn late() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// The error of work that takes longer than it may too.
async fn within<T>(work: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(late()))
}

impl Carrier {
    /// Connects when there is something to carry or to hear.
    pub fn open(redis: &Redis, signals: &Signals) -> Result<Self, DbError> {
        let wrong = |_| DbError::Configuration("the address of Redis is like redis://:password@host:6379".into());
        let client = Client::open(redis.url.as_str()).map_err(wrong)?;
        let (queue, words) = mpsc::channel(WAITING);
        let (channel, state): (Arc<str>, _) = (redis.channel.as_str().into(), Arc::<State>::default());
        let publisher = Publisher {
            client: client.clone(),
            channel: channel.clone(),
            everything: signals.marked(EVERYTHING),
            state: state.clone(),
            connection: None,
            pause: FIRST,
            rests_until: Instant::now(),
        };
        tokio::spawn(publisher.run(words));
        Ok(Self(Arc::new(Shared { client, channel, queue, state })))
    }

    /// Lets the other processes know, soon.
    pub fn tell(&self, marked: String) {
        if self.0.queue.try_send(Word::Tell(marked)).is_err() {
            self.0.state.has_lost.store(true, Ordering::Relaxed);
        }
    }

    /// Waits until what was told is carried, for as long as that may take.
    pub async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        let flushed = async {
            if self.0.queue.send(Word::Flush(done)).await.is_ok() {
                // The publisher ends with the program.
                let _ = is_done.await;
            }
        };
        let _ = timeout(PATIENCE, flushed).await;
    }

    /// What is wrong at the moment, in words.
    pub fn trouble(&self) -> Option<String> {
        self.0.state.publishing.trouble().or_else(|| self.0.state.hearing.trouble())
    }

    /// Passes on what other processes publish, and connects again when the connection breaks. Who was here before may
    /// have been killed between a commit and its word: the others are told that anything may have happened.
    pub async fn hear(&self, signals: &Signals) {
        self.tell(signals.marked(EVERYTHING));
        let mut pause = FIRST;
        loop {
            let heard = self.hear_once(signals, &mut pause).await;
            self.0.state.hearing.note("cannot be heard", heard.err().as_ref());
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    async fn hear_once(&self, signals: &Signals, pause: &mut Duration) -> Result<(), RedisError> {
        let mut connection: PubSub = within(self.0.client.get_async_pubsub()).await?;
        within(connection.subscribe(&*self.0.channel)).await?;
        self.0.state.hearing.note("", None);
        *pause = FIRST;
        // Whatever was told while nobody listened here.
        signals.send(EVERYTHING);
        let (mut asking, mut messages) = connection.split();
        loop {
            match next(&mut messages).await {
                Some(Some(text)) => signals.receive(&text),
                Some(None) => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
                None => within(asking.ping::<redis::Value>()).await.map(drop)?,
            }
        }
    }
}

/// The next message, `Some(None)` where there will be no more; `None` after a silence.
async fn next(messages: &mut (impl Stream<Item = redis::Msg> + Unpin)) -> Option<Option<String>> {
    let message = timeout(SILENCE, messages.next()).await.ok()?;
    // What is no text is none of ours, and says nothing.
    Some(message.map(|message| message.get_payload::<String>().unwrap_or_default()))
}

/// Publishes what was told, in the order it was told.
struct Publisher {
    client: Client,
    channel: Arc<str>,
    everything: String,
    state: Arc<State>,
    connection: Option<MultiplexedConnection>,
    /// How long to leave Redis alone when it cannot be reached, and until when it is.
    pause: Duration,
    rests_until: Instant,
}

impl Publisher {
    async fn run(mut self, mut words: mpsc::Receiver<Word>) {
        let mut some = Vec::with_capacity(AT_ONCE);
        loop {
            tokio::select! {
                received = words.recv_many(&mut some, AT_ONCE) => if received == 0 {
                    return;
                },
                () = sleep_until(self.rests_until), if self.has_lost() => {}
            }
            self.carry(&mut some).await;
        }
    }

    fn has_lost(&self) -> bool {
        self.state.has_lost.load(Ordering::Relaxed)
    }

    async fn carry(&mut self, some: &mut Vec<Word>) {
        let (mut texts, mut waiting) = (vec![], vec![]);
        for word in some.drain(..) {
            match word {
                Word::Tell(text) => texts.push(text),
                Word::Flush(done) => waiting.push(done),
            }
        }
        // What comes while Redis is left alone is lost too, which is told with the rest.
        let is_resting = self.has_lost() && Instant::now() < self.rests_until;
        if !is_resting {
            if self.state.has_lost.swap(false, Ordering::Relaxed) {
                texts = vec![self.everything.clone()];
            }
            if !texts.is_empty() {
                let published = within(self.publish(&texts)).await;
                self.note(published.err());
            }
        }
        for done in waiting {
            // Who waited may have lost patience.
            let _ = done.send(());
        }
    }

    fn note(&mut self, trouble: Option<RedisError>) {
        self.state.publishing.note("cannot be told", trouble.as_ref());
        if trouble.is_none() {
            self.pause = FIRST;
            return;
        }
        self.connection = None;
        self.state.has_lost.store(true, Ordering::Relaxed);
        self.rests_until = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST);
    }

    async fn publish(&mut self, texts: &[String]) -> Result<(), RedisError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.client.get_multiplexed_async_connection().await?),
        };
        let mut all = redis::pipe();
        for text in texts {
            all.cmd("PUBLISH").arg(&*self.channel).arg(text).ignore();
        }
        all.query_async::<()>(connection).await
    }
}

#[cfg(test)]
mod tests;
