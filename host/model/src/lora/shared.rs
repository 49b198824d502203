//! Matrices that adapters of one base have in common, each in memory once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use dossier_document::Digest;

use super::lora_xs::LoraXsFactors;
use super::vera::VeraProjections;
use crate::ModelError;

/// Matrices that adapters of one base have in common, by digest. Clones share them; a matrix goes
/// with the last adapter that uses it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedMatrices {
    pub(super) vera: Shared<VeraProjections>,
    pub(super) lora_xs: Shared<LoraXsFactors>,
}

impl SharedMatrices {
    /// What they take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.vera.bytes(VeraProjections::bytes) + self.lora_xs.bytes(LoraXsFactors::bytes)
    }
}

/// Values of one kind, by digest, as long as somebody uses them.
#[derive(Debug)]
pub(super) struct Shared<T> {
    values: Arc<Mutex<HashMap<Digest, Weak<T>>>>,
}

impl<T> Shared<T> {
    /// The value of this digest, loaded if it is not there. Two callers may load it at once; both
    /// get the one that was first.
    pub(super) fn get_or_load(
        &self,
        digest: Digest,
        load: impl FnOnce() -> Result<T, ModelError>,
    ) -> Result<Arc<T>, ModelError> {
        if let Some(value) = self.get(&digest) {
            return Ok(value);
        }
        let loaded = Arc::new(load()?);
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|_, value| value.strong_count() > 0);
        if let Some(value) = values.get(&digest).and_then(Weak::upgrade) {
            return Ok(value);
        }
        values.insert(digest, Arc::downgrade(&loaded));
        Ok(loaded)
    }

    fn get(&self, digest: &Digest) -> Option<Arc<T>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).get(digest)?.upgrade()
    }

    fn bytes(&self, of: impl Fn(&T) -> usize) -> usize {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.values().filter_map(Weak::upgrade).map(|value| of(&value)).sum()
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone() }
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { values: Arc::default() }
    }
}

#[cfg(test)]
mod tests;
