//! Fail fast: a document that can't be worked on now is refused now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dossier_document::DocumentTypeId;

use crate::error::EngineError;

/// Hands out a bounded number of permits. A permit bounds memory: whoever holds one may hold decoded pages
/// and stand in the queue.
///
/// No document type gets all of them: one whose rules sleep holds its share, and the rest is left to the
/// others.
#[derive(Clone, Debug)]
pub struct Admission {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    documents: usize,
    /// Documents of one type.
    share: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    documents: usize,
    /// Of each type that has any.
    of_type: BTreeMap<DocumentTypeId, usize>,
}

/// The right to hold one document. Clones are the same right: it is given back when the last of them
/// is dropped, so that a shadow that still reads the document counts as the request did.
#[derive(Clone, Debug)]
pub struct Permit {
    _place: Arc<HeldPlace>,
}

#[derive(Debug)]
struct HeldPlace {
    shared: Arc<Shared>,
    document_type: DocumentTypeId,
}

impl Admission {
    /// Admits `concurrent_documents` at a time, three quarters of them of one type at most.
    #[must_use]
    pub fn new(concurrent_documents: usize) -> Self {
        let documents = concurrent_documents;
        let share = documents - documents / 4;
        Self { shared: Arc::new(Shared { documents, share, held: Mutex::default() }) }
    }

    /// Whether no document at all would be admitted now.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared.held().documents >= self.shared.documents
    }

    /// Documents that hold a permit now, and those that may.
    #[must_use]
    pub fn in_use(&self) -> (usize, usize) {
        (self.shared.held().documents, self.shared.documents)
    }

    /// A permit, or the refusal at once: nobody waits here.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] when all permits are out, or those of this type.
    pub fn try_acquire(&self, document_type: &DocumentTypeId) -> Result<Permit, EngineError> {
        let mut held = self.shared.held();
        let of_type = held.of_type.get(document_type).copied().unwrap_or(0);
        if held.documents >= self.shared.documents || of_type >= self.shared.share {
            return Err(EngineError::Overloaded);
        }
        held.documents += 1;
        held.of_type.insert(document_type.clone(), of_type + 1);
        let (shared, document_type) = (Arc::clone(&self.shared), document_type.clone());
        Ok(Permit { _place: Arc::new(HeldPlace { shared, document_type }) })
    }
}

impl Shared {
    /// No step under the lock can panic half-way.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        let mut held = self.shared.held();
        held.documents -= 1;
        let of_type = held.of_type.get(&self.document_type).copied().unwrap_or(0);
        // Clients choose the names, so none is kept that nobody holds.
        match of_type {
            0 | 1 => held.of_type.remove(&self.document_type),
            more => held.of_type.insert(self.document_type.clone(), more - 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper() -> DocumentTypeId {
        "test/paper/1".parse().expect("an identifier")
    }

    fn card() -> DocumentTypeId {
        "test/card/1".parse().expect("an identifier")
    }

    #[test]
    fn the_last_permit_is_followed_by_a_refusal_until_one_returns() {
        let admission = Admission::new(2);
        let first = admission.try_acquire(&paper()).expect("two are free");
        let _second = admission.try_acquire(&paper()).expect("one is free");
        assert!(admission.is_full() && admission.try_acquire(&card()).is_err());
        drop(first);
        assert!(!admission.is_full() && admission.try_acquire(&paper()).is_ok());
    }

    #[test]
    fn a_permit_returns_with_the_last_who_holds_it() {
        let admission = Admission::new(1);
        let request = admission.try_acquire(&paper()).expect("one is free");
        let shadow = request.clone();
        drop(request);
        assert!(admission.try_acquire(&paper()).is_err(), "the shadow still holds the document");
        drop(shadow);
        assert!(admission.try_acquire(&paper()).is_ok());
    }

    #[test]
    fn no_type_gets_all_permits() {
        let admission = Admission::new(8);
        let permits = std::iter::from_fn(|| admission.try_acquire(&paper()).ok());
        let permits = permits.collect::<Vec<_>>();
        assert_eq!(permits.len(), 6);
        assert!(!admission.is_full());
        let others = [admission.try_acquire(&card()), admission.try_acquire(&card())];
        assert!(others.iter().all(Result::is_ok) && admission.is_full());
        drop((permits, others));
        assert!(admission.shared.held().of_type.is_empty(), "names are not kept");
    }
}
