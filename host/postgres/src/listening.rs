//! A connection that only listens: what other sessions notify wakes whoever waits here. It may be lost, late or
//! doubled, and comes back by itself.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Connection, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::PostgresSettings;

/// How long a connection may take until it listens.
const WAIT: Duration = Duration::from_secs(5);
/// Between the end of a connection and the next.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens on a channel of a database until it is dropped.
#[derive(Debug)]
pub struct Listener {
    heard: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Begins to listen; nobody waits for the server. `channel` is a plain name.
    #[must_use]
    pub fn start(settings: PostgresSettings, channel: &'static str) -> Self {
        let heard = Arc::new(Notify::new());
        let told = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            loop {
                // Why it ended is told by whoever asks the server for something.
                let _ = listen(&settings, channel, &told).await;
                sleep(PAUSE).await;
            }
        });
        Self { heard, task }
    }

    /// Waits until something was heard since this was asked last.
    pub async fn heard(&self) {
        self.heard.notified().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(
    settings: &PostgresSettings,
    channel: &'static str,
    told: &Notify,
) -> Result<(), Error> {
    match &settings.tls {
        Some(tls) => {
            let connecting = settings.server.connect(MakeRustlsConnect::new(tls.as_ref().clone()));
            let Ok(connected) = timeout(WAIT, connecting).await else { return Ok(()) };
            let (client, connection) = connected?;
            listen_on(client, connection, channel, told).await
        }
        None => {
            let connecting = settings.server.connect(NoTls);
            let Ok(connected) = timeout(WAIT, connecting).await else { return Ok(()) };
            let (client, connection) = connected?;
            listen_on(client, connection, channel, told).await
        }
    }
}

async fn listen_on<S: AsyncRead + AsyncWrite + Unpin>(
    client: Client,
    mut connection: Connection<Socket, S>,
    channel: &'static str,
    told: &Notify,
) -> Result<(), Error> {
    let hearing = async {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(_) = message? {
                told.notify_one();
            }
        }
        Ok(())
    };
    let asking = async {
        let listen = format!("LISTEN {channel}");
        if let Ok(Ok(())) = timeout(WAIT, client.batch_execute(&listen)).await {
            // What was notified while nobody listened is looked for now.
            told.notify_one();
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        heard = hearing => heard,
        () = asking => Ok(()),
    }
}
