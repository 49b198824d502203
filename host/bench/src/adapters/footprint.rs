//! What a document takes in memory while it waits, and while it is read.

use dossier_model::{AdapterPool, Base, PoolSettings};
use serde::Serialize;

use crate::memory::{forget_peak, peak_mb, resident_mb};
use crate::workload::inference;
use crate::workload::{Workload, WorkloadError};

/// Memory of one more document, in MiB. The allocator keeps what was freed, so that only what a
/// process does first shows what it takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Footprint {
    /// That waits: its page as pixels, three bytes each, as large as it was sent.
    pub(crate) waiting_mb: f64,
    /// That is read beside others, its page included: at the moment when all together take most.
    pub(crate) in_work_mb: f64,
}

/// Memory of a document that waits, on the average of `documents`; before anything else is done.
///
/// # Errors
/// When the operating system does not tell.
pub(super) fn waiting_mb(workload: &Workload, documents: usize) -> Result<f64, WorkloadError> {
    let before = resident_mb()?;
    let waiting = (0..documents).map(|_| workload.request(None)).collect::<Vec<_>>();
    let taken = resident_mb()? - before;
    Ok(taken / waiting.len() as f64)
}

/// Memory of one more document in work: by the base alone one is read, then `batch` together.
///
/// # Errors
/// When a document is not read, or the operating system does not tell.
pub(super) async fn in_work_mb(
    base: &Base,
    workload: &Workload,
    batch: usize,
) -> Result<f64, WorkloadError> {
    let pool = AdapterPool::new(base, PoolSettings::default())?;
    let thread = inference(base, &pool, batch, batch)?;
    forget_peak()?;
    workload.read_all(&thread.handle(), &[None]).await?;
    let with_one = peak_mb()?;
    workload.read_all(&thread.handle(), &vec![None; batch]).await?;
    Ok((peak_mb()? - with_one) / batch.saturating_sub(1).max(1) as f64)
}
