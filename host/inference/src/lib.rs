//! Queue, batching and the thread that owns the model.
//!
//! Callers hold an [`InferenceHandle`] and await their answer on any async runtime. One operating
//! system thread ([`InferenceThread`]) owns the [`Backend`] and reads whatever waits, up to a
//! [`BatchBudget`]; documents join and leave between decoder steps, so many steps apart that those that are
//! read are not kept waiting, and there is no delay timer. The queue is bounded: a full one answers
//! [`InferenceError::Overloaded`] at once. Documents of several tenants are taken in an order that is fair
//! between them ([`FairQueue`]), and no tenant gets ahead of another whose document is being read. Before a document is queued its adapter is brought into the
//! model's memory ([`Residency`]), so the thread never waits for a load.
//!
//! After a failure the thread asks the backend whether it can go on ([`Backend::probe`]). One that can't
//! ends the thread: nothing is answered from then on, and [`InferenceHandle::lost`] tells why.
#![forbid(unsafe_code)]

mod request;
pub use request::{ReadOutput, ReadRequest, ReadTimings};

mod backend;
pub use backend::{Backend, BackendError, BackendLost, DocumentNumber};

mod budget;
pub use budget::{BatchBudget, Resource};

mod residency;
pub use residency::{Lease, LeaseFuture, Residency};

mod preparation;
pub use preparation::{Prepared, Preparer};

mod fair;
pub use fair::{FairClocks, FairQueue, Turn};

mod waiting;

mod shares;

mod joining;

mod ongoing;

mod fate;

mod statistics;
pub use statistics::{InferenceStatistics, SizeCounts};

mod thread;
pub use thread::{InferenceError, InferenceHandle, InferenceSettings, InferenceThread};
