//! The adapters that are loaded, by digest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use dossier_document::Digest;

use crate::lora::SharedMatrices;
use crate::{Adapter, Base, ModelError};

/// The adapters that are loaded for one base, by digest. Clones share them, so adapters come and go
/// while a [`ModelBackend`](crate::ModelBackend) reads; one that a batch uses stays in memory until
/// the batch is done.
#[derive(Clone, Debug)]
pub struct AdapterPool {
    base: Base,
    adapters: Arc<ArcSwap<BTreeMap<Digest, Arc<Adapter>>>>,
    shared: SharedMatrices,
}

impl AdapterPool {
    /// An empty pool.
    #[must_use]
    pub fn new(base: &Base) -> Self {
        Self { base: base.clone(), adapters: Arc::default(), shared: SharedMatrices::default() }
    }

    /// Loads an adapter folder and adds it. An adapter that is there already is kept.
    ///
    /// # Errors
    /// As [`Base::load_adapter`].
    pub fn add(&self, folder: &Path) -> Result<Digest, ModelError> {
        let (digest, adapter) = self.base.load_adapter_beside(folder, &self.shared)?;
        let adapter = Arc::new(adapter);
        self.adapters.rcu(|adapters| {
            let mut adapters = BTreeMap::clone(adapters);
            adapters.entry(digest).or_insert_with(|| adapter.clone());
            adapters
        });
        Ok(digest)
    }

    /// Takes an adapter out; whether it was there is the answer. Batches that use it go on.
    pub fn remove(&self, digest: &Digest) -> bool {
        let before = self.adapters.rcu(|adapters| {
            let mut adapters = BTreeMap::clone(adapters);
            adapters.remove(digest);
            adapters
        });
        before.contains_key(digest)
    }

    /// Memory of what adapters have in common: VeRA's projections and LoRA-XS's factors, each
    /// counted once, as long as an adapter uses it.
    #[must_use]
    pub fn shared_bytes(&self) -> usize {
        self.shared.bytes()
    }

    /// The digests of all adapters, sorted.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        self.adapters.load().keys().copied().collect()
    }

    /// The adapter of this digest, never another one in its place.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<Arc<Adapter>> {
        self.adapters.load().get(digest).cloned()
    }
}
