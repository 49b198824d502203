//! Whether the thread still reads, for those who only hold a handle.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crate::BackendLost;

/// Why the thread reads no more, once it does not; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Fate {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    lost: Option<BackendLost>,
    waiting: Vec<Waker>,
}

impl Fate {
    /// Tells everybody. The first reason stays.
    pub(crate) fn lose(&self, lost: BackendLost) {
        let mut shared = self.shared();
        shared.lost.get_or_insert(lost);
        let waiting = std::mem::take(&mut shared.waiting);
        drop(shared);
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.shared().lost.is_some()
    }

    /// Waits until the backend is lost; for ever, if it never is.
    pub(crate) async fn lost(&self) -> BackendLost {
        poll_fn(|context| {
            let mut shared = self.shared();
            if let Some(lost) = &shared.lost {
                return Poll::Ready(lost.clone());
            }
            if !shared.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                shared.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// No step under the lock can panic half-way.
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fate").field("lost", &self.is_lost()).finish_non_exhaustive()
    }
}
