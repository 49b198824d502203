//! The adapters that are loaded, by digest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dossier_document::Digest;

use crate::{Adapter, Base, ModelError};

/// The adapters that are loaded for one base, by digest. Clones share them, so adapters come and go
/// while a [`ModelBackend`](crate::ModelBackend) reads; one that a batch uses stays in memory until
/// the batch is done.
#[derive(Clone, Debug)]
pub struct AdapterPool {
    base: Base,
    adapters: Arc<RwLock<BTreeMap<Digest, Arc<Adapter>>>>,
}

impl AdapterPool {
    /// An empty pool.
    #[must_use]
    pub fn new(base: &Base) -> Self {
        Self { base: base.clone(), adapters: Arc::default() }
    }

    /// Loads an adapter folder and adds it. An adapter that is there already is kept.
    ///
    /// # Errors
    /// As [`Base::load_adapter`].
    pub fn add(&self, folder: &Path) -> Result<Digest, ModelError> {
        let (digest, adapter) = self.base.load_adapter(folder)?;
        self.write().entry(digest).or_insert_with(|| Arc::new(adapter));
        Ok(digest)
    }

    /// Takes an adapter out. Batches that use it go on; whether it was there is the answer.
    pub fn remove(&self, digest: &Digest) -> bool {
        self.write().remove(digest).is_some()
    }

    /// The digests of all adapters, sorted.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        self.read().keys().copied().collect()
    }

    /// The adapter of this digest, never another one in its place.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<Arc<Adapter>> {
        self.read().get(digest).cloned()
    }

    // A map is whole between any two of its calls, so a panic elsewhere does not spoil it.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Digest, Arc<Adapter>>> {
        self.adapters.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Digest, Arc<Adapter>>> {
        self.adapters.write().unwrap_or_else(PoisonError::into_inner)
    }
}
