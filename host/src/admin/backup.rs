//! `POST /v1/backup`: the data directory as one archive, while the host serves.

use std::io::{self, Write};
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use dossier_engine::settings::Publisher;
use futures_util::stream;
use tokio::sync::mpsc::{self, Sender};

use super::{Admin, Answer, refuse_body};

/// Bytes that are sent at a time, and how many of these wait for the client.
const CHUNK_BYTES: usize = 1 << 18;
const CHUNKS: usize = 4;

/// Begins the backup, and sends it while it is written. One that fails half-way ends the connection without
/// the last chunk, so that no client takes it for whole.
pub(super) async fn backup(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    request: Request,
) -> Answer {
    refuse_body(request)?;
    let backup = admin.reload.begin_backup(&publisher).await?;
    tracing::info!(publisher = publisher.name, "a backup is sent");
    let (chunks, received) = mpsc::channel(CHUNKS);
    tokio::task::spawn_blocking(move || {
        let mut into = Chunks { chunks, gathered: Vec::with_capacity(CHUNK_BYTES) };
        let written = backup.write(&mut into);
        if let Err(error) = written {
            tracing::error!(%error, "a backup was not sent to its end");
            // An error means that nobody waits for it any more.
            let _ = into.chunks.blocking_send(Err(io::ErrorKind::Other.into()));
        }
    });
    let stream = stream::unfold(received, async |mut received| {
        received.recv().await.map(|chunk| (chunk, received))
    });
    let mut response: Response = Body::from_stream(stream).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    Ok(response)
}

/// Writes into a body. It waits, on a thread where that is allowed, for a client that is slow.
struct Chunks {
    chunks: Sender<io::Result<Bytes>>,
    gathered: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK_BYTES - self.gathered.len();
        let taken = bytes.len().min(room);
        self.gathered.extend_from_slice(&bytes[..taken]);
        if self.gathered.len() == CHUNK_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.gathered, Vec::with_capacity(CHUNK_BYTES));
        let sent = self.chunks.blocking_send(Ok(chunk.into()));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
