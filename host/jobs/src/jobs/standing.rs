//! How jobs stand, counted as they go.

use std::sync::atomic::{AtomicU64, Ordering};

/// How jobs stand, and what has become of documents since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobsStanding {
    /// Documents that wait, in the whole store.
    pub waiting: u64,
    /// Documents that are read, in the whole store.
    pub running: u64,
    /// Since when the longest of those that wait may be begun, in milliseconds.
    pub oldest_ms: u64,
    /// Documents that were read here.
    pub succeeded: u64,
    /// Documents that were refused here, or given up.
    pub failed: u64,
    /// Documents that wait again after they failed here, or their holder was silent.
    pub tried_again: u64,
    /// Jobs that were erased because their time was over.
    pub expired: u64,
    /// Webhooks that were heard.
    pub delivered: u64,
    /// Attempts that were not, and are made again.
    pub undelivered: u64,
    /// Webhooks that were given up.
    pub given_up: u64,
    /// Whether the store answered last.
    pub is_available: bool,
}

/// The same while it changes.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) waiting: AtomicU64,
    pub(super) running: AtomicU64,
    pub(super) oldest_ms: AtomicU64,
    pub(super) succeeded: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) tried_again: AtomicU64,
    pub(super) expired: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) undelivered: AtomicU64,
    pub(super) given_up: AtomicU64,
    pub(super) is_unavailable: AtomicU64,
}

impl Counts {
    pub(super) fn read(&self) -> JobsStanding {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        JobsStanding {
            waiting: read(&self.waiting),
            running: read(&self.running),
            oldest_ms: read(&self.oldest_ms),
            succeeded: read(&self.succeeded),
            failed: read(&self.failed),
            tried_again: read(&self.tried_again),
            expired: read(&self.expired),
            delivered: read(&self.delivered),
            undelivered: read(&self.undelivered),
            given_up: read(&self.given_up),
            is_available: read(&self.is_unavailable) == 0,
        }
    }
}
