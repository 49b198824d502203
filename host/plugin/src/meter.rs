//! How long the code of a call has run, and whose turn it is among those that run long.
//!
//! What counts is the time of the processor, whoever else wants it. Code that was interrupted once goes on
//! when it has its turn, and turns are for half of the processors: the other half is left to everything
//! else, however many calls run long, and however long an instruction takes that nothing interrupts.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of an engine. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

/// Counts the run of one call. Reading the clock is a system call, which calls that are never interrupted
/// do not pay for: it is read from the first interruption on. Clones count the same.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    run: Arc<Run>,
    turns: Turns,
}

#[derive(Debug, Default)]
struct Run {
    /// Nanoseconds that were counted; 0 as long as the code has not been interrupted.
    used: AtomicU64,
    /// Where the thread's clock stood when counting went on; 0 while the call waits.
    since: AtomicU64,
    /// Held while the code runs, and never while it waits for anything.
    turn: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Turns {
    /// For half of the machine's processors.
    pub(crate) fn of_half() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }
}

impl Meter {
    pub(crate) fn new(turns: &Turns) -> Self {
        Self { run: Arc::default(), turns: turns.clone() }
    }

    /// Runs a call. The call may move from one thread to another where it waits, but not between.
    pub(crate) async fn run<T>(&self, call: impl Future<Output = T>) -> T {
        let run = &*self.run;
        let mut call = pin!(call);
        std::future::poll_fn(|context| {
            if run.used.load(Ordering::Relaxed) > 0 {
                run.since.store(now(), Ordering::Relaxed);
            }
            let polled = call.as_mut().poll(context);
            run.count();
            run.since.store(0, Ordering::Relaxed);
            run.hold(None);
            polled
        })
        .await
    }

    /// How long the code has run, which is being interrupted. Of its first turn it is taken to be `tick`.
    pub(crate) fn interrupted(&self, tick: Duration) -> Duration {
        let run = &*self.run;
        if run.used.load(Ordering::Relaxed) == 0 {
            run.used.store(nanoseconds(tick).max(1), Ordering::Relaxed);
            run.since.store(now(), Ordering::Relaxed);
        } else {
            run.count();
        }
        Duration::from_nanos(run.used.load(Ordering::Relaxed))
    }

    /// Lets others run, and waits for the next turn: it ends where the code waits for anything.
    pub(crate) async fn next_turn(self) {
        tokio::task::yield_now().await;
        // Nobody closes the semaphore; without a turn the code would run all the same.
        self.run.hold(self.turns.0.acquire_owned().await.ok());
    }
}

impl Run {
    fn count(&self) {
        let since = self.since.load(Ordering::Relaxed);
        if since > 0 {
            let now = now();
            self.used.fetch_add(now.saturating_sub(since), Ordering::Relaxed);
            self.since.store(now, Ordering::Relaxed);
        }
    }

    fn hold(&self, turn: Option<OwnedSemaphorePermit>) {
        // Nothing panics under the lock.
        let mut held = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        *held = turn;
    }
}

/// The time that this thread has had of a processor, in nanoseconds; never 0.
fn now() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let time = Duration::try_from(time).unwrap_or_default();
    nanoseconds(time).max(1)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
