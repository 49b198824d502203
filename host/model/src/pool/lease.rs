//! A lease on an adapter in memory.

use std::sync::Arc;

use dossier_document::Digest;
use dossier_inference::Lease;

use super::Shared;

/// Keeps an adapter in memory until it is dropped.
pub(super) struct AdapterLease {
    shared: Arc<Shared>,
    adapter: Digest,
}

impl AdapterLease {
    /// For a lease that the ledger has counted.
    pub(super) fn new(shared: &Arc<Shared>, adapter: Digest) -> Self {
        Self { shared: shared.clone(), adapter }
    }

    pub(super) fn boxed(self) -> Lease {
        Box::new(self)
    }
}

impl Drop for AdapterLease {
    fn drop(&mut self) {
        self.shared.ledger().release(&self.adapter);
        self.shared.released.notify_one();
    }
}
