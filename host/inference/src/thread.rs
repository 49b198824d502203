//! The bounded queue and the thread behind it.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use futures_channel::oneshot;

use crate::budget::BatchLoad;
use crate::{
    Backend, BackendError, BatchBudget, Lease, ReadOutput, ReadRequest, Residency, Resource,
};

/// How the queue and the batches are sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InferenceSettings {
    /// Documents that may wait. One more answers [`InferenceError::Overloaded`].
    pub queue_documents: usize,
    /// What one batch may hold.
    pub budget: BatchBudget,
}

impl Default for InferenceSettings {
    /// 64 documents waiting, the default budget.
    fn default() -> Self {
        Self { queue_documents: 64, budget: BatchBudget::default() }
    }
}

/// The thread that owns the model. Dropping it reads what was queued before, then joins the thread.
#[derive(Debug)]
pub struct InferenceThread {
    handle: InferenceHandle,
    thread: Option<JoinHandle<()>>,
}

/// A way to the model; clones share the queue.
#[derive(Clone)]
pub struct InferenceHandle {
    sender: SyncSender<Message>,
    budget: BatchBudget,
    residency: Arc<dyn Residency>,
}

/// Why a document was not read. No text of it holds field values or pixels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// The queue is full; the caller may try again later.
    #[error("the inference queue is full")]
    Overloaded,
    /// The thread has been shut down.
    #[error("the inference thread has stopped")]
    Stopped,
    /// The document alone breaks the budget of a batch.
    #[error("the document has {requested} {resource}, a batch holds {limit}")]
    TooLarge {
        /// What there is too much of.
        resource: Resource,
        /// How much the document has.
        requested: usize,
        /// How much a batch may hold.
        limit: usize,
    },
    /// The model refused or failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl InferenceThread {
    /// Starts the thread and gives it `backend`.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub fn start(backend: impl Backend, settings: InferenceSettings) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(settings.queue_documents);
        let budget = settings.budget;
        let residency = backend.residency();
        let thread = thread::Builder::new()
            .name("inference".to_owned())
            .spawn(move || run(backend, &receiver, &budget))?;
        let handle = InferenceHandle { sender, budget, residency };
        Ok(Self { handle, thread: Some(thread) })
    }

    /// A new way to the model.
    #[must_use]
    pub fn handle(&self) -> InferenceHandle {
        self.handle.clone()
    }
}

impl Drop for InferenceThread {
    fn drop(&mut self) {
        // An error means that the thread is gone already, which is what is wanted.
        let _ = self.handle.sender.send(Message::Shutdown);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl InferenceHandle {
    /// Reads one document, once its adapter is in memory. Dropping the future takes the document off
    /// the queue.
    ///
    /// # Errors
    /// At once when the queue is full, the thread has stopped or the document alone breaks the
    /// budget; later when the model refuses or fails.
    pub async fn read(&self, request: ReadRequest) -> Result<ReadOutput, InferenceError> {
        self.budget.check_alone(&request)?;
        let (answer, answered) = oneshot::channel();
        let queued_at = Instant::now();
        let lease = match request.adapter {
            Some(adapter) => Some(self.residency.lease(adapter).await?),
            None => None,
        };
        let entry = Entry { request, answer, queued_at, lease };
        self.sender.try_send(Message::Read(entry)).map_err(|error| match error {
            TrySendError::Full(_) => InferenceError::Overloaded,
            TrySendError::Disconnected(_) => InferenceError::Stopped,
        })?;
        answered.await.map_err(|oneshot::Canceled| InferenceError::Stopped)?.map_err(Into::into)
    }
}

impl fmt::Debug for InferenceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InferenceHandle").field("budget", &self.budget).finish_non_exhaustive()
    }
}

enum Message {
    Read(Entry),
    Shutdown,
}

/// A document on the queue.
struct Entry {
    request: ReadRequest,
    answer: oneshot::Sender<Result<ReadOutput, BackendError>>,
    queued_at: Instant,
    /// Keeps the adapter in memory until the document is answered.
    lease: Option<Lease>,
}

fn run(mut backend: impl Backend, receiver: &Receiver<Message>, budget: &BatchBudget) {
    let mut left_over = None;
    loop {
        let (batch, state) = next_batch(receiver, &mut left_over, budget);
        read_batch(&mut backend, batch);
        if state == QueueState::Closed {
            break;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum QueueState {
    Open,
    Closed,
}

/// Waits for one document, then takes those that wait behind it, up to the budget. The document
/// that breaks the budget opens the next batch.
fn next_batch(
    receiver: &Receiver<Message>,
    left_over: &mut Option<Entry>,
    budget: &BatchBudget,
) -> (Vec<Entry>, QueueState) {
    let mut batch = Vec::new();
    let mut load = BatchLoad::default();
    if let Some(entry) = left_over.take() {
        load = load.plus(&entry.request);
        batch.push(entry);
    }
    loop {
        let message = if batch.is_empty() {
            // Without a sender left there is nobody to shut the thread down, or to answer.
            receiver.recv().unwrap_or(Message::Shutdown)
        } else {
            match receiver.try_recv() {
                Ok(message) => message,
                Err(_) => return (batch, QueueState::Open),
            }
        };
        match message {
            Message::Read(entry) if entry.answer.is_canceled() => {}
            Message::Read(entry) => {
                let with_entry = load.plus(&entry.request);
                if with_entry.excess(budget).is_some() {
                    *left_over = Some(entry);
                    return (batch, QueueState::Open);
                }
                load = with_entry;
                batch.push(entry);
            }
            Message::Shutdown => return (batch, QueueState::Closed),
        }
    }
}

/// Reads the batch and answers each caller that still waits.
fn read_batch(backend: &mut impl Backend, batch: Vec<Entry>) {
    let batch = batch.into_iter().filter(|entry| !entry.answer.is_canceled());
    let mut requests = Vec::new();
    let mut callers = Vec::new();
    let mut leases = Vec::new();
    for entry in batch {
        callers.push((entry.answer, entry.queued_at.elapsed()));
        requests.push(entry.request);
        leases.push(entry.lease);
    }
    if requests.is_empty() {
        return;
    }
    let documents = requests.len();
    // The backend keeps nothing between batches that a panic could leave half-written: what it
    // owns are weights, which a batch only reads.
    let answers = catch_unwind(AssertUnwindSafe(|| backend.read_batch(&requests)));
    let answers = match answers {
        Ok(answers) if answers.len() == documents => answers,
        Ok(answers) => {
            let answers = answers.len();
            repeat_error(documents, || BackendError::WrongAnswerCount { documents, answers })
        }
        Err(_) => repeat_error(documents, || BackendError::Panicked),
    };
    drop(leases);
    for ((caller, queue), answer) in callers.into_iter().zip(answers) {
        let answer = answer.map(|mut output| {
            output.timings.queue = queue;
            output.batch_documents = documents;
            output
        });
        // The caller may have left meanwhile.
        let _ = caller.send(answer);
    }
}

fn repeat_error(
    documents: usize,
    error: impl Fn() -> BackendError,
) -> Vec<Result<ReadOutput, BackendError>> {
    (0..documents).map(|_| Err(error())).collect()
}

#[cfg(test)]
mod tests;
