//! The seam to the model: adapters come and go while it reads.

use std::fmt;
use std::path::Path;

use dossier_document::{Digest, FieldName};
use dossier_model::{AdapterPool, Base, ModelError};

/// The adapters of one base. Loading takes long and blocks; everything else is quick.
pub trait AdapterLoader: fmt::Debug + Send + Sync {
    /// The name of the base: a folder of `adapters/base/`.
    fn base_name(&self) -> &str;
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

/// The adapters that the model reads with.
#[derive(Debug)]
pub(crate) struct ModelAdapters {
    pub(crate) base_name: String,
    pub(crate) base: Base,
    pub(crate) pool: AdapterPool,
}

impl AdapterLoader for ModelAdapters {
    fn base_name(&self) -> &str {
        &self.base_name
    }

    fn supports_field(&self, field: &FieldName) -> bool {
        self.base.supports_field(field)
    }

    fn load(&self, folder: &Path) -> Result<Digest, ModelError> {
        self.pool.add(folder)
    }

    fn is_loaded(&self, adapter: &Digest) -> bool {
        self.pool.knows(adapter)
    }

    fn unload(&self, adapter: &Digest) {
        self.pool.remove(adapter);
    }
}
