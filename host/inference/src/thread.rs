//! The bounded queue and the thread behind it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use dossier_document::Tenant;
use futures_channel::oneshot;

use crate::budget::BatchLoad;
use crate::fair::Turn;
use crate::fate::Fate;
use crate::ongoing::OngoingBatch;
use crate::statistics::Counters;
use crate::waiting::Waiting;
use crate::{
    Backend, BackendError, BackendLost, BatchBudget, InferenceStatistics, Lease, Prepared,
    Preparer, ReadOutput, ReadRequest, Residency, Resource,
};

/// How the queue and the work are sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InferenceSettings {
    /// Documents that may wait. One more answers [`InferenceError::Overloaded`].
    pub queue_documents: usize,
    /// What may be read at a time.
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
    waiting: Arc<Waiting>,
    budget: BatchBudget,
    counters: Arc<Counters>,
    residency: Arc<dyn Residency>,
    preparer: Arc<dyn Preparer>,
    fate: Fate,
}

/// Why a document was not read. No text of it holds field values or pixels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// The queue is full; the caller may try again later.
    #[error("the inference queue is full")]
    Overloaded,
    /// The thread has been shut down, or its backend is lost.
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
        let waiting = Arc::new(Waiting::new(settings.queue_documents));
        let budget = settings.budget;
        let residency = backend.residency();
        let preparer = backend.preparer();
        let fate = Fate::default();
        let (taken, told) = (Arc::clone(&waiting), fate.clone());
        let counters = Arc::new(Counters::default());
        let batch = OngoingBatch::new(backend, budget, Arc::clone(&counters));
        let run = move || run(batch, &taken, &told);
        let thread = thread::Builder::new().name("inference".to_owned()).spawn(run)?;
        let handle = InferenceHandle { waiting, budget, counters, residency, preparer, fate };
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
        self.handle.waiting.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl InferenceHandle {
    /// Reads one document of nobody in particular, once its adapter is in memory. Dropping the future takes the document off
    /// the queue. The thread itself prepares it, while all others wait: where documents come from
    /// strangers, use [`read_prepared`](Self::read_prepared).
    ///
    /// # Errors
    /// At once when the queue is full, the thread has stopped or the document alone breaks the
    /// budget; later when the model refuses or fails.
    pub async fn read(&self, request: ReadRequest) -> Result<ReadOutput, InferenceError> {
        self.queue(request, None, Tenant::anonymous()).await
    }

    /// [`read`](Self::read) for a document of a tenant that the [`preparer`](Self::preparer) has prepared.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn read_prepared(
        &self,
        request: ReadRequest,
        prepared: Prepared,
        tenant: Tenant,
    ) -> Result<ReadOutput, InferenceError> {
        self.queue(request, Some(prepared), tenant).await
    }

    /// What prepares documents, on whatever thread has time for it.
    #[must_use]
    pub fn preparer(&self) -> Arc<dyn Preparer> {
        Arc::clone(&self.preparer)
    }

    /// Refuses a document that could not be read whatever else is read, before anything is done for it.
    ///
    /// # Errors
    /// When the document alone breaks the budget.
    pub fn refuse_unreadable(&self, request: &ReadRequest) -> Result<(), InferenceError> {
        self.budget.check_alone(self.load(request))
    }

    fn load(&self, request: &ReadRequest) -> BatchLoad {
        BatchLoad::of(request, &*self.preparer)
    }

    async fn queue(
        &self,
        request: ReadRequest,
        prepared: Option<Prepared>,
        tenant: Tenant,
    ) -> Result<ReadOutput, InferenceError> {
        let load = self.load(&request);
        self.budget.check_alone(load)?;
        let (answer, answered) = oneshot::channel();
        let queued_at = Instant::now();
        let lease = match request.adapter {
            Some(adapter) => Some(self.residency.lease(adapter).await?),
            None => None,
        };
        self.waiting.push(Entry { request, load, prepared, tenant, answer, queued_at, lease })?;
        answered.await.map_err(|oneshot::Canceled| InferenceError::Stopped)?.map_err(Into::into)
    }

    /// How the queue and the thread stand.
    #[must_use]
    pub fn statistics(&self) -> InferenceStatistics {
        self.counters.statistics(&self.waiting, self.budget.max_documents)
    }

    /// Whether what the backend computes on is lost. Nothing is read any more then.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.fate.is_lost()
    }

    /// Waits until the backend is lost, and tells why; for ever, if it never is.
    pub async fn lost(&self) -> BackendLost {
        self.fate.lost().await
    }
}

impl fmt::Debug for InferenceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InferenceHandle").field("budget", &self.budget).finish_non_exhaustive()
    }
}

/// A document on the queue.
pub(crate) struct Entry {
    pub(crate) request: ReadRequest,
    pub(crate) load: BatchLoad,
    /// Nothing, where the backend is to do it itself.
    pub(crate) prepared: Option<Prepared>,
    /// Whose it is.
    pub(crate) tenant: Tenant,
    pub(crate) answer: oneshot::Sender<Result<ReadOutput, BackendError>>,
    pub(crate) queued_at: Instant,
    /// Keeps the adapter in memory until the document is answered.
    pub(crate) lease: Option<Lease>,
}

/// Reads until it is shut down, or the backend is lost: then whoever waits learns that nobody answers.
fn run(mut batch: OngoingBatch<impl Backend>, waiting: &Waiting, fate: &Fate) {
    if let Err(lost) = read_queue(&mut batch, waiting) {
        fate.lose(lost);
        waiting.abandon();
        batch.abandon();
    }
}

fn read_queue(
    batch: &mut OngoingBatch<impl Backend>,
    waiting: &Waiting,
) -> Result<(), BackendLost> {
    while !(waiting.is_over() && batch.is_idle()) {
        batch.drop_whose_callers_left();
        if batch.is_idle() {
            waiting.wait();
        }
        let joining = match batch.may_be_joined() {
            true => take_what_fits(waiting, batch),
            false => Vec::new(),
        };
        batch.admit(joining)?;
        batch.tell();
        batch.step()?;
        batch.tell();
    }
    Ok(())
}

/// Takes the documents that wait and may join now. The first that breaks the budget, or is one too many to
/// join now, is the first to join later: nothing smaller slips past it again and again.
fn take_what_fits(waiting: &Waiting, batch: &mut OngoingBatch<impl Backend>) -> Vec<Entry> {
    waiting.drop_whose_callers_left();
    let mut joining = Vec::new();
    let mut turn = |entry: &Entry, has_more: &dyn Fn(&Tenant) -> bool| {
        if !batch.has_share(&entry.tenant, entry.load, has_more) {
            Turn::Pass
        } else if batch.reserve(&entry.tenant, entry.load) {
            Turn::Take
        } else {
            Turn::Stop
        }
    };
    while let Some(entry) = waiting.take(&mut turn) {
        joining.push(entry);
    }
    joining
}

#[cfg(test)]
mod tests;
