//! The seam to the model: adapters come and go while it reads.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dossier_document::{Digest, FieldName};
use dossier_model::ModelError;

/// The adapters of one base. Loading takes long and blocks; everything else is quick.
pub trait AdapterLoader: fmt::Debug + Send + Sync {
    /// The digest of the base.
    fn base(&self) -> Digest;
    /// Whether the base has a way to be asked for a field.
    fn supports_field(&self, field: &FieldName) -> bool;
    /// Loads the adapter of a folder. One that is loaded already is kept.
    ///
    /// # Errors
    /// When it does not fit the base; the error names file and key.
    fn load(&self, folder: &Path) -> Result<Digest, ModelError>;
    /// Whether an adapter is loaded.
    fn is_loaded(&self, adapter: &Digest) -> bool;
    /// Takes an adapter out that nobody reads with any more.
    fn unload(&self, adapter: &Digest);
}

/// The loader, and who holds which of its adapters. Clones are the same.
#[derive(Clone)]
pub(crate) struct Adapters(Arc<Holders>);

/// An adapter that is loaded for as long as this is held. Packages may share one.
pub struct LoadedAdapter {
    digest: Digest,
    holders: Arc<Holders>,
}

struct Holders {
    loader: Box<dyn AdapterLoader>,
    /// How many hold each adapter. The lock is never held while one is loaded.
    counts: Mutex<BTreeMap<Digest, usize>>,
}

impl Adapters {
    pub(crate) fn new(loader: Box<dyn AdapterLoader>) -> Self {
        Self(Arc::new(Holders { loader, counts: Mutex::default() }))
    }

    pub(crate) fn loader(&self) -> &dyn AdapterLoader {
        &*self.0.loader
    }

    /// Loads the adapter of a folder. It blocks.
    ///
    /// # Errors
    /// When it does not fit the base; the error names file and key.
    pub(crate) fn load(&self, folder: &Path) -> Result<LoadedAdapter, ModelError> {
        loop {
            let digest = self.0.loader.load(folder)?;
            let mut counts = self.0.counts();
            // Whoever held the same adapter may have dropped it between the two lines above.
            if self.0.loader.is_loaded(&digest) {
                *counts.entry(digest).or_default() += 1;
                return Ok(LoadedAdapter { digest, holders: Arc::clone(&self.0) });
            }
        }
    }
}

impl LoadedAdapter {
    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl Drop for LoadedAdapter {
    fn drop(&mut self) {
        let mut counts = self.holders.counts();
        let held = counts.get(&self.digest).copied().unwrap_or_default();
        if held > 1 {
            counts.insert(self.digest, held - 1);
        } else {
            counts.remove(&self.digest);
            self.holders.loader.unload(&self.digest);
        }
    }
}

impl Holders {
    /// No step that changes the counts can panic half-way.
    fn counts(&self) -> MutexGuard<'_, BTreeMap<Digest, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Adapters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Adapters").field(&self.0.loader).finish()
    }
}

impl fmt::Debug for LoadedAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoadedAdapter").field(&self.digest).finish()
    }
}

#[cfg(test)]
mod tests;
