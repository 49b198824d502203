//! What one publisher may have in work at a time: whoever floods the admin API takes neither all of its
//! connections nor all of the machine from others.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use dossier_engine::EngineError;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Requests of one publisher at a time, the last byte of the answer included: 512 connections are the
/// default of all.
const REQUESTS: usize = 16;
/// Lists and histories that are read for one publisher at a time; more of them wait.
const LOOKS: usize = 2;

/// The shares of all publishers: those of the configuration.
#[derive(Debug)]
pub(super) struct Shares(BTreeMap<String, Share>);

#[derive(Debug)]
struct Share {
    requests: Arc<Semaphore>,
    looks: Semaphore,
}

/// A request of a publisher, until it is dropped.
#[derive(Debug)]
pub(super) struct InWork {
    _permit: OwnedSemaphorePermit,
}

impl Shares {
    pub(super) fn of<'a>(publishers: impl Iterator<Item = &'a str>) -> Self {
        let share =
            || Share { requests: Arc::new(Semaphore::new(REQUESTS)), looks: Semaphore::new(LOOKS) };
        Self(publishers.map(|name| (name.to_owned(), share())).collect())
    }

    /// Takes a request into work.
    ///
    /// # Errors
    /// [`EngineError::TooMuchOfOne`] where the publisher has as many in work as it may.
    pub(super) fn begin(&self, publisher: &str) -> Result<InWork, EngineError> {
        let permit = Arc::clone(&self.share(publisher).requests).try_acquire_owned();
        let too_much = |_| EngineError::TooMuchOfOne { publisher: publisher.to_owned() };
        permit.map(|permit| InWork { _permit: permit }).map_err(too_much)
    }

    /// Waits for the publisher's turn to read much.
    pub(super) async fn look(&self, publisher: &str) -> SemaphorePermit<'_> {
        let turn = self.share(publisher).looks.acquire().await;
        turn.expect("nobody closes the semaphore")
    }

    fn share(&self, publisher: &str) -> &Share {
        self.0.get(publisher).expect("whoever asks bears a token of the configuration")
    }
}

impl InWork {
    /// The answer, which counts as being in work until its last byte is on its way.
    pub(super) fn until_sent(self, answer: Response) -> Response {
        answer.map(|body| Body::new(Sending { body, _in_work: self }))
    }
}

/// A body that ends a request with it.
struct Sending {
    body: Body,
    _in_work: InWork,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares() -> Shares {
        Shares::of(["flood", "other"].into_iter())
    }

    #[test]
    fn one_publishers_requests_leave_room_for_anothers() {
        let shares = shares();
        let held = std::iter::from_fn(|| shares.begin("flood").ok()).collect::<Vec<_>>();
        assert_eq!(held.len(), REQUESTS);
        assert!(shares.begin("other").is_ok());
        drop(held);
        assert!(shares.begin("flood").is_ok());
    }

    #[tokio::test]
    async fn a_request_is_in_work_until_its_answer_is_sent() {
        let shares = shares();
        let in_work = shares.begin("flood").expect("the first");
        let answer = in_work.until_sent(Response::new(Body::from("an answer")));
        assert_eq!(answer.body().size_hint().exact(), Some(9));
        let others = std::iter::from_fn(|| shares.begin("flood").ok()).collect::<Vec<_>>();
        assert_eq!(others.len(), REQUESTS - 1);
        drop(others);
        let whole = axum::body::to_bytes(answer.into_body(), 9).await.expect("whole");
        assert_eq!(&whole[..], b"an answer");
        let held = std::iter::from_fn(|| shares.begin("flood").ok()).collect::<Vec<_>>();
        assert_eq!(held.len(), REQUESTS);
    }
}
