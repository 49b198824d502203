//! What must be in the model's memory before a document may join a batch.

use std::any::Any;
use std::pin::Pin;

use dossier_document::Digest;

use crate::BackendError;

/// Keeps an adapter in the model's memory until it is dropped.
pub type Lease = Box<dyn Any + Send>;

/// A lease, now or once the adapter is loaded.
pub type LeaseFuture = Pin<Box<dyn Future<Output = Result<Lease, BackendError>> + Send>>;

/// Brings adapters into the model's memory, beside the thread that reads.
///
/// A document takes its lease before it is queued and keeps it until it is answered. So the thread
/// never waits for a load, a document whose adapter is missing delays nobody else's, and what a
/// queued document needs is not evicted.
pub trait Residency: Send + Sync + 'static {
    /// Asks for `adapter`. Dropping the future gives the wish up.
    fn lease(&self, adapter: Digest) -> LeaseFuture;
}

/// Everything is there all the time.
pub(crate) struct AlwaysResident;

impl Residency for AlwaysResident {
    fn lease(&self, _: Digest) -> LeaseFuture {
        Box::pin(std::future::ready(Ok(Box::new(()) as Lease)))
    }
}
