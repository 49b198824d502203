//! The adapters of one base: known by digest, in memory under a budget.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use dossier_document::Digest;
use dossier_inference::{BackendError, LeaseFuture, Residency};
use futures_channel::oneshot;

use crate::device::DeviceMemory;
use crate::lora::{AdapterFiles, SharedMatrices};
use crate::page_form::PageForm;
use crate::{Adapter, Base, DeviceKind, ModelError};

pub(crate) mod ledger;
use ledger::{Acquired, Ledger};

mod lease;
use lease::AdapterLease;

mod load_times;
pub use load_times::{LoadTimes, LoadedFrom};

mod loader;

pub(crate) mod host_tier;
use host_tier::HostTier;

/// The adapters of one base. Clones share them, so adapters come and go while a
/// [`ModelBackend`](crate::ModelBackend) reads.
///
/// Every adapter added was read and checked once. Up to a budget they stay in memory; beyond it the
/// longest unused goes, and is loaded again by a thread of the pool when a document needs it. One
/// that a document holds a lease on, waiting or being read, is never sent away.
#[derive(Clone)]
pub struct AdapterPool {
    shared: Arc<Shared>,
}

/// How much of a pool may be in memory, and how many may wait for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// Bytes of adapters in the model's memory.
    pub memory_bytes: usize,
    /// Bytes of files of adapters in the host's memory: what had to be loaded again is kept there,
    /// so that the next time it is neither read nor hashed.
    pub host_memory_bytes: usize,
    /// Documents that may wait for adapters to be loaded; one more is refused.
    pub max_waiting: usize,
}

/// A pool at one time; what is counted is counted from its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolStatistics {
    /// Adapters known.
    pub adapters: usize,
    /// Adapters in memory.
    pub resident: usize,
    /// Bytes of the adapters in memory.
    pub resident_bytes: usize,
    /// Bytes of adapters that may be in memory.
    pub memory_bytes: usize,
    /// Documents that wait for a load now.
    pub waiting: usize,
    /// Documents whose adapter was in memory.
    pub hits: u64,
    /// Documents that had to wait for a load.
    pub misses: u64,
    /// Adapters sent away to make room.
    pub evictions: u64,
    /// Loads that failed.
    pub failures: u64,
    /// Bytes of files in the host's memory.
    pub host_bytes: usize,
    /// Loads that found their files there.
    pub host_hits: u64,
    /// Bytes of the largest adapter known: so many of its size fit at least.
    pub largest_bytes: usize,
    /// How long loads from the disk took.
    pub disk_loads: LoadTimes,
    /// How long loads of files that were kept took.
    pub host_loads: LoadTimes,
}

/// Where an adapter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdapterPlace {
    /// Whether it is in the model's memory.
    pub is_resident: bool,
    /// Whether its files are in the host's memory.
    pub is_in_host_memory: bool,
    /// Whether it stays in the model's memory once it is there.
    pub is_pinned: bool,
    /// Documents that hold a lease on it: queued or being read.
    pub leases: usize,
    /// Documents that wait until it is loaded.
    pub waiting: usize,
    /// Grows with every use of any adapter.
    pub last_used: u64,
}

impl Default for PoolSettings {
    /// 4 GiB, 1 GiB of files, 256 documents waiting.
    fn default() -> Self {
        Self { memory_bytes: 4 << 30, host_memory_bytes: 1 << 30, max_waiting: 256 }
    }
}

struct Shared {
    base: Base,
    /// What adapters have in common, counted apart from them.
    matrices: SharedMatrices,
    ledger: Mutex<Ledger<Arc<Adapter>, Waiter>>,
    /// What the pages of every adapter known become, in memory or not: pages are prepared before.
    /// Never locked together with the ledger.
    forms: Mutex<BTreeMap<Digest, Arc<PageForm>>>,
    /// The same.
    host_tier: Mutex<HostTier<AdapterFiles>>,
    /// The same: of loads from the disk, and from the host tier.
    load_times: Mutex<(LoadTimes, LoadTimes)>,
    /// Tells the loader that a lease has ended.
    released: Condvar,
    /// To the loader, which ends when this is dropped. As long as the most that may wait, so it is
    /// never full.
    loads: SyncSender<Digest>,
}

type Waiter = oneshot::Sender<Result<AdapterLease, BackendError>>;

impl AdapterPool {
    /// An empty pool, and the thread that loads for it. A budget of `usize::MAX` bytes is none.
    ///
    /// # Errors
    /// When the device has no room for the budget, or the operating system starts no thread.
    pub fn new(base: &Base, settings: PoolSettings) -> Result<Self, ModelError> {
        let bounded = settings.memory_bytes < usize::MAX;
        if let Some(memory) = DeviceMemory::of(&base.parts().device)?.filter(|_| bounded) {
            let device = DeviceKind::of(&base.parts().device);
            let what = "the budget of the adapters";
            memory.check_room(device, what, settings.memory_bytes, "`adapter_memory_bytes`")?;
        }
        let (loads, digests) = sync_channel(settings.max_waiting.max(1));
        let ledger = Ledger::new(settings.memory_bytes, settings.max_waiting);
        let shared = Arc::new(Shared {
            base: base.clone(),
            matrices: SharedMatrices::default(),
            ledger: Mutex::new(ledger),
            forms: Mutex::default(),
            host_tier: Mutex::new(HostTier::new(settings.host_memory_bytes)),
            load_times: Mutex::default(),
            released: Condvar::new(),
            loads,
        });
        loader::start(&shared, digests).map_err(ModelError::Thread)?;
        Ok(Self { shared })
    }

    /// Reads an adapter folder, checks it and makes it known. It stays in memory where there is room.
    /// An adapter that is there already is kept.
    ///
    /// # Errors
    /// As [`Base::load_adapter`], and when it is larger than the whole budget.
    pub fn add(&self, folder: &Path) -> Result<Digest, ModelError> {
        let files = self.shared.read(folder)?;
        let (digest, adapter) = (files.digest(), self.shared.make(&files)?);
        let bytes = adapter.bytes();
        let limit = self.shared.ledger().budget_bytes();
        if bytes > limit {
            let path = folder.to_owned();
            return Err(ModelError::AdapterTooLarge { path, bytes, limit });
        }
        // Before documents may ask for it.
        self.shared.forms().insert(digest, Arc::clone(adapter.form()));
        self.shared.ledger().add(digest, folder.to_owned(), Arc::new(adapter), bytes);
        Ok(digest)
    }

    /// Makes an adapter unknown; whether it was known is the answer. Documents that hold a lease on it
    /// are read; its memory is free after the last of them.
    pub fn remove(&self, digest: &Digest) -> bool {
        let was_known = self.shared.ledger().remove(digest);
        // Afterwards: the loader looks whether it is known once it has kept files.
        self.shared.host_tier().remove(digest);
        self.shared.forms().remove(digest);
        was_known
    }

    /// Tells where the files of an adapter are that is known: it is read again from there.
    pub fn relocate(&self, digest: &Digest, folder: &Path) {
        self.shared.ledger().relocate(digest, folder);
    }

    /// Frees the memory of an adapter that no document uses; the next that does has it loaded again.
    /// Whether it takes none now.
    pub fn free(&self, digest: &Digest) -> bool {
        let is_free = self.shared.ledger().free(digest);
        self.shared.host_tier().remove(digest);
        is_free
    }

    /// Whether an adapter, once in memory, stays there; false when it is not known.
    pub fn pin(&self, digest: &Digest, pinned: bool) -> bool {
        self.shared.ledger().pin(digest, pinned)
    }

    /// Whether documents may ask for an adapter.
    #[must_use]
    pub fn knows(&self, digest: &Digest) -> bool {
        self.shared.ledger().knows(digest)
    }

    /// The digests of all adapters known, sorted.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        self.shared.ledger().digests()
    }

    /// The adapter of this digest if it is in memory, never another one in its place. Whoever holds a
    /// lease finds it there.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<Arc<Adapter>> {
        self.shared.ledger().get(digest)
    }

    /// What the pages of an adapter become, as long as documents may ask for it.
    pub(crate) fn form(&self, digest: &Digest) -> Option<Arc<PageForm>> {
        self.shared.forms().get(digest).cloned()
    }

    /// Width and height in pixels of what the pages of an adapter become, as long as documents may ask for it.
    #[must_use]
    pub fn page_size(&self, digest: &Digest) -> Option<(u32, u32)> {
        let [height, width] = self.form(digest)?.size;
        Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
    }

    /// Memory of what adapters have in common: VeRA's projections and LoRA-XS's factors, each
    /// counted once, as long as an adapter uses it. The budget does not count it.
    #[must_use]
    pub fn shared_bytes(&self) -> usize {
        self.shared.matrices.bytes()
    }

    /// How the pool stands.
    #[must_use]
    pub fn statistics(&self) -> PoolStatistics {
        let (host_bytes, host_hits) = {
            let tier = self.shared.host_tier();
            (tier.bytes(), tier.hits())
        };
        let (disk_loads, host_loads) = *self.shared.load_times();
        let ledger = self.shared.ledger();
        let counters = ledger.counters();
        PoolStatistics {
            adapters: ledger.digests().len(),
            resident: ledger.resident(),
            resident_bytes: counters.resident_bytes,
            memory_bytes: ledger.budget_bytes(),
            waiting: ledger.waiting(),
            hits: counters.hits,
            misses: counters.misses,
            evictions: counters.evictions,
            failures: counters.failures,
            host_bytes,
            host_hits,
            largest_bytes: ledger.largest_bytes(),
            disk_loads,
            host_loads,
        }
    }

    /// Where every adapter is that is known.
    #[must_use]
    pub fn places(&self) -> BTreeMap<Digest, AdapterPlace> {
        let mut places = self.shared.ledger().places();
        // Afterwards: the two are never locked together.
        for digest in self.shared.host_tier().digests() {
            if let Some(place) = places.get_mut(digest) {
                place.is_in_host_memory = true;
            }
        }
        places
    }
}

impl Residency for AdapterPool {
    fn lease(&self, adapter: Digest) -> LeaseFuture {
        let (waiter, answer) = oneshot::channel();
        let acquired = self.shared.ledger().acquire(&adapter, waiter);
        let answer = match acquired {
            Acquired::Ready(..) => Ok(AdapterLease::new(&self.shared, adapter)),
            Acquired::Unknown(_) => Err(BackendError::UnknownAdapter(adapter)),
            Acquired::Full(_) => Err(BackendError::TooManyLoads),
            Acquired::Waiting { start } => {
                // The queue holds as many as may wait, and each digest once: it is never full.
                if start && self.shared.loads.try_send(adapter).is_err() {
                    self.shared.ledger().give_up(&adapter);
                }
                return Box::pin(async move {
                    let answer = answer.await.unwrap_or(Err(BackendError::TooManyLoads));
                    answer.map(AdapterLease::boxed)
                });
            }
        };
        Box::pin(std::future::ready(answer.map(AdapterLease::boxed)))
    }
}

impl Shared {
    fn read(&self, folder: &Path) -> Result<AdapterFiles, ModelError> {
        AdapterFiles::read(folder, self.base.digest())
    }

    fn make(&self, files: &AdapterFiles) -> Result<Adapter, ModelError> {
        self.base.load_adapter_beside(files, &self.matrices)
    }

    /// As of the ledger, no step can panic half-way.
    fn host_tier(&self) -> MutexGuard<'_, HostTier<AdapterFiles>> {
        self.host_tier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forms(&self) -> MutexGuard<'_, BTreeMap<Digest, Arc<PageForm>>> {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load_times(&self) -> MutexGuard<'_, (LoadTimes, LoadTimes)> {
        self.load_times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A panic while the books were open would be a fault of the ledger, which has no step that can
    /// panic half-way.
    fn ledger(&self) -> MutexGuard<'_, Ledger<Arc<Adapter>, Waiter>> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AdapterPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AdapterPool").field(&self.statistics()).finish()
    }
}

#[cfg(test)]
mod tests;
