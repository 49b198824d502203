//! Documents that are read later: the record of each job, the store that keeps it, and the keys that seal what
//! is personal in it.
//!
//! The record is the truth: what wakes a worker up may be late, doubled or lost. A crate of its own because it
//! is what must not be wrong after a crash, so it is tested alone.
#![forbid(unsafe_code)]

mod jobs;
pub use jobs::{Delivery, JobSettings, Jobs, JobsError, JobsStanding, Results, Submission, Task};

mod record;
pub use record::{
    Client, DocumentState, Idempotency, Job, JobDocument, JobId, JobState, Webhook, WebhookState,
};

mod webhook;
pub use webhook::{InvalidSecret, Message, Target, WebhookSecret, WebhookSigner, wait_after};

mod document;
pub use document::{Document, InvalidDocument, Wanted};

mod vault;
pub use vault::{MasterKey, VaultError, WrappedKey};

mod store;
pub use store::{
    Answer, Claim, Claimed, Completed, JobStore, Lag, NewJob, Outcome, Reaped, Release, StoreError,
    Stored, Submitted, TenantLimits, Told,
};

mod embedded;
pub use embedded::EmbeddedStore;

mod postgres;
pub use postgres::PostgresStore;

/// How a database is reached.
pub use dossier_postgres::{InvalidAuthorities, InvalidPostgres, PostgresSettings};

mod waking;
pub use waking::{InvalidNats, NatsSettings, NatsWaker, Waker, WakerStanding};

pub mod conformance;
