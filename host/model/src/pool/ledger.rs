//! Which adapters are in memory, who uses them, and who goes when room is needed. It decides; it
//! neither loads nor waits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dossier_document::Digest;

use super::AdapterPlace;

/// The books of a pool of `T`s, with `W`s waiting for them.
#[derive(Debug)]
pub struct Ledger<T, W> {
    budget_bytes: usize,
    entries: BTreeMap<Digest, Entry<T, W>>,
    counters: Counters,
    /// Grows with every use, so that the least is the longest ago.
    clock: u64,
    waiting: usize,
    max_waiting: usize,
}

#[derive(Debug)]
struct Entry<T, W> {
    folder: PathBuf,
    bytes: usize,
    pinned: bool,
    /// Nobody may ask for it any more; it goes with its last lease.
    removed: bool,
    place: Place<T, W>,
}

#[derive(Debug)]
enum Place<T, W> {
    OnDisk,
    Loading { waiting: Vec<W> },
    InMemory { item: T, leases: usize, last_used: u64 },
}

/// What has happened in a pool, counted from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes of what is in memory, or being loaded into it.
    pub resident_bytes: usize,
    /// Wishes for what was in memory.
    pub hits: u64,
    /// Wishes that had to wait.
    pub misses: u64,
    /// What was sent away to make room.
    pub evictions: u64,
    /// Loads that failed.
    pub failures: u64,
}

/// The answer to a wish for an adapter. Where it comes to nothing the waiter is given back.
#[derive(Debug)]
pub enum Acquired<T, W> {
    /// In memory, and leased.
    Ready(T, W),
    /// Being loaded; `start` for the first who asks.
    Waiting {
        /// Whether the load is to be begun.
        start: bool,
    },
    /// Nobody may ask for it.
    Unknown(W),
    /// Too many wait already.
    Full(W),
}

impl<T: Clone, W> Ledger<T, W> {
    /// Books of nothing, for so many bytes, and so many that may wait.
    #[must_use]
    pub fn new(budget_bytes: usize, max_waiting: usize) -> Self {
        Self {
            budget_bytes,
            entries: BTreeMap::new(),
            counters: Counters::default(),
            clock: 0,
            waiting: 0,
            max_waiting,
        }
    }

    /// What has happened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Bytes that may be in memory.
    #[must_use]
    pub fn budget_bytes(&self) -> usize {
        self.budget_bytes
    }

    /// How many wait for a load.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The adapters that may be asked for, sorted.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        let known = self.entries.iter().filter(|(_, entry)| !entry.removed);
        known.map(|(digest, _)| *digest).collect()
    }

    /// Whether the adapter may be asked for.
    #[must_use]
    pub fn knows(&self, digest: &Digest) -> bool {
        self.entries.get(digest).is_some_and(|entry| !entry.removed)
    }

    /// How many are in memory.
    #[must_use]
    pub fn resident(&self) -> usize {
        let in_memory = |entry: &&Entry<T, W>| matches!(entry.place, Place::InMemory { .. });
        self.entries.values().filter(in_memory).count()
    }

    /// Bytes of the largest that may be asked for.
    #[must_use]
    pub fn largest_bytes(&self) -> usize {
        let known = self.entries.values().filter(|entry| !entry.removed);
        known.map(|entry| entry.bytes).max().unwrap_or(0)
    }

    /// Where everything is that may be asked for.
    #[must_use]
    pub fn places(&self) -> BTreeMap<Digest, AdapterPlace> {
        let known = self.entries.iter().filter(|(_, entry)| !entry.removed);
        let place = |entry: &Entry<T, W>| {
            let (is_resident, leases, waiting, last_used) = match &entry.place {
                Place::OnDisk => (false, 0, 0, 0),
                Place::Loading { waiting } => (false, 0, waiting.len(), self.clock),
                Place::InMemory { leases, last_used, .. } => (true, *leases, 0, *last_used),
            };
            let (is_in_host_memory, is_pinned) = (false, entry.pinned);
            AdapterPlace { is_resident, is_in_host_memory, is_pinned, leases, waiting, last_used }
        };
        known.map(|(digest, entry)| (*digest, place(entry))).collect()
    }

    /// Enters an adapter that was just read. It stays in memory where there is room without sending
    /// another away.
    pub fn add(&mut self, digest: Digest, folder: PathBuf, item: T, bytes: usize) {
        if let Some(entry) = self.entries.get_mut(&digest) {
            entry.removed = false;
            entry.folder = folder;
            return;
        }
        let place = if self.counters.resident_bytes + bytes <= self.budget_bytes {
            self.counters.resident_bytes += bytes;
            Place::InMemory { item, leases: 0, last_used: self.clock }
        } else {
            Place::OnDisk
        };
        let entry = Entry { folder, bytes, pinned: false, removed: false, place };
        self.entries.insert(digest, entry);
    }

    /// Whether it was known. What is leased stays until its last lease ends.
    pub fn remove(&mut self, digest: &Digest) -> bool {
        let Some(entry) = self.entries.get_mut(digest).filter(|entry| !entry.removed) else {
            return false;
        };
        entry.removed = true;
        self.drop_if_over(digest);
        true
    }

    /// Sends an adapter away, unless somebody uses it, waits for it or pinned it. Whether it is away.
    pub fn free(&mut self, digest: &Digest) -> bool {
        let Some(entry) = self.entries.get_mut(digest) else { return true };
        match entry.place {
            Place::OnDisk => true,
            Place::InMemory { leases: 0, .. } if !entry.pinned => {
                entry.place = Place::OnDisk;
                self.counters.resident_bytes -= entry.bytes;
                true
            }
            _ => false,
        }
    }

    /// Keeps an adapter in memory once it is there, or lets it go again; whether it is known.
    pub fn pin(&mut self, digest: &Digest, pinned: bool) -> bool {
        match self.entries.get_mut(digest) {
            Some(entry) if !entry.removed => {
                entry.pinned = pinned;
                true
            }
            _ => false,
        }
    }

    /// Takes a lease on an adapter, or has `waiter` wait for it.
    pub fn acquire(&mut self, digest: &Digest, waiter: W) -> Acquired<T, W> {
        let Some(entry) = self.entries.get_mut(digest).filter(|entry| !entry.removed) else {
            return Acquired::Unknown(waiter);
        };
        self.clock += 1;
        if let Place::InMemory { item, leases, last_used } = &mut entry.place {
            *leases += 1;
            *last_used = self.clock;
            self.counters.hits += 1;
            return Acquired::Ready(item.clone(), waiter);
        }
        if self.waiting == self.max_waiting {
            return Acquired::Full(waiter);
        }
        self.counters.misses += 1;
        self.waiting += 1;
        match &mut entry.place {
            Place::Loading { waiting } => {
                waiting.push(waiter);
                Acquired::Waiting { start: false }
            }
            _ => {
                entry.place = Place::Loading { waiting: vec![waiter] };
                Acquired::Waiting { start: true }
            }
        }
    }

    /// What is in memory, for those who hold a lease.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<T> {
        match &self.entries.get(digest)?.place {
            Place::InMemory { item, .. } => Some(item.clone()),
            _ => None,
        }
    }

    /// Where an adapter that is known is read from again.
    pub fn relocate(&mut self, digest: &Digest, folder: &Path) {
        if let Some(entry) = self.entries.get_mut(digest) {
            entry.folder = folder.to_owned();
        }
    }

    /// The folder of an adapter that is to be loaded, if somebody still waits for it by `waits`.
    /// Otherwise the load is given up.
    pub fn folder_to_load(&mut self, digest: &Digest, waits: impl Fn(&W) -> bool) -> Option<&Path> {
        let entry = self.entries.get_mut(digest)?;
        let Place::Loading { waiting } = &mut entry.place else { return None };
        let before = waiting.len();
        waiting.retain(waits);
        self.waiting -= before - waiting.len();
        if waiting.is_empty() {
            entry.place = Place::OnDisk;
            self.drop_if_over(digest);
            return None;
        }
        Some(&self.entries.get(digest)?.folder)
    }

    /// Sends the longest unused away until the adapter fits, and counts its bytes as taken. `None`
    /// when those in use leave no room.
    pub fn make_room(&mut self, digest: &Digest) -> Option<()> {
        let bytes = self.entries.get(digest)?.bytes;
        while self.counters.resident_bytes + bytes > self.budget_bytes {
            let idle = self.entries.iter().filter_map(|(digest, entry)| match entry.place {
                Place::InMemory { leases: 0, last_used, .. } if !entry.pinned => {
                    Some((last_used, *digest))
                }
                _ => None,
            });
            let (_, longest_unused) = idle.min()?;
            let entry = self.entries.get_mut(&longest_unused)?;
            entry.place = Place::OnDisk;
            self.counters.resident_bytes -= entry.bytes;
            self.counters.evictions += 1;
        }
        self.counters.resident_bytes += bytes;
        Some(())
    }

    /// An adapter is there, in the room made for it: each of those who wait has a lease on it.
    pub fn loaded(&mut self, digest: &Digest, item: T) -> Vec<W> {
        let Some(entry) = self.entries.get_mut(digest) else { return Vec::new() };
        let Place::Loading { waiting } = &mut entry.place else { return Vec::new() };
        let waiting = std::mem::take(waiting);
        let leases = waiting.len();
        entry.place = Place::InMemory { item, leases, last_used: self.clock };
        self.waiting -= leases;
        waiting
    }

    /// An adapter could not be read: the room made for it is free again.
    pub fn failed(&mut self, digest: &Digest) -> Vec<W> {
        if let Some(Entry { place: Place::Loading { .. }, bytes, .. }) = self.entries.get(digest) {
            self.counters.resident_bytes -= bytes;
            self.counters.failures += 1;
        }
        self.give_up(digest)
    }

    /// An adapter will not be loaded, and no room was made for it.
    pub fn give_up(&mut self, digest: &Digest) -> Vec<W> {
        let Some(entry) = self.entries.get_mut(digest) else { return Vec::new() };
        let Place::Loading { waiting } = &mut entry.place else { return Vec::new() };
        let waiting = std::mem::take(waiting);
        entry.place = Place::OnDisk;
        self.waiting -= waiting.len();
        self.drop_if_over(digest);
        waiting
    }

    /// One lease ended.
    pub fn release(&mut self, digest: &Digest) {
        if let Some(Entry { place: Place::InMemory { leases, .. }, .. }) =
            self.entries.get_mut(digest)
        {
            *leases = leases.saturating_sub(1);
            self.drop_if_over(digest);
        }
    }

    /// Forgets an adapter that was removed and that nobody uses.
    fn drop_if_over(&mut self, digest: &Digest) {
        let Some(entry) = self.entries.get(digest).filter(|entry| entry.removed) else { return };
        match entry.place {
            Place::OnDisk => {}
            Place::InMemory { leases: 0, .. } => self.counters.resident_bytes -= entry.bytes,
            _ => return,
        }
        self.entries.remove(digest);
    }
}

#[cfg(test)]
mod tests;
