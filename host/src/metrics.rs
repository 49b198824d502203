//! Metrics in the text format of Prometheus, version 0.0.4.
//!
//! What a request comes to is counted by a [`Recorder`] as it is answered; everything else is asked of
//! whoever owns it when somebody scrapes ([`Source`]). No label has a text of a client: routes, codes and
//! stages are the host's own words, and document types and components are those that serve, up to a number.

mod recorder;
pub use recorder::{Listener, Recorder};

mod exposition;
pub use exposition::Exposition;

mod adapters;
mod jobs;
mod packages;
mod writer;

use std::fmt;
use std::sync::Arc;

use dossier_engine::snapshot::Snapshot;
use dossier_engine::statistics::ReaderStatistics;
use dossier_jobs::{JobsStanding, WakerStanding};

/// Document types that have series of their own; those beyond are `other`, or have none.
const MOST_DOCUMENT_TYPES: usize = 4096;

/// Who knows how the host stands.
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// How it stands now.
    fn standing(&self) -> Standing;
}

/// How the host stands at one time.
#[derive(Debug)]
pub struct Standing {
    /// Whether requests are wanted.
    pub is_ready: bool,
    /// What serves.
    pub snapshot: Arc<Snapshot>,
    /// The queue, the model's thread, and the rules.
    pub reader: ReaderStatistics,
    /// Documents that hold a permit.
    pub permits_used: usize,
    /// Documents that may.
    pub permits: usize,
    /// Bodies.
    pub bodies: BodiesStanding,
    /// Jobs, where there are any.
    pub jobs: Option<JobsStanding>,
    /// Waking other hosts over them, where that is done.
    pub waking: Option<WakerStanding>,
}

/// Bodies at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodiesStanding {
    /// Bodies that arrive now.
    pub arriving: usize,
    /// Bodies that may arrive.
    pub places: usize,
    /// Bytes of all bodies, of those that have arrived too.
    pub held_bytes: usize,
    /// Bytes that they may have.
    pub limit_bytes: usize,
}

#[cfg(test)]
mod tests;
