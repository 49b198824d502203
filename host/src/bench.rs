//! What `dossier bench` measures: ratios within one run on the same work, never a test.

pub mod adapters;

mod arrivals;

pub mod documents;

mod memory;
pub use memory::UnknownMemory;

mod plot;

pub mod reloads;

mod workload;
pub use workload::{Workload, WorkloadError};
