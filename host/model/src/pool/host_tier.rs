//! Files of adapters in the host's memory, so that what comes back is neither read nor hashed again.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_document::Digest;

/// The files used last, under a budget. Only adapters that had to be loaded again come here: as long
/// as all fit into the model's memory it stays empty.
#[derive(Debug)]
pub struct HostTier<T> {
    budget_bytes: usize,
    kept: BTreeMap<Digest, Kept<T>>,
    bytes: usize,
    /// Grows with every use, so that the least is the longest ago.
    clock: u64,
    hits: u64,
}

#[derive(Debug)]
struct Kept<T> {
    files: Arc<T>,
    bytes: usize,
    last_used: u64,
}

impl<T> HostTier<T> {
    /// An empty one, for so many bytes.
    #[must_use]
    pub fn new(budget_bytes: usize) -> Self {
        Self { budget_bytes, kept: BTreeMap::new(), bytes: 0, clock: 0, hits: 0 }
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How often files were found.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Of which adapters files are kept.
    pub fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.kept.keys()
    }

    /// The files of an adapter, which are the ones used last from then on.
    pub fn get(&mut self, digest: &Digest) -> Option<Arc<T>> {
        let kept = self.kept.get_mut(digest)?;
        self.clock += 1;
        self.hits += 1;
        kept.last_used = self.clock;
        Some(kept.files.clone())
    }

    /// Keeps files of `bytes`; the longest unused leave until there is room. Files larger than all of
    /// it are not kept.
    pub fn keep(&mut self, digest: Digest, files: Arc<T>, bytes: usize) {
        self.remove(&digest);
        if bytes > self.budget_bytes {
            return;
        }
        while self.bytes + bytes > self.budget_bytes {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.last_used);
            let Some(oldest) = oldest.map(|(digest, _)| *digest) else { return };
            self.remove(&oldest);
        }
        self.clock += 1;
        self.bytes += bytes;
        self.kept.insert(digest, Kept { files, bytes, last_used: self.clock });
    }

    /// Lets go of the files of an adapter.
    pub fn remove(&mut self, digest: &Digest) {
        if let Some(kept) = self.kept.remove(digest) {
            self.bytes -= kept.bytes;
        }
    }
}

#[cfg(test)]
mod tests;
