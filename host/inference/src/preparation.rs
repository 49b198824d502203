//! What is done for a document before the thread that owns the model sees it.

use std::any::Any;
use std::fmt;

use crate::{BackendError, ReadRequest};

/// What a [`Preparer`] made of a document's pages. Only its backend knows what it is.
pub struct Prepared(Box<dyn Any + Send>);

/// Prepares documents on any thread but the one that owns the model: what takes long there stands still for
/// everybody.
pub trait Preparer: Send + Sync + 'static {
    /// Does what can be done before the document joins. It takes long, and a core.
    ///
    /// # Errors
    /// What would be the document's answer.
    fn prepare(&self, request: &ReadRequest) -> Result<Prepared, BackendError>;

    /// How many ordinary pages the pages of a document are worth, in time and in memory: adapters may ask
    /// for larger ones.
    fn pages_worth(&self, request: &ReadRequest) -> usize {
        request.pages.len()
    }
}

impl Prepared {
    /// Wraps what a backend will ask back.
    #[must_use]
    pub fn new(prepared: impl Any + Send) -> Self {
        Self(Box::new(prepared))
    }

    /// What was wrapped, or nothing if it was something else.
    #[must_use]
    pub fn take<T: Any>(self) -> Option<T> {
        self.0.downcast().ok().map(|prepared| *prepared)
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared")
    }
}

/// For a backend that does everything itself.
pub(crate) struct NothingToPrepare;

impl Preparer for NothingToPrepare {
    fn prepare(&self, _: &ReadRequest) -> Result<Prepared, BackendError> {
        Ok(Prepared::new(()))
    }
}
