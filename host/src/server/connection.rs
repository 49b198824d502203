//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use super::activity::Activity;
use super::gate::Gate;
use super::tls::Tls;
use super::wire::Wire;
use crate::api::{HeadError, answer_to_head, is_probe};
use crate::certificates::Fingerprint;
use crate::config::{HttpLimits, defaults};
use crate::metrics::Recorder;

/// How much of what a client still sends is taken off the wire behind the last answer, and for how long: one
/// that writes into a closed connection may never see what it was answered.
const LINGER_BYTES: usize = 64 * 1024;
const LINGER: Duration = Duration::from_millis(500);

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Everything: it has one of the places that all share.
    Shared,
    /// Probes only: all the others are in work.
    Reserved,
}

/// What all connections of a listener have in common.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) router: Router,
    /// Answers whoever may ask for probes only and asks for something else.
    pub(super) no_room: Router,
    pub(super) limits: HttpLimits,
    pub(super) recorder: Recorder,
    /// Without it, everything is in the clear.
    pub(super) tls: Option<Arc<Tls>>,
    /// True once every answer is the last of its connection.
    pub(super) draining: Arc<AtomicBool>,
    /// True once the listener is to end.
    pub(super) stopping: watch::Receiver<bool>,
}

/// Answers what comes over a connection until it ends, or is to end.
pub(super) async fn serve(
    stream: TcpStream,
    place: Place,
    common: Common,
    activity: Arc<Activity>,
) {
    let Common { router, no_room, limits, recorder, tls, draining, mut stopping } = common;
    let (header_timeout, life) = match place {
        Place::Shared => (limits.header_timeout, limits.longest_connection()),
        Place::Reserved => {
            let patience = defaults::PROBE_TIMEOUT.min(limits.header_timeout);
            (patience, defaults::PROBE_TIMEOUT * 2)
        }
    };
    let end = sleep(life);
    let whole = async {
        // A handshake is what a head waits for, and has a head's time.
        let shaking_hands = timeout(header_timeout, Wire::begin(stream, tls.as_deref()));
        let Some(wire) = shaken(shaking_hands.await) else { return };
        let certificate = wire.client_certificate();
        let gate = Gate::new(wire, Arc::clone(&activity), limits.write_timeout);
        let [router, no_room] = [router, no_room].map(TowerToHyperService::new);
        let activity_of = Arc::clone(&activity);
        let ending = Ending { draining, stopping: stopping.clone() };
        let answering =
            Answering { router, no_room, place, certificate, ending, activity: activity_of };
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header_timeout)
            .max_headers(defaults::MAX_HEADERS)
            // Heads are judged, and refused, before they are longer.
            .max_buf_size(defaults::MAX_HEAD_BYTES + 1)
            // hyper's own panics where the clock stands before 1970.
            .auto_date_header(SystemTime::now() >= SystemTime::UNIX_EPOCH)
            .serve_connection(TokioIo::new(gate), answering);
        let stopped = async {
            // An error means that the accept loop is gone, which is an end too.
            let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
        };
        let ended = tokio::select! {
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => ended,
            () = stopped => {
                // One that was accepted just before has its first request on its way: hyper would close it
                // unanswered. Its first answer is its last, and it gives way where it asks nothing.
                if activity.has_asked() {
                    Pin::new(&mut connection).graceful_shutdown();
                }
                poll_fn(|cx| connection.poll_without_shutdown(cx)).await
            }
        };
        let is_late = ended.as_ref().is_err_and(hyper::Error::is_timeout);
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
        let gate = connection.into_parts().io.into_inner();
        let late = (is_late && gate.awaits_head()).then_some(HeadError::Timeout);
        let refused = gate.refused().or(late).filter(|_| activity.is_even());
        if !activity.is_stalled() {
            close(gate.into_stream(), refused, limits.write_timeout, &recorder).await;
        }
    };
    tokio::select! {
        () = whole => {}
        () = activity.gives_way() => {}
        () = end => {}
    }
}

/// The connection, if hands were shaken in time. Who can't is told by TLS itself, as far as that goes.
fn shaken(shaken: Result<io::Result<Wire>, Elapsed>) -> Option<Wire> {
    match shaken {
        Ok(Ok(wire)) => Some(wire),
        Ok(Err(error)) => {
            tracing::debug!(%error, "no handshake");
            None
        }
        Err(_) => {
            tracing::debug!("the handshake took too long");
            None
        }
    }
}

/// Ends a connection; with a word, if its last head was refused.
async fn close(
    mut stream: Wire,
    refused: Option<HeadError>,
    write_timeout: Duration,
    recorder: &Recorder,
) {
    let told = async {
        if let Some(error) = refused {
            stream.write_all(&answer_to_head(error, recorder)).await?;
        }
        stream.shutdown().await
    };
    if !matches!(timeout(write_timeout, told).await, Ok(Ok(()))) {
        return;
    }
    let mut chunk = [0; 4096];
    let mut left = LINGER_BYTES;
    let rest = async {
        while let Ok(read) = stream.read(&mut chunk).await {
            left = left.saturating_sub(read);
            if read == 0 || left == 0 {
                break;
            }
        }
    };
    // Over or not, the connection is closed now.
    let _ = timeout(LINGER, rest).await;
}

/// The router, and what a connection's place and age make of its answers.
struct Answering {
    router: TowerToHyperService<Router>,
    no_room: TowerToHyperService<Router>,
    place: Place,
    /// What the client has shown, where it was asked for one.
    certificate: Option<Fingerprint>,
    ending: Ending,
    activity: Arc<Activity>,
}

/// Whether the listener is about to end.
#[derive(Clone)]
struct Ending {
    draining: Arc<AtomicBool>,
    stopping: watch::Receiver<bool>,
}

impl Ending {
    fn has_begun(&self) -> bool {
        self.draining.load(Ordering::Relaxed) || *self.stopping.borrow()
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl Service<Request<Incoming>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, mut request: Request<Incoming>) -> Answer {
        self.activity.begins();
        if let Some(certificate) = self.certificate {
            request.extensions_mut().insert(certificate);
        }
        let is_refused = self.place == Place::Reserved && !is_probe(request.uri().path());
        let router = if is_refused { &self.no_room } else { &self.router };
        let answer = router.call(request);
        let (place, activity) = (self.place, Arc::clone(&self.activity));
        let ending = self.ending.clone();
        Box::pin(async move {
            let mut response = answer.await?;
            let answered = activity.ends();
            let is_last = place == Place::Reserved
                || ending.has_begun()
                || answered >= defaults::CONNECTION_REQUESTS
                || activity.age() >= defaults::CONNECTION_LIFE;
            if is_last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    }
}
