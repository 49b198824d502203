//! Fail fast: a document that can't be worked on now is refused now.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::EngineError;

/// Hands out a bounded number of permits. A permit bounds memory: whoever holds one may buffer a
/// body, hold decoded pages and stand in the queue.
#[derive(Clone, Debug)]
pub struct Admission {
    permits: Arc<Semaphore>,
}

/// The right to hold one document. Clones are the same right: it is given back when the last of them
/// is dropped, so that a shadow that still reads the document counts as the request did.
#[derive(Clone, Debug)]
pub struct Permit {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Admission {
    /// Admits `concurrent_documents` at a time.
    #[must_use]
    pub fn new(concurrent_documents: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(concurrent_documents)) }
    }

    /// A permit, or the refusal at once: nobody waits here.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] when all permits are out.
    pub fn try_acquire(&self) -> Result<Permit, EngineError> {
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        Ok(Permit { _permit: Arc::new(permit.map_err(|_| EngineError::Overloaded)?) })
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

    #[test]
    fn a_permit_returns_with_the_last_who_holds_it() {
        let admission = Admission::new(1);
        let request = admission.try_acquire().expect("one is free");
        let shadow = request.clone();
        drop(request);
        assert!(admission.try_acquire().is_err(), "the shadow still holds the document");
        drop(shadow);
        assert!(admission.try_acquire().is_ok());
    }
}
