//! One listener: who gets a place, and who gives way.
//!
//! All clients may have one address, that of a proxy, so nobody is told apart by it. A connection that does
//! nothing gives its place to one that comes; while all places are in work, a few more connections are
//! taken and may ask for probes only.

use std::collections::HashMap;
use std::net::{self, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{Id, JoinHandle, JoinSet};
use tokio::time::{interval, sleep, timeout};

use super::ServeError;
use super::activity::Activity;
use super::connection::{Common, Place, serve};
use super::tls::Tls;
use crate::api::no_room;
use crate::config::{HttpLimits, defaults};
use crate::metrics::Recorder;

/// The wait after a failed accept, such as for want of file descriptors: they come back in time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Bytes that the kernel holds of answers of one connection, which it doubles for its own needs.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;
/// Connections that the kernel holds until they are accepted.
const BACKLOG: u32 = 1024;
/// How often those are looked for, at the end, whose clients don't take their answers.
const END_TICK: Duration = Duration::from_millis(100);

/// One listener at work.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    draining: Arc<AtomicBool>,
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
}

impl Listening {
    pub(super) fn start(
        socket: Socket,
        router: Router,
        limits: HttpLimits,
        recorder: Recorder,
        tls: Option<Arc<Tls>>,
    ) -> Self {
        let Socket { address, listener } = socket;
        let (stop, stopped) = oneshot::channel();
        let (stopping, told) = watch::channel(false);
        let draining = Arc::new(AtomicBool::new(false));
        let no_room = no_room(recorder.clone());
        let is_draining = Arc::clone(&draining);
        let common = Common {
            router,
            no_room,
            limits,
            recorder,
            tls,
            draining: is_draining,
            stopping: told,
        };
        let accepting = tokio::spawn(accept(listener, common, stopping, stopped));
        Self { address, draining, stop, accepting }
    }

    /// Goes on accepting and answering, and closes each connection with its next answer.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Accepts nothing more and lets connections end, for as long as they may take.
    pub(super) async fn end(self) {
        drop(self.stop);
        // An error means that the loop panicked: it has ended, which is what is wanted.
        let _ = self.accepting.await;
    }
}

/// A socket that listens.
#[derive(Debug)]
pub(super) struct Socket {
    address: SocketAddr,
    listener: TcpListener,
}

/// Listens with small buffers for what goes out: answers are small, and the kernel would hold megabytes of
/// them for each client that reads none. A socket that was handed over listens already.
///
/// # Errors
/// When the address can't be had.
pub(super) fn bind(
    address: SocketAddr,
    handed_over: Option<net::TcpListener>,
) -> Result<Socket, ServeError> {
    let listen = || {
        let socket = match handed_over {
            Some(listener) => {
                listener.set_nonblocking(true)?;
                // No stream: it is how a socket of any kind gets in there.
                TcpSocket::from_std_stream(net::TcpStream::from(OwnedFd::from(listener)))
            }
            None => {
                let socket =
                    if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
                // As `TcpListener::bind` does it: an address is free again at once.
                socket.set_reuseaddr(true)?;
                socket.bind(address)?;
                socket
            }
        };
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        let listener = socket.listen(BACKLOG)?;
        Ok(Socket { address: listener.local_addr()?, listener })
    };
    listen().map_err(|source| ServeError::Listen { address, source })
}

/// Accepts until `stop` is sent or dropped, then lets connections end.
async fn accept(
    listener: TcpListener,
    common: Common,
    stopping: watch::Sender<bool>,
    mut stop: oneshot::Receiver<()>,
) {
    let limits = common.limits;
    let mut open = Open {
        common,
        shared: Places::new(limits.connections),
        reserved: Places::new(defaults::PROBE_CONNECTIONS),
        tasks: JoinSet::new(),
    };
    loop {
        tokio::select! {
            stream = next_stream(&listener) => open.take(stream),
            Some(ended) = open.tasks.join_next_with_id() => open.forget(id_of(ended)),
            _ = &mut stop => break,
        }
    }
    drop(listener);
    // Nobody listens any more if there is no connection left.
    let _ = stopping.send(true);
    if timeout(limits.shutdown_timeout, open.end()).await.is_err() {
        let connections = open.tasks.len();
        tracing::warn!(connections, "cut off at the shutdown deadline");
    }
    open.tasks.shutdown().await;
}

async fn next_stream(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are one write; without this the kernel may hold it back. It is a wish.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The connections of a listener.
struct Open {
    common: Common,
    shared: Places,
    reserved: Places,
    tasks: JoinSet<()>,
}

impl Open {
    /// Takes a connection, or closes it where nobody gives way.
    fn take(&mut self, stream: TcpStream) {
        let (place, places) = if self.shared.has_room() {
            (Place::Shared, &mut self.shared)
        } else if self.reserved.has_room() {
            (Place::Reserved, &mut self.reserved)
        } else {
            return;
        };
        let activity = Arc::new(Activity::new());
        let serving = serve(stream, place, self.common.clone(), Arc::clone(&activity));
        let id = self.tasks.spawn(serving).id();
        places.held.insert(id, activity);
    }

    fn forget(&mut self, id: Id) {
        self.shared.held.remove(&id);
        self.reserved.held.remove(&id);
    }

    /// Waits until all have ended. Those that do nothing, or whose clients don't take what they asked for,
    /// are not waited for.
    async fn end(&mut self) {
        let mut tick = interval(END_TICK);
        while !self.tasks.is_empty() {
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.forget(id_of(ended)),
                _ = tick.tick() => {
                    let held = self.shared.held.values().chain(self.reserved.held.values());
                    held.filter(|held| held.is_given_up()).for_each(|held| held.give_way());
                }
            }
        }
    }
}

fn id_of(ended: Result<(Id, ()), tokio::task::JoinError>) -> Id {
    match ended {
        Ok((id, ())) => id,
        Err(error) => error.id(),
    }
}

/// A number of places, and who has them.
struct Places {
    number: usize,
    held: HashMap<Id, Arc<Activity>>,
}

impl Places {
    fn new(number: usize) -> Self {
        Self { number, held: HashMap::new() }
    }

    /// Whether there is a place for one more, if need be because another gives way. Nobody gives way whose
    /// request is being answered.
    fn has_room(&mut self) -> bool {
        if self.held.len() < self.number {
            return true;
        }
        let ranks = self.held.iter().filter_map(|(id, held)| Some((held.rank()?, *id)));
        let Some((_, id)) = ranks.min_by_key(|(rank, _)| *rank) else { return false };
        if let Some(held) = self.held.remove(&id) {
            held.give_way();
        }
        true
    }
}
