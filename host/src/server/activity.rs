//! What a connection does, for whoever has to choose one that gives way to another.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How long a connection may be without a first request, or without taking its answer, before it gives way
/// ahead of those that only wait for their next request.
const GRACE: Duration = Duration::from_secs(1);

/// What a connection does. Its own task writes, the accept loop reads.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    /// Milliseconds from `opened` to where it last had nothing to wait for here, plus one; 0 while a
    /// request is answered.
    idle_since: AtomicU64,
    is_stalled: AtomicBool,
    /// Heads that were passed on.
    asked: AtomicUsize,
    answered: AtomicUsize,
    gives_way: Notify,
}

/// Who gives way first: the least of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    is_in_order: bool,
    idle_since: Instant,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            opened: Instant::now(),
            idle_since: AtomicU64::new(1),
            is_stalled: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            gives_way: Notify::new(),
        }
    }

    pub(super) fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    pub(super) fn asks(&self, heads: usize) {
        self.asked.fetch_add(heads, Ordering::Relaxed);
    }

    /// Whether there was a whole head.
    pub(super) fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) != 0
    }

    /// A request is answered from now on.
    pub(super) fn begins(&self) {
        self.idle_since.store(0, Ordering::Relaxed);
    }

    /// An answer is there; how many there were with it.
    pub(super) fn ends(&self) -> usize {
        self.moves();
        self.answered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Bytes of an answer went out.
    pub(super) fn writes(&self) {
        self.is_stalled.store(false, Ordering::Relaxed);
        if self.idle_since.load(Ordering::Relaxed) != 0 {
            self.moves();
        }
    }

    /// Bytes of an answer wait for the client.
    pub(super) fn stalls(&self) {
        self.is_stalled.store(true, Ordering::Relaxed);
    }

    /// Whether its client does not take what it was answered.
    pub(super) fn is_stalled(&self) -> bool {
        self.is_stalled.load(Ordering::Relaxed)
    }

    fn moves(&self) {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.idle_since.store(elapsed + 1, Ordering::Relaxed);
    }

    /// Whether everything that was asked is answered, and the answers are out.
    pub(super) fn is_even(&self) -> bool {
        let asked = self.asked.load(Ordering::Relaxed);
        asked == self.answered.load(Ordering::Relaxed) && !self.is_stalled()
    }

    /// How soon it gives way; never, while a request is answered.
    pub(super) fn rank(&self) -> Option<Rank> {
        let since = self.idle_since.load(Ordering::Relaxed).checked_sub(1)?;
        let idle_since = self.opened + Duration::from_millis(since);
        let asked_nothing = self.answered.load(Ordering::Relaxed) == 0;
        let is_out_of_order = (self.is_stalled() || asked_nothing) && idle_since.elapsed() >= GRACE;
        Some(Rank { is_in_order: !is_out_of_order, idle_since })
    }

    /// Whether nothing has moved for a while and nothing is answered.
    pub(super) fn is_given_up(&self) -> bool {
        self.rank().is_some_and(|rank| rank.idle_since.elapsed() >= GRACE)
    }

    /// Closes it.
    pub(super) fn give_way(&self) {
        self.gives_way.notify_one();
    }

    /// Waits until it is to close.
    pub(super) async fn gives_way(&self) {
        self.gives_way.notified().await;
    }
}
