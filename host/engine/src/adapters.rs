//! The seam to the model: adapters come and go while it reads.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dossier_document::{Digest, FieldName};
use dossier_model::{ModelError, TypeLikeness};

use crate::statistics::AdapterStatistics;

/// The adapters of one base. Loading takes long and blocks; everything else is quick.
pub trait AdapterLoader: fmt::Debug + Send + Sync {
    /// The digest of the base.
    fn base(&self) -> Digest;
    /// Whether the base has a way to be asked for a field.
    fn supports_field(&self, field: &FieldName) -> bool;
    /// What likeness to a document type is worth, where the base tells types apart by how pages look.
    fn type_likeness(&self) -> Option<TypeLikeness> {
        None
    }
    /// Loads the adapter of a folder. One that is loaded already is kept.
    ///
    /// # Errors
    /// When it does not fit the base; the error names file and key.
    fn load(&self, folder: &Path) -> Result<Digest, ModelError>;
    /// Whether an adapter is loaded.
    fn is_loaded(&self, adapter: &Digest) -> bool;
    /// Tells where the files of an adapter are from now on: those it was loaded from may go.
    fn relocate(&self, adapter: &Digest, folder: &Path);
    /// Takes an adapter out that nobody reads with any more.
    fn unload(&self, adapter: &Digest);
    /// Frees the memory of an adapter that no document uses; whether it takes none now.
    fn free(&self, _adapter: &Digest) -> bool {
        false
    }
    /// How they stand; none where nobody counts.
    fn statistics(&self) -> Option<AdapterStatistics> {
        None
    }
}

/// The loader, and who holds which of its adapters. Clones are the same.
#[derive(Clone)]
pub(crate) struct Adapters(Arc<Holders>);

/// An adapter that is loaded for as long as this is held. Packages may share one.
pub struct LoadedAdapter {
    digest: Digest,
    folder: PathBuf,
    holders: Arc<Holders>,
}

struct Holders {
    loader: Box<dyn AdapterLoader>,
    /// The folders that each adapter is held for; it is read again from the first. The lock is never held
    /// while one is loaded.
    folders: Mutex<BTreeMap<Digest, Vec<PathBuf>>>,
}

impl Adapters {
    pub(crate) fn new(loader: Box<dyn AdapterLoader>) -> Self {
        Self(Arc::new(Holders { loader, folders: Mutex::default() }))
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
            let mut folders = self.0.folders();
            // Whoever held the same adapter may have dropped it between the two lines above.
            if self.0.loader.is_loaded(&digest) {
                let held = folders.entry(digest).or_default();
                held.push(folder.to_owned());
                self.0.loader.relocate(&digest, &held[0]);
                let (folder, holders) = (folder.to_owned(), Arc::clone(&self.0));
                return Ok(LoadedAdapter { digest, folder, holders });
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
        let mut folders = self.holders.folders();
        let held = folders.entry(self.digest).or_default();
        if let Some(position) = held.iter().position(|folder| *folder == self.folder) {
            held.remove(position);
        }
        match held.first() {
            // This one's folder may go now: it may be that of a package that was refused.
            Some(folder) => self.holders.loader.relocate(&self.digest, folder),
            None => {
                folders.remove(&self.digest);
                self.holders.loader.unload(&self.digest);
            }
        }
    }
}

impl Holders {
    /// No step that changes them can panic half-way.
    fn folders(&self) -> MutexGuard<'_, BTreeMap<Digest, Vec<PathBuf>>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
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
