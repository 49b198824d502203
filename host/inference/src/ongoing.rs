//! The documents that are being read, and who waits for them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use dossier_document::Tenant;
use futures_channel::oneshot;

use crate::budget::BatchLoad;
use crate::joining::Joining;
use crate::shares::Shares;
use crate::statistics::Counters;
use crate::thread::Entry;
use crate::{Backend, BackendError, BackendLost, BatchBudget, DocumentNumber, Lease, ReadOutput};

/// The backend, and the documents it reads.
pub(crate) struct OngoingBatch<B> {
    backend: B,
    budget: BatchBudget,
    joining: Joining,
    shares: Shares,
    /// What is read or reserved.
    load: BatchLoad,
    documents: HashMap<DocumentNumber, InWork>,
    next_number: DocumentNumber,
    counters: Arc<Counters>,
}

/// A document that is being read.
struct InWork {
    answer: oneshot::Sender<Result<ReadOutput, BackendError>>,
    queue: Duration,
    /// Documents that were being read when it joined.
    batch_documents: usize,
    load: BatchLoad,
    tenant: Tenant,
    /// Ends when the document is answered or given up.
    _lease: Option<Lease>,
}

impl<B: Backend> OngoingBatch<B> {
    pub(crate) fn new(backend: B, budget: BatchBudget, counters: Arc<Counters>) -> Self {
        let joining = Joining::new(backend.pages_at_once());
        Self {
            backend,
            budget,
            joining,
            shares: Shares::new(budget.max_documents),
            load: BatchLoad::default(),
            documents: HashMap::new(),
            next_number: 0,
            counters,
        }
    }

    /// Whether no document is being read.
    pub(crate) fn is_idle(&self) -> bool {
        self.documents.is_empty()
    }

    /// Whether documents may join now: those in work are owed some steps after the last that did.
    pub(crate) fn may_be_joined(&self) -> bool {
        self.is_idle() || self.joining.is_open()
    }

    /// Whether a document of a tenant may be read beside those of others. `has_more` tells of a tenant
    /// whether it has something waiting.
    pub(crate) fn has_share(
        &self,
        tenant: &Tenant,
        document: BatchLoad,
        has_more: &dyn Fn(&Tenant) -> bool,
    ) -> bool {
        self.shares.may_join(tenant, document.cost(), has_more)
    }

    /// Makes room for a document, if there is; it must be admitted next.
    pub(crate) fn reserve(&mut self, tenant: &Tenant, document: BatchLoad) -> bool {
        if !self.is_idle() && !self.joining.takes(document.pages()) {
            return false;
        }
        let with_document = self.load.plus(document);
        let fits = with_document.excess(&self.budget).is_none();
        if fits {
            self.load = with_document;
            self.shares.add(tenant, document.cost());
            self.joining.join(document.pages());
        }
        fits
    }

    /// Begins to read documents for which there is room.
    ///
    /// # Errors
    /// When the backend is lost. Drop it with all that is in work: nobody is answered any more.
    pub(crate) fn admit(&mut self, entries: Vec<Entry>) -> Result<(), BackendLost> {
        if entries.is_empty() {
            return Ok(());
        }
        let batch_documents = self.documents.len() + entries.len();
        let mut requests = Vec::with_capacity(entries.len());
        let mut prepared_before = Vec::new();
        for Entry { request, load, prepared, tenant, answer, queued_at, lease } in entries {
            let document = InWork {
                answer,
                queue: queued_at.elapsed(),
                batch_documents,
                load,
                tenant,
                _lease: lease,
            };
            self.documents.insert(self.next_number, document);
            match prepared {
                Some(prepared) => prepared_before.push((self.next_number, request, prepared)),
                None => requests.push((self.next_number, request)),
            }
            self.next_number = self.next_number.wrapping_add(1);
        }
        self.joining.joined();
        let admitted = self.guarded(|backend| {
            if !prepared_before.is_empty() {
                backend.admit_prepared(prepared_before);
            }
            if !requests.is_empty() {
                backend.admit(requests);
            }
        });
        admitted.map(drop)
    }

    /// Takes all documents one step further and answers those that are done.
    ///
    /// # Errors
    /// As [`OngoingBatch::admit`].
    pub(crate) fn step(&mut self) -> Result<(), BackendLost> {
        if self.is_idle() {
            return Ok(());
        }
        self.joining.stepped();
        let rows = self.backend.rows().unwrap_or_else(|| self.load.rows());
        self.counters.stepped(self.documents.len(), rows);
        let answers = self.guarded(Backend::step)?.unwrap_or_default();
        let failed = |answer: &Result<_, _>| matches!(answer, Err(BackendError::Compute(_)));
        if answers.iter().any(|(_, answer)| failed(answer)) {
            // Before anybody is answered: good answers of this step may be wrong ones.
            self.probe()?;
        }
        for (document, answer) in answers {
            self.answer(document, answer);
        }
        if self.backend.is_idle() {
            self.answer_all(|| BackendError::Unanswered);
        }
        Ok(())
    }

    /// Tells how much is being read.
    pub(crate) fn tell(&self) {
        self.counters.reads(self.load.documents(), self.load.rows());
    }

    /// Gives up the documents that nobody waits for.
    pub(crate) fn drop_whose_callers_left(&mut self) {
        let left = self.documents.iter().filter(|(_, document)| document.answer.is_canceled());
        for number in left.map(|(number, _)| *number).collect::<Vec<_>>() {
            if let Some(document) = self.documents.remove(&number) {
                self.load = self.load.minus(document.load);
                self.shares.take(&document.tenant, document.load.cost());
                self.backend.forget(number);
            }
        }
    }

    /// Lets everybody go whose document is in work, and the backend, which is lost, as it is.
    pub(crate) fn abandon(self) {
        let Self { backend, documents, .. } = self;
        drop(documents);
        // To give memory back on a device that is lost may block; the process ends anyway.
        #[expect(
            clippy::disallowed_methods,
            reason = "to drop it is to free what is on the lost device, which may wait for ever"
        )]
        std::mem::forget(backend);
    }

    /// Calls the backend. A panic answers all documents: it may have left any of them half done.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut B) -> T) -> Result<Option<T>, BackendLost> {
        let backend = &mut self.backend;
        // Weights are only read; what a document has come to is forgotten by `reset`.
        match catch_unwind(AssertUnwindSafe(|| work(backend))) {
            Ok(result) => Ok(Some(result)),
            Err(_) => {
                self.probe()?;
                self.backend.reset();
                self.answer_all(|| BackendError::Panicked);
                Ok(None)
            }
        }
    }

    /// A backend that panics even now is lost.
    fn probe(&mut self) -> Result<(), BackendLost> {
        let backend = &mut self.backend;
        let panicked = |_| Err(BackendLost("the model panicked twice".to_owned()));
        catch_unwind(AssertUnwindSafe(|| backend.probe())).unwrap_or_else(panicked)
    }

    fn answer_all(&mut self, error: impl Fn() -> BackendError) {
        for document in self.documents.keys().copied().collect::<Vec<_>>() {
            self.answer(document, Err(error()));
        }
    }

    fn answer(&mut self, document: DocumentNumber, answer: Result<ReadOutput, BackendError>) {
        let Some(document) = self.documents.remove(&document) else { return };
        self.load = self.load.minus(document.load);
        self.shares.take(&document.tenant, document.load.cost());
        let InWork { answer: caller, queue, batch_documents, _lease, .. } = document;
        drop(_lease);
        let answer = answer.map(|mut output| {
            output.timings.queue = queue;
            output.batch_documents = batch_documents;
            output
        });
        // The caller may have left meanwhile.
        let _ = caller.send(answer);
    }
}
