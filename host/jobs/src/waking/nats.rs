//! Waking over NATS JetStream: a stream in the broker's memory from which each message goes to one host that has
//! nothing to do.
//!
//! A message says that there is work, and nothing else. A broker that is away, slow or new loses hints, never a
//! job: connections come back by themselves, and the stream is made again by whoever finds it gone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, pull};
use async_nats::jetstream::stream::{
    Config as StreamConfig, DiscardPolicy, RetentionPolicy, StorageType,
};
use async_nats::jetstream::{AckKind, Context, Message, context};
use async_nats::{Client, ConnectOptions, ServerAddr};
use bytes::Bytes;
use dossier_postgres::{InvalidAuthorities, trusting};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Waiting, Waker, WakerStanding, add};

/// What a message says.
const WORK: Bytes = Bytes::from_static(b"dossier work 1");
/// Most bytes of a message that the broker takes: more is poison already.
const MOST_BYTES: i32 = 256;
/// Most hints that wait in the broker; the oldest give way.
const MOST_HINTS: i64 = 4_096;
/// Hints are of no use once everybody has looked by itself.
const AGE: Duration = Duration::from_secs(30);
/// How often a message is given out that nobody acknowledges: its host was killed.
const DELIVERIES: i64 = 3;
/// When that is.
const ACKNOWLEDGE: Duration = Duration::from_secs(5);
/// How long a host asks for a message at a time. Between two times it looks whether the stream is there.
const ASK: Duration = Duration::from_secs(3);
/// How long the broker may take for anything else.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it is left alone when it refuses.
const PAUSE: Duration = Duration::from_secs(1);
/// Submissions whose hints are not sent yet; those beyond are untold.
const UNSENT: usize = 256;
/// Most hints for one submission: nobody has more hosts that would help.
const MOST_AT_ONCE: usize = 32;
/// Commands to a connection that is away.
const COMMANDS: usize = 256;
/// The consumer that all hosts share.
const CONSUMER: &str = "hosts";
const MOST_NAME_BYTES: usize = 32;

/// What an operator sets of waking over NATS.
#[derive(Clone)]
pub struct NatsSettings {
    servers: Vec<ServerAddr>,
    tls: Option<rustls::ClientConfig>,
    name: String,
}

/// The settings of waking over NATS are refused. No text of it holds anything of the address: a password may
/// stand in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNats {
    /// The address is none.
    #[error(
        "the address of NATS is not understood: nats://host:port or tls://user:password@host:port, several with commas between"
    )]
    Address,
    /// The name of the stream is none.
    #[error("the name of a stream is 1 to 32 letters, digits, - and _")]
    Name,
    /// Nobody can be trusted.
    #[error(transparent)]
    Authorities(#[from] InvalidAuthorities),
}

impl NatsSettings {
    /// What URLs with commas between them say, `nats://…` or, encrypted, `tls://…`. A user without a password is a
    /// token. `authorities` are certificates in PEM; without, those of the system are trusted. Hosts that share a
    /// store have the same `stream`, and no others do.
    ///
    /// # Errors
    /// When a URL, a certificate or the name is refused.
    pub fn new(urls: &str, authorities: Option<&[u8]>, stream: &str) -> Result<Self, InvalidNats> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=MOST_NAME_BYTES).contains(&stream.len()) || !stream.bytes().all(is_letter) {
            return Err(InvalidNats::Name);
        }
        let is_known = |url: &str| url.starts_with("nats://") || url.starts_with("tls://");
        let server = |url: &str| {
            let server = url.parse::<ServerAddr>().ok().filter(|_| is_known(url));
            server.ok_or(InvalidNats::Address)
        };
        let servers = urls.split(',').map(|url| server(url.trim()));
        let servers = servers.collect::<Result<Vec<_>, _>>()?;
        let is_encrypted = servers.iter().any(ServerAddr::tls_required);
        let tls = match is_encrypted || authorities.is_some() {
            true => Some(trusting(authorities)?),
            false => None,
        };
        Ok(Self { servers, tls, name: stream.to_owned() })
    }

    fn options(&self) -> ConnectOptions {
        let mut options = ConnectOptions::new()
            .name("dossier")
            .connection_timeout(PATIENCE)
            .client_capacity(COMMANDS)
            // Whatever is known of who may connect changes; a host that gives up is deaf until it is started again.
            .max_reconnects(None)
            .retry_on_initial_connect();
        if let Some(tls) = &self.tls {
            options = options.tls_client_config(tls.clone());
        }
        let user = self.servers.iter().find_map(|server| Some((server, server.username()?)));
        match user {
            Some((server, user)) => match server.password() {
                Some(password) => options.user_and_password(user.to_owned(), password.to_owned()),
                None => options.token(user.to_owned()),
            },
            None => options,
        }
    }
}

impl fmt::Debug for NatsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.servers.iter().map(ServerAddr::host).collect::<Vec<_>>();
        f.debug_struct("NatsSettings")
            .field("hosts", &hosts)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Wakes hosts over NATS. Dropped, it is silent.
pub struct NatsWaker {
    client: Client,
    waiting: Arc<Waiting>,
    unsent: mpsc::Sender<usize>,
    _tasks: JoinSet<()>,
}

impl NatsWaker {
    /// Begins to tell and to listen. A broker that is away is waited for in the background.
    ///
    /// # Errors
    /// When the address is refused.
    pub async fn start(settings: NatsSettings) -> Result<Self, InvalidNats> {
        let connected = settings.options().connect(settings.servers.as_slice()).await;
        let client = connected.map_err(|_| InvalidNats::Address)?;
        let context = context::ContextBuilder::new().timeout(PATIENCE).build(client.clone());
        let stream = Stream { context, name: settings.name };
        let waiting = Arc::<Waiting>::default();
        let (unsent, asked) = mpsc::channel(UNSENT);
        let mut tasks = JoinSet::new();
        tasks.spawn(send(stream.clone(), client.clone(), Arc::clone(&waiting), asked));
        tasks.spawn(listen(stream, Arc::clone(&waiting)));
        Ok(Self { client, waiting, unsent, _tasks: tasks })
    }
}

impl Waker for NatsWaker {
    fn tell(&self, documents: usize) {
        if self.unsent.try_send(documents.min(MOST_AT_ONCE)).is_err() {
            add(&self.waiting.counts.untold, documents.min(MOST_AT_ONCE));
        }
    }

    fn told(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.waiting.told())
    }

    fn standing(&self) -> WakerStanding {
        self.waiting.counts.standing(is_connected(&self.client))
    }
}

impl fmt::Debug for NatsWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsWaker").field("standing", &self.standing()).finish_non_exhaustive()
    }
}

fn is_connected(client: &Client) -> bool {
    client.connection_state() == State::Connected
}

/// The stream of a name.
#[derive(Clone)]
struct Stream {
    context: Context,
    name: String,
}

impl Stream {
    /// The consumer that all hosts share. It and the stream are made where they are not there; where an operator
    /// has made them, they are as the operator wants them.
    async fn consumer(&self) -> Result<Consumer<pull::Config>, async_nats::Error> {
        let stream = StreamConfig {
            name: self.name.clone(),
            subjects: vec![self.subject()],
            retention: RetentionPolicy::WorkQueue,
            storage: StorageType::Memory,
            discard: DiscardPolicy::Old,
            max_messages: MOST_HINTS,
            max_message_size: MOST_BYTES,
            max_age: AGE,
            duplicate_window: AGE,
            num_replicas: 1,
            ..StreamConfig::default()
        };
        let stream = self.context.get_or_create_stream(stream).await?;
        let consumer = pull::Config {
            durable_name: Some(CONSUMER.to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACKNOWLEDGE,
            max_deliver: DELIVERIES,
            memory_storage: true,
            ..pull::Config::default()
        };
        Ok(stream.get_or_create_consumer(CONSUMER, consumer).await?)
    }

    fn subject(&self) -> String {
        format!("{}.work", self.name)
    }

    async fn publish(&self, count: usize) -> Result<(), async_nats::Error> {
        let mut acknowledged = Vec::with_capacity(count);
        for _ in 0..count {
            acknowledged.push(self.context.publish(self.subject(), WORK).await?);
        }
        for acknowledged in acknowledged {
            acknowledged.await?;
        }
        Ok(())
    }
}

/// Sends what others are told, for as long as somebody asks.
async fn send(
    stream: Stream,
    client: Client,
    waiting: Arc<Waiting>,
    mut asked: mpsc::Receiver<usize>,
) {
    let Waiting { counts, .. } = &*waiting;
    while let Some(mut count) = asked.recv().await {
        while let Ok(more) = asked.try_recv() {
            count = count.saturating_add(more);
        }
        let sent = count.min(MOST_AT_ONCE);
        // What is sent while nobody listens would be sent late, when it is of no use.
        let is_sent = is_connected(&client)
            && matches!(timeout(PATIENCE, stream.publish(sent)).await, Ok(Ok(())));
        add(if is_sent { &counts.told } else { &counts.untold }, sent);
    }
}

/// Listens for as long as somebody of this host waits.
async fn listen(stream: Stream, waiting: Arc<Waiting>) {
    loop {
        waiting.wanted().await;
        let heard = async {
            let consumer = timeout(PATIENCE, stream.consumer()).await??;
            while hear(&consumer, &waiting).await? {
                waiting.wanted().await;
            }
            Ok::<_, async_nats::Error>(())
        };
        if heard.await.is_err() {
            sleep(PAUSE).await;
        }
    }
}

/// Waits for a message, for a while; tells whether one came.
async fn hear(
    consumer: &Consumer<pull::Config>,
    waiting: &Waiting,
) -> Result<bool, async_nats::Error> {
    let asked = consumer.batch().max_messages(1).expires(ASK).messages();
    let mut messages = timeout(PATIENCE, asked).await??;
    let Ok(Some(message)) = timeout(ASK + PATIENCE, messages.next()).await else {
        return Ok(false);
    };
    let message = message?;
    let is_work = message.payload == WORK;
    timeout(PATIENCE, acknowledge(&message, is_work)).await??;
    if is_work {
        add(&waiting.counts.heard, 1);
        waiting.wake();
    } else {
        add(&waiting.counts.poison, 1);
    }
    Ok(true)
}

/// Either way it does not come again.
async fn acknowledge(message: &Message, is_work: bool) -> Result<(), async_nats::Error> {
    let kind = if is_work { AckKind::Ack } else { AckKind::Term };
    message.ack_with(kind).await
}

#[cfg(test)]
mod tests;
