//! The bytes of a connection, in and out: heads are judged before hyper has them, and an answer that its
//! client does not take ends the connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::activity::Activity;
use super::heads::{Heads, Taken};
use super::wire::Wire;
use crate::api::HeadError;

/// One connection's bytes.
#[derive(Debug)]
pub(super) struct Gate {
    stream: Wire,
    activity: Arc<Activity>,
    heads: Heads,
    /// Nothing is passed on any more.
    ended: Option<Ended>,
    /// How long an answer may stand still.
    write_timeout: Duration,
    /// Ends while an answer stands still.
    patience: Option<Pin<Box<Sleep>>>,
}

/// Why nothing is passed on any more.
#[derive(Clone, Copy, Debug)]
enum Ended {
    Refused(HeadError),
    BrokenBody,
}

impl Gate {
    pub(super) fn new(stream: Wire, activity: Arc<Activity>, write_timeout: Duration) -> Self {
        let (heads, ended, patience) = (Heads::new(), None, None);
        Self { stream, activity, heads, ended, write_timeout, patience }
    }

    /// The head that was refused, if one was.
    pub(super) fn refused(&self) -> Option<HeadError> {
        match self.ended {
            Some(Ended::Refused(error)) => Some(error),
            Some(Ended::BrokenBody) | None => None,
        }
    }

    /// Whether a part of a head is there, and its rest is waited for.
    pub(super) fn awaits_head(&self) -> bool {
        self.heads.has_begun()
    }

    pub(super) fn into_stream(self) -> Wire {
        self.stream
    }

    /// What became of a write: one that made no progress starts the clock, and any other stops it.
    fn wrote<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.patience = None;
            self.activity.writes();
            return written;
        }
        self.activity.stalls();
        let timeout = self.write_timeout;
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(timeout)));
        ready!(patience.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Gate {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ended.is_some() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        let ended = match this.heads.take(&buffer.filled()[before..]) {
            Ok(Taken::Passed { heads }) => {
                this.activity.asks(heads);
                return Poll::Ready(Ok(()));
            }
            Ok(Taken::BrokenBody) => Ended::BrokenBody,
            Err(error) => Ended::Refused(error),
        };
        // To hyper it looks as if the client had gone.
        buffer.set_filled(before);
        this.ended = Some(ended);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Gate {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.wrote(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        // What TLS has taken it may still hold: only then is there anything to wait for.
        if flushed.is_ready() && (this.patience.is_none() || this.stream.is_plain()) {
            return flushed;
        }
        this.wrote(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
