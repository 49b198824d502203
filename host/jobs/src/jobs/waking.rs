//! Who waits for something to do, and who wakes them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::Jobs;
use crate::{Waker, WakerStanding};

impl Jobs {
    /// The same, where other hosts share the store and wake each other up.
    #[must_use]
    pub fn woken_by(self, waker: Arc<dyn Waker>) -> Self {
        Self { waker: Some(waker), ..self }
    }

    /// How waking other hosts stands, where there are any.
    #[must_use]
    pub fn waking(&self) -> Option<WakerStanding> {
        self.waker.as_ref().map(|waker| waker.standing())
    }

    /// Waits until there may be something to do, so long at most: what wakes somebody up may be lost.
    pub async fn woken(&self, at_most: Duration) {
        let woken = async {
            match &self.waker {
                Some(waker) => tokio::select! {
                    () = self.woken.notified() => {}
                    () = waker.told() => {}
                },
                None => self.woken.notified().await,
            }
        };
        // Over time or not: whoever waited looks.
        let _ = timeout(at_most, woken).await;
    }

    /// Wakes somebody of this host up, and others, for so many documents.
    pub(super) fn wake(&self, documents: usize) {
        self.woken.notify_one();
        self.wake_others(documents);
    }

    pub(super) fn wake_others(&self, documents: usize) {
        if let Some(waker) = &self.waker {
            waker.tell(documents);
        }
    }
}
