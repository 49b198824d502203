//! A body that shows how far it has been sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use indicatif::ProgressBar;

use crate::cli::progress;

/// Bytes that are handed over at a time.
const CHUNK: usize = 64 << 10;

/// A body, and a bar for it; once it is sent the bar shows that the host has it.
pub(super) struct Upload {
    rest: Bytes,
    bar: ProgressBar,
    then: String,
}

impl Upload {
    /// Nothing is sent yet; `then` is what the bar says once all is.
    pub(super) fn new(body: Vec<u8>, bar: ProgressBar, then: String) -> Self {
        Self { rest: body.into(), bar, then }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(CHUNK);
        let chunk = self.rest.split_to(length);
        self.bar.inc(length as u64);
        if self.rest.is_empty() {
            progress::wait_on(&self.bar, self.then.clone());
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    /// Exact, so that the host is told the length before anything comes.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests;
