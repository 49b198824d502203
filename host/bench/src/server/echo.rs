//! A bare hyper server: what a request costs that nothing is done with.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::ServerBenchError;

/// A server at work; it ends when it is dropped.
pub(super) struct Bare {
    pub(super) address: SocketAddr,
    accepting: JoinHandle<()>,
}

/// Serves whoever asks, each with so many bytes once its body is read.
pub(super) async fn serve(answer_bytes: usize) -> Result<Bare, ServerBenchError> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(ServerBenchError::NoAddress)?;
    let address = listener.local_addr().map_err(ServerBenchError::NoAddress)?;
    let answer = Bytes::from(vec![b' '; answer_bytes]);
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // As the host does: answers are written whole.
            let _ = stream.set_nodelay(true);
            let answer = answer.clone();
            let answering = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    // What can't be read is answered too: only time is of interest.
                    let _ = request.into_body().collect().await;
                    Ok::<_, Infallible>(Response::new(Full::new(answer)))
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answering);
            tokio::spawn(connection);
        }
    });
    Ok(Bare { address, accepting })
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
