//! Fail fast: a request that can't be worked on now is refused now.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hands out a bounded number of permits. A permit bounds memory: whoever holds one may buffer a
/// body, hold decoded pages and stand in the queue.
#[derive(Clone, Debug)]
pub struct Admission {
    permits: Arc<Semaphore>,
}

/// The right to work on one request; dropping it gives it back.
#[derive(Debug)]
pub struct Permit {
    _permit: OwnedSemaphorePermit,
}

/// As many requests as are allowed are in work.
#[derive(Debug, thiserror::Error)]
#[error("as many requests as are allowed are in work")]
pub struct Overloaded;

impl Admission {
    /// Admits `concurrent_requests` at a time.
    #[must_use]
    pub fn new(concurrent_requests: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(concurrent_requests)) }
    }

    /// A permit, or the refusal at once: nobody waits here.
    ///
    /// # Errors
    /// When all permits are out.
    pub fn try_acquire(&self) -> Result<Permit, Overloaded> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| Overloaded)?;
        Ok(Permit { _permit: permit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_permit_is_followed_by_a_refusal_until_one_returns() {
        let admission = Admission::new(2);
        let first = admission.try_acquire().expect("two are free");
        let _second = admission.try_acquire().expect("one is free");
        assert!(admission.try_acquire().is_err());
        drop(first);
        assert!(admission.try_acquire().is_ok());
    }
}
