//! A host without a model: its pool's books, its loader, its batches.

use std::collections::VecDeque;
use std::sync::Arc;

use dossier_document::Digest;
use dossier_model::books::{Acquired, HostTier, Ledger};

use super::Costs;

/// A document on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document {
    /// When it came, in milliseconds of the virtual clock.
    pub(crate) came_ms: f64,
    /// What reads it.
    pub(crate) adapter: Digest,
}

/// How large a host is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostSize {
    /// Bytes of adapters in the model's memory.
    pub(crate) adapters: usize,
    /// Bytes of files in the host's memory.
    pub(crate) files: usize,
    /// Documents that wait at most.
    pub(crate) queue: usize,
}

/// A host.
pub(crate) struct Host {
    books: Ledger<(), Document>,
    files: HostTier<()>,
    ready: VecDeque<Document>,
    to_load: VecDeque<Digest>,
    loading: Option<Digest>,
    batch: Vec<Document>,
    queue: usize,
    /// Adapters that were loaded.
    pub(crate) loads: u64,
    /// Of these, from the disk.
    pub(crate) disk_loads: u64,
}

/// What a host begins, and when it is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Begun {
    /// A load.
    Load {
        /// Milliseconds that it takes.
        takes_ms: f64,
    },
    /// A batch.
    Batch {
        /// Milliseconds that it takes.
        takes_ms: f64,
    },
}

impl Host {
    /// One that knows these adapters, and has as many of them in memory as fit.
    pub(crate) fn new(
        size: HostSize,
        costs: &Costs,
        adapters: impl Iterator<Item = Digest>,
    ) -> Self {
        let mut books = Ledger::new(size.adapters, size.queue);
        for adapter in adapters {
            books.add(adapter, std::path::PathBuf::new(), (), costs.adapter_bytes);
        }
        Self {
            books,
            files: HostTier::new(size.files),
            ready: VecDeque::new(),
            to_load: VecDeque::new(),
            loading: None,
            batch: Vec::new(),
            queue: size.queue,
            loads: 0,
            disk_loads: 0,
        }
    }

    /// A document comes; whether it is taken.
    pub(crate) fn take(&mut self, document: Document) -> bool {
        if self.ready.len() >= self.queue {
            return false;
        }
        match self.books.acquire(&document.adapter, document) {
            Acquired::Ready((), document) => self.ready.push_back(document),
            Acquired::Waiting { start: true } => self.to_load.push_back(document.adapter),
            Acquired::Waiting { start: false } => {}
            Acquired::Unknown(_) | Acquired::Full(_) => return false,
        }
        true
    }

    /// Begins what can be begun.
    pub(crate) fn begin(&mut self, costs: &Costs) -> Vec<Begun> {
        let mut begun = Vec::new();
        if self.loading.is_none()
            && let Some(adapter) = self.to_load.pop_front()
        {
            match self.books.make_room(&adapter) {
                Some(()) => {
                    self.loading = Some(adapter);
                    self.loads += 1;
                    let takes_ms = match self.files.get(&adapter) {
                        Some(_) => costs.host_load_ms,
                        None => {
                            self.disk_loads += 1;
                            self.files.keep(adapter, Arc::new(()), costs.adapter_bytes);
                            costs.disk_load_ms
                        }
                    };
                    begun.push(Begun::Load { takes_ms });
                }
                // All of the room is in use: it is tried again when a batch is done.
                None => self.to_load.push_front(adapter),
            }
        }
        if self.batch.is_empty() && !self.ready.is_empty() {
            let documents = self.ready.len().min(costs.batch);
            self.batch.extend(self.ready.drain(..documents));
            let takes_ms = costs.batch_ms + documents as f64 * costs.document_ms;
            begun.push(Begun::Batch { takes_ms });
        }
        begun
    }

    /// A load is done.
    pub(crate) fn loaded(&mut self) {
        if let Some(adapter) = self.loading.take() {
            self.ready.extend(self.books.loaded(&adapter, ()));
        }
    }

    /// A batch is done: these documents are read.
    pub(crate) fn read(&mut self) -> Vec<Document> {
        for document in &self.batch {
            self.books.release(&document.adapter);
        }
        std::mem::take(&mut self.batch)
    }

    /// Everything that it has not answered: those are lost with it.
    pub(crate) fn unanswered(&self) -> usize {
        self.ready.len() + self.batch.len() + self.books.waiting()
    }

    /// A new version of an adapter takes the place of another. It is read and checked first, as publishing does,
    /// and stays in memory where there is room.
    pub(crate) fn replace(&mut self, old: &Digest, new: Digest, costs: &Costs) {
        self.books.add(new, std::path::PathBuf::new(), (), costs.adapter_bytes);
        self.books.remove(old);
        self.files.remove(old);
    }
}
