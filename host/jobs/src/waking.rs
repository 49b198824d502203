//! How hosts that share a store wake each other up. All of it is hints: one may be lost, late or doubled, because
//! whoever has nothing to do looks by itself every second.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

mod nats;
pub use nats::{InvalidNats, NatsSettings, NatsWaker};

/// Wakes other hosts up, and is woken by them.
pub trait Waker: fmt::Debug + Send + Sync + 'static {
    /// Tells other hosts that so many documents may be begun. Waits for nothing: what can't be told is counted.
    fn tell(&self, documents: usize);

    /// Waits until another host tells. Called by whoever has nothing to do: a host where nobody waits leaves what
    /// is told to others.
    fn told(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// How it stands.
    fn standing(&self) -> WakerStanding;
}

/// How waking other hosts stands, and what has become of it since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WakerStanding {
    /// Whether other hosts are reached now.
    pub is_connected: bool,
    /// Hints that were given to others.
    pub told: u64,
    /// Hints that were not: nobody was reached, or there were too many.
    pub untold: u64,
    /// Hints that came.
    pub heard: u64,
    /// Messages that came and are no hints. They are thrown away.
    pub poison: u64,
}

/// Those of this host who wait to be told, and what was told.
#[derive(Debug, Default)]
struct Waiting {
    count: watch::Sender<usize>,
    told: Notify,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    told: AtomicU64,
    untold: AtomicU64,
    heard: AtomicU64,
    poison: AtomicU64,
}

impl Waiting {
    async fn told(&self) {
        /// Counts one that waits, for as long as it does.
        struct Counted<'a>(&'a watch::Sender<usize>);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.send_modify(|count| *count = count.saturating_sub(1));
            }
        }
        self.count.send_modify(|count| *count += 1);
        let _counted = Counted(&self.count);
        self.told.notified().await;
    }

    /// Waits until somebody waits.
    async fn wanted(&self) {
        // It ends with what it is a part of, so it does not fail before.
        let _ = self.count.subscribe().wait_for(|count| *count > 0).await.map(drop);
    }

    /// Wakes one of those who wait, or the next who does.
    fn wake(&self) {
        self.told.notify_one();
    }
}

impl Counts {
    fn standing(&self, is_connected: bool) -> WakerStanding {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        WakerStanding {
            is_connected,
            told: read(&self.told),
            untold: read(&self.untold),
            heard: read(&self.heard),
            poison: read(&self.poison),
        }
    }
}

fn add(count: &AtomicU64, more: usize) {
    count.fetch_add(more as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests;
